//! Validation of objects, in the words of the API server.
//!
//! Only rules that tests of this suite can meet; each was seen on a real API server. Filling in is in `defaults`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::model::failure::{Cause, Failure};
use crate::model::kinds::Kind;
use crate::objects::services;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

pub(crate) const TOKEN_SECRET: &str = "kubernetes.io/service-account-token";
pub(crate) const TOKEN_SECRET_ACCOUNT: &str = "kubernetes.io/service-account.name";

/// Refuses what cannot even be decoded: wrong types, and unknown fields where the request asks for strictness.
///
/// Unknown top-level fields are dropped otherwise, as a typed server does without a word.
pub(crate) fn decode(kind: &Kind, object: &mut Value, strict: bool) -> Result<(), Failure> {
    let refuse = |why: &str| {
        Failure::bad_request(format!(
            "{0} in version \"{1}\" cannot be handled as a {0}: {why}",
            kind.kind, kind.version
        ))
    };
    for field in ["labels", "annotations"] {
        for value in object["metadata"][field]
            .as_object()
            .into_iter()
            .flat_map(|map| map.values())
        {
            let found = match value {
                Value::Number(_) => "number",
                Value::Bool(_) => "bool",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
                Value::String(_) | Value::Null => continue,
            };
            return Err(refuse(&format!(
                "json: cannot unmarshal {found} into Go struct field ObjectMeta.metadata.{field} of type string"
            )));
        }
    }
    let unknown = unknown_fields(kind, object);
    if strict && !unknown.is_empty() {
        let list: Vec<String> = unknown
            .iter()
            .map(|field| format!("unknown field \"{field}\""))
            .collect();
        return Err(refuse(&format!(
            "strict decoding error: {}",
            list.join(", ")
        )));
    }
    if let Some(map) = object.as_object_mut() {
        map.retain(|field, _| !unknown.contains(field));
    }
    if kind.resource == "secrets" {
        for value in object["data"]
            .as_object()
            .into_iter()
            .flat_map(|map| map.values())
        {
            let text = value.as_str().unwrap_or_default();
            if STANDARD.decode(text).is_err() {
                let at = text
                    .bytes()
                    .position(|byte| !(byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)))
                    .unwrap_or(text.len());
                return Err(refuse(&format!("illegal base64 data at input byte {at}")));
            }
        }
    }
    Ok(())
}

/// The top-level fields that the kind does not have.
pub(crate) fn unknown_fields(kind: &Kind, object: &Value) -> Vec<String> {
    let Some(known) = kind.fields else {
        return Vec::new();
    };
    object
        .as_object()
        .into_iter()
        .flat_map(|map| map.keys())
        .filter(|field| {
            !["apiVersion", "kind", "metadata"].contains(&field.as_str())
                && !known.contains(&field.as_str())
        })
        .cloned()
        .collect()
}

/// Refuses a new or changed object whose contents break a rule.
pub(crate) fn object(kind: &Kind, old: Option<&Value>, new: &Value) -> Result<(), Failure> {
    let name = new["metadata"]["name"].as_str().unwrap_or_default();
    let mut causes = metadata(kind, name, new);
    if ["deployments", "daemonsets"].contains(&kind.resource.as_str()) {
        template(new, &mut causes);
    }
    if let Some(old) = old {
        immutable(kind, old, new, &mut causes);
    }
    match kind.resource.as_str() {
        "secrets" => secret(new, &mut causes),
        "configmaps" => config_keys(new, &mut causes),
        "services" if kind.group.is_empty() => services::check(new, &mut causes),
        "clusterrolebindings" | "rolebindings" => role_reference(kind, new, &mut causes),
        _ => {}
    }
    if causes.is_empty() {
        Ok(())
    } else {
        Err(Failure::invalid_object(kind, name, &causes))
    }
}

