//! The check of networks that are configured by hand, beside those that labels name.

use std::collections::BTreeSet;

use crate::eastwest::Gateway;
use crate::finding::{CheckId, Finding, Severity};
use crate::mesh_config::MeshConfig;
use crate::snapshot::ClusterSnapshot;

/// Reports clusters whose configuration `meshNetworks` names clusters that istiod does not know, has gateways of networks that have
/// labelled ones as well, or differs from that of another cluster.
pub(in crate::verify) fn mesh_networks(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let with_istiod = clusters.iter().filter(|cluster| cluster.has_istiod());
    let with_istiod: Vec<&ClusterSnapshot> = with_istiod.copied().collect();
    let gateways = clusters.iter().flat_map(|cluster| Gateway::all(cluster));
    let labelled: BTreeSet<String> = gateways.filter_map(|gateway| gateway.network).collect();
    let of = |cluster: &&ClusterSnapshot| {
        let message = cluster.configs().iter().find_map(|one| {
            let mesh = &one.config;
            let said = unknown_cluster(cluster, mesh)
                .or_else(|| gateways_twice(mesh, &labelled))
                .or_else(|| different(cluster, mesh, &with_istiod))?;
            let of_revision = cluster.of_revision(&one.revision);
            Some(format!("meshNetworks{of_revision} {said}"))
        })?;
        let finding = Finding::new(CheckId::MeshNetworksLegacy, Severity::Warning, message);
        let fix = "leave global.meshNetworks out of the values of istiod: labels name the networks and their gateways";
        Some(finding.in_cluster(&cluster.context).fix(fix))
    };
    with_istiod.iter().filter_map(of).collect()
}

/// Returns what is said of a cluster on a network that no istiod of the holder knows, so that the line has no effect.
fn unknown_cluster(holder: &ClusterSnapshot, mesh: &MeshConfig) -> Option<String> {
    let known = holder.known_clusters();
    let known = known.seen()?.iter().flatten();
    let known: BTreeSet<&str> = known.map(|known| known.id.as_str()).collect();
    mesh.networks.iter().find_map(|(name, network)| {
        let mut registries = network.registries.iter();
        let registry = registries.find(|registry| !known.contains(registry.as_str()))?;
        Some(format!(
            "has cluster {registry} on network {name}, and istiod knows no cluster {registry}"
        ))
    })
}

fn gateways_twice(mesh: &MeshConfig, labelled: &BTreeSet<String>) -> Option<String> {
    let mut networks = mesh.networks.iter();
    let (name, _) =
        networks.find(|(name, network)| network.gateways > 0 && labelled.contains(*name))?;
    Some(format!(
        "has gateways of network {name}, which has a labelled gateway too: istiod uses both"
    ))
}

fn different(
    cluster: &ClusterSnapshot,
    mesh: &MeshConfig,
    all: &[&ClusterSnapshot],
) -> Option<String> {
    let others = all.iter().filter(|_| !mesh.networks.is_empty());
    let mut others = others.filter(|other| other.context != cluster.context);
    let other = others.find(|other| {
        let mut configs = other.configs().iter();
        configs.any(|one| one.config.networks != mesh.networks)
    })?;
    Some(format!(
        "is another one than that of context {}",
        other.context
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{from_value, json};

    use super::*;
    use crate::mesh_config::MeshNetwork;
    use crate::read::Read;
    use crate::verify::checks::istiod_view::tests::asked;
    use crate::verify::samples::{cluster, istiod};

    /// A cluster whose istiod knows east and west, and whose configuration has these clusters and gateways on net-a.
    fn of(context: &str, registries: &[&str], gateways: usize) -> ClusterSnapshot {
        let network = MeshNetwork {
            registries: registries.iter().map(|one| (*one).to_owned()).collect(),
            gateways,
        };
        let is_empty = registries.is_empty() && gateways == 0;
        let networks = (!is_empty).then(|| ("net-a".to_owned(), network));
        let known = [("west", "istio-system/s", "synced")];
        ClusterSnapshot {
            mesh_configs: Read::Seen(vec![
                MeshConfig {
                    networks: networks.into_iter().collect::<BTreeMap<_, _>>(),
                    ..MeshConfig::default()
                }
                .into(),
            ]),
            istiod_pages: Read::Seen(vec![asked("istiod-1", &known)]),
            services: Read::Seen(Vec::new()),
            api_gateways: Read::Seen(Vec::new()),
            ..cluster(context, vec![istiod(Some(context), "1.31.0")])
        }
    }

    fn found(clusters: &[&ClusterSnapshot]) -> Vec<String> {
        let found = mesh_networks(clusters).into_iter();
        found.map(|one| one.message).collect()
    }

    #[test]
    fn networks_by_hand_have_to_be_whole_the_only_ones_and_the_same_everywhere() {
        let nothing: [&str; 0] = [];
        let both = ["east", "west"];
        let (east, west) = (of("east", &both, 1), of("west", &both, 1));
        assert_eq!(found(&[&east, &west]), nothing);
        assert_eq!(found(&[&of("east", &[], 0), &of("west", &[], 0)]), nothing);
        assert_eq!(
            found(&[&of("east", &["east", "gone"], 1)]),
            ["meshNetworks has cluster gone on network net-a, and istiod knows no cluster gone"]
        );
        assert_eq!(
            found(&[&east, &of("west", &[], 0)]),
            ["meshNetworks is another one than that of context west"]
        );
        let service = json!({"metadata": {"name": "gw", "namespace": "istio-system",
            "labels": {"topology.istio.io/network": "net-a"}}, "spec": {"selector": {"a": "b"}, "ports": [{"port": 15443}]}});
        let labelled = ClusterSnapshot {
            services: Read::Seen(vec![from_value(service).expect("it is a Service")]),
            ..west.clone()
        };
        let twice = "meshNetworks has gateways of network net-a, which has a labelled gateway too: istiod uses both";
        assert_eq!(found(&[&east, &labelled]), [twice, twice]);
        // Gateways of labelled networks may be found by labels alone.
        let without = ClusterSnapshot {
            services: labelled.services.clone(),
            ..of("west", &both, 0)
        };
        assert_eq!(found(&[&of("east", &both, 0), &without]), nothing);
        for unread in [
            ClusterSnapshot {
                mesh_configs: Read::Denied("no".into()),
                ..east.clone()
            },
            ClusterSnapshot {
                istiods: Read::Seen(Vec::new()),
                ..east.clone()
            },
        ] {
            assert_eq!(found(&[&unread, &of("west", &[], 0)]), nothing);
        }
        let unasked = ClusterSnapshot {
            istiod_pages: Read::NotAsked,
            ..of("east", &["gone"], 0)
        };
        assert_eq!(found(&[&unasked]), nothing);
    }
}
