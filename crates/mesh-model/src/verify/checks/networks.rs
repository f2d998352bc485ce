//! Checks of networks across clusters.

use std::collections::{BTreeMap, BTreeSet};

use crate::eastwest::{Exposure, Gateway, Passthrough, config_clusters};
use crate::finding::{CheckId, Finding, Severity};
use crate::snapshot::ClusterSnapshot;

/// Reports networks without any east-west gateway, in a mesh of several networks. A cluster whose gateways could not be read
/// may have one, so nothing is reported about its network.
pub(in crate::verify) fn networks_without_gateway(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let mut members: BTreeMap<&str, Vec<&ClusterSnapshot>> = BTreeMap::new();
    for cluster in clusters {
        if let Some(network) = cluster.network() {
            members.entry(network).or_default().push(cluster);
        }
    }
    if members.len() < 2 {
        return Vec::new();
    }
    let gateways = clusters.iter().flat_map(|cluster| Gateway::all(cluster));
    let served: BTreeSet<String> = gateways.filter_map(|gateway| gateway.network).collect();
    let open = members.into_iter().filter(|(network, clusters)| {
        !served.contains(*network) && clusters.iter().all(|cluster| Gateway::are_known(cluster))
    });
    let finding = |(network, clusters): (&str, Vec<&ClusterSnapshot>)| {
        let contexts: Vec<&str> = clusters.iter().map(|one| one.context.as_str()).collect();
        let message = format!(
            "network {network} (context {}) has no east-west gateway, and other clusters are on other networks",
            contexts.join(", ")
        );
        Finding::new(CheckId::NetworkWithoutGateway, Severity::Error, message)
            .in_cluster(contexts[0])
            .fix("install an east-west gateway on that network with kubectl mesh-eastwest apply")
    };
    open.map(finding).collect()
}

