//! Decides from the rules of a credential what it may do in all namespaces, so that one review stands for a question for each right.
//!
//! `SelfSubjectRulesReview` lists the rules that hold in one namespace: those of the whole cluster, and those of its own `RoleBinding`s,
//! without telling which is which. In [`NO_NAMESPACE`] there are no others than those of the whole cluster.
//! Rules: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources>; as Kubernetes decides them in
//! `plugin/pkg/auth/authorizer/rbac` and `pkg/apis/rbac/v1/evaluation_helpers.go`.

use k8s_openapi::api::authorization::v1::{ResourceRule, SubjectRulesReviewStatus};

use crate::required_rights::Right;

/// The name of a namespace that cannot exist, since none begins with a hyphen, so that no `RoleBinding` can be in it. API servers take
/// any text but an empty one.
pub const NO_NAMESPACE: &str = "-";

/// The rules of a credential in all namespaces.
#[derive(Debug, Default)]
pub struct ClusterRules {
    rules: Vec<ResourceRule>,
    is_complete: bool,
}

impl ClusterRules {
    /// Returns the rules of a review in [`NO_NAMESPACE`]; without one nothing is decided.
    pub fn new(review: Option<SubjectRulesReviewStatus>) -> Self {
        let Some(review) = review else {
            return Self::default();
        };
        let failed = review
            .evaluation_error
            .is_some_and(|error| !error.is_empty());
        Self {
            rules: review.resource_rules,
            is_complete: !review.incomplete && !failed,
        }
    }

    /// Returns whether the credential has a right in all namespaces; `None` where only the API server can decide that: an authorizer
    /// that cannot list its rules, such as a webhook, may grant or deny more than they say, and a rule for objects of certain names
    /// does not say which question it answers.
    pub fn grants(&self, right: &Right) -> Option<bool> {
        if !self.is_complete {
            return None;
        }
        let covering = self.rules.iter().filter(|rule| covers(rule, right));
        let mut of_some_names = false;
        for rule in covering {
            if rule.resource_names.as_ref().is_none_or(Vec::is_empty) {
                return Some(true);
            }
            of_some_names = true;
        }
        (!of_some_names).then_some(false)
    }
}

