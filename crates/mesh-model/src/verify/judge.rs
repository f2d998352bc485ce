//! Verifies a mesh: makes all checks, finds the root causes, and counts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;

use jiff::Timestamp;

use super::checks::{
    ca_certs, changes, clocks, cluster_ids, gateway_proxies, hidden_namespaces, istiod_views,
    istiods, mesh_ids, mesh_networks, networks_without_gateway, one_network_with_gateways,
    other_authority, overlaps, own_roots, root_config_maps, root_namespaces, roots, rotation_bugs,
    same_clusters, shared_keys, trust_domains, unreachable, versions,
};
use super::counts::Counts;
use super::cut::cut;
use super::fold::{RootCause, fold};
use super::ignore::Ignores;
use super::needs::skipped;
use super::pairs::{Pair, pairs};
use super::report::{MeshVerification, RootCauseReport, VerifiedCluster};
use super::select::Selection;
use crate::change::ObjectRef;
use crate::cluster_name::ClusterId;
use crate::eastwest::{EastWestStatus, Gateway};
use crate::finding::{CheckId, Finding, Severity};
use crate::fleet::connected;
use crate::istiod;
use crate::names::CONFIG_SECRET;
use crate::report::{API_VERSION, SkippedCheck};
use crate::secret::{Credentials, MatrixCell, MatrixOptions, SecretMatrix};
use crate::snapshot::{ClusterSnapshot, MeshSnapshot, by_holder};
use crate::statements::MeshLabels;

/// Verifies a mesh: makes the selected checks of everything that its snapshot has.
pub fn verify(mut mesh: MeshSnapshot, selection: &Selection) -> MeshVerification {
    let mut clusters: Vec<VerifiedCluster> = mesh.clusters.iter().map(of_cluster).collect();
    clusters.extend(mesh.unreached.iter().map(|lost| VerifiedCluster {
        context: lost.context.clone(),
        ..VerifiedCluster::default()
    }));
    let checked = checked(&mesh, selection);
    let used = take(&mut mesh.credential_checks);
    let credentials = by_holder(used.items());
    let of_others = gateways_of_other_revisions(&mesh.clusters);
    let annotations = if selection.no_ignore {
        Ignores::default()
    } else {
        Ignores::of(&mesh)
    };
    let mut findings: Vec<Finding> = mesh.unreached.iter().map(unreachable).collect();
    let are_named = mesh.asked.are_named;
    findings.extend(same_clusters(&mesh, are_named));
    let changes = changes(&mesh);
    let matrix = secrets(&mut mesh, &credentials);
    let by_id = by_id(&clusters);
    findings.extend(istiod_views(&mesh, &matrix, &changes, |id| {
        by_id.get(id).copied().flatten()
    }));
    let pairs = pairs(&matrix, |cell| works(cell, &credentials));
    let groups = groups(&mesh.clusters, &matrix, are_named);
    let managed = managed(&matrix);
    findings.extend(matrix.into_iter().flat_map(|mut cell| {
        let found = take(&mut cell.findings);
        let place = cell.place();
        let found = found.into_iter();
        found
            .map(|one| one.placed(&place))
            .collect::<Vec<Finding>>()
    }));
    let mut by_group: BTreeMap<usize, Vec<ClusterSnapshot>> = BTreeMap::new();
    for (cluster, group) in take(&mut mesh.clusters).into_iter().zip(groups) {
        by_group.entry(group).or_default().push(cluster);
    }
    for group in by_group.into_values() {
        findings.extend(of_group(&mesh.only(group), &managed));
    }
    findings.retain(|finding| !is_about_one_of(&of_others, finding));
    report(
        mesh,
        (clusters, pairs),
        findings,
        checked,
        (selection, annotations),
    )
}