/// Reports a mesh whose clusters are all on one network although two of them expose services through east-west gateways, as clusters
/// of different networks do.
pub(in crate::verify) fn one_network_with_gateways(
    clusters: &[&ClusterSnapshot],
) -> Option<Finding> {
    let networks: Option<BTreeSet<&str>> = clusters.iter().map(|one| one.network()).collect();
    let networks = networks?;
    let network = networks.first().filter(|_| networks.len() == 1)?;
    let opens = |cluster: &ClusterSnapshot| {
        let gateways = Gateway::all(cluster).into_iter();
        let configured = config_clusters(cluster, clusters.iter().copied());
        let mut own = gateways.filter(|gateway| gateway.network.as_deref() == Some(network));
        own.any(|gateway| {
            let exposed = Exposure::of(&gateway, cluster, &configured).services;
            matches!(exposed, Passthrough::Open { .. })
        })
    };
    let mut open = clusters.iter().filter(|cluster| opens(cluster));
    let first = open.next()?;
    let second = open.find(|other| other.uid().is_none() || other.uid() != first.uid())?;
    let message = format!(
        "all clusters are on network {network}, and contexts {} and {} expose services through gateways that nobody uses then",
        first.context, second.context
    );
    let fix = "if pods do not reach those of the other cluster directly, give each cluster a network of its own with kubectl mesh-label network, otherwise remove the Gateways that expose services";
    let finding = Finding::new(CheckId::NetworkSwapped, Severity::Warning, message)
        .in_cluster(&second.context)
        .with_peer(&first.context);
    Some(finding.fix(fix))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Service;
    use serde_json::{from_value, json};

    use super::*;
    use crate::read::Read;
    use crate::verify::samples::{cluster, istiod, on_network};

    fn gateway(network: &str) -> Service {
        let service = json!({"metadata": {"name": "gw", "namespace": "istio-system",
            "labels": {"topology.istio.io/network": network}}, "spec": {"ports": [{"port": 15443}]}});
        from_value(service).expect("it is a Service")
    }

    fn told(clusters: &[ClusterSnapshot]) -> Vec<String> {
        let found = networks_without_gateway(&clusters.iter().collect::<Vec<_>>());
        found.into_iter().map(|one| one.message).collect()
    }

    #[test]
    fn each_of_several_networks_needs_a_gateway() {
        let of = |context, network, services| ClusterSnapshot {
            services: Read::Seen(services),
            api_gateways: Read::Seen(Vec::new()),
            ..on_network(cluster(context, Vec::new()), network)
        };
        let east = of("east", "net-a", vec![gateway("net-a")]);
        let same = of("north", "net-a", vec![]);
        let west = of("west", "net-b", vec![]);
        assert_eq!(told(&[east.clone(), same.clone()]), Vec::<String>::new());
        assert_eq!(
            told(&[east.clone(), same.clone(), west.clone()]),
            [
                "network net-b (context west) has no east-west gateway, and other clusters are on other networks"
            ]
        );
        let unread = ClusterSnapshot {
            services: Read::Denied("no".into()),
            ..west
        };
        assert_eq!(told(&[east, same, unread]), Vec::<String>::new());
    }

    /// A cluster on a network with a gateway for it, through which this mode of TLS is open.
    fn exposing(context: &str, network: &str, mode: &str) -> ClusterSnapshot {
        let service = json!({"metadata": {"name": "gw", "namespace": "istio-system",
            "labels": {"topology.istio.io/network": network}},
            "spec": {"selector": {"istio": "gw"}, "ports": [{"port": 15443}]}});
        let pod = json!({"metadata": {"name": "gw-1", "namespace": "istio-system", "labels": {"istio": "gw"}}});
        let object = json!({"metadata": {"name": "expose", "namespace": "istio-system"},
            "spec": {"selector": {"istio": "gw"}, "servers": [{"hosts": ["*.local"],
                "port": {"number": 15443, "name": "tls", "protocol": "TLS"}, "tls": {"mode": mode}}]}});
        let key = ("istio-system".to_owned(), "gw".to_owned());
        let istiods = vec![istiod(Some(context), "1.31.0")];
        ClusterSnapshot {
            services: Read::Seen(vec![from_value(service).expect("it is a Service")]),
            api_gateways: Read::Seen(Vec::new()),
            pods: BTreeMap::from([(key, Read::Seen(vec![from_value(pod).expect("it is a Pod")]))]),
            istio_gateways: Read::Seen(vec![from_value(object).expect("it is a Gateway")]),
            virtual_services: Read::Seen(Vec::new()),
            ..on_network(cluster(context, istiods), network)
        }
    }

    #[test]
    fn gateways_that_expose_services_are_for_several_networks() {
        let is_found = |clusters: &[&ClusterSnapshot]| {
            let found = one_network_with_gateways(clusters);
            found.map(|one| (one.id.as_str(), one.severity))
                == Some(("network-swapped", Severity::Warning))
        };
        let passing = "AUTO_PASSTHROUGH";
        let (east, west) = (
            exposing("east", "net-a", passing),
            exposing("west", "net-a", passing),
        );
        assert!(is_found(&[&east, &west]));
        assert!(!is_found(&[&east]));
        assert!(!is_found(&[&east, &exposing("west", "net-b", passing)]));
        // Gateways of one network may expose istiod.
        assert!(!is_found(&[
            &east,
            &exposing("west", "net-a", "PASSTHROUGH")
        ]));
        let bare = on_network(cluster("west", Vec::new()), "net-a");
        assert!(!is_found(&[&east, &bare]));
        for unread in [
            ClusterSnapshot {
                namespace: Read::Denied("no".into()),
                ..west.clone()
            },
            ClusterSnapshot {
                services: Read::Denied("no".into()),
                ..west.clone()
            },
            ClusterSnapshot {
                istio_gateways: Read::Denied("no".into()),
                ..west.clone()
            },
        ] {
            assert!(!is_found(&[&east, &unread]));
        }
        let again = |cluster: &ClusterSnapshot| ClusterSnapshot {
            uid: Read::Seen(Some("1".to_owned())),
            ..cluster.clone()
        };
        assert!(!is_found(&[&again(&east), &again(&west)]));
    }
}
