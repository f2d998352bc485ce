//! An answer as text that is the same in every run: what is random or depends on the time is masked, field owners are one
//! line each. Sends nothing, judges nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mesh_testkit::wire::Reply;
use serde_json::{Map, Value};

/// The lines of one answer, indented.
pub fn of(reply: &Reply) -> String {
    let mut text = format!("  {}", reply.status);
    let lines = reply.lines();
    let watch = !lines.is_empty()
        && lines
            .iter()
            .all(|line| line["type"].is_string() && line["object"].is_object());
    let value = reply.json();
    if watch {
        text.push('\n');
        for line in lines {
            let _ = writeln!(
                text,
                "  {} {}",
                line["type"].as_str().unwrap_or_default(),
                compact(&line["object"])
            );
        }
    } else if value["kind"] == "Status" {
        let _ = writeln!(text, " {}", compact(&value));
    } else if value.is_object() {
        let _ = writeln!(text, "\n{}", indented(&value));
    } else {
        let _ = writeln!(text, " {}", reply.text.trim_end());
    }
    text
}

fn compact(value: &Value) -> String {
    let mut value = value.clone();
    mask(&mut value, "");
    sorted(value).to_string()
}

fn indented(value: &Value) -> String {
    let mut value = value.clone();
    mask(&mut value, "");
    let text = serde_saphyr::to_string(&sorted(value)).expect("JSON can be written as YAML");
    let lines: Vec<String> = text
        .trim_end()
        .lines()
        .map(|line| format!("  {line}"))
        .collect();
    lines.join("\n")
}

/// Fields come in the order of their names: the order on the wire means nothing.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: BTreeMap<String, Value> = map
                .into_iter()
                .map(|(name, child)| (name, sorted(child)))
                .collect();
            Value::Object(ordered.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

fn mask(value: &mut Value, name: &str) {
    match value {
        Value::Object(map) => mask_map(map, name),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, name)),
        Value::String(text) => *text = plain(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn mask_map(map: &mut Map<String, Value>, name: &str) {
    if let Some(Value::Array(entries)) = map.get_mut("managedFields") {
        let mut owners: Vec<String> = entries.iter().map(owner).collect();
        owners.sort();
        *entries = owners.into_iter().map(Value::String).collect();
    }
    // The causes of a conflict come in any order.
    if let Some(Value::Array(causes)) = map.get_mut("causes") {
        causes.sort_by_key(ToString::to_string);
    }
    // So do the rules of a user.
    for field in ["resourceRules", "nonResourceRules"] {
        if let Some(Value::Array(rules)) = map.get_mut(field) {
            rules.sort_by_key(|rule| sorted(rule.clone()).to_string());
        }
    }
    for (field, child) in map.iter_mut() {
        let masked = match field.as_str() {
            "uid" | "kubernetes.io/service-account.uid" => "UID",
            "resourceVersion" | "continue" => "REVISION",
            "creationTimestamp"
            | "deletionTimestamp"
            | "expirationTimestamp"
            | "lastTransitionTime" => "TIME",
            "token" | "ca.crt" => "SECRET",
            "clusterIP" => "IP",
            "serverAddress" => "ADDRESS",
            "nodePort" | "healthCheckNodePort" => "PORT",
            "authentication.kubernetes.io/credential-id" => "ID",
            "clusterIPs" => {
                *child = Value::Array(vec!["IP".into()]);
                continue;
            }
            "managedFields" => continue,
            _ => {
                mask(child, field);
                continue;
            }
        };
        if !child.is_null() && name != "requirements" {
            *child = masked.into();
        }
    }
}

/// UIDs and revisions within texts, and the issuer of tokens, which is each cluster's own.
fn plain(text: &str) -> String {
    if text.starts_with("https://kubernetes.default.svc.") {
        return "ISSUER".to_owned();
    }
    let words: Vec<String> = text
        .split(' ')
        .map(|word| {
            let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            let uid = bare.len() == 36 && bare.matches('-').count() == 4;
            let revision =
                word.starts_with('(') && word.trim_matches(['(', ')', '.']).parse::<u64>().is_ok();
            if uid {
                word.replace(bare, "UID")
            } else if revision {
                "(REVISION)".to_owned()
            } else {
                word.to_owned()
            }
        })
        .collect();
    words.join(" ")
}

/// `me Apply v1: .data.a .metadata.labels{.,x}`: who owns what, without when.
fn owner(entry: &Value) -> String {
    let text = |field: &str| entry[field].as_str().unwrap_or_default();
    let mut head = format!(
        "{} {} {}",
        text("manager"),
        text("operation"),
        text("apiVersion")
    );
    if !text("subresource").is_empty() {
        let _ = write!(head, " {}", text("subresource"));
    }
    let mut paths = Vec::new();
    collect(&entry["fieldsV1"], "", &mut paths);
    paths.sort();
    format!("{head}: {}", paths.join(" "))
}

fn collect(fields: &Value, path: &str, found: &mut Vec<String>) {
    let Value::Object(map) = fields else { return };
    if map.is_empty() || map.contains_key(".") {
        found.push(path.to_owned());
    }
    for (name, child) in map.iter().filter(|(name, _)| *name != ".") {
        let (kind, step) = name.split_once(':').unwrap_or(("f", name));
        let below = if kind == "f" {
            format!("{path}.{step}")
        } else {
            format!("{path}[{step}]")
        };
        collect(child, &below, found);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn owners_are_one_line() {
        let entry = json!({
            "manager": "me", "operation": "Apply", "apiVersion": "v1",
            "fieldsV1": {"f:data": {".": {}, "f:a": {}}},
        });
        assert_eq!(owner(&entry), "me Apply v1: .data .data.a");
    }

    #[test]
    fn uids_in_texts_are_masked() {
        let text = "in record (de8756e2-1b65-455e-911b-f013e999da60). It";
        assert_eq!(plain(text), "in record (UID). It");
    }
}
