//! A cell for each cluster of each secret: what is wrong with it, and when it ends. Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use mesh_common::mesh::access_facts::AccessFacts;
use mesh_common::mesh::finding::{Finding, Severity};
use mesh_common::mesh::remote_secret::annotated_cluster;
use mesh_common::mesh::server;

use super::observe::Holder;
use super::report::Cell;
use super::state::State;
use crate::held::{
    ClusterReport, Held, Place, SecretReport, Sources, View, check, create_again, delete,
    in_holder, normal_server,
};

/// What all cells are judged by.
pub(super) struct Known<'a> {
    /// The contexts by the servers that they lead to.
    pub sources: &'a Sources,
    /// The UID of the cluster behind each context that was read.
    pub uids: &'a BTreeMap<String, String>,
    /// The Istio system namespace.
    pub namespace: &'a str,
    pub view: View,
}

/// A cell for each cluster of each secret that `holder` holds, in the order of the clusters' names.
pub(super) fn cells(context: &str, holder: &Holder, known: &Known<'_>) -> Vec<Cell> {
    let place = Place {
        context,
        kubectl: &holder.kubectl,
        uid: Some(&holder.uid),
        istiods: &holder.istiods,
    };
    let inside = in_holder(&place, holder.secrets.clone(), &holder.secrets);
    let mut cells: Vec<Cell> = inside
        .into_iter()
        .flat_map(|held| of_secret(held, holder, known))
        .collect();
    find_aliases(&mut cells, known);
    let outside = in_holder(&place, holder.elsewhere.clone(), &[]);
    cells.extend(
        outside
            .into_iter()
            .flat_map(|held| out_of_place(held, known)),
    );
    for cell in &mut cells {
        cell.holder = holder.istiods.first().map(|id| id.as_str().to_owned());
        cell.findings.sort_by_key(|found| Reverse(found.severity));
        cell.state = State::of(&cell.findings);
    }
    cells.sort_by(|one, other| (&one.cluster, &one.name).cmp(&(&other.cluster, &other.name)));
    cells
}

fn of_secret(mut held: Held, holder: &Holder, known: &Known<'_>) -> Vec<Cell> {
    held.find_sources(known.sources);
    let mut report = check(&held, known.view);
    let clusters = std::mem::take(&mut report.clusters);
    if clusters.is_empty() {
        return vec![Cell {
            cluster: named_by(&held.secret),
            findings: report.findings.clone(),
            ..blank(&held, &report)
        }];
    }
    clusters
        .into_iter()
        .map(|cluster| {
            let mut cell = cell(&held, &report, &cluster, known.view.now);
            cell.findings.clone_from(&report.findings);
            let leads_home = leads_home(&cell, holder, known);
            cell.findings.extend(cluster.findings);
            let is_told = cell.findings.iter().any(|found| found.id == "secret-self");
            if leads_home && !is_told {
                cell.findings.push(itself(&cell, holder));
            }
            cell
        })
        .collect()
}

/// A secret of another namespace: as istiod never sees it, nothing else about it matters.
fn out_of_place(mut held: Held, known: &Known<'_>) -> Vec<Cell> {
    held.find_sources(known.sources);
    let report = check(&held, known.view);
    let found = held.secret.metadata.namespace.clone().unwrap_or_default();
    // What is to be made is made in the right namespace.
    held.secret.metadata.namespace = Some(known.namespace.to_owned());
    let finding = |key: &str| {
        Finding::new(
            "secret-wrong-namespace",
            Severity::Error,
            format!(
                "it lies in namespace {found}, and istiod looks into {} only",
                known.namespace
            ),
        )
        .fix(create_again(&held, key))
    };
    let cells = report.clusters.iter().map(|cluster| Cell {
        findings: vec![finding(&cluster.name)],
        ..cell(&held, &report, cluster, known.view.now)
    });
    cells
        .map(|cell| Cell {
            namespace: found.clone(),
            ..cell
        })
        .collect()
}

fn cell(held: &Held, report: &SecretReport, cluster: &ClusterReport, now: Timestamp) -> Cell {
    let access = cluster.access.as_ref();
    let expires_at = access.and_then(end);
    Cell {
        cluster: cluster.name.clone(),
        source_context: held.sources.get(&cluster.name).cloned(),
        server: access.map(|access| access.server.clone()),
        tls_server_name: access.and_then(|access| access.tls_server_name.clone()),
        expires_at,
        seconds_left: expires_at.map(|end| end.duration_since(now).as_secs()),
        never_expires: access.is_some_and(|access| {
            let token = access.token.as_ref();
            token.is_some_and(|token| token.expires_at.is_none())
                && access.client_certificate.is_none()
        }),
        ..blank(held, report)
    }
}

