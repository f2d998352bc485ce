//! The checks that are skipped: where a part that a check needs could not be read, it is not passed.

use std::borrow::Cow;

use super::parts::{Part, needs};
use crate::eastwest::{Gateway, config_clusters};
use crate::finding::CheckId;
use crate::read::Read;
use crate::secret::{Credentials, ProbeFacts};
use crate::snapshot::{AskedIstiod, ClusterSnapshot, MeshSnapshot};

/// The reason for a part that is read of every cluster, and that a snapshot lacks.
const NOT_READ: &str = "the snapshot does not have it";

/// The reason why istiods were not asked.
const NOT_ASKED: &str = "istiods are not asked";

/// Returns the reason why a check is skipped in a cluster, if a part that it needs was not read or not tested. `used` are the results
/// of using the credentials of the cluster.
pub(super) fn skipped(
    check: CheckId,
    cluster: &ClusterSnapshot,
    mesh: &MeshSnapshot,
    used: Option<&Credentials<'_>>,
) -> Option<String> {
    let mut needed = needs(check).iter();
    let unread = needed.find_map(|part| unread(*part, cluster, mesh));
    let by_credential = || credential_unread(check, used?);
    unread.map(Cow::into_owned).or_else(by_credential)
}

/// Returns the first secret whose credential gave no answer that the check needs, with the reason.
fn credential_unread(check: CheckId, credentials: &Credentials<'_>) -> Option<String> {
    let reason: fn(&ProbeFacts) -> Option<&str> = match check {
        CheckId::SecretWrongCluster => ProbeFacts::uid_unread,
        CheckId::SecretRbac => ProbeFacts::rights_unread,
        CheckId::SecretTokenInvalid | CheckId::SecretCertificateInvalid => {
            ProbeFacts::acceptance_unread
        }
        _ => return None,
    };
    let mut used = credentials.iter();
    used.find_map(|((name, _), facts)| Some(format!("secret {name}: {}", reason(facts)?)))
}

fn unread<'a>(
    part: Part,
    cluster: &'a ClusterSnapshot,
    mesh: &'a MeshSnapshot,
) -> Option<Cow<'a, str>> {
    let reason = match part {
        Part::Uid => wanted(&cluster.uid),
        Part::ServerClock => {
            let is_known = cluster.clock_ahead.is_some();
            (!is_known).then_some("the answers of its API server do not say the time")
        }
        Part::Namespace => wanted(&cluster.namespace),
        Part::Istiods => wanted(&cluster.istiods),
        Part::IstiodsElsewhere => wanted(&cluster.istiods_elsewhere),
        Part::Secrets => wanted(&cluster.secrets),
        Part::SecretsElsewhere => wanted(&cluster.secrets_elsewhere),
        Part::SecretsByName => by_name(cluster),
        Part::MeshConfig => wanted(&cluster.mesh_configs),
        Part::Roots => wanted(&cluster.roots),
        Part::RootConfigMap => match &cluster.roots {
            Read::Absent(_) => None,
            roots => wanted(roots),
        },
        Part::CaCerts => wanted(&cluster.ca_certs),
        Part::Services => wanted(&cluster.services),
        // A cluster without the Gateway API has none of its gateways.
        Part::ApiGateways => api_gateways_unread(cluster),
        // Those behind Services that are not known are not known either.
        Part::GatewayPods => {
            let services = wanted(&cluster.services);
            services.or_else(|| cluster.pods.values().find_map(Read::reason))
        }
        Part::UsualPods => {
            let pods = wanted(&cluster.usual_pods);
            pods.or_else(|| cluster.nearby_services.reason())
        }
        Part::ProbeTargets => {
            let pods = wanted(&cluster.meshed_pods);
            pods.or_else(|| cluster.meshed_services.reason())
        }
        // Some parts are only read where a gateway needs them.
        Part::Events => cluster.events.reason(),
        Part::Nodes => cluster.nodes.reason(),
        Part::GatewayApi => wanted(&cluster.api_gateways),
        Part::IstioGateways => istio_gateways_unread(cluster),
        Part::ConfigGateways => {
            return match config_clusters(cluster, &mesh.clusters) {
                Ok(all) => {
                    let mut unread = all.into_iter().filter_map(istio_gateways_unread);
                    unread.next().map(Cow::Borrowed)
                }
                // Without a gateway there is nothing to expose.
                Err(_) if Gateway::all(cluster).is_empty() => None,
                Err(reason) => Some(Cow::Owned(reason)),
            };
        }
        Part::Injectors => wanted(&cluster.injectors),
        Part::Ztunnels => wanted(&cluster.ztunnels),
        Part::ProxyPods => wanted(&cluster.injected_pods),
        Part::GatewayProbes => match &cluster.gateway_probes {
            Read::NotAsked => Some("gateways are not probed"),
            probes => probes.reason(),
        },
        Part::Credentials => return credentials_unused(mesh),
        Part::IstiodPods => istiod_unasked(cluster, |asked| {
            not_allowed(&asked.clusters).or_else(|| not_allowed(&asked.gateways))
        }),
        Part::KnownClusters => istiod_unasked(cluster, |asked| page_unread(&asked.clusters)),
        Part::KnownGateways => istiod_unasked(cluster, |asked| page_unread(&asked.gateways)),
        Part::KnownProxies => istiod_unasked(cluster, |asked| page_unread(&asked.proxies)),
        Part::OtherGateways => {
            let mut others = mesh
                .clusters
                .iter()
                .filter(|other| other.context != cluster.context);
            others.find_map(gateways_unread)
        }
    };
    reason.map(Cow::Borrowed)
}