fn report(
    snapshot: MeshSnapshot,
    (clusters, pairs): (Vec<VerifiedCluster>, Vec<Pair>),
    mut findings: Vec<Finding>,
    checked: Checked,
    (selection, annotations): (&Selection, Ignores),
) -> MeshVerification {
    let without_effect = selection.without_effect(&findings);
    let without_effect = without_effect.map(ToString::to_string).collect();
    findings.retain(|finding| selection.takes(finding));
    let passed = passed(&checked, &findings);
    let (findings, ignored) = annotations.split(findings);
    let mut causes = if selection.no_fold {
        findings.into_iter().map(RootCause::alone).collect()
    } else {
        fold(findings)
    };
    causes.sort_by_key(|one| (Reverse(one.finding.severity), one.finding.id as usize));
    let counts = Counts {
        ignored: ignored.len(),
        ..Counts::of(&causes, passed, checked.skipped.len())
    };
    MeshVerification {
        api_version: API_VERSION,
        kind: "MeshVerification",
        taken_at: in_seconds(snapshot.taken_at),
        clusters,
        pairs,
        findings: causes.into_iter().map(RootCauseReport::from).collect(),
        ignored,
        skipped: checked.skipped,
        partial: checked.partial,
        unreached: snapshot.unreached,
        counts,
        without_effect,
        unknown_ignores: annotations.unknown,
    }
}

/// Returns the gateways of revisions that were not asked for, each with the context of its cluster.
fn gateways_of_other_revisions(clusters: &[ClusterSnapshot]) -> Vec<(String, ObjectRef)> {
    let each = clusters.iter().flat_map(|cluster| {
        let gateways = cluster.gateways_of_other_revisions().into_iter();
        gateways.map(|gateway| (cluster.context.clone(), gateway))
    });
    each.collect()
}

fn is_about_one_of(gateways: &[(String, ObjectRef)], finding: &Finding) -> bool {
    let place = finding.details();
    let (context, object) = place.map_or((None, None), |place| {
        (place.cluster.as_ref(), place.object.as_ref())
    });
    let mut gateways = gateways.iter();
    gateways.any(|(own, gateway)| Some(own) == context && Some(gateway) == object)
}

/// Returns the number of checks that were made of a cluster and reported nothing about it but notes.
fn passed(checked: &Checked, findings: &[Finding]) -> usize {
    let failed = findings
        .iter()
        .filter(|finding| finding.severity > Severity::Info);
    let failed: BTreeSet<(usize, &str)> = failed
        .filter_map(|one| Some((one.id as usize, one.details()?.cluster.as_deref()?)))
        .collect();
    let made = checked.made.iter();
    made.filter(|(check, context)| !failed.contains(&(*check, context)))
        .count()
}

/// Returns the context of the cluster that has a cluster ID; `None` for an ID that several have.
fn by_id(clusters: &[VerifiedCluster]) -> BTreeMap<&str, Option<&str>> {
    let mut by_id = BTreeMap::new();
    for cluster in clusters {
        let Some(id) = cluster.id.as_deref() else {
            continue;
        };
        by_id
            .entry(id)
            .and_modify(|context| *context = None)
            .or_insert(Some(cluster.context.as_str()));
    }
    by_id
}

/// Returns the moment without fractions of a second, as Kubernetes writes times.
fn in_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

fn of_cluster(cluster: &ClusterSnapshot) -> VerifiedCluster {
    let versions = istiod::versions(cluster.istiods.items());
    let mut istio: Vec<String> = versions.iter().flatten().map(ToString::to_string).collect();
    istio.sort();
    istio.dedup();
    let ids = cluster.member().ids;
    let gateways = Gateway::all(cluster).into_iter();
    let addresses = gateways.flat_map(|gateway| gateway.addresses);
    VerifiedCluster {
        context: cluster.context.clone(),
        id: ids.first().map(|id: &ClusterId| id.as_str().to_owned()),
        uid: cluster.uid().map(str::to_owned),
        istio,
        revision: cluster.revision.as_ref().map(|one| one.word().to_owned()),
        network: cluster.network().map(str::to_owned),
        gateways: addresses.map(|address| address.value).collect(),
        reached: true,
    }
}

