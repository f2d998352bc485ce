//! The configuration of a mesh, as the `ConfigMap` of each revision of its istiod has it, reduced to the settings on which other clusters depend.
//!
//! Source: `MeshConfig` and `MeshNetworks` of Istio's API (`mesh/v1alpha1`), `templates/configmap.yaml` of the chart istiod.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::{Deserialize, Serialize};
use serde_json::{Value, from_value};

use crate::exposure::Revision;
use crate::names::{MESH_CONFIG_KEY, MESH_CONFIG_MAP, MESH_NETWORKS_KEY};
use crate::yaml::documents;

/// The trust domain of a mesh that names none. Source: `DefaultMeshConfig` in Istio's `pkg/config/mesh/mesh.go`.
const DEFAULT_TRUST_DOMAIN: &str = "cluster.local";

/// The settings of a mesh's configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MeshConfig {
    /// The ID of the mesh.
    pub mesh_id: Option<String>,
    /// The trust domain of its workloads, if it is named.
    pub trust_domain: Option<String>,
    /// The other trust domains whose certificates are accepted as those of its own.
    pub trust_domain_aliases: Vec<String>,
    /// The further trust domains whose certificates its servers accept, which stand with more root certificates.
    pub authority_trust_domains: Vec<String>,
    /// The namespaces that istiod reads, of its own cluster and of the others; all if there is no selector.
    pub discovery_selectors: Vec<LabelSelector>,
    /// The networks that are configured by hand, by name.
    pub networks: BTreeMap<String, MeshNetwork>,
}

/// The configuration of a mesh that the istiods of one revision have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RevisionConfig {
    /// The revision.
    pub revision: Revision,
    /// Its configuration.
    pub config: MeshConfig,
}

/// Returns it as that of the revision without a name.
impl From<MeshConfig> for RevisionConfig {
    fn from(config: MeshConfig) -> Self {
        Self {
            revision: Revision::default(),
            config,
        }
    }
}

/// A network that is configured by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MeshNetwork {
    /// The cluster IDs of the clusters whose endpoints are on it.
    pub registries: BTreeSet<String>,
    /// The number of its gateways.
    pub gateways: usize,
}

/// The root certificates that proxies trust beside istiod's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoreRoots {
    /// Those that stand in the configuration, as PEM.
    pub pem: String,
    /// True if there are others at some URL.
    pub has_urls: bool,
}

impl MeshConfig {
    /// Reads the configuration; `None` if the `ConfigMap` has none, or one that is not YAML.
    pub fn of(map: &ConfigMap) -> Option<Self> {
        let config = document(map, MESH_CONFIG_KEY)?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let texts = |value: &Value| strings(value).map(str::to_owned).collect();
        let authorities = config["caCertificates"].as_array();
        let authorities = authorities.map(Vec::as_slice).unwrap_or_default();
        let of_authorities = authorities
            .iter()
            .flat_map(|one| strings(&one["trustDomains"]));
        let networks = document(map, MESH_NETWORKS_KEY).unwrap_or_default();
        let networks = networks["networks"].as_object().into_iter().flatten();
        Some(Self {
            mesh_id: text(&config["defaultConfig"]["meshId"]),
            trust_domain: text(&config["trustDomain"]).filter(|name| !name.is_empty()),
            trust_domain_aliases: texts(&config["trustDomainAliases"]),
            authority_trust_domains: of_authorities.map(str::to_owned).collect(),
            discovery_selectors: from_value(config["discoverySelectors"].clone())
                .unwrap_or_default(),
            networks: networks
                .map(|(name, network)| (name.clone(), MeshNetwork::of(network)))
                .collect(),
        })
    }

    /// Returns the trust domain of its workloads.
    pub fn trust_domain(&self) -> &str {
        self.trust_domain.as_deref().unwrap_or(DEFAULT_TRUST_DOMAIN)
    }

    /// Returns whether a client of the mesh accepts a server of this trust domain, by the configuration of its own cluster alone.
    pub fn knows(&self, trust_domain: &str) -> bool {
        let mut aliases = self.trust_domain_aliases.iter();
        self.trust_domain() == trust_domain || aliases.any(|alias| alias == trust_domain)
    }

