//! Checks of the trust domains of a mesh: workloads of one cluster have to accept the certificates of those of every other.

use std::collections::BTreeMap;
use std::slice;

use super::super::majority::most_common;
use crate::exposure::Revision;
use crate::finding::{CheckId, Finding, Severity};
use crate::istiod::{admits_every_trust_domain, revision_of, versions};
use crate::mesh_config::{MeshConfig, RevisionConfig};
use crate::resources::Deployment;
use crate::snapshot::ClusterSnapshot;

/// The first minor version whose istiod reads the trust domain of another cluster from that cluster.
const READS_OTHERS: u32 = 29;

/// Reports trust domains of other clusters that a cluster does not accept, and clusters with ztunnels of different trust domains,
/// which do not accept one another even with aliases.
pub(in crate::verify) fn trust_domains(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let mut findings = of_ambient(clusters);
    for cluster in clusters {
        let others = clusters
            .iter()
            .filter(|other| other.context != cluster.context);
        let others: Vec<(&str, &MeshConfig)> = others
            .flat_map(|other| {
                let configs = other.configs().iter();
                configs.map(|one| (other.context.as_str(), &one.config))
            })
            .collect();
        let mut foreign: BTreeMap<&str, (&str, &MeshConfig)> = BTreeMap::new();
        for RevisionConfig { revision, config } in cluster.configs() {
            let refused = others.iter().filter(|(_, other)| {
                let domain = other.trust_domain();
                domain != config.trust_domain() && !accepts(cluster, revision, config, domain)
            });
            for (peer, other) in refused {
                let domain = other.trust_domain();
                foreign.entry(domain).or_insert((peer, config));
            }
        }
        let foreign = foreign.into_iter();
        findings.extend(foreign.map(|(domain, (peer, mesh))| unknown(cluster, mesh, domain, peer)));
    }
    findings
}

/// Returns whether the workloads of a revision in a cluster accept those of a trust domain, as servers and as clients.
fn accepts(
    cluster: &ClusterSnapshot,
    revision: &Revision,
    mesh: &MeshConfig,
    domain: &str,
) -> bool {
    let istiods = cluster.istiods.items().iter();
    let istiods = istiods.filter(|istiod| revision_of(*istiod) == *revision);
    let istiods: Vec<&Deployment> = istiods.collect();
    let mut all = istiods.iter();
    let as_server = mesh.admits(domain) || all.any(|one| admits_every_trust_domain(one));
    let versions = istiods
        .iter()
        .flat_map(|one| versions(slice::from_ref(one)));
    let mut old = versions.flatten();
    let as_client = mesh.knows(domain) || !old.any(|version| !version.is_from_minor(READS_OTHERS));
    as_server && as_client
}

fn unknown(cluster: &ClusterSnapshot, mesh: &MeshConfig, domain: &str, peer: &str) -> Finding {
    let message = format!(
        "workloads of trust domain {} do not accept certificates of trust domain {domain}, which those of context {peer} have",
        mesh.trust_domain()
    );
    let fix = format!(
        "upgrade istiod with the same meshConfig.trustDomain in all clusters, or with {domain} in meshConfig.trustDomainAliases of context {}",
        cluster.context
    );
    Finding::new(CheckId::TrustDomainMismatch, Severity::Error, message)
        .in_cluster(&cluster.context)
        .with_peer(peer)
        .fix(fix)
}

