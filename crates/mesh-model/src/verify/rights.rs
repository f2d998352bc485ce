//! The rights that reading a cluster needs: a rule for each kind that is read, with the parts of the cluster that it gives.

use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule, Role};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::parts::{Part, needs};
use crate::finding::CheckId;

/// The name of both roles.
const NAME: &str = "kubectl-mesh-verify";

const ADMISSION: &str = "admissionregistration.k8s.io";
const GATEWAY_API: &str = "gateway.networking.k8s.io";
const ISTIO_NETWORKING: &str = "networking.istio.io";

/// A rule of the roles with which a cluster can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadRule {
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
    place: Place,
    /// The parts that cannot be read without it.
    parts: &'static [Part],
    /// The loss that is no skipped check.
    beside: Option<&'static str>,
}

/// The place for which a rule is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// All namespaces, or an object of none.
    Cluster,
    /// All namespaces. With the same rule for Istio's namespace alone, only these parts cannot be read.
    ClusterOrNamespace(&'static [Part]),
    /// Istio's namespace.
    Namespace,
}

/// The rules, those of the `ClusterRole` first.
pub const READ_RULES: [ReadRule; 17] = {
    use Part as P;
    use Place::{Cluster, ClusterOrNamespace, Namespace};
    let pods = &[
        P::UsualPods,
        P::ProbeTargets,
        P::ProxyPods,
        P::GatewayPods,
        P::IstiodPods,
        P::KnownClusters,
        P::KnownGateways,
        P::KnownProxies,
    ];
    let services = &[
        P::Services,
        P::UsualPods,
        P::ProbeTargets,
        P::GatewayPods,
        P::OtherGateways,
    ];
    let secrets = &[P::Secrets, P::SecretsElsewhere, P::SecretsByName];
    let istiods = &[P::Istiods, P::IstiodsElsewhere];
    let istiod_pages = &[
        P::IstiodPods,
        P::KnownClusters,
        P::KnownGateways,
        P::KnownProxies,
    ];
    let namespaces = &[P::Uid, P::Namespace, P::OtherGateways];
    let istio_gateways = &[P::IstioGateways, P::ConfigGateways];
    let api_gateways = &[P::ApiGateways, P::GatewayApi, P::OtherGateways];
    [
        get("namespaces", Cluster, namespaces),
        list("", "pods", pods),
        list("", "services", services),
        ReadRule {
            place: ClusterOrNamespace(&[P::SecretsElsewhere]),
            ..list("", "secrets", secrets)
        },
        list("", "nodes", &[P::Nodes, P::OtherGateways]),
        list("", "events", &[P::Events]),
        ReadRule {
            place: ClusterOrNamespace(&[P::IstiodsElsewhere]),
            ..list("apps", "deployments", istiods)
        },
        list("apps", "daemonsets", &[P::Ztunnels]),
        list(ISTIO_NETWORKING, "gateways", istio_gateways),
        list(ISTIO_NETWORKING, "virtualservices", istio_gateways),
        ReadRule {
            beside: Some("probe-15443 does not say whether a policy turns mutual TLS off"),
            ..list("security.istio.io", "peerauthentications", &[])
        },
        list(GATEWAY_API, "gateways", api_gateways),
        ReadRule {
            beside: Some("--revision takes revisions and no tags"),
            ..list(ADMISSION, "mutatingwebhookconfigurations", &[])
        },
        get(
            "configmaps",
            Namespace,
            &[P::MeshConfig, P::Roots, P::RootConfigMap],
        ),
        ReadRule {
            place: Namespace,
            ..list("", "configmaps", &[P::Injectors])
        },
        ReadRule {
            beside: Some("nothing more is known of a remote secret that lacks the label"),
            ..get("secrets", Namespace, &[P::SecretsByName, P::CaCerts])
        },
        // API servers before Kubernetes 1.35 ask for the right to get it.
        ReadRule {
            verbs: &["create", "get"],
            ..get("pods/portforward", Namespace, istiod_pages)
        },
    ]
};

/// Returns the rule for objects that are read by name, of the core group.
const fn get(resource: &'static str, place: Place, parts: &'static [Part]) -> ReadRule {
    ReadRule {
        group: "",
        resource,
        verbs: &["get"],
        place,
        parts,
        beside: None,
    }
}

/// Returns the rule for lists of all namespaces.
const fn list(group: &'static str, resource: &'static str, parts: &'static [Part]) -> ReadRule {
    ReadRule {
        group,
        resource,
        verbs: &["list"],
        place: Place::Cluster,
        parts,
        beside: None,
    }
}

impl ReadRule {
    /// Returns the checks that are skipped without it.
    pub fn checks(&self) -> Vec<CheckId> {
        of_parts(self.parts)
    }