    /// Returns whether a server of the mesh accepts a client of this trust domain. Source: `TrustDomainsForValidation` in Istio's
    /// `pilot/pkg/networking/plugin/authn/util.go`.
    pub fn admits(&self, trust_domain: &str) -> bool {
        let mut more = self.authority_trust_domains.iter();
        self.knows(trust_domain) || more.any(|name| name == trust_domain)
    }

    /// Returns whether istiod reads the namespace with these labels. Source: `LabelSelectorAsSelector` in Istio's
    /// `pkg/kube/namespace/filter.go`, which reads all namespaces where a selector is not valid.
    pub fn reads(&self, labels: &BTreeMap<String, String>) -> bool {
        let selectors = &self.discovery_selectors;
        let matched: Option<Vec<bool>> = selectors.iter().map(|one| matches(one, labels)).collect();
        matched.is_none_or(|matched| matched.is_empty() || matched.contains(&true))
    }
}

impl MeshNetwork {
    fn of(network: &Value) -> Self {
        let endpoints = network["endpoints"].as_array().into_iter().flatten();
        let registries = endpoints.filter_map(|one| one["fromRegistry"].as_str());
        Self {
            registries: registries.map(str::to_owned).collect(),
            gateways: network["gateways"].as_array().map_or(0, Vec::len),
        }
    }
}

impl MoreRoots {
    /// Reads the root certificates of a mesh's configuration.
    pub fn of(map: &ConfigMap) -> Self {
        let config = document(map, MESH_CONFIG_KEY).unwrap_or_default();
        let all = config["caCertificates"].as_array();
        let all = all.map(Vec::as_slice).unwrap_or_default();
        let pem = all.iter().filter_map(|one| one["pem"].as_str());
        let mut urls = all.iter().filter_map(|one| one["spiffeBundleUrl"].as_str());
        Self {
            pem: pem.collect::<Vec<&str>>().join("\n"),
            has_urls: urls.any(|url| !url.is_empty()),
        }
    }

    /// Returns both.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            pem: [self.pem.as_str(), &other.pem].join("\n").trim().to_owned(),
            has_urls: self.has_urls || other.has_urls,
        }
    }
}

/// Returns the YAML document under a data key.
fn document(map: &ConfigMap, key: &str) -> Option<Value> {
    let text = map.data.as_ref()?.get(key)?;
    documents(text, MESH_CONFIG_MAP).ok()?.into_iter().next()
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str)
}