/// The selected checks.
#[derive(Default)]
struct Checked {
    /// Those that are made, by their number and the context.
    made: BTreeSet<(usize, String)>,
    /// Those of them that see only the beginning of a list.
    partial: Vec<SkippedCheck>,
    /// Those that are skipped.
    skipped: Vec<SkippedCheck>,
}

/// Returns the checks that are made and those that are skipped, by cluster.
fn checked(mesh: &MeshSnapshot, selection: &Selection) -> Checked {
    let credentials = by_holder(mesh.credential_checks.items());
    let mut checked = Checked::default();
    for cluster in &mesh.clusters {
        let context = &cluster.context;
        let used = credentials.get(context.as_str());
        let told = |check, reason| SkippedCheck {
            context: context.clone(),
            check,
            reason,
        };
        let checks = CheckId::ALL.iter().copied();
        for check in checks.filter(|check| !selection.skips_check(*check)) {
            if let Some(reason) = skipped(check, cluster, mesh, used) {
                checked.skipped.push(told(check, reason));
                continue;
            }
            checked.made.insert((check as usize, context.clone()));
            let cut = cut(check, cluster);
            checked.partial.extend(cut.map(|cut| told(check, cut)));
        }
    }
    checked
}

/// Returns whether the credential of a cell was used and accepted.
fn works(cell: &MatrixCell, credentials: &BTreeMap<&str, Credentials<'_>>) -> bool {
    let place = (cell.name.as_deref().unwrap_or_default(), &*cell.cluster);
    let of_holder = credentials.get(cell.context.as_str());
    let used = of_holder.and_then(|of_holder| of_holder.get(&place));
    used.is_some_and(|facts| facts.works() == Some(true))
}

/// Returns the cells of all pairs of clusters, missing secrets included. Between the clusters of one mesh a missing secret is
/// an error, unless the file of the mesh expects none.
fn secrets(
    mesh: &mut MeshSnapshot,
    credentials: &BTreeMap<&str, Credentials<'_>>,
) -> Vec<MatrixCell> {
    let asked = mesh.asked.clone();
    let options = MatrixOptions {
        namespace: &asked.istio_namespace,
        allow_loopback: asked.allow_loopback,
        connected_only: !asked.are_named,
    };
    let contexts = mesh.known_contexts();
    let matrix = SecretMatrix::with_credentials(mesh, credentials, &contexts, options);
    let mut cells = matrix.items;
    for cell in cells.iter_mut().filter(|cell| cell.name.is_none()) {
        for finding in &mut cell.findings {
            finding.severity = Severity::Error;
        }
    }
    let by_file = known_by_file(&mesh.clusters);
    cells.retain(|cell| {
        let place = (cell.context.as_str(), cell.cluster.as_str());
        let is_expected = || asked.expects(&cell.context, cell.remote_context.as_deref());
        cell.name.is_some() || (is_expected() && !by_file.contains(&place))
    });
    cells
}

/// Returns the clusters that an istiod has from a file, so that it needs no secret: by the holder's context and the cluster ID.
fn known_by_file(clusters: &[ClusterSnapshot]) -> BTreeSet<(&str, &str)> {
    let each = clusters.iter().flat_map(|holder| {
        let pods = holder.istiod_pages.items().iter();
        let known = pods.flat_map(|asked| asked.clusters.items());
        let of_files = known.filter(|known| known.is_of_file());
        of_files.map(|known| (holder.context.as_str(), known.id.as_str()))
    });
    each.collect()
}