    /// Returns the checks that are skipped where it is granted in Istio's namespace alone, if it is for all namespaces and of use there.
    pub fn checks_of_other_namespaces(&self) -> Option<Vec<CheckId>> {
        match self.place {
            Place::ClusterOrNamespace(parts) => Some(of_parts(parts)),
            Place::Cluster | Place::Namespace => None,
        }
    }

    /// Returns what is lost without it besides checks that are skipped.
    pub fn beside(&self) -> Option<&'static str> {
        self.beside
    }

    /// Returns whether it is for Istio's namespace alone.
    pub fn is_of_namespace(&self) -> bool {
        self.place == Place::Namespace
    }

    /// Returns it as a role has it.
    pub fn policy(&self) -> PolicyRule {
        PolicyRule {
            api_groups: Some(vec![self.group.to_owned()]),
            resources: Some(vec![self.resource.to_owned()]),
            verbs: self.verbs.iter().map(|verb| (*verb).to_owned()).collect(),
            ..PolicyRule::default()
        }
    }

    /// Returns the resource with its group, as in `deployments.apps`.
    fn dotted(&self) -> String {
        let dot = if self.group.is_empty() { "" } else { "." };
        format!("{}{dot}{}", self.resource, self.group)
    }
}

fn of_parts(parts: &[Part]) -> Vec<CheckId> {
    let checks = CheckId::ALL.iter().copied();
    let needed = |check: &CheckId| needs(*check).iter().any(|part| parts.contains(part));
    checks.filter(needed).collect()
}

/// Returns the resources of the lists that a part is made of.
pub(super) fn lists(part: Part) -> impl Iterator<Item = String> {
    let of_part = READ_RULES.iter();
    let of_part = of_part.filter(move |rule| rule.parts.contains(&part));
    let lists = of_part.filter(|rule| rule.verbs.contains(&"list"));
    lists.map(ReadRule::dotted)
}

/// Returns the role with the rules for the whole cluster, and the one with those for Istio's namespace.
pub fn roles(namespace: &str) -> (ClusterRole, Role) {
    let (of_namespace, of_cluster): (Vec<&ReadRule>, Vec<&ReadRule>) =
        READ_RULES.iter().partition(|rule| rule.is_of_namespace());
    let policies = |rules: Vec<&ReadRule>| Some(rules.into_iter().map(ReadRule::policy).collect());
    let named = |namespace: Option<&str>| ObjectMeta {
        name: Some(NAME.to_owned()),
        namespace: namespace.map(str::to_owned),
        ..ObjectMeta::default()
    };
    let cluster_role = ClusterRole {
        metadata: named(None),
        rules: policies(of_cluster),
        ..ClusterRole::default()
    };
    let role = Role {
        metadata: named(Some(namespace)),
        rules: policies(of_namespace),
    };
    (cluster_role, role)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts that are no reads of the user: the time in answers, the answers of gateways, and of the servers that remote secrets
    /// name.
    const WITHOUT_RIGHTS: [Part; 3] = [Part::ServerClock, Part::GatewayProbes, Part::Credentials];

    #[test]
    fn every_part_that_a_check_needs_has_a_rule() {
        for check in CheckId::ALL.iter().copied() {
            for part in needs(check) {
                let has_rule = READ_RULES.iter().any(|rule| rule.parts.contains(part));
                assert_ne!(
                    has_rule,
                    WITHOUT_RIGHTS.contains(part),
                    "{check} needs {part:?}, which no rule of READ_RULES gives"
                );
            }
        }
    }

    #[test]
    fn every_rule_costs_something_and_is_there_once() {
        for (number, rule) in READ_RULES.iter().enumerate() {
            let is_for_nothing = rule.checks().is_empty() && rule.beside.is_none();
            assert!(!is_for_nothing, "{rule:?}");
            let others = READ_RULES.iter().skip(number + 1);
            let mut same = others.filter(|other| other.policy() == rule.policy());
            assert_eq!(same.next(), None);
            if let Some(fewer) = rule.checks_of_other_namespaces() {
                let all = rule.checks();
                assert!(fewer.len() < all.len() && fewer.iter().all(|check| all.contains(check)));
            }
        }
    }

    #[test]
    fn a_right_for_one_namespace_is_in_the_role() {
        let (cluster_role, role) = roles("mesh");
        assert_eq!(role.metadata.namespace.as_deref(), Some("mesh"));
        let resources = |rules: Option<Vec<PolicyRule>>| -> Vec<String> {
            let rules = rules.into_iter().flatten();
            rules
                .flat_map(|rule| rule.resources.unwrap_or_default())
                .collect()
        };
        assert_eq!(
            resources(role.rules),
            ["configmaps", "configmaps", "secrets", "pods/portforward"]
        );
        assert_eq!(resources(cluster_role.rules).len() + 4, READ_RULES.len());
    }
}
