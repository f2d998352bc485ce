//! Checks of the gateways that istiods know: their page `/debug/networkz` beside the gateways of the other clusters.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::istiod_view::{Status, View};
use super::stale_address::stale;
use crate::eastwest::{AddressKind, Gateway};
use crate::finding::{CheckId, Finding, Severity};
use crate::istiod_pages::KnownGateway;
use crate::snapshot::{AskedIstiod, ClusterSnapshot};

/// The number of addresses that are shown.
const SHOWN: usize = 3;

/// Address, port for mutual TLS and port for HBONE; a gateway without such a port has 0.
pub(super) type Door = (String, u32, u32);

/// A cluster that istiods of the others know gateways of.
pub(super) struct Peer<'a> {
    /// The cluster.
    pub(super) cluster: &'a ClusterSnapshot,
    /// Its gateways.
    pub(super) gateways: Vec<Gateway>,
}

impl<'a> Peer<'a> {
    /// Returns a cluster with its gateways, which all the others are compared with.
    pub(super) fn of(cluster: &'a ClusterSnapshot) -> Self {
        Self {
            cluster,
            gateways: Gateway::all(cluster),
        }
    }
}

/// Reports networks that the istiods of a holder know no gateway of, and gateways that they know by other addresses. Only the
/// clusters that every istiod has read are looked at: of the others the reason is another one.
pub(super) fn gateways(view: &View<'_>, peers: &[Peer<'_>]) -> Vec<Finding> {
    let Some(own_network) = view.holder.network() else {
        return Vec::new();
    };
    let asked = view.settled.iter().copied();
    let asked: Vec<(&AskedIstiod, ByNetwork<'_>)> = asked
        .filter(|asked| asked.gateways.is_seen())
        .map(|asked| (asked, by_network(asked)))
        .collect();
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, remote) in &view.remotes {
        if let Some(context) = remote.context {
            names.entry(context).or_insert(name);
        }
    }
    let mut without: BTreeMap<&str, Finding> = BTreeMap::new();
    let mut findings = Vec::new();
    for peer in peers {
        let cluster = peer.cluster;
        let Some(&name) = names.get(cluster.context.as_str()) else {
            continue;
        };
        let is_read = |asked: &AskedIstiod| view.status(asked, name) == Some(Status::Synced);
        let network = cluster.network().filter(|network| *network != own_network);
        let are_read = || asked.iter().all(|(asked, _)| is_read(asked));
        let Some(network) = network.filter(|_| are_read()) else {
            continue;
        };
        let known = asked.iter().map(|(asked, known)| {
            let of_network = known.get(network).map(Vec::as_slice);
            (*asked, of_network.unwrap_or_default())
        });
        let known: Vec<(&AskedIstiod, &[&KnownGateway])> = known.collect();
        if let Some((asked, _)) = known.iter().find(|(_, known)| known.is_empty()) {
            let finding = || missing(view, asked, network, cluster);
            without.entry(network).or_insert_with(finding);
            continue;
        }
        let doors = doors(peer, network);
        let mut different = known.iter().filter_map(|(asked, known)| {
            let of_cluster = known.iter().filter(|known| known.cluster == name);
            let of_cluster = of_cluster.map(|known| door(known)).collect();
            differs(view, asked, cluster, (&doors, of_cluster))
        });
        let different = different.next().or_else(|| {
            let mut all = known.iter();
            all.find_map(|(asked, known)| {
                let of_cluster = known.iter().filter(|known| known.cluster == name);
                let of_cluster: Vec<&KnownGateway> = of_cluster.copied().collect();
                stale(view, asked, peer, network, &of_cluster)
            })
        });
        findings.extend(different);
    }
    findings.extend(without.into_values());
    findings
}

/// The gateways that an istiod knows, by their networks.
type ByNetwork<'a> = BTreeMap<&'a str, Vec<&'a KnownGateway>>;

fn by_network(asked: &AskedIstiod) -> ByNetwork<'_> {
    let mut by_network = ByNetwork::new();
    for known in asked.gateways.items() {
        let of_network = by_network.entry(&known.network).or_default();
        of_network.push(known);
    }
    by_network
}

