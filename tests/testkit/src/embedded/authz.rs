//! Who may do what: RBAC over the objects in the store, and the denials that a test adds.
//!
//! Rules: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>. Nothing here looks at HTTP.

use serde_json::Value;

use super::failure::{Failure, about};
use super::kinds;
use super::request::Target;
use super::state::State;
use super::user::{MASTERS, User};

/// What is to be done, as authorizers see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) verb: String,
    pub(crate) group: String,
    /// With the subresource, where there is one: `serviceaccounts/token`.
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// For requests that are not about resources.
    pub(crate) path: String,
}

impl Attributes {
    fn plain_resource(&self) -> &str {
        self.resource.split('/').next().unwrap_or_default()
    }

    fn sentence(&self, user: &User) -> String {
        if self.resource.is_empty() {
            return format!(
                "User \"{}\" cannot {} path \"{}\"",
                user.name, self.verb, self.path
            );
        }
        let scope = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{}\"", self.namespace)
        };
        format!(
            "User \"{}\" cannot {} resource \"{}\" in API group \"{}\" {scope}",
            user.name, self.verb, self.resource, self.group
        )
    }

    fn refusal(&self, user: &User) -> Failure {
        let sentence = self.sentence(user);
        if self.resource.is_empty() {
            return Failure::new(403, "Forbidden", format!("forbidden: {sentence}"))
                .details(serde_json::json!({}));
        }
        let what = kinds::dotted(self.plain_resource(), &self.group);
        let named = if self.name.is_empty() {
            what
        } else {
            format!("{what} \"{}\"", self.name)
        };
        Failure::new(
            403,
            "Forbidden",
            format!("{named} is forbidden: {sentence}"),
        )
        .details(about(&self.group, self.plain_resource(), &self.name))
    }
}

/// A denial that a test added; `*` stands for anything.
#[derive(Clone, Debug)]
pub(crate) struct Denial {
    pub(crate) user: String,
    pub(crate) verb: String,
    pub(crate) resource: String,
}

impl Denial {
    fn covers(&self, user: &User, attributes: &Attributes) -> bool {
        let fits = |pattern: &str, text: &str| pattern == "*" || pattern == text;
        fits(&self.user, &user.name)
            && fits(&self.verb, &attributes.verb)
            && fits(&self.resource, &attributes.resource)
    }
}

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
    let key = super::store::Key {
        group: "rbac.authorization.k8s.io".to_owned(),
        ..super::store::Key::core(resource, namespace, name)
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
