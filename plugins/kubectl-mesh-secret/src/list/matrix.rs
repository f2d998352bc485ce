//! A cell for each cluster of each secret: what is wrong with it, and when it ends. Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use mesh_common::model::access_facts::AccessFacts;
use mesh_common::model::finding::{CheckId, Finding, Severity};
use mesh_common::model::meant_for::Members;
use mesh_common::model::remote_secret::annotated_cluster;

use super::observe::Holder;
use super::report::Cell;
use super::state::State;
use crate::held::{
    self, ClusterReport, Held, Place, SecretReport, Sources, Trials, View, check, create_beside,
    meant,
};

/// What all cells are judged by.
pub(super) struct Known<'a> {
    /// The contexts by the servers that they give access to.
    pub sources: &'a Sources,
    /// The clusters behind the contexts, as far as they were read.
    pub members: &'a Members,
    /// The Istio system namespace.
    pub namespace: &'a str,
    pub view: View,
}

/// A cell for each cluster of each secret that `holder` holds, in the order of the clusters' names.
/// Its secrets, which may be thousands, are taken out of it.
pub(super) fn cells(holder: &mut Holder, known: &Known<'_>) -> Vec<Cell> {
    let secrets = std::mem::take(&mut holder.secrets);
    let elsewhere = std::mem::take(&mut holder.elsewhere);
    let holder = &*holder;
    let place = Place {
        member: &Arc::new(holder.member.clone()),
        kubectl: &Arc::new(holder.kubectl.clone()),
        versions: &[],
        allow_loopback: known.view.allow_loopback,
    };
    let in_holder = |secret: Secret| {
        let mut held = Held::in_holder(&place, secret);
        held.find_sources(known.sources);
        held
    };
    let inside: Vec<Held> = secrets.into_iter().map(in_holder).collect();
    let mut meant = meant_for(&inside, holder, known);
    let mut cells: Vec<Cell> = inside
        .into_iter()
        .enumerate()
        .flat_map(|(number, held)| {
            of_secret(&held, known, |key| {
                meant.remove(&(number, key.to_owned())).unwrap_or_default()
            })
        })
        .collect();
    let outside = elsewhere.into_iter().map(in_holder);
    cells.extend(outside.flat_map(|held| out_of_place(held, known)));
    for cell in &mut cells {
        let ids = holder.member.ids.first();
        cell.holder = ids.map(|id| id.as_str().to_owned());
        cell.findings.sort_by_key(|found| Reverse(found.severity));
        cell.state = State::of(&cell.findings);
    }
    cells.sort_by(|one, other| (&one.cluster, &one.name).cmp(&(&other.cluster, &other.name)));
    cells
}

/// What is to be said of whom the keys of all secrets are for, by the number of the secret and the key.
fn meant_for(
    inside: &[Held],
    holder: &Holder,
    known: &Known<'_>,
) -> BTreeMap<(usize, String), Vec<Finding>> {
    let inside: Vec<&Held> = inside.iter().collect();
    let trials = Trials::new();
    let meant = meant(
        &inside,
        &trials,
        held::Known {
            members: known.members,
            expected: None,
            used: &holder.used,
            allow_loopback: known.view.allow_loopback,
        },
    );
    let findings = meant.into_iter();
    findings.map(|(key, meant)| (key, meant.findings)).collect()
}

/// The cells of one secret; `meant` gives what is to be said of whom a key of it is for.
fn of_secret(
    held: &Held,
    known: &Known<'_>,
    mut meant: impl FnMut(&str) -> Vec<Finding>,
) -> Vec<Cell> {
    let mut report = check(held, known.view);
    let clusters = std::mem::take(&mut report.clusters);
    if clusters.is_empty() {
        return vec![Cell {
            cluster: named_by(&held.secret),
            findings: report.findings.clone(),
            ..blank(held, &report)
        }];
    }
    clusters
        .into_iter()
        .map(|cluster| {
            let mut cell = cell(held, &report, &cluster, known.view.now);
            let parts = [
                report.findings.clone(),
                meant(&cluster.name),
                cluster.findings,
            ];
            // With no more room than that takes: there may be thousands.
            cell.findings = parts.concat();
            cell
        })
        .collect()
}

/// A secret of another namespace: as istiod never sees it, nothing else about it matters.
fn out_of_place(mut held: Held, known: &Known<'_>) -> Vec<Cell> {
    let report = check(&held, known.view);
    let found = held.secret.metadata.namespace.clone().unwrap_or_default();
    // What is to be made is made in the right namespace.
    held.secret.metadata.namespace = Some(known.namespace.to_owned());
    let finding = |key: &str| {
        Finding::new(
            CheckId::SecretWrongNamespace,
            Severity::Error,
            format!(
                "it lies in namespace {found}, and istiod looks into {} only",
                known.namespace
            ),
        )
        .fix(create_beside(&held, key))
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

impl Known<'_> {
    /// The UID of the cluster that the cell gives access to, where its context was read.
    pub(super) fn uid_of(&self, cell: &Cell) -> Option<&str> {
        let member = self.members.of_context(cell.source_context.as_ref()?)?;
        member.uid.as_deref()
    }
}