/// Returns the number of the mesh of each cluster: all are one if the user named them, otherwise those that remote secrets
/// connect.
fn groups(clusters: &[ClusterSnapshot], cells: &[MatrixCell], are_named: bool) -> Vec<usize> {
    if are_named {
        return vec![0; clusters.len()];
    }
    let contexts = clusters.iter().enumerate();
    let contexts = contexts.map(|(number, cluster)| (cluster.context.as_str(), number));
    let contexts: BTreeMap<&str, usize> = contexts.collect();
    let pairs = cells.iter().filter_map(|cell| {
        let holder = contexts.get(cell.context.as_str())?;
        let remote = contexts.get(cell.remote_context.as_deref()?)?;
        Some((*holder, *remote))
    });
    connected(clusters.len(), pairs)
}

/// Returns the contexts of the clusters that an istiod of another cluster manages, as the secret with its access to them shows.
fn managed(cells: &[MatrixCell]) -> BTreeSet<String> {
    let of_external = cells
        .iter()
        .filter(|cell| cell.name.as_deref() == Some(CONFIG_SECRET));
    let managed = of_external.filter_map(|cell| cell.remote_context.clone());
    managed.collect()
}

/// Returns the findings about the clusters of one mesh, but for those about their secrets.
fn of_group(mesh: &MeshSnapshot, managed: &BTreeSet<String>) -> Vec<Finding> {
    let clusters: Vec<&ClusterSnapshot> = mesh.clusters.iter().collect();
    let of_istiods = clusters.iter().flat_map(|one| istiods(one));
    let is_elsewhere = |finding: &Finding| {
        let place = finding.details().and_then(|place| place.cluster.as_deref());
        finding.id == CheckId::IstiodMissing && place.is_some_and(|place| managed.contains(place))
    };
    let mut findings: Vec<Finding> = of_istiods.filter(|one| !is_elsewhere(one)).collect();
    findings.extend(clocks(&clusters));
    findings.extend(versions(&clusters));
    findings.extend(root_namespaces(&clusters));
    findings.extend(rotation_bugs(&clusters));
    findings.extend(mesh_ids(&clusters));
    findings.extend(hidden_namespaces(&clusters));
    findings.extend(mesh_networks(&clusters));
    findings.extend(cluster_ids(&clusters));
    findings.extend(networks_without_gateway(&clusters));
    findings.extend(one_network_with_gateways(&clusters));
    findings.extend(overlaps(&clusters));
    findings.extend(root_config_maps(&clusters));
    findings.extend(roots(&clusters, mesh.taken_at));
    findings.extend(trust_domains(&clusters));
    findings.extend(own_roots(&clusters));
    findings.extend(shared_keys(&clusters));
    findings.extend(clusters.iter().filter_map(|one| other_authority(one)));
    findings.extend(clusters.iter().flat_map(|one| ca_certs(one, mesh.taken_at)));
    for cluster in MeshLabels::judged(mesh).items {
        let found = cluster.findings.into_iter();
        findings.extend(found.map(|finding| finding.in_cluster(&cluster.context)));
    }
    findings.extend(
        clusters
            .iter()
            .flat_map(|one| gateway_proxies(one, mesh.taken_at)),
    );
    findings.extend(EastWestStatus::judged(mesh, None).into_findings());
    let mut repeated = repeated(&findings).into_iter();
    findings.retain(|_| repeated.next() == Some(false));
    findings
}

/// Returns for each finding whether another group of checks reported the same before.
fn repeated(findings: &[Finding]) -> Vec<bool> {
    type Known<'f> = BTreeSet<(usize, [Option<&'f str>; 2], Option<&'f ObjectRef>, &'f str)>;
    let mut known = Known::new();
    let each = findings.iter().map(|finding| {
        let place = finding.details();
        let clusters = [
            place.and_then(|place| place.cluster.as_deref()),
            place.and_then(|place| place.peer.as_deref()),
        ];
        let object = place.and_then(|place| place.object.as_ref());
        let message = finding.message.as_str();
        !known.insert((finding.id as usize, clusters, object, message))
    });
    each.collect()
}
