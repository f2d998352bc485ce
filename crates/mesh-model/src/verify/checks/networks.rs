//! Checks of networks across clusters.

use std::collections::{BTreeMap, BTreeSet};

use crate::eastwest::Gateway;
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

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Service;
    use serde_json::{from_value, json};

    use super::*;
    use crate::read::Read;
    use crate::verify::samples::{cluster, on_network};

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
}
