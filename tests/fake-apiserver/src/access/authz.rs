//! Authorization: RBAC over the objects in the store, and the denials that a test adds.
//!
//! Rules: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>. Nothing here looks at HTTP.

use serde_json::Value;

use crate::model::attributes::Attributes;
use crate::model::failure::Failure;
use crate::model::request::Target;
use crate::model::user::{MASTERS, User};
use crate::state::shared::State;

/// Refuses with 403 what the user may not do.
pub(crate) fn authorize(
    state: &State,
    user: &User,
    attributes: &Attributes,
) -> Result<(), Failure> {
    if decide(state, user, attributes).is_some() {
        Ok(())
    } else {
        Err(attributes.refusal(user))
    }
}

/// The reason for which the user may do it, or none where it may not.
pub(crate) fn decide(state: &State, user: &User, attributes: &Attributes) -> Option<String> {
    if state
        .denials
        .iter()
        .any(|denial| denial.covers(user, attributes))
    {
        return None;
    }
    if user.groups.iter().any(|group| group == MASTERS) {
        return Some(String::new());
    }
    bindings(state, &attributes.namespace)
        .find(|binding| {
            is_subject(binding, user)
                && rules(state, binding)
                    .iter()
                    .any(|rule| covers(rule, attributes))
        })
        .map(|binding| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let namespace = binding["metadata"]["namespace"]
                .as_str()
                .unwrap_or_default();
            let name = text(&binding["metadata"]["name"]);
            let named = if namespace.is_empty() {
                name
            } else {
                format!("{name}/{namespace}")
            };
            format!(
                "RBAC: allowed by {} \"{named}\" of {} \"{}\" to {}",
                text(&binding["kind"]),
                text(&binding["roleRef"]["kind"]),
                text(&binding["roleRef"]["name"]),
                subject_of(binding, user),
            )
        })
}

/// All rules that apply to the user in a namespace, as `SelfSubjectRulesReview` lists them.
pub(crate) fn rules_of(state: &State, user: &User, namespace: &str) -> Vec<Value> {
    let mut found: Vec<Value> = bindings(state, namespace)
        .filter(|binding| is_subject(binding, user))
        .flat_map(|binding| rules(state, binding))
        .collect();
    if user.groups.iter().any(|group| group == MASTERS) {
        found.push(serde_json::json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
        found.push(serde_json::json!({"verbs": ["*"], "nonResourceURLs": ["*"]}));
    }
    found
}

/// Whether [`rules_of`] may not be all that decides: denials are as those of a webhook, which lists no rules.
pub(crate) fn is_incomplete(state: &State, user: &User) -> bool {
    state.denials.iter().any(|denial| denial.concerns(user))
}

/// Refuses impersonation in the words of 1.36, which asks for the impersonation of the request's own verb.
pub(crate) fn may_impersonate(
    state: &State,
    user: &User,
    wanted: &User,
    target: &Target,
) -> Result<(), Failure> {
    let mut asked = vec![("users", "", wanted.name.as_str())];
    asked.extend(
        wanted
            .groups
            .iter()
            .map(|group| ("groups", "", group.as_str())),
    );
    if !wanted.uid.is_empty() {
        asked.push(("uids", "authentication.k8s.io", wanted.uid.as_str()));
    }
    let allowed = asked.into_iter().all(|(resource, group, name)| {
        let attributes = Attributes {
            verb: "impersonate".to_owned(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            name: name.to_owned(),
            ..Attributes::default()
        };
        decide(state, user, &attributes).is_some()
    });
    if allowed {
        return Ok(());
    }
    let mut attributes = target.attributes.clone();
    attributes.verb = format!("impersonate-on:user-info:{}", attributes.verb);
    Err(attributes.refusal(user))
}

fn bindings<'a>(state: &'a State, namespace: &str) -> impl Iterator<Item = &'a Value> {
    const GROUP: &str = "rbac.authorization.k8s.io";
    let everywhere = state.store.list(GROUP, "clusterrolebindings", "");
    let here = if namespace.is_empty() {
        Vec::new()
    } else {
        state.store.list(GROUP, "rolebindings", namespace)
    };
    everywhere
        .into_iter()
        .chain(here)
        .map(|(_, binding)| &**binding)
}

fn matching_subject<'a>(binding: &'a Value, user: &User) -> Option<&'a Value> {
    binding["subjects"].as_array()?.iter().find(|subject| {
        let name = subject["name"].as_str().unwrap_or_default();
        match subject["kind"].as_str() {
            Some("User") => user.name == name,
            Some("Group") => user.groups.iter().any(|group| group == name),
            Some("ServiceAccount") => {
                let namespace = subject["namespace"].as_str().unwrap_or_default();
                user.name == format!("system:serviceaccount:{namespace}:{name}")
            }
            _ => false,
        }
    })
}

fn is_subject(binding: &Value, user: &User) -> bool {
    matching_subject(binding, user).is_some()
}

fn subject_of(binding: &Value, user: &User) -> String {
    let subject = matching_subject(binding, user).unwrap_or(&Value::Null);
    let text = |field: &str| subject[field].as_str().unwrap_or_default();
    match text("kind") {
        "ServiceAccount" => format!("ServiceAccount \"{}/{}\"", text("name"), text("namespace")),
        kind => format!("{kind} \"{}\"", text("name")),
    }
}

fn rules(state: &State, binding: &Value) -> Vec<Value> {
    let role = &binding["roleRef"];
    let name = role["name"].as_str().unwrap_or_default();
    let (resource, namespace) = if role["kind"] == "Role" {
        (
            "roles",
            binding["metadata"]["namespace"]
                .as_str()
                .unwrap_or_default(),
        )
    } else {
        ("clusterroles", "")
    };
    let key = crate::state::store::Key {
        group: "rbac.authorization.k8s.io".to_owned(),
        ..crate::state::store::Key::core(resource, namespace, name)
    };
    state
        .store
        .get(&key)
        .and_then(|role| role["rules"].as_array().cloned())
        .unwrap_or_default()
}

fn covers(rule: &Value, attributes: &Attributes) -> bool {
    let has = |field: &str, wanted: &str| {
        rule[field]
            .as_array()
            .is_some_and(|values| values.iter().any(|value| value == "*" || value == wanted))
    };
    if !has("verbs", &attributes.verb) {
        return false;
    }
    if attributes.resource.is_empty() {
        return rule["nonResourceURLs"].as_array().is_some_and(|urls| {
            urls.iter()
                .filter_map(Value::as_str)
                .any(|url| match url.strip_suffix('*') {
                    Some(prefix) => attributes.path.starts_with(prefix),
                    None => attributes.path == url,
                })
        });
    }
    let subresource = attributes
        .resource
        .split_once('/')
        .map(|(_, sub)| format!("*/{sub}"));
    let resource = has("resources", &attributes.resource)
        || subresource.is_some_and(|any| has("resources", &any));
    let named = rule["resourceNames"]
        .as_array()
        .is_none_or(|names| names.is_empty() || names.iter().any(|name| *name == attributes.name));
    has("apiGroups", &attributes.group) && resource && named
}