fn metadata(kind: &Kind, name: &str, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if name.is_empty() {
        causes.push(Cause::required(
            "metadata.name",
            "name or generateName is required",
        ));
    } else if kind.group == "rbac.authorization.k8s.io" {
        // Role names are path segments: anything but a slash or a percent sign.
        if name.contains(['/', '%']) {
            let sign = if name.contains('/') { '/' } else { '%' };
            causes.push(Cause::invalid(
                "metadata.name",
                &name.into(),
                &format!("may not contain '{sign}'"),
            ));
        }
    } else if kind.resource == "namespaces" && name.contains('.') {
        causes.push(Cause::invalid(
            "metadata.name",
            &name.into(),
            "must not contain dots",
        ));
    } else if ["namespaces", "services"].contains(&kind.resource.as_str()) {
        if !is_label(name) {
            causes.push(Cause::invalid("metadata.name", &name.into(), LABEL));
        }
    } else if !name.split('.').all(is_label) {
        causes.push(Cause::invalid("metadata.name", &name.into(), SUBDOMAIN));
    }
    for (key, value) in object["metadata"]["labels"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let part = key.rsplit('/').next().unwrap_or_default();
        if part.is_empty() || !is_value(part) {
            causes.push(Cause::invalid(
                "metadata.labels",
                &key.as_str().into(),
                NAME_PART,
            ));
        }
        let text = value.as_str().unwrap_or_default();
        if text.len() > 63 {
            causes.push(Cause::invalid(
                "metadata.labels",
                value,
                "must be no more than 63 bytes",
            ));
        } else if !is_value(text) {
            causes.push(Cause::invalid("metadata.labels", value, LABEL_VALUE));
        }
    }
    causes
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_value(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let edge = |c: char| "-_.".contains(c);
    text.bytes().all(inner) && !text.starts_with(edge) && !text.ends_with(edge)
}

fn immutable(kind: &Kind, old: &Value, new: &Value, causes: &mut Vec<Cause>) {
    let uid = &new["metadata"]["uid"];
    if *uid != old["metadata"]["uid"] {
        causes.push(Cause::invalid("metadata.uid", uid, "field is immutable"));
        causes.push(Cause::invalid("metadata.uid", uid, "field is immutable"));
    }
    match kind.resource.as_str() {
        "secrets" if old["type"] != new["type"] => {
            causes.push(Cause::invalid("type", &new["type"], "field is immutable"));
        }
        "deployments" | "daemonsets" if old["spec"]["selector"] != new["spec"]["selector"] => {
            let selector = in_order(&new["spec"]["selector"]);
            causes.push(Cause::invalid(
                "spec.selector",
                &selector,
                "field is immutable",
            ));
        }
        "clusterrolebindings" | "rolebindings" if old["roleRef"] != new["roleRef"] => {
            let role = &new["roleRef"];
            let shown =
                json!({"APIGroup": role["apiGroup"], "Kind": role["kind"], "Name": role["name"]});
            causes.push(Cause::invalid("roleRef", &shown, "cannot change roleRef"));
        }
        _ => {}
    }
    if ["secrets", "configmaps"].contains(&kind.resource.as_str()) && old["immutable"] == true {
        for field in ["immutable", "data", "binaryData"] {
            if old[field] != new[field] {
                causes.push(Cause::forbidden(
                    field,
                    "field is immutable when `immutable` is set",
                ));
            }
        }
    }
}

/// The labels of a template have to be what the selector looks for.
fn template(new: &Value, causes: &mut Vec<Cause>) {
    let labels = &new["spec"]["template"]["metadata"]["labels"];
    let selector = &new["spec"]["selector"];
    let mut wanted = selector["matchLabels"].as_object().into_iter().flatten();
    let mut expressions = selector["matchExpressions"]
        .as_array()
        .into_iter()
        .flatten();
    let held = wanted.all(|(name, value)| labels.get(name) == Some(value))
        && expressions.all(|expression| expressed(expression, labels));
    if !held {
        causes.push(Cause::invalid(
            "spec.template.metadata.labels",
            &sorted(labels),
            "`selector` does not match template `labels`",
        ));
    }
}

fn expressed(expression: &Value, labels: &Value) -> bool {
    let found = labels.get(expression["key"].as_str().unwrap_or_default());
    let listed = |value: &Value| {
        let values = expression["values"].as_array();
        values.is_some_and(|values| values.contains(value))
    };
    match expression["operator"].as_str().unwrap_or_default() {
        "In" => found.is_some_and(listed),
        "NotIn" => !found.is_some_and(listed),
        "DoesNotExist" => found.is_none(),
        _ => found.is_some(),
    }
}

/// A label selector as messages show it: labels in order, and before the expressions.
fn in_order(selector: &Value) -> Value {
    let mut shown = serde_json::Map::new();
    for field in ["matchLabels", "matchExpressions"] {
        if let Some(value) = selector.get(field) {
            shown.insert(field.to_owned(), sorted(value));
        }
    }
    Value::Object(shown)
}

fn sorted(value: &Value) -> Value {
    let Value::Object(map) = value else {
        return value.clone();
    };
    let mut pairs: Vec<_> = map.clone().into_iter().collect();
    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
    Value::Object(pairs.into_iter().collect())
}

fn secret(new: &Value, causes: &mut Vec<Cause>) {
    config_keys(new, causes);
    let account = &new["metadata"]["annotations"][TOKEN_SECRET_ACCOUNT];
    if new["type"] == TOKEN_SECRET && account.as_str().is_none_or(str::is_empty) {
        let field = format!("metadata.annotations[{TOKEN_SECRET_ACCOUNT}]");
        causes.push(Cause::required(&field, ""));
    }
}

fn config_keys(new: &Value, causes: &mut Vec<Cause>) {
    for key in new["data"]
        .as_object()
        .into_iter()
        .flat_map(|map| map.keys())
    {
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if key.is_empty() || !key.bytes().all(valid) {
            causes.push(Cause::invalid(
                &format!("data[{key}]"),
                &key.as_str().into(),
                CONFIG_KEY,
            ));
        }
    }
}

fn role_reference(kind: &Kind, new: &Value, causes: &mut Vec<Cause>) {
    let role = &new["roleRef"];
    let kinds: &[&str] = if kind.namespaced {
        &["Role", "ClusterRole"]
    } else {
        &["ClusterRole"]
    };
    let found = role["kind"].as_str().unwrap_or_default();
    if !kinds.contains(&found) {
        let supported: Vec<String> = kinds.iter().map(|kind| format!("\"{kind}\"")).collect();
        causes.push(Cause::unsupported(
            "roleRef.kind",
            &found.into(),
            &supported.join(", "),
        ));
    }
    if role["name"].as_str().is_none_or(str::is_empty) {
        causes.push(Cause::required("roleRef.name", ""));
    }
}