fn missing(view: &View<'_>, asked: &AskedIstiod, network: &str, peer: &ClusterSnapshot) -> Finding {
    let message = format!(
        "istiod knows no gateway of network {network}, on which cluster {} is",
        peer.context
    );
    let evidence = format!("/debug/networkz of {}: nothing on {network}", asked.pod);
    Finding::new(CheckId::NetworkzGatewayMissing, Severity::Error, message)
        .in_cluster(&view.holder.context)
        .with_peer(&peer.context)
        .shown_by([evidence])
        .fix(view.restart())
}

/// Returns the finding about a gateway that istiod knows by none of its addresses, or not by all.
fn differs(
    view: &View<'_>,
    asked: &AskedIstiod,
    peer: &ClusterSnapshot,
    (own, known): (&BTreeSet<Door>, BTreeSet<Door>),
) -> Option<Finding> {
    let unknown: Vec<&Door> = own.difference(&known).collect();
    if unknown.is_empty() {
        return None;
    }
    let severity = if unknown.len() == own.len() {
        Severity::Error
    } else {
        Severity::Warning
    };
    let sent = match known.len() {
        0 => "no address of it".to_owned(),
        _ => listed(&known.iter().collect::<Vec<_>>()),
    };
    let context = &peer.context;
    let message = format!(
        "the gateway of {context} is at {}, and istiod knows {sent}",
        listed(&unknown)
    );
    let evidence = format!("/debug/networkz of {}: {sent}", asked.pod);
    let finding = Finding::new(CheckId::NetworkzGatewayMismatch, severity, message)
        .in_cluster(&view.holder.context)
        .with_peer(context);
    Some(finding.shown_by([evidence]).fix(view.restart()))
}

/// Returns the addresses and ports of a cluster's gateways for its network, as its objects say them; none where a host name is
/// among them, which istiod resolves by itself, and at other moments.
fn doors(peer: &Peer<'_>, network: &str) -> BTreeSet<Door> {
    let mut doors = BTreeSet::new();
    for gateway in &peer.gateways {
        if gateway.network.as_deref() != Some(network) {
            continue;
        }
        let (sidecar, hbone) = (gateway.sidecar_port(), gateway.hbone_port());
        if sidecar.is_none() && hbone.is_none() {
            continue;
        }
        for address in &gateway.addresses {
            if address.kind == AddressKind::Hostname {
                return BTreeSet::new();
            }
            // Only the port for mutual TLS is that of the node.
            let sidecar = sidecar.map(|port| address.port(port).unwrap_or(port));
            let port =
                |port: Option<i32>| u32::try_from(port.unwrap_or_default()).unwrap_or_default();
            doors.insert((plain(&address.value), port(sidecar), port(hbone)));
        }
    }
    doors
}

pub(super) fn door(known: &KnownGateway) -> Door {
    (plain(&known.address), known.port, known.hbone_port)
}

/// Returns an address in its usual spelling.
pub(super) fn plain(address: &str) -> String {
    let parsed: Option<IpAddr> = address.parse().ok();
    parsed.map_or_else(|| address.to_owned(), |address| address.to_string())
}