/// Returns the reason why credentials were not used, if some were not.
fn credentials_unused(mesh: &MeshSnapshot) -> Option<Cow<'_, str>> {
    match &mesh.credential_checks {
        Read::NotAsked => Some("credentials are not used".into()),
        Read::Seen(used) => {
            let (used, left_out) = (used.len(), mesh.credentials_left_out);
            let total = used + left_out;
            (left_out > 0).then(|| {
                format!("the mesh has {total} different credentials, of which {used} were used")
                    .into()
            })
        }
        unread => unread.reason().map(Cow::Borrowed),
    }
}

/// Returns the reason of a part that is read of every cluster, so that none passes which was forgotten.
fn wanted<T>(read: &Read<T>) -> Option<&str> {
    match read {
        Read::NotAsked => Some(NOT_READ),
        read => read.reason(),
    }
}

/// Returns the reason why Istio's Gateways in a cluster are not known.
fn istio_gateways_unread(cluster: &ClusterSnapshot) -> Option<&str> {
    let gateways = wanted(&cluster.istio_gateways);
    gateways.or_else(|| cluster.virtual_services.reason())
}

/// Returns the reason why the gateways of the Gateway API are not known; a cluster without that API has none.
fn api_gateways_unread(cluster: &ClusterSnapshot) -> Option<&str> {
    let unread = wanted(&cluster.api_gateways);
    unread.filter(|_| !matches!(cluster.api_gateways, Read::Absent(_)))
}

/// Returns the reason why the network and the gateways of a cluster are not known.
fn gateways_unread(cluster: &ClusterSnapshot) -> Option<&str> {
    let namespace = wanted(&cluster.namespace);
    let services = namespace.or_else(|| wanted(&cluster.services));
    let gateways = services.or_else(|| api_gateways_unread(cluster));
    gateways.or_else(|| cluster.nodes.reason())
}

/// Returns the reason for which istiods were not asked, or `of_pod` that of the first one that did not say something.
fn istiod_unasked<'a>(
    cluster: &'a ClusterSnapshot,
    of_pod: impl Fn(&'a AskedIstiod) -> Option<&'a str>,
) -> Option<&'a str> {
    match &cluster.istiod_pages {
        Read::NotAsked => Some(NOT_ASKED),
        Read::Seen(pods) => pods.iter().find_map(of_pod),
        unread => unread.reason(),
    }
}

/// Returns the reason for which a page is not known.
fn page_unread<T>(page: &Read<T>) -> Option<&str> {
    match page {
        Read::NotAsked => Some(NOT_ASKED),
        page => page.reason(),
    }
}

/// Returns the reason for which a page may not be read; an istiod that does not answer is a finding.
fn not_allowed<T>(page: &Read<T>) -> Option<&str> {
    match page {
        Read::Absent(unread) | Read::Denied(unread) => Some(unread.reason()),
        Read::Seen(_) | Read::Failed(_) | Read::Late(_) | Read::NotAsked => None,
    }
}

fn by_name(cluster: &ClusterSnapshot) -> Option<&str> {
    let one_by_one = || {
        let mut read = cluster.secrets_by_name.seen()?.values();
        read.find_map(Read::reason)
    };
    wanted(&cluster.secrets_by_name).or_else(one_by_one)
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    /// A mesh as an old file has it: one cluster, and nothing of what was read of it.
    fn unread() -> MeshSnapshot {
        let old = json!({"apiVersion": "mesh.istio-multicluster.dev/v1alpha1", "kind": "MeshSnapshot",
            "takenAt": "2026-11-28T00:00:00Z", "clusters": [{"context": "east"}]});
        from_value(old).expect("it is a snapshot")
    }

    #[test]
    fn no_check_passes_for_want_of_input() {
        let mesh = unread();
        for check in CheckId::ALL.iter().copied() {
            let reason = skipped(check, &mesh.clusters[0], &mesh, None);
            assert_eq!(reason.is_some(), !needs(check).is_empty(), "{check}");
        }
        let reason = skipped(CheckId::RootDiffers, &mesh.clusters[0], &mesh, None);
        assert_eq!(reason.as_deref(), Some(NOT_READ));
    }

    #[test]
    fn credentials_beyond_the_limit_are_told() {
        let mut mesh = unread();
        mesh.clusters[0].secrets = Read::Seen(Vec::new());
        mesh.clusters[0].uid = Read::Seen(None);
        let reason = |mesh: &MeshSnapshot| {
            let cluster = &mesh.clusters[0];
            skipped(CheckId::SecretTokenInvalid, cluster, mesh, None)
        };
        assert_eq!(reason(&mesh).as_deref(), Some("credentials are not used"));
        mesh.credential_checks = Read::Seen(Vec::new());
        assert_eq!(reason(&mesh), None);
        mesh.credentials_left_out = 3;
        let told = "the mesh has 3 different credentials, of which 0 were used";
        assert_eq!(reason(&mesh).as_deref(), Some(told));
    }
}
