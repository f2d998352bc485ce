//! Checks whether the pods of other clusters can connect to a gateway's addresses at all: IPv4 and IPv6.

use std::net::IpAddr;

use super::cross_checks::clients;
use super::{ClusterSnapshot, Gateway};
use crate::finding::{CheckId, Finding, Severity};

/// Returns findings about gateways that have IPv6 addresses alone, while pods of clusters on other networks have IPv4 addresses
/// alone; each with the index of the gateway.
///
/// The opposite is not reported: a network of IPv6 pods may translate their connections to IPv4 addresses (NAT64). Host names
/// may have more addresses than this machine sees, so with one of them nothing is reported. Source: the filter by families of
/// Istio's `pilot/pkg/xds/endpoints/ep_filters.go`, from 1.30 on.
pub(super) fn families(
    gateways: &[(&str, &Gateway)],
    clusters: &[ClusterSnapshot],
) -> Vec<(usize, Finding)> {
    let limited = gateways.iter().enumerate().filter_map(|(number, one)| {
        let (context, gateway) = *one;
        let network = gateway.network.as_deref()?;
        let is_known = !gateway.addresses.is_empty() && serves_ipv6_alone(network, clusters)?;
        is_known.then_some((number, context, gateway, network))
    });
    let found = limited.filter_map(|(number, context, gateway, network)| {
        let others = clients(context, network, clusters).filter(|other| has_ipv4_pods_alone(other));
        let others: Vec<&str> = others.map(|other| other.context.as_str()).collect();
        Some((number, finding(context, gateway, &others)?))
    });
    found.collect()
}

fn finding(context: &str, gateway: &Gateway, others: &[&str]) -> Option<Finding> {
    let (first, more) = others.split_first()?;
    let addresses = gateway.addresses.iter();
    let addresses: Vec<&str> = addresses.map(|address| address.value.as_str()).collect();
    let message = format!(
        "{} has only addresses of IPv6 ({}), and the pods of {} have only addresses of IPv4",
        gateway.described(),
        addresses.join(", "),
        others.join(", ")
    );
    let finding = Finding::new(CheckId::EwgIpFamily, Severity::Warning, message)
        .in_cluster(context)
        .about(gateway.reference())
        .fix("give the gateway's load balancer an IPv4 address too (with spec.ipFamilyPolicy PreferDualStack where the cluster has both)");
    Some(if more.is_empty() {
        finding.with_peer(*first)
    } else {
        finding
    })
}

/// Returns whether all addresses of all gateways of a network are IPv6 addresses; `None` if some gateways are not known.
fn serves_ipv6_alone(network: &str, clusters: &[ClusterSnapshot]) -> Option<bool> {
    for cluster in clusters {
        if !Gateway::are_known(cluster) {
            return None;
        }
        let all = Gateway::all(cluster).into_iter();
        let mut own = all.filter(|gateway| gateway.network.as_deref() == Some(network));
        let is_ipv6 = |value: &str| value.parse().is_ok_and(|address| !is_ipv4(&address));
        if own.any(|gateway| !gateway.addresses.iter().all(|one| is_ipv6(&one.value))) {
            return Some(false);
        }
    }
    Some(true)
}

/// Returns whether a cluster has pods with a proxy, and all that were read have only IPv4 addresses.
fn has_ipv4_pods_alone(cluster: &ClusterSnapshot) -> bool {
    let pods = cluster.meshed_pods.items().iter();
    let addresses = pods.filter_map(|pod| pod.status.as_ref()?.pod_ips.as_ref());
    let mut addresses = addresses.flatten().map(|one| one.ip.parse()).peekable();
    addresses.peek().is_some() && addresses.all(|one| one.is_ok_and(|address| is_ipv4(&address)))
}

fn is_ipv4(address: &IpAddr) -> bool {
    address.to_canonical().is_ipv4()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::eastwest::gateway::of_all;
    use crate::read::Read;

    /// Returns a cluster with a gateway that has these addresses, and a pod with those.
    fn cluster(context: &str, addresses: &[&str], pod: &[&str]) -> ClusterSnapshot {
        let network = json!({"topology.istio.io/network": format!("net-{context}")});
        let namespace = json!({"metadata": {"name": "istio-system", "labels": network}});
        let ingress = addresses.iter().map(|value| {
            let key = if value.contains("example") {
                "hostname"
            } else {
                "ip"
            };
            json!({key: value})
        });
        let ingress: Vec<Value> = ingress.collect();
        let service = json!({"metadata": {"name": "gw", "namespace": "istio-system", "labels": network},
            "spec": {"type": "LoadBalancer", "selector": {"a": "b"}, "ports": [{"port": 15443}]},
            "status": {"loadBalancer": {"ingress": ingress}}});
        let ips = pod.iter().map(|ip| json!({"ip": ip}));
        let ips: Vec<Value> = ips.collect();
        let pod = json!({"metadata": {"name": "p"}, "status": {"podIPs": ips}});
        ClusterSnapshot {
            context: context.to_owned(),
            namespace: Read::Seen(Some(from_value(namespace).expect("it is a Namespace"))),
            services: Read::Seen(vec![from_value(service).expect("it is a Service")]),
            api_gateways: Read::Seen(Vec::new()),
            meshed_pods: Read::Seen(vec![from_value(pod).expect("it is a Pod")]),
            ..ClusterSnapshot::default()
        }
    }

    fn told(clusters: &[ClusterSnapshot]) -> Vec<String> {
        let gateways = of_all(clusters);
        let all = gateways.iter().map(|(context, one)| (*context, one));
        let found = families(&all.collect::<Vec<_>>(), clusters).into_iter();
        found.map(|(_, finding)| finding.message).collect()
    }

    #[test]
    fn a_gateway_of_ipv6_alone_is_told_where_pods_of_others_have_ipv4_alone() {
        let (six, four) = ("2001:db8::7", "203.0.113.7");
        for (gateway, pod, is_told) in [
            (&[six][..], &["10.0.0.1"][..], true),
            (&[six, four], &["10.0.0.1"], false),
            (&["::ffff:203.0.113.7"], &["10.0.0.1"], false),
            (&[six, "gw.example"], &["10.0.0.1"], false),
            (&["gw.example"], &["10.0.0.1"], false),
            (&[], &["10.0.0.1"], false),
            (&[four], &["10.0.0.1"], false),
            (&[six], &["10.0.0.1", "fd00::1"], false),
            (&[six], &["fd00::1"], false),
            (&[six], &[], false),
            (&[four], &["fd00::1"], false),
        ] {
            let west = cluster("west", gateway, &["fd00::2"]);
            let east = cluster("east", &[four], pod);
            let found = told(&[east, west]);
            let expected = "service istio-system/gw has only addresses of IPv6 (2001:db8::7), and the pods of east have only addresses of IPv4";
            let expected: Vec<&str> = is_told.then_some(expected).into_iter().collect();
            assert_eq!(found, expected, "{gateway:?} {pod:?}");
        }
    }

    #[test]
    fn one_network_and_unread_gateways_are_not_reported() {
        let mut same = cluster("east", &["2001:db8::7"], &["10.0.0.1"]);
        assert_eq!(told(std::slice::from_ref(&same)), Vec::<String>::new());
        let west = cluster("west", &["2001:db8::8"], &["fd00::2"]);
        assert_eq!(told(&[same.clone(), west.clone()]).len(), 1);
        same.services = Read::Denied("no".into());
        assert_eq!(told(&[same, west]), Vec::<String>::new());
    }
}
