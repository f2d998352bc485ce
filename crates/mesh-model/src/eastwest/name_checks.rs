//! Checks of gateways with a host name, for istiods of other clusters that resolve none.

use super::cross_checks::clients;
use super::{AddressKind, ClusterSnapshot, Gateway};
use crate::finding::{CheckId, Finding, Severity};
use crate::istiod::resolves_gateways;
use crate::names::RESOLVE_GATEWAYS_VARIABLE;
use crate::resources::Deployment;

/// Returns findings about gateways that have host names alone, for clusters on other networks whose istiod resolves no host names
/// of gateways; each with the index of the gateway. It is one for each such cluster, since the istiod there is what has to change.
pub(super) fn unresolved(
    gateways: &[(&str, &Gateway)],
    clusters: &[ClusterSnapshot],
) -> Vec<(usize, Finding)> {
    let mut findings = Vec::new();
    for (number, (context, gateway)) in gateways.iter().enumerate() {
        let Some(network) = gateway
            .network
            .as_deref()
            .filter(|_| has_names_alone(gateway))
        else {
            continue;
        };
        findings.extend(clients(context, network, clusters).filter_map(|other| {
            let mut istiods = other.istiods.items().iter();
            let istiod = istiods.find(|istiod| !resolves_gateways(istiod))?;
            let finding = finding(gateway, other, istiod).in_cluster(*context);
            Some((number, finding))
        }));
    }
    findings
}

fn has_names_alone(gateway: &Gateway) -> bool {
    let mut addresses = gateway.addresses.iter();
    let is_name = |kind| kind == AddressKind::Hostname;
    !gateway.addresses.is_empty() && addresses.all(|address| is_name(address.kind))
}

fn finding(gateway: &Gateway, other: &ClusterSnapshot, istiod: &Deployment) -> Finding {
    let meta = &istiod.metadata;
    let (namespace, name) = (
        meta.namespace.as_deref().unwrap_or_default(),
        meta.name.as_deref().unwrap_or_default(),
    );
    let message = format!(
        "{} has no address but a host name, and {RESOLVE_GATEWAYS_VARIABLE} of deployment {namespace}/{name} in {} is false: that istiod ignores this gateway",
        gateway.described(),
        other.context
    );
    let fix = other
        .kubectl
        .in_namespace(namespace)
        .words("set env deployment")
        .arg(name)
        .arg(&format!("{RESOLVE_GATEWAYS_VARIABLE}-"));
    Finding::new(CheckId::EwgAddressHostname, Severity::Error, message)
        .with_peer(&other.context)
        .about(gateway.reference())
        .fix(fix)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::command::Kubectl;
    use crate::eastwest::gateway::of_all;
    use crate::mesh_config::MeshConfig;
    use crate::read::Read;

    /// Returns a cluster with a gateway that has this ingress, and an istiod with this switch.
    fn cluster(context: &str, ingress: &Value, switch: Option<&str>) -> ClusterSnapshot {
        let network = json!({"topology.istio.io/network": format!("net-{context}")});
        let namespace = json!({"metadata": {"name": "istio-system", "labels": network}});
        let service = json!({"metadata": {"name": "gw", "namespace": "istio-system", "labels": network},
            "spec": {"type": "LoadBalancer", "selector": {"a": "b"}, "ports": [{"port": 15443}]},
            "status": {"loadBalancer": {"ingress": ingress}}});
        let env =
            switch.map(|value| json!([{"name": "RESOLVE_HOSTNAME_GATEWAYS", "value": value}]));
        let istiod = json!({"metadata": {"name": "istiod", "namespace": "istio-system"},
            "spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "discovery", "env": env}]}}}});
        ClusterSnapshot {
            context: context.to_owned(),
            kubectl: Kubectl::default().context(context),
            namespace: Read::Seen(Some(from_value(namespace).expect("it is a Namespace"))),
            istiods: Read::Seen(vec![from_value(istiod).expect("it is a Deployment")]),
            services: Read::Seen(vec![from_value(service).expect("it is a Service")]),
            ..ClusterSnapshot::default()
        }
    }

    fn found(clusters: &[ClusterSnapshot]) -> Vec<Finding> {
        let gateways = of_all(clusters);
        let all = gateways.iter().map(|(context, one)| (*context, one));
        let found = unresolved(&all.collect::<Vec<_>>(), clusters).into_iter();
        found.map(|(_, finding)| finding).collect()
    }

    #[test]
    fn a_host_name_alone_is_no_address_for_an_istiod_that_resolves_none() {
        let name = json!([{"hostname": "gw.example"}]);
        let address = json!([{"ip": "203.0.113.7"}]);
        let both = json!([{"hostname": "gw.example"}, {"ip": "203.0.113.7"}]);
        for (gateway, switch, is_told) in [
            (&name, Some("false"), true),
            (&name, Some("0"), true),
            (&name, Some("true"), false),
            (&name, Some("no boolean"), false),
            (&name, None, false),
            (&address, Some("false"), false),
            (&both, Some("false"), false),
            (&json!([]), Some("false"), false),
        ] {
            let east = cluster("east", &address, switch);
            let west = cluster("west", gateway, Some("false"));
            let found = found(&[east, west]);
            assert_eq!(found.len(), usize::from(is_told), "{gateway} {switch:?}");
            for finding in found {
                let place = finding.details().cloned().unwrap_or_default();
                assert_eq!(place.cluster.as_deref(), Some("west"));
                assert_eq!(place.peer.as_deref(), Some("east"));
                let fix = finding.fix.map(|fix| fix.to_string());
                assert_eq!(
                    fix.as_deref(),
                    Some(
                        "kubectl --context east -n istio-system set env deployment istiod RESOLVE_HOSTNAME_GATEWAYS-"
                    )
                );
            }
        }
    }

    #[test]
    fn clusters_of_other_meshes_do_not_matter() {
        let of = |context, ingress, mesh: &str| ClusterSnapshot {
            mesh_configs: Read::Seen(vec![
                MeshConfig {
                    mesh_id: Some(mesh.to_owned()),
                    ..MeshConfig::default()
                }
                .into(),
            ]),
            ..cluster(context, &ingress, Some("false"))
        };
        let east = of("east", json!([{"ip": "203.0.113.7"}]), "one");
        let west = of("west", json!([{"hostname": "gw.example"}]), "other");
        assert_eq!(found(&[east, west]), []);
    }
}