fn listed(doors: &[&Door]) -> String {
    let mut shown: Vec<String> = doors.iter().map(|door| shown_one(door)).collect();
    let more = shown.len().saturating_sub(SHOWN);
    shown.truncate(SHOWN);
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

pub(super) fn shown_one((address, sidecar, hbone): &Door) -> String {
    let host = if address.contains(':') {
        format!("[{address}]")
    } else {
        address.clone()
    };
    match (sidecar, hbone) {
        (0, port) | (port, 0) => format!("{host}:{port}"),
        (sidecar, hbone) => format!("{host}:{sidecar} and :{hbone}"),
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Service;
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::istiod_pages::{SYNCED, TIMEOUT};
    use crate::read::Read;
    use crate::verify::checks::istiod_view::tests::{Scene, asked, secret};
    use crate::verify::samples::{cluster, istiod, on_network};

    fn known(network: &str, cluster: &str, address: &str, port: u32) -> KnownGateway {
        KnownGateway {
            network: network.to_owned(),
            cluster: cluster.to_owned(),
            address: address.to_owned(),
            port,
            hbone_port: 0,
        }
    }

    /// A gateway of net-b with these addresses of its load balancer.
    fn service(addresses: &[Value]) -> Service {
        let service = json!({"metadata": {"name": "gw", "namespace": "istio-system",
            "labels": {"topology.istio.io/network": "net-b"}},
            "spec": {"type": "LoadBalancer", "selector": {"a": "b"}, "ports": [{"port": 15443}]},
            "status": {"loadBalancer": {"ingress": addresses}}});
        from_value(service).expect("it is a Service")
    }

    fn ip(address: &str) -> Value {
        json!({"ip": address})
    }

    /// East on net-a, whose istiod has west with this status and knows these gateways; west on net-b with a gateway at these
    /// addresses.
    fn found(
        status: &str,
        network: &str,
        gateways: &[KnownGateway],
        addresses: &[Value],
    ) -> Vec<(&'static str, Severity, String)> {
        let pod = AskedIstiod {
            gateways: Read::Seen(gateways.to_vec()),
            ..asked("istiod-1", &[("west", "istio-system/s", status)])
        };
        let mut scene = Scene::of(vec![pod], vec![secret("west", "s")]);
        let east = std::mem::take(&mut scene.clusters[0]);
        let west = cluster("west", vec![istiod(Some("west"), "1.31.0")]);
        let west = ClusterSnapshot {
            services: Read::Seen(vec![service(addresses)]),
            api_gateways: Read::Seen(Vec::new()),
            ..on_network(west, network)
        };
        scene.clusters = vec![on_network(east, "net-a"), west];
        let found = scene.found().into_iter();
        let found = found.filter(|one| one.id.as_str().starts_with("networkz"));
        found
            .map(|one| (one.id.as_str(), one.severity, one.message))
            .collect()
    }

    #[test]
    fn each_other_network_needs_a_gateway_that_istiod_knows() {
        let west = known("net-b", "west", "203.0.113.7", 15443);
        let address = [ip("203.0.113.7")];
        let missing = |network: &str, gateways: &[KnownGateway]| {
            found(SYNCED, network, gateways, &address)
                .into_iter()
                .map(|one| one.0)
                .collect::<Vec<_>>()
        };
        let nothing: [&str; 0] = [];
        assert_eq!(missing("net-b", &[]), ["networkz-gateway-missing"]);
        assert_eq!(missing("net-b", std::slice::from_ref(&west)), nothing);
        // On one network no gateway is needed.
        assert_eq!(missing("net-a", &[]), nothing);
        // A Gateway of class istio-remote in the own cluster, or the configuration meshNetworks, may know it as well.
        for other in ["east", ""] {
            let gateway = known("net-b", other, "203.0.113.7", 15443);
            let told = found(SYNCED, "net-b", &[gateway], &[]);
            assert_eq!(told, [], "{other}");
        }
        // Whoever has not read west cannot know its gateways.
        assert_eq!(found(TIMEOUT, "net-b", &[], &address), []);
    }

    #[test]
    fn a_gateway_is_known_by_the_addresses_that_it_has() {
        let (new, old) = ("203.0.113.7", "203.0.113.9");
        let severity = |gateways: &[KnownGateway], addresses: &[Value]| {
            let told = found(SYNCED, "net-b", gateways, addresses).into_iter();
            told.map(|(id, severity, _)| (id, severity))
                .collect::<Vec<_>>()
        };
        let of = |address: &str, port| known("net-b", "west", address, port);
        let mismatch = "networkz-gateway-mismatch";
        let error = [(mismatch, Severity::Error)];
        assert_eq!(severity(&[of(old, 15443)], &[ip(new)]), error);
        assert_eq!(severity(&[of(new, 31443)], &[ip(new)]), error);
        assert_eq!(
            severity(&[of(new, 15443)], &[ip(new), ip("203.0.113.8")]),
            [(mismatch, Severity::Warning)]
        );
        assert_eq!(severity(&[of(new, 15443), of(old, 15443)], &[ip(new)]), []);
        assert_eq!(
            severity(&[of("2001:db8::1", 15443)], &[ip("2001:DB8:0::1")]),
            []
        );
        // Names are resolved by istiod itself, and a gateway without an address has a finding of its own.
        assert_eq!(
            severity(&[of(old, 15443)], &[json!({"hostname": "gw.example"})]),
            []
        );
        assert_eq!(severity(&[of(old, 15443)], &[]), []);
        let told = found(SYNCED, "net-b", &[of(old, 15443)], &[ip(new)]);
        assert_eq!(
            told[0].2,
            "the gateway of west is at 203.0.113.7:15443, and istiod knows 203.0.113.9:15443"
        );
    }
}
