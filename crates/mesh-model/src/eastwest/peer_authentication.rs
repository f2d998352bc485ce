//! The `PeerAuthentication` that turns mutual TLS off for pods.

use super::Candidate;
use crate::resources::{MutualTls, PeerAuthentication};

/// Returns the policy that turns mutual TLS off for the pods behind a service, as `NAMESPACE/NAME`; `None` if they
/// accept it.
///
/// A policy for the pods takes precedence over the namespace's, and that over the mesh's. Source:
/// <https://istio.io/latest/docs/reference/config/security/peer_authentication/>.
pub fn disabled_for(
    policies: &[PeerAuthentication],
    candidate: &Candidate,
    root_namespace: &str,
) -> Option<String> {
    let mut policies: Vec<&PeerAuthentication> = policies.iter().collect();
    // Of several at one level the oldest takes precedence.
    policies.sort_by_key(|policy| {
        policy
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0)
    });
    let inside = |policy: &PeerAuthentication, space: &str| {
        policy.metadata.namespace.as_deref() == Some(space)
    };
    let of_pods = policies.iter().filter(|policy| {
        let selector = policy.spec.selector.as_ref();
        let labels = selector.map(|selector| &selector.match_labels);
        let labels = labels.filter(|labels| !labels.is_empty());
        inside(policy, &candidate.namespace)
            && labels.is_some_and(|labels| {
                let mut labels = labels.iter();
                labels.all(|(key, value)| candidate.pod_labels.get(key) == Some(value))
            })
    });
    let for_all = |space: String| {
        let all = policies.iter().copied();
        all.filter(move |policy| {
            let selector = policy.spec.selector.as_ref();
            let none = selector.is_none_or(|selector| selector.match_labels.is_empty());
            none && inside(policy, &space)
        })
    };
    let by_port = |policy: &&PeerAuthentication| {
        let port = candidate.target_port?.to_string();
        set(policy.spec.port_level_mtls.get(&port)).map(|off| (off, named(policy)))
    };
    let whole = |policy: &PeerAuthentication| {
        set(policy.spec.mtls.as_ref()).map(|off| (off, named(policy)))
    };
    let of_pods: Vec<&PeerAuthentication> = of_pods.copied().collect();
    let first = of_pods
        .iter()
        .find_map(by_port)
        .or_else(|| of_pods.iter().find_map(|policy| whole(policy)))
        .or_else(|| for_all(candidate.namespace.clone()).find_map(whole))
        .or_else(|| for_all(root_namespace.to_owned()).find_map(whole));
    first.filter(|(off, _)| *off).map(|(_, name)| name)
}

/// Returns whether it turns mutual TLS off; `None` if it leaves that to other policies.
fn set(rule: Option<&MutualTls>) -> Option<bool> {
    match rule?.mode.as_deref()? {
        "DISABLE" => Some(true),
        "STRICT" | "PERMISSIVE" => Some(false),
        _ => None,
    }
}

fn named(policy: &PeerAuthentication) -> String {
    let meta = &policy.metadata;
    format!(
        "{}/{}",
        meta.namespace.as_deref().unwrap_or_default(),
        meta.name.as_deref().unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn policy(space: &str, name: &str, spec: &Value) -> PeerAuthentication {
        serde_json::from_value(
            json!({"metadata": {"namespace": space, "name": name}, "spec": spec}),
        )
        .unwrap()
    }

    #[test]
    fn the_nearest_policy_that_says_anything_decides() {
        let candidate = Candidate {
            host: String::new(),
            port: 80,
            namespace: "shop".to_owned(),
            pod_labels: [("app".to_owned(), "web".to_owned())].into(),
            target_port: Some(8080),
        };
        let mode = |mode: &str| json!({"mtls": {"mode": mode}});
        let pods = |app: &str, mode: &str| json!({"selector": {"matchLabels": {"app": app}}, "mtls": {"mode": mode}});
        let port = json!({"selector": {"matchLabels": {"app": "web"}}, "portLevelMtls": {"8080": {"mode": "DISABLE"}}});
        for (policies, expected) in [
            (vec![], None),
            (
                vec![policy("istio-system", "mesh", &mode("DISABLE"))],
                Some("istio-system/mesh"),
            ),
            (vec![policy("other", "x", &mode("DISABLE"))], None),
            (
                vec![
                    policy("istio-system", "mesh", &mode("DISABLE")),
                    policy("shop", "all", &mode("STRICT")),
                ],
                None,
            ),
            (
                vec![
                    policy("istio-system", "mesh", &mode("DISABLE")),
                    policy("shop", "all", &mode("UNSET")),
                ],
                Some("istio-system/mesh"),
            ),
            (
                vec![
                    policy("shop", "all", &mode("STRICT")),
                    policy("shop", "web", &pods("web", "DISABLE")),
                ],
                Some("shop/web"),
            ),
            (vec![policy("shop", "api", &pods("api", "DISABLE"))], None),
            (
                vec![
                    policy("shop", "port", &port),
                    policy("shop", "all", &mode("STRICT")),
                ],
                Some("shop/port"),
            ),
        ] {
            let found = disabled_for(&policies, &candidate, "istio-system");
            assert_eq!(found.as_deref(), expected, "{policies:?}");
        }
    }
}
