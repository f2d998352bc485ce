//! Checks of a gateway's addresses, before any connection.

use std::net::IpAddr;

use super::checks::is_own;
use super::remedies::{change_service, on_service};
use super::warned::with_newest;
use super::{About, Address, ClusterSnapshot, Gateway};
use crate::finding::{CheckId, Finding, Severity};

pub(super) fn address(gateway: &Gateway, cluster: &ClusterSnapshot) -> Option<Finding> {
    // A NodePort without addresses is reported by `nodes`, and the Gateway API by `of_api_gateway`.
    let told_elsewhere =
        gateway.service_type.as_deref() == Some("NodePort") || gateway.service.is_none();
    if !gateway.addresses.is_empty() || told_elsewhere {
        return None;
    }
    let described = gateway.described();
    let (message, fix) = if gateway.service_type.as_deref() == Some("LoadBalancer") {
        (
            format!("{described} has no address: the load balancer has not assigned one yet"),
            on_service(gateway, cluster, "describe").into(),
        )
    } else {
        (
            format!(
                "{described} has no address that another network could reach: it is not of type LoadBalancer and has no externalIPs"
            ),
            change_service(gateway, cluster, "patch", |change| {
                change.flag("-p", r#"{"spec": {"type": "LoadBalancer"}}"#)
            }),
        )
    };
    let finding = Finding::new(CheckId::EwgAddressPending, Severity::Error, message).fix(fix);
    Some(with_newest(finding, gateway, About::Service, cluster))
}

pub(super) fn hosts_and_loopback(gateway: &Gateway, cluster: &ClusterSnapshot) -> Vec<Finding> {
    let mut findings = Vec::new();
    for address in &gateway.addresses {
        let value = &address.value;
        if address.resolved.is_empty() {
            let message = format!(
                "{value} does not resolve from here (yet); istiod resolves it with its own DNS, for A and AAAA records"
            );
            let fix = "publish the record, or give the gateway a load balancer with an address";
            findings.push(
                Finding::new(CheckId::EwgAddressHostname, Severity::Warning, message).fix(fix),
            );
        }
        let named = value == "localhost" || value.rsplit('.').next() == Some("local");
        if named || address.resolved.iter().any(is_own) {
            // In a test setup all clusters may be on one machine.
            let severity = if cluster.is_local {
                Severity::Info
            } else {
                Severity::Error
            };
            let message = format!(
                "{value} is a different machine for every client: no other cluster can reach it"
            );
            let fix = "give the gateway an address that the other networks reach";
            findings.push(Finding::new(CheckId::EwgAddressLoopback, severity, message).fix(fix));
        }
    }
    findings
}

/// Reports addresses of which some are reachable only from some networks: istiods of the other clusters distribute all
/// addresses of a gateway, and proxies that cannot reach one of them lose a part of their requests.
///
/// Source: `ConvertService` in Istio's `pilot/pkg/serviceregistry/kube/conversion.go`.
pub(super) fn mixed(gateway: &Gateway) -> Option<Finding> {
    let (private, public) = private_beside_public(&gateway.addresses)?;
    let said = |address: &Address| format!("{} ({})", address.value, address.kind.word());
    let message = format!(
        "{} has the private address {} beside the public {}: istiod in the other clusters uses both, and clients that reach only one see failed requests",
        gateway.described(),
        said(private),
        said(public)
    );
    let fix = "keep only the address that all other networks reach: remove the other one from the Service, or configure the load balancer (public or internal, by an annotation of the provider)";
    Some(Finding::new(CheckId::EwgAddressMixed, Severity::Warning, message).fix(fix))
}

/// Returns the first private and the first public address, if there are both; host names count by the addresses that
/// they resolve to on this machine.
fn private_beside_public(addresses: &[Address]) -> Option<(&Address, &Address)> {
    let is = |address: &&Address, wanted: fn(&IpAddr) -> bool| address.resolved.iter().any(wanted);
    let private = addresses.iter().find(|address| is(address, is_private))?;
    let public = addresses.iter().find(|address| is(address, is_public))?;
    Some((private, public))
}

/// Returns whether an address is in a private network, or in one that a provider shares among its customers. Source:
/// RFC 1918, RFC 4193, RFC 6598.
fn is_private(address: &IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(four) => {
            let [first, second, ..] = four.octets();
            four.is_private() || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(six) => six.is_unique_local(),
    }
}

fn is_public(address: &IpAddr) -> bool {
    let address = address.to_canonical();
    !is_private(&address) && !is_own(&address) && !address.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eastwest::AddressKind;
    use std::collections::BTreeMap;

    #[test]
    fn private_and_public_addresses_do_not_go_together() {
        for (values, expected) in [
            (
                vec!["10.0.0.1", "203.0.113.7"],
                Some(("10.0.0.1", "203.0.113.7")),
            ),
            (
                vec!["203.0.113.7", "192.168.1.1"],
                Some(("192.168.1.1", "203.0.113.7")),
            ),
            (
                vec!["100.64.0.1", "2001:db8::7"],
                Some(("100.64.0.1", "2001:db8::7")),
            ),
            (
                vec!["fd00::1", "203.0.113.7"],
                Some(("fd00::1", "203.0.113.7")),
            ),
            (
                vec!["::ffff:10.0.0.1", "203.0.113.7"],
                Some(("::ffff:10.0.0.1", "203.0.113.7")),
            ),
            (vec!["10.0.0.1", "172.16.0.1"], None),
            (vec!["203.0.113.7", "198.51.100.1"], None),
            (vec!["127.0.0.1", "203.0.113.7"], None),
            (vec!["10.0.0.1", "169.254.1.1"], None),
            (vec!["100.128.0.1", "203.0.113.7"], None),
            (vec!["10.0.0.1"], None),
        ] {
            let addresses: Vec<Address> = values
                .iter()
                .map(|value| Address {
                    kind: AddressKind::Ip,
                    value: (*value).to_owned(),
                    resolved: vec![value.parse().unwrap()],
                    node_ports: BTreeMap::new(),
                })
                .collect();
            let found = private_beside_public(&addresses);
            let found = found.map(|(one, other)| (one.value.as_str(), other.value.as_str()));
            assert_eq!(found, expected, "{values:?}");
        }
    }
}