fn blank(held: &Held, report: &SecretReport) -> Cell {
    Cell {
        context: held.context.clone().unwrap_or_default(),
        holder: None,
        namespace: report.namespace.clone().unwrap_or_default(),
        name: Some(report.name.clone()),
        cluster: String::new(),
        source_context: None,
        server: None,
        tls_server_name: None,
        state: State::NotProbed,
        created_at: report.created_at,
        age_seconds: report.age_seconds,
        expires_at: None,
        seconds_left: None,
        never_expires: false,
        findings: Vec::new(),
    }
}

/// What a secret without data was meant for.
fn named_by(secret: &Secret) -> String {
    annotated_cluster(secret).cloned().unwrap_or_default()
}

fn end(access: &AccessFacts) -> Option<Timestamp> {
    let of_token = access.token.as_ref().and_then(|token| token.expires_at);
    let certificate = access.client_certificate.as_ref();
    let of_certificate = certificate.map(|certificate| certificate.not_after);
    of_token.into_iter().chain(of_certificate).min()
}

/// Whether a secret leads back to its own holder: by the same address, or by another address of the same cluster.
fn leads_home(cell: &Cell, holder: &Holder, known: &Known<'_>) -> bool {
    let Some(lead) = known.lead(cell) else {
        return false;
    };
    match lead {
        Lead::Cluster(uid) => uid == holder.uid,
        Lead::Server(server, name) => name.is_none() && server == normal_server(&holder.server),
    }
}

fn itself(cell: &Cell, holder: &Holder) -> Finding {
    Finding::new(
        "secret-self",
        Severity::Error,
        format!(
            "it leads to the holder itself, so every endpoint is registered twice, once as {}'s",
            cell.cluster
        ),
    )
    .fix(delete(
        &holder.kubectl,
        &cell.context,
        &cell.namespace,
        &cell.secret(),
    ))
}

/// Finds secrets that lead to one cluster under two names; two of one name are found already.
fn find_aliases(cells: &mut [Cell], known: &Known<'_>) {
    let mut by_lead: BTreeMap<Lead<'_>, Vec<usize>> = BTreeMap::new();
    for (number, cell) in cells.iter().enumerate() {
        let is_looked_at = State::of(&cell.findings) != State::NoLabel;
        if is_looked_at && let Some(lead) = known.lead(cell) {
            by_lead.entry(lead).or_default().push(number);
        }
    }
    let groups: Vec<Vec<usize>> = by_lead.into_values().collect();
    for numbers in groups {
        // Two are enough to tell each of them of another name: they may be thousands.
        let mut names: Vec<(String, String)> = Vec::new();
        for number in &numbers {
            let cluster = &cells[*number].cluster;
            if names.len() < 2 && names.iter().all(|(known, _)| known != cluster) {
                names.push((cluster.clone(), cells[*number].secret()));
            }
        }
        for number in numbers {
            let own = cells[number].cluster.clone();
            let other = names.iter().find(|(cluster, _)| *cluster != own);
            if let Some((cluster, secret)) = other {
                cells[number].findings.push(Finding::new(
                    "secret-duplicate",
                    Severity::Error,
                    format!("secret {secret} leads to the same cluster under the name {cluster}, so every endpoint there is registered twice"),
                ));
            }
        }
    }
}

/// Where a secret leads, as far as two of them can be compared.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Lead<'a> {
    /// The UID of the cluster.
    Cluster(&'a str),
    /// The address, and the name that is checked there.
    Server(String, Option<&'a str>),
}

impl Known<'_> {
    /// The UID of the cluster that the cell leads to, where its context was read.
    pub(super) fn uid_of(&self, cell: &Cell) -> Option<&str> {
        let context = cell.source_context.as_ref()?;
        let uid = self.uids.get(context)?;
        (!uid.is_empty()).then_some(uid)
    }

    fn lead<'a>(&'a self, cell: &'a Cell) -> Option<Lead<'a>> {
        if let Some(uid) = self.uid_of(cell) {
            return Some(Lead::Cluster(uid));
        }
        let server = cell.server.as_deref()?;
        // A loopback address means another machine to each who dials it, and is found for itself.
        let means_one_place = self.view.allow_loopback || server::dead(server).is_none();
        means_one_place.then_some(Lead::Server(
            normal_server(server),
            cell.tls_server_name.as_deref(),
        ))
    }
}
