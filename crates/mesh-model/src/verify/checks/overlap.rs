//! The check for pods of several clusters that have one address on one network.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::finding::{CheckId, Finding, Severity};
use crate::names::NETWORK_LABEL;
use crate::resources::Pod;
use crate::snapshot::ClusterSnapshot;

/// A pod with its cluster.
type Place<'a> = (&'a ClusterSnapshot, &'a Pod);

/// Reports clusters on one network of which two pods have the same address, each cluster with the first other one. The pods are a
/// sample, so ranges that overlap may go unnoticed, but what is reported is true.
pub(in crate::verify) fn overlaps(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let mut owners: BTreeMap<(&str, IpAddr), Place<'_>> = BTreeMap::new();
    let mut findings = Vec::new();
    for cluster in clusters {
        let mut first = None;
        for pod in cluster
            .meshed_pods
            .items()
            .iter()
            .filter(|pod| is_current(pod))
        {
            let Some(network) = network(pod, cluster) else {
                continue;
            };
            for address in addresses(pod) {
                let owner = *owners.entry((network, address)).or_insert((cluster, pod));
                if is_another(owner.0, cluster) {
                    first.get_or_insert((owner, pod, address, network));
                }
            }
        }
        if let Some((other, pod, address, network)) = first {
            findings.push(finding((cluster, pod), other, address, network));
        }
    }
    findings
}

/// Returns whether these are two clusters, and not one by two contexts.
fn is_another(one: &ClusterSnapshot, other: &ClusterSnapshot) -> bool {
    let is_same = one.uid().is_some() && one.uid() == other.uid();
    one.context != other.context && !is_same
}

/// Returns the network of a pod, which istiod takes from its label or else from its cluster, and which is empty where neither
/// names one; `None` if that could not be read.
fn network<'a>(pod: &'a Pod, cluster: &'a ClusterSnapshot) -> Option<&'a str> {
    let labels = pod.metadata.labels.as_ref();
    let own = labels.and_then(|labels| labels.get(NETWORK_LABEL));
    let of_cluster = || {
        let is_known = cluster.namespace.is_seen();
        is_known.then(|| cluster.network().unwrap_or_default())
    };
    let own = own.filter(|network| !network.is_empty());
    own.map(String::as_str).or_else(of_cluster)
}

/// Returns whether a pod runs, with an address that is not its node's.
fn is_current(pod: &Pod) -> bool {
    let is_on_host = pod.spec.as_ref().and_then(|spec| spec.host_network) == Some(true);
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    !is_on_host && !matches!(phase, Some("Failed" | "Succeeded"))
}

/// Returns the addresses by which other pods can reach it.
fn addresses(pod: &Pod) -> impl Iterator<Item = IpAddr> {
    let status = pod.status.iter();
    let all = status.flat_map(|status| status.pod_ips.iter().flatten());
    let all = all.filter_map(|one| one.ip.parse().ok());
    all.filter(|address: &IpAddr| !address.is_loopback())
}

