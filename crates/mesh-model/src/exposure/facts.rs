//! The facts about a cluster's istiods and injectors that exposing needs, read from their objects.

use std::slice;

use k8s_openapi::api::core::v1::ConfigMap;

use super::Revision;
use crate::injector::InjectorValues;
use crate::istiod::{domain, revision_of, scopes_gateways};
use crate::resources::Deployment;

/// The Deployment of an istiod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IstiodFacts {
    /// Its namespace.
    pub namespace: String,
    /// Its revision.
    pub revision: Revision,
    /// The domain of the cluster's Services, if the Deployment sets one; otherwise istiod uses `cluster.local`.
    pub cluster_domain: Option<String>,
    /// True if an Istio Gateway configures only pods of its own namespace (`PILOT_SCOPE_GATEWAY_TO_NAMESPACE`).
    pub binds_gateways_to_namespace: bool,
}

impl IstiodFacts {
    /// Reads a Deployment with the label of istiod.
    ///
    /// Source: `templates/deployment.yaml` of the chart istiod; `--domain` in Istio's
    /// `pilot/cmd/pilot-discovery/app/cmd.go`.
    pub fn of_deployment(deployment: &Deployment) -> Self {
        Self {
            namespace: deployment.metadata.namespace.clone().unwrap_or_default(),
            revision: revision_of(deployment),
            cluster_domain: domain(slice::from_ref(deployment)),
            binds_gateways_to_namespace: scopes_gateways(deployment),
        }
    }
}

/// The values of sidecar injection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InjectorFacts {
    /// Its namespace.
    pub namespace: String,
    /// Its revision.
    pub revision: Revision,
    /// The domain of the cluster's Services, if the values contain one.
    pub cluster_domain: Option<String>,
}

impl InjectorFacts {
    /// Reads the injector's `ConfigMap`; returns `None` for others.
    pub fn of_config_map(map: &ConfigMap) -> Option<Self> {
        let values = InjectorValues::of(map)?;
        let namespace = map.metadata.namespace.clone();
        Some(Self {
            namespace: namespace.unwrap_or_default(),
            revision: Revision::of_label(values.revision),
            cluster_domain: values.cluster_domain().map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::REVISION_LABEL;
    use serde_json::{Value, json};

    fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn an_istiod_tells_revision_domain_and_scope() {
        let read = |labels: Value, args: Value, env: Value| {
            IstiodFacts::of_deployment(&read(json!({
                "metadata": {"name": "istiod", "namespace": "i", "labels": labels},
                "spec": {"selector": {}, "template": {"spec": {"containers": [
                    {"name": "discovery", "args": args, "env": env}]}}}
            })))
        };
        let plain = read(json!({}), json!(["discovery"]), json!([]));
        assert_eq!((plain.revision.name(), plain.cluster_domain), (None, None));
        assert!(!plain.binds_gateways_to_namespace);
        let told = read(
            json!({REVISION_LABEL: "canary"}),
            json!(["discovery", "--domain", "corp.example"]),
            json!([{"name": "PILOT_SCOPE_GATEWAY_TO_NAMESPACE", "value": "true"}]),
        );
        assert_eq!(told.revision.name(), Some("canary"));
        assert_eq!(told.cluster_domain.as_deref(), Some("corp.example"));
        assert!(told.binds_gateways_to_namespace);
        let other = read(
            json!({REVISION_LABEL: "default"}),
            json!(["--domain=a.b"]),
            json!([{"name": "PILOT_SCOPE_GATEWAY_TO_NAMESPACE", "value": "false"}]),
        );
        assert_eq!(
            (other.revision.name(), other.cluster_domain.as_deref()),
            (None, Some("a.b"))
        );
        assert!(!other.binds_gateways_to_namespace);
    }

    #[test]
    fn the_injector_is_known_by_its_name() {
        let read = |name: &str, values: &str| {
            InjectorFacts::of_config_map(&read(json!({
                "metadata": {"name": name, "namespace": "i"}, "data": {"values": values}
            })))
        };
        let values = r#"{"global": {"proxy": {"clusterDomain": "corp.example"}}}"#;
        for (name, revision) in [
            ("istio-sidecar-injector", Some(None)),
            ("istio-sidecar-injector-canary", Some(Some("canary"))),
            ("istio-sidecar-injectors", None),
            ("istio", None),
        ] {
            let facts = read(name, values);
            assert_eq!(
                facts.as_ref().map(|facts| facts.revision.name()),
                revision,
                "{name}"
            );
            if let Some(facts) = facts {
                assert_eq!(facts.cluster_domain.as_deref(), Some("corp.example"));
            }
        }
        assert_eq!(
            read("istio-sidecar-injector", "none")
                .unwrap()
                .cluster_domain,
            None
        );
    }
}