/// Returns whether a selector matches; `None` if it is not valid.
fn matches(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> Option<bool> {
    let by_label = selector.match_labels.iter().flatten();
    let mut all = by_label.fold(true, |all, (key, value)| {
        all && labels.get(key) == Some(value)
    });
    for expression in selector.match_expressions.iter().flatten() {
        let value = labels.get(&expression.key);
        let is_listed = || {
            let mut listed = expression.values.iter().flatten();
            value.is_some_and(|value| listed.any(|one| one == value))
        };
        all &= match expression.operator.as_str() {
            "In" => is_listed(),
            "NotIn" => !is_listed(),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => return None,
        };
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(mesh: &str, networks: Option<&str>) -> ConfigMap {
        let data = json!({"mesh": mesh, "meshNetworks": networks});
        let mut map = json!({"metadata": {"name": "istio"}, "data": data});
        if networks.is_none() {
            map["data"] = json!({"mesh": mesh});
        }
        from_value(map).expect("it is a ConfigMap")
    }

    fn config(mesh: &str) -> MeshConfig {
        MeshConfig::of(&map(mesh, None)).expect("it is a configuration")
    }

    const MESH: &str = "
defaultConfig:
  meshId: mesh1
  tracing: {lightstep: {accessToken: CANARY}}
extensionProviders: [{name: CANARY}]
trustDomain: td-east
trustDomainAliases: [td-west, td-old]
caCertificates:
- pem: |
    FIRST
  trustDomains: [td-far]
- spiffeBundleUrl: https://far.example/bundle
discoverySelectors:
- matchLabels: {env: prod}
";

    #[test]
    fn what_other_clusters_depend_on_is_kept_and_nothing_else() {
        let networks = "networks:
  net-a:
    endpoints: [{fromRegistry: east}, {fromCidr: 10.0.0.0/8}, {fromRegistry: other}]
    gateways: [{address: 203.0.113.7, port: 15443}]
  net-b: {}
";
        let map = map(MESH, Some(networks));
        let config = MeshConfig::of(&map).expect("it is a configuration");
        assert_eq!(config.mesh_id.as_deref(), Some("mesh1"));
        assert_eq!(config.trust_domain(), "td-east");
        let net_a = &config.networks["net-a"];
        let registries: Vec<&str> = net_a.registries.iter().map(String::as_str).collect();
        assert_eq!((registries, net_a.gateways), (vec!["east", "other"], 1));
        assert_eq!(config.networks["net-b"], MeshNetwork::default());
        let text = serde_json::to_string(&config).expect("it is JSON");
        assert!(
            !text.contains("CANARY") && !text.contains("FIRST"),
            "{text}"
        );
        let again: MeshConfig = serde_json::from_str(&text).expect("it is read again");
        assert_eq!(again, config);
        let more = MoreRoots::of(&map);
        assert_eq!((more.pem.trim(), more.has_urls), ("FIRST", true));
    }

    #[test]
    fn a_configuration_without_settings_has_the_defaults() {
        let empty = config("accessLogFile: /dev/stdout");
        assert_eq!(empty, MeshConfig::default());
        assert_eq!(empty.trust_domain(), "cluster.local");
        assert!(empty.reads(&BTreeMap::new()));
        assert_eq!(MeshConfig::of(&map("{", None)), None);
        assert_eq!(MeshConfig::of(&ConfigMap::default()), None);
        assert_eq!(MoreRoots::of(&ConfigMap::default()), MoreRoots::default());
    }

    #[test]
    fn clients_accept_the_own_domain_and_aliases_and_servers_those_of_other_roots_too() {
        let config = config(MESH);
        for (domain, knows, admits) in [
            ("td-east", true, true),
            ("td-west", true, true),
            ("td-far", false, true),
            ("cluster.local", false, false),
        ] {
            assert_eq!(
                (config.knows(domain), config.admits(domain)),
                (knows, admits),
                "{domain}"
            );
        }
    }

    #[test]
    fn a_namespace_is_read_if_one_selector_matches_it() {
        let selects = |selectors: &str, labels: &[(&str, &str)]| {
            let config = config(&format!("discoverySelectors: {selectors}"));
            let labels = labels
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            config.reads(&labels.collect())
        };
        let prod = [("env", "prod")];
        for (selectors, prod_is, bare_is) in [
            ("[]", true, true),
            ("[{}]", true, true),
            ("[{matchLabels: {env: prod}}]", true, false),
            ("[{matchLabels: {env: test}}]", false, false),
            (
                "[{matchLabels: {env: test}}, {matchLabels: {env: prod}}]",
                true,
                false,
            ),
            ("[{matchLabels: {env: prod, more: x}}]", false, false),
            (
                "[{matchExpressions: [{key: env, operator: In, values: [a, prod]}]}]",
                true,
                false,
            ),
            (
                "[{matchExpressions: [{key: env, operator: NotIn, values: [prod]}]}]",
                false,
                true,
            ),
            (
                "[{matchExpressions: [{key: env, operator: Exists}]}]",
                true,
                false,
            ),
            (
                "[{matchExpressions: [{key: env, operator: DoesNotExist}]}]",
                false,
                true,
            ),
            // istiod drops all selectors where one is not valid.
            (
                "[{matchLabels: {env: test}}, {matchExpressions: [{key: env, operator: Is}]}]",
                true,
                true,
            ),
        ] {
            assert_eq!(
                (selects(selectors, &prod), selects(selectors, &[])),
                (prod_is, bare_is),
                "{selectors}"
            );
        }
    }
}