/// Returns whether a rule covers a right, whatever the names of the objects. A right concerns no subresource, so that `*/status` or
/// `pods/log` cover none.
fn covers(rule: &ResourceRule, right: &Right) -> bool {
    let fits = |patterns: &[String], value: &str| {
        patterns
            .iter()
            .any(|pattern| pattern == "*" || pattern == value)
    };
    let groups = rule.api_groups.as_deref().unwrap_or_default();
    let resources = rule.resources.as_deref().unwrap_or_default();
    fits(&rule.verbs, &right.verb) && fits(groups, &right.group) && fits(resources, &right.resource)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::required_rights::required_rights;

    fn right(verb: &'static str, group: &'static str, resource: &'static str) -> Right {
        Right {
            group: Cow::Borrowed(group),
            resource: Cow::Borrowed(resource),
            verb: Cow::Borrowed(verb),
        }
    }

    fn review(status: Value) -> ClusterRules {
        ClusterRules::new(Some(
            from_value(status).expect("it is the status of a review"),
        ))
    }

    fn rules(rules: &Value) -> ClusterRules {
        review(json!({"incomplete": false, "nonResourceRules": [], "resourceRules": rules}))
    }

    #[test]
    fn rules_are_read_as_the_api_server_reads_them() {
        let list_pods = right("list", "", "pods");
        let list_gateways = right("list", "networking.istio.io", "gateways");
        for (rule, right, expected) in [
            (
                json!({"verbs": ["get", "list"], "apiGroups": [""], "resources": ["nodes", "pods"]}),
                &list_pods,
                true,
            ),
            (
                json!({"verbs": ["*"], "apiGroups": [""], "resources": ["pods"]}),
                &list_pods,
                true,
            ),
            (
                json!({"verbs": ["list"], "apiGroups": ["*"], "resources": ["pods"]}),
                &list_pods,
                true,
            ),
            (
                json!({"verbs": ["list"], "apiGroups": [""], "resources": ["*"]}),
                &list_pods,
                true,
            ),
            (
                json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}),
                &list_gateways,
                true,
            ),
            // Each part has to fit, and a part that is not there fits nothing.
            (
                json!({"verbs": ["watch"], "apiGroups": [""], "resources": ["pods"]}),
                &list_pods,
                false,
            ),
            (
                json!({"verbs": ["list"], "apiGroups": ["apps"], "resources": ["pods"]}),
                &list_pods,
                false,
            ),
            (
                json!({"verbs": ["list"], "apiGroups": [""], "resources": ["services"]}),
                &list_pods,
                false,
            ),
            (
                json!({"verbs": ["list"], "resources": ["pods"]}),
                &list_pods,
                false,
            ),
            (
                json!({"verbs": ["list"], "apiGroups": []}),
                &list_pods,
                false,
            ),
            (
                json!({"verbs": [], "apiGroups": ["*"], "resources": ["*"]}),
                &list_pods,
                false,
            ),
            // The core group is no wildcard, nor is a part of a name.
            (
                json!({"verbs": ["list"], "apiGroups": [""], "resources": ["gateways"]}),
                &list_gateways,
                false,
            ),
            (
                json!({"verbs": ["list"], "apiGroups": ["*.istio.io"], "resources": ["gateways"]}),
                &list_gateways,
                false,
            ),
            (
                json!({"verbs": ["li*"], "apiGroups": [""], "resources": ["pods"]}),
                &list_pods,
                false,
            ),
            // Subresources are other rights.
            (
                json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["pods/log", "pods/status"]}),
                &list_pods,
                false,
            ),
            (
                json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*/status", "*/*"]}),
                &list_pods,
                false,
            ),
        ] {
            let rules = rules(&json!([rule]));
            assert_eq!(rules.grants(right), Some(expected), "{rule} {right}");
        }
        assert_eq!(rules(&json!([])).grants(&list_pods), Some(false));
    }

    #[test]
    fn one_rule_is_enough_and_paths_grant_no_resource() {
        let list_pods = right("list", "", "pods");
        let other = json!({"verbs": ["list"], "apiGroups": [""], "resources": ["nodes"]});
        let named = json!({"verbs": ["list"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"]});
        let all = json!({"verbs": ["list"], "apiGroups": [""], "resources": ["pods"], "resourceNames": []});
        for (listed, expected) in [
            (json!([other, all]), Some(true)),
            (json!([named, other, all]), Some(true)),
            // Only the API server knows what a rule for some names is worth.
            (json!([other, named]), None),
            (json!([other]), Some(false)),
        ] {
            assert_eq!(rules(&listed).grants(&list_pods), expected, "{listed}");
        }
        let paths = json!([{"verbs": ["*"], "nonResourceURLs": ["*"]}]);
        let status = json!({"incomplete": false, "nonResourceRules": paths, "resourceRules": []});
        assert_eq!(review(status).grants(&list_pods), Some(false));
    }

    #[test]
    fn what_is_not_known_whole_decides_nothing() {
        let everything = json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
        for (is_incomplete, error, expected) in [
            (false, "", Some(true)),
            (true, "", None),
            (
                true,
                "webhook authorizer does not support user rule resolution",
                None,
            ),
            (
                false,
                "clusterroles.rbac.authorization.k8s.io \"x\" not found",
                None,
            ),
        ] {
            let rules = review(
                json!({"incomplete": is_incomplete, "evaluationError": error,
                "nonResourceRules": [], "resourceRules": everything}),
            );
            assert_eq!(
                rules.grants(&right("list", "", "pods")),
                expected,
                "{error}"
            );
        }
        let unread = ClusterRules::new(None);
        assert_eq!(unread.grants(&right("list", "", "pods")), None);
    }

    #[test]
    fn the_rules_of_istios_reader_grant_what_its_istiod_needs() {
        // As an API server lists them, of the chart's ClusterRole of Istio 1.28, which has no ConfigMaps.
        let rules = rules(&json!([
            {"verbs": ["get", "list", "watch"], "apiGroups": ["config.istio.io", "security.istio.io", "networking.istio.io",
                "authentication.istio.io", "rbac.istio.io", "telemetry.istio.io", "extensions.istio.io"], "resources": ["*"]},
            {"verbs": ["get", "list", "watch"], "apiGroups": [""],
                "resources": ["endpoints", "pods", "services", "nodes", "replicationcontrollers", "namespaces", "secrets"]},
            {"verbs": ["get", "list"], "apiGroups": ["networking.istio.io"], "resources": ["workloadentries"]},
            {"verbs": ["get", "list", "watch"], "apiGroups": ["networking.x-k8s.io", "gateway.networking.k8s.io"], "resources": ["gateways"]},
            {"verbs": ["get", "list", "watch"], "apiGroups": ["apiextensions.k8s.io"], "resources": ["customresourcedefinitions"]},
            {"verbs": ["get", "list", "watch"], "apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"]},
            {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"]},
            {"verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"]},
        ]));
        let required = required_rights(&[]).into_iter();
        let lacking = required.filter(|one| rules.grants(&one.right) != Some(true));
        let lacking: Vec<String> = lacking.map(|one| one.right.to_string()).collect();
        assert_eq!(lacking, ["list configmaps", "watch configmaps"]);
    }
}