fn of_ambient(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let domains = clusters.iter().filter_map(|cluster| {
        let ztunnel = cluster.ztunnels.items().first()?;
        let revision = revision_of(ztunnel);
        let mut configs = cluster.configs().iter();
        let own = configs.find(|one| one.revision == revision);
        let own = own.or(cluster.configs().first())?;
        Some((cluster.context.as_str(), own.config.trust_domain()))
    });
    let domains: Vec<(&str, &str)> = domains.collect();
    let Some((first, usual)) = most_common(&domains) else {
        return Vec::new();
    };
    let others = domains.iter().filter(|(_, domain)| *domain != usual);
    let finding = |(context, domain): &(&str, &str)| {
        let message = format!(
            "the trust domain is {domain}, and that of context {first} is {usual}: ztunnels of different trust domains do not accept one another"
        );
        Finding::new(CheckId::TrustDomainAmbient, Severity::Error, message)
            .in_cluster(*context)
            .with_peer(first)
            .fix("upgrade istiod with the same meshConfig.trustDomain in all clusters, then restart ztunnel and the workloads")
    };
    others.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::read::Read;
    use crate::verify::samples::{cluster, istiod};

    fn of(context: &str, domain: &str, aliases: &[&str]) -> ClusterSnapshot {
        with_version(context, domain, aliases, "1.31.0")
    }

    fn with_version(
        context: &str,
        domain: &str,
        aliases: &[&str],
        version: &str,
    ) -> ClusterSnapshot {
        ClusterSnapshot {
            mesh_configs: Read::Seen(vec![
                MeshConfig {
                    trust_domain: Some(domain.to_owned()),
                    trust_domain_aliases: aliases.iter().map(|one| (*one).to_owned()).collect(),
                    ..MeshConfig::default()
                }
                .into(),
            ]),
            ..cluster(context, vec![istiod(Some(context), version)])
        }
    }

    fn found(clusters: &[&ClusterSnapshot]) -> Vec<(&'static str, String)> {
        let found = trust_domains(clusters).into_iter();
        let place = |one: Finding| {
            let place = one.details().cloned().unwrap_or_default();
            let name = |name: Option<String>| name.unwrap_or_default();
            (
                one.id.as_str(),
                format!("{} {}", name(place.cluster), name(place.peer)),
            )
        };
        found.map(place).collect()
    }

    const MISMATCH: &str = "trust-domain-mismatch";

    #[test]
    fn each_cluster_has_to_accept_the_trust_domain_of_every_other() {
        let nothing: Vec<(&str, String)> = Vec::new();
        let named = |places: &[&str]| -> Vec<(&str, String)> {
            places
                .iter()
                .map(|place| (MISMATCH, (*place).to_owned()))
                .collect()
        };
        let (east, west) = (of("east", "a", &[]), of("west", "b", &[]));
        assert_eq!(found(&[&east, &of("west", "a", &[])]), nothing);
        assert_eq!(found(&[&east, &west]), named(&["east west", "west east"]));
        let open = of("east", "a", &["b"]);
        assert_eq!(found(&[&open, &west]), named(&["west east"]));
        assert_eq!(found(&[&open, &of("west", "b", &["a"])]), nothing);
        // Of several with one trust domain the first is named.
        let north = of("north", "b", &["a"]);
        assert_eq!(
            found(&[&east, &north, &of("west", "b", &["a"])]),
            named(&["east north"])
        );
        // A configuration that names none has the default.
        let default = ClusterSnapshot {
            mesh_configs: Read::Seen(vec![MeshConfig::default().into()]),
            ..of("west", "", &[])
        };
        assert_eq!(
            found(&[&of("east", "cluster.local", &[]), &default]),
            nothing
        );
        let unread = ClusterSnapshot {
            mesh_configs: Read::Denied("no".into()),
            ..west.clone()
        };
        assert_eq!(found(&[&east, &unread]), nothing);
        let message = trust_domains(&[&open, &west]).remove(0).message;
        assert_eq!(
            message,
            "workloads of trust domain b do not accept certificates of trust domain a, which those of context east have"
        );
    }

    #[test]
    fn each_revision_has_its_own_trust_domain() {
        let of = |context: &str, domains: &[(&str, &str)]| ClusterSnapshot {
            mesh_configs: Read::Seen(
                domains
                    .iter()
                    .map(|(revision, domain)| RevisionConfig {
                        revision: Revision::of_label(Some(revision)),
                        config: MeshConfig {
                            trust_domain: Some((*domain).to_owned()),
                            ..MeshConfig::default()
                        },
                    })
                    .collect(),
            ),
            ..cluster(context, vec![istiod(Some(context), "1.31.0")])
        };
        let east = of("east", &[("default", "a")]);
        let both = of("west", &[("default", "a"), ("canary", "b")]);
        assert_eq!(
            found(&[&east, &both]),
            [
                (MISMATCH, "east west".to_owned()),
                (MISMATCH, "west east".to_owned())
            ]
        );
        // The revisions of one cluster are not compared.
        assert_eq!(found(&[&both]), []);
        let ztunnel =
            json!({"metadata": {"name": "ztunnel", "labels": {"istio.io/rev": "canary"}}});
        let ambient = |cluster: ClusterSnapshot| ClusterSnapshot {
            ztunnels: Read::Seen(vec![
                from_value(ztunnel.clone()).expect("it is a DaemonSet"),
            ]),
            ..cluster
        };
        let known = |found: Vec<(&'static str, String)>| {
            found
                .into_iter()
                .any(|(id, _)| id == "trust-domain-ambient")
        };
        assert!(known(found(&[&ambient(east), &ambient(both.clone())])));
        let north = of("north", &[("canary", "b")]);
        assert!(!known(found(&[&ambient(north), &ambient(both)])));
    }

    #[test]
    fn servers_may_accept_every_trust_domain_and_old_clients_do_not() {
        let accepting = |version: &str| {
            let mut east = with_version("east", "a", &[], version);
            let specs = east.istiods.seen_mut().into_iter().flatten();
            let specs = specs.filter_map(|one| one.spec.as_mut()?.template.spec.as_mut());
            for container in specs.flat_map(|spec| &mut spec.containers) {
                let env = from_value(
                    json!({"name": "PILOT_SKIP_VALIDATE_TRUST_DOMAIN", "value": "true"}),
                );
                let env = env.expect("it is a variable");
                container.env.get_or_insert_default().push(env);
            }
            east
        };
        let west = of("west", "b", &["a"]);
        assert_eq!(found(&[&accepting("1.29.0"), &west]), []);
        assert_eq!(
            found(&[&accepting("1.28.9"), &west]),
            [(MISMATCH, "east west".to_owned())]
        );
        let mut federated = of("east", "a", &[]);
        let configs = federated.mesh_configs.seen_mut().into_iter().flatten();
        for one in configs {
            one.config.authority_trust_domains = vec!["b".to_owned()];
        }
        assert_eq!(found(&[&federated, &west]), []);
    }

    #[test]
    fn ztunnels_need_one_trust_domain_whatever_the_aliases() {
        let ztunnel = json!({"metadata": {"name": "ztunnel", "namespace": "istio-system"}});
        let ambient = |cluster: ClusterSnapshot| ClusterSnapshot {
            ztunnels: Read::Seen(vec![
                from_value(ztunnel.clone()).expect("it is a DaemonSet"),
            ]),
            ..cluster
        };
        let (east, west) = (of("east", "a", &["b"]), of("west", "b", &["a"]));
        assert_eq!(found(&[&ambient(east.clone()), &west]), []);
        let both = [ambient(east), ambient(west)];
        assert_eq!(
            found(&[&both[0], &both[1]]),
            [("trust-domain-ambient", "west east".to_owned())]
        );
    }
}