fn finding(own: Place<'_>, other: Place<'_>, address: IpAddr, network: &str) -> Finding {
    let named = |(cluster, pod): Place<'_>| {
        let [namespace, name] = [&pod.metadata.namespace, &pod.metadata.name]
            .map(|text| text.as_deref().unwrap_or_default());
        format!("pod {namespace}/{name} of {}", cluster.context)
    };
    let network = if network.is_empty() {
        "both are on one network, as neither cluster names its own".to_owned()
    } else {
        format!("both are on network {network}")
    };
    let message = format!(
        "{} and {} both have the address {address}, and {network}",
        named(own),
        named(other)
    );
    Finding::new(CheckId::SingleNetworkOverlap, Severity::Error, message)
        .in_cluster(&own.0.context)
        .with_peer(&other.0.context)
        .fix("give each of the clusters a network of its own (kubectl mesh-label network), with an east-west gateway, or ranges of pod addresses that do not overlap")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::read::Read;
    use crate::verify::samples::{cluster, on_network};

    fn pod(ips: &[&str], more: &Value) -> Value {
        let ips = ips.iter().map(|ip| json!({"ip": ip}));
        let ips: Vec<Value> = ips.collect();
        let mut pod = json!({"metadata": {"name": "p", "namespace": "shop"}, "spec": {"containers": []},
            "status": {"phase": "Running", "podIPs": ips}});
        for (part, fields) in more.as_object().into_iter().flatten() {
            for (key, value) in fields.as_object().into_iter().flatten() {
                pod[part][key] = value.clone();
            }
        }
        pod
    }

    fn of(context: &str, network: &str, pods: &[Value]) -> ClusterSnapshot {
        let pods = pods.iter().cloned().map(from_value);
        let pods: Result<Vec<Pod>, _> = pods.collect();
        ClusterSnapshot {
            uid: Read::Seen(Some(format!("uid-of-{context}"))),
            meshed_pods: Read::Seen(pods.expect("they are Pods")),
            ..on_network(cluster(context, Vec::new()), network)
        }
    }

    fn told(clusters: &[ClusterSnapshot]) -> Vec<String> {
        let found = overlaps(&clusters.iter().collect::<Vec<_>>());
        found.into_iter().map(|one| one.message).collect()
    }

    #[test]
    fn two_pods_of_one_address_on_one_network_are_an_error() {
        let plain = |ips: &[&str]| pod(ips, &json!({}));
        let east = || {
            of(
                "east",
                "net",
                &[plain(&["10.0.0.1"]), plain(&["10.0.0.2", "fd00::2"])],
            )
        };
        let west = |pod: Value| of("west", "net", &[plain(&["10.0.1.1"]), pod]);
        let expected = "pod shop/p of west and pod shop/p of east both have the address 10.0.0.2, and both are on network net";
        assert_eq!(told(&[east(), west(plain(&["10.0.0.2"]))]), [expected]);
        let two = told(&[east(), west(plain(&["10.0.0.2", "fd00::2"]))]);
        assert_eq!(two, [expected], "each pair is told once");
        for healthy in [
            plain(&["10.0.1.2"]),
            plain(&[]),
            pod(&["10.0.0.2"], &json!({"spec": {"hostNetwork": true}})),
            pod(&["10.0.0.2"], &json!({"status": {"phase": "Succeeded"}})),
            pod(
                &["10.0.0.2"],
                &json!({"metadata": {"labels": {NETWORK_LABEL: "vm"}}}),
            ),
        ] {
            assert_eq!(told(&[east(), west(healthy)]), Vec::<String>::new());
        }
    }

    #[test]
    fn the_label_of_a_pod_is_its_network() {
        let labelled = |network| {
            let labels = json!({"metadata": {"labels": {NETWORK_LABEL: network}}});
            pod(&["10.0.0.1"], &labels)
        };
        let east = || of("east", "net", &[labelled("net")]);
        assert_eq!(
            told(&[east(), of("west", "other", &[labelled("net")])]).len(),
            1
        );
        let apart = of("west", "net", &[labelled("other")]);
        assert_eq!(told(&[east(), apart]), Vec::<String>::new());
    }

    #[test]
    fn other_networks_one_cluster_and_unread_networks_are_not_reported() {
        let same = |context, network| of(context, network, &[pod(&["10.0.0.1"], &json!({}))]);
        let one = same("east", "net");
        assert_eq!(
            told(&[one.clone(), same("west", "other")]),
            Vec::<String>::new()
        );
        assert_eq!(told(&[one.clone(), same("west", "net")]).len(), 1);
        let again = ClusterSnapshot {
            uid: one.uid.clone(),
            ..same("again", "net")
        };
        assert_eq!(told(&[one.clone(), again]), Vec::<String>::new());
        let unread = ClusterSnapshot {
            namespace: Read::Denied("no".into()),
            ..same("west", "net")
        };
        assert_eq!(told(&[one, unread.clone(), unread]), Vec::<String>::new());
    }
}
