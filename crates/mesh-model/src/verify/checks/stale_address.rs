//! The check for addresses that an istiod keeps of a gateway that lost them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::istiod_view::View;
use super::networkz::{Door, Peer, door, plain, shown_one};
use crate::eastwest::Gateway;
use crate::finding::{CheckId, Finding, Severity};
use crate::istiod_pages::KnownGateway;
use crate::snapshot::AskedIstiod;

/// Reports the first address at which an istiod knows a gateway of `peer`, and which no gateway there has, where one of that
/// network is without any address. Only Services are looked at: those of Gateways may have addresses from the Gateway as well.
///
/// Source: `addOrUpdateService` in Istio's `pilot/pkg/serviceregistry/kube/controller/controller.go`, which looks at the addresses
/// of a gateway only where there are some.
pub(super) fn stale(
    view: &View<'_>,
    asked: &AskedIstiod,
    peer: &Peer<'_>,
    network: &str,
    known: &[&KnownGateway],
) -> Option<Finding> {
    let own = addresses(peer, network)?;
    let mut lost = known.iter().filter(|known| {
        let is_address = known.address.parse::<IpAddr>().is_ok();
        is_address && !own.contains(&plain(&known.address))
    });
    let lost: Door = door(lost.next()?);
    let (shown, context) = (shown_one(&lost), &peer.cluster.context);
    let message =
        format!("istiod knows {shown} as the gateway of {context}, and no gateway there has it");
    let evidence = format!("/debug/networkz of {}: {shown}", asked.pod);
    let finding = Finding::new(CheckId::EwgAddressStale, Severity::Warning, message)
        .in_cluster(&view.holder.context)
        .with_peer(context);
    Some(finding.shown_by([evidence]).fix(view.restart()))
}

/// Returns the addresses of all gateways of a cluster, of which one of the network has none. `None` if none lost its address, or
/// if some addresses are not known: those of nodes or Gateways that could not be read, and those of host names.
fn addresses(peer: &Peer<'_>, network: &str) -> Option<BTreeSet<String>> {
    let cluster = peer.cluster;
    let has_services_alone = cluster.api_gateways.items().is_empty();
    let is_known = Gateway::are_known(cluster) && cluster.nodes.reason().is_none();
    if !is_known || !has_services_alone {
        return None;
    }
    let has_lost = |gateway: &Gateway| {
        let is_one = gateway.network.as_deref() == Some(network);
        is_one && gateway.addresses.is_empty()
    };
    if !peer.gateways.iter().any(has_lost) {
        return None;
    }
    let gateways = peer.gateways.iter();
    let all = gateways.flat_map(|gateway| &gateway.addresses);
    let plain = all.map(|address| {
        let is_address = address.value.parse::<IpAddr>().is_ok();
        is_address.then(|| plain(&address.value))
    });
    plain.collect()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Service;
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::istiod_pages::SYNCED;
    use crate::read::Read;
    use crate::snapshot::ClusterSnapshot;
    use crate::verify::checks::istiod_view::tests::{Scene, asked, secret};
    use crate::verify::samples::{cluster, istiod, on_network};

    const OLD: &str = "203.0.113.9";

    /// A gateway of net-b with these addresses of its load balancer.
    fn gateway(name: &str, addresses: &[Value]) -> Service {
        let service = json!({"metadata": {"name": name, "namespace": "istio-system",
            "labels": {"topology.istio.io/network": "net-b"}},
            "spec": {"type": "LoadBalancer", "selector": {"a": "b"}, "ports": [{"port": 15443}]},
            "status": {"loadBalancer": {"ingress": addresses}}});
        from_value(service).expect("it is a Service")
    }

    /// West on net-b, with these gateways.
    fn west(gateways: Vec<Service>) -> ClusterSnapshot {
        let west = cluster("west", vec![istiod(Some("west"), "1.31.0")]);
        ClusterSnapshot {
            services: Read::Seen(gateways),
            api_gateways: Read::Seen(Vec::new()),
            ..on_network(west, "net-b")
        }
    }

    /// What is found where an istiod of east knows a gateway of west at this address.
    fn found(address: &str, west: ClusterSnapshot) -> Vec<(&'static str, String)> {
        let known = KnownGateway {
            network: "net-b".to_owned(),
            cluster: "west".to_owned(),
            address: address.to_owned(),
            port: 15443,
            hbone_port: 0,
        };
        let pod = AskedIstiod {
            gateways: Read::Seen(vec![known]),
            ..asked("istiod-1", &[("west", "istio-system/s", SYNCED)])
        };
        let mut scene = Scene::of(vec![pod], vec![secret("west", "s")]);
        let east = std::mem::take(&mut scene.clusters[0]);
        scene.clusters = vec![on_network(east, "net-a"), west];
        let found = scene.found().into_iter();
        let gateways = found.filter(|one| {
            let id = one.id.as_str();
            id.starts_with("networkz") || id == "ewg-address-stale"
        });
        gateways.map(|one| (one.id.as_str(), one.message)).collect()
    }

    #[test]
    fn an_address_that_is_kept_of_a_gateway_without_one_is_stale() {
        let lost = || west(vec![gateway("gw", &[])]);
        let message =
            "istiod knows 203.0.113.9:15443 as the gateway of west, and no gateway there has it";
        assert_eq!(
            found(OLD, lost()),
            [("ewg-address-stale", message.to_owned())]
        );
        let other = gateway("other", &[json!({"ip": OLD})]);
        let name = gateway("other", &[json!({"hostname": "gw.example"})]);
        let api = json!({"metadata": {"name": "g", "namespace": "n"}, "spec": {"gatewayClassName": "istio-remote"}});
        for gateways in [
            vec![gateway("gw", &[]), other.clone()],
            vec![gateway("gw", &[]), name],
            vec![other],
            Vec::new(),
        ] {
            assert_eq!(found(OLD, west(gateways.clone())), [], "{gateways:?}");
        }
        let mut with_gateway = lost();
        with_gateway.api_gateways = Read::Seen(vec![from_value(api).expect("it is a Gateway")]);
        let mut without_nodes = lost();
        without_nodes.nodes = Read::Denied("no".into());
        let mut unread = lost();
        unread.api_gateways = Read::Denied("no".into());
        assert_eq!(found(OLD, with_gateway), []);
        assert_eq!(found(OLD, without_nodes), []);
        assert_eq!(found(OLD, unread), []);
        assert_eq!(found("gw.example", lost()), []);
    }
}
