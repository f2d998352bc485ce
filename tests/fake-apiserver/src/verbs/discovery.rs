//! Requests that are not about objects: version, health, resources, and as much `OpenAPI` as kubectl wants to see.
//!
//! Discovery: <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::answer::Answer;
use crate::model::failure::Failure;
use crate::model::kinds::Kind;
use crate::model::request::Request;
use crate::state::shared::State;
use crate::verbs::reviews::REVIEWS;

const VERBS: [&str; 8] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

pub(crate) fn answer(state: &State, request: &Request) -> Result<Answer, Failure> {
    if request.method != http::Method::GET {
        return Err(Failure::method_not_allowed());
    }
    let parts: Vec<&str> = request
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    let aggregated =
        request.accept().contains("as=APIGroupDiscoveryList") && request.accept().contains("v=v2");
    let value = match parts.as_slice() {
        ["healthz" | "livez" | "readyz", ..] => return Ok(Answer::Text(200, "ok".to_owned())),
        ["version"] => version(),
        ["api"] if aggregated => {
            return Ok(Answer::Typed(AGGREGATED.to_owned(), groups(state, true)));
        }
        ["apis"] if aggregated => {
            return Ok(Answer::Typed(AGGREGATED.to_owned(), groups(state, false)));
        }
        ["api"] => json!({
            "kind": "APIVersions",
            "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": state.address}],
        }),
        ["apis"] => group_list(state),
        ["api", "v1"] => resource_list(state, "", "v1").ok_or_else(Failure::no_such_resource)?,
        ["apis", group] => match group_list(state)["groups"].as_array() {
            Some(groups) if groups.iter().any(|known| known["name"] == *group) => groups
                .iter()
                .find(|known| known["name"] == *group)
                .map(|known| {
                    let mut known = known.clone();
                    known["kind"] = "APIGroup".into();
                    known["apiVersion"] = "v1".into();
                    known
                })
                .unwrap_or_default(),
            _ => return Ok(not_found()),
        },
        ["apis", group, version] => match resource_list(state, group, version) {
            Some(list) => list,
            None => return Ok(not_found()),
        },
        ["openapi", "v3"] => openapi_index(state),
        ["openapi", "v3", "api", version] => openapi(state, "", version),
        ["openapi", "v3", "apis", group, version] => openapi(state, group, version),
        ["openapi", "v2"] => return Err(Failure::not_implemented("OpenAPI v2")),
        _ => return Ok(not_found()),
    };
    Ok(Answer::Json(200, value))
}

fn not_found() -> Answer {
    Answer::Text(404, "404 page not found\n".to_owned())
}

/// The version that the real parts of the test kit have as well.
fn version() -> Value {
    json!({
        "major": "1",
        "minor": "36",
        "emulationMajor": "1",
        "emulationMinor": "36",
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35",
        "gitVersion": "v1.36.3",
        "gitCommit": "embedded",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "rust",
        "compiler": "rustc",
        "platform": "linux/amd64",
    })
}

/// One entry for each resource, review or subresource of a group and version.
fn entries(state: &State) -> BTreeMap<(String, String), Vec<Value>> {
    let mut found: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for kind in &state.kinds {
        let list = found
            .entry((kind.group.clone(), kind.version.clone()))
            .or_default();
        list.push(json!({
            "name": kind.resource, "singularName": kind.singular, "namespaced": kind.namespaced, "kind": kind.kind,
            "verbs": VERBS, "shortNames": kind.short_names,
        }));
        for name in subresources(kind) {
            list.push(json!({
                "name": format!("{}/{name}", kind.resource), "singularName": "", "namespaced": kind.namespaced,
                "kind": match name {
                    "token" => "TokenRequest",
                    "scale" => "Scale",
                    _ => &kind.kind,
                },
                "verbs": if name == "token" { json!(["create"]) } else { json!(["get", "patch", "update"]) },
            }));
        }
    }
    for (group, resource, kind) in REVIEWS {
        found.entry((group.to_owned(), "v1".to_owned())).or_default().push(json!({
            "name": resource, "singularName": kind.to_lowercase(), "namespaced": false, "kind": kind, "verbs": ["create"],
        }));
    }
    found
}

fn subresources(kind: &Kind) -> Vec<&'static str> {
    let mut found = Vec::new();
    if kind.status {
        found.push("status");
    }
    if kind.resource == "serviceaccounts" {
        found.push("token");
    }
    if kind.resource == "deployments" {
        found.push("scale");
    }
    found
}

fn resource_list(state: &State, group: &str, version: &str) -> Option<Value> {
    let resources = entries(state).remove(&(group.to_owned(), version.to_owned()))?;
    let name = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    Some(
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": resources}),
    )
}

fn group_list(state: &State) -> Value {
    let groups: Vec<Value> = entries(state)
        .into_keys()
        .filter(|(group, _)| !group.is_empty())
        .map(|(group, version)| {
            let served = json!({"groupVersion": format!("{group}/{version}"), "version": version});
            json!({"name": group, "versions": [served], "preferredVersion": served})
        })
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// Aggregated discovery: everything in two requests
/// (<https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery>).
fn groups(state: &State, core: bool) -> Value {
    let items: Vec<Value> = entries(state)
        .into_iter()
        .filter(|((group, _), _)| group.is_empty() == core)
        .map(|((group, version), list)| {
            let resources: Vec<Value> = list
                .iter()
                .filter(|entry| !is_subresource(entry))
                .map(|entry| discovered(&group, &version, entry, &list))
                .collect();
            let metadata = if group.is_empty() {
                json!({})
            } else {
                json!({"name": group})
            };
            json!({
                "metadata": metadata,
                "versions": [{"version": version, "resources": resources, "freshness": "Current"}],
            })
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn is_subresource(entry: &Value) -> bool {
    entry["name"]
        .as_str()
        .is_some_and(|name| name.contains('/'))
}

fn discovered(group: &str, version: &str, entry: &Value, list: &[Value]) -> Value {
    let kind_of =
        |entry: &Value| json!({"group": group, "version": version, "kind": entry["kind"]});
    let mut found = json!({
        "resource": entry["name"],
        "responseKind": kind_of(entry),
        "scope": if entry["namespaced"] == true { "Namespaced" } else { "Cluster" },
        "singularResource": entry["singularName"],
        "verbs": entry["verbs"],
    });
    if entry["shortNames"]
        .as_array()
        .is_some_and(|names| !names.is_empty())
    {
        found["shortNames"] = entry["shortNames"].clone();
    }
    let prefix = format!("{}/", entry["name"].as_str().unwrap_or_default());
    let below: Vec<Value> = list
        .iter()
        .filter_map(|other| {
            let name = other["name"].as_str()?.strip_prefix(&prefix)?;
            Some(json!({"subresource": name, "responseKind": kind_of(other), "verbs": other["verbs"]}))
        })
        .collect();
    if !below.is_empty() {
        found["subresources"] = below.into();
    }
    found
}

fn openapi_index(state: &State) -> Value {
    let mut paths = serde_json::Map::new();
    for (group, version) in entries(state).into_keys() {
        let path = if group.is_empty() {
            format!("api/{version}")
        } else {
            format!("apis/{group}/{version}")
        };
        let url = format!("/openapi/v3/{path}?hash={}", state.store.compacted());
        paths.insert(path, json!({"serverRelativeURL": url}));
    }
    json!({"paths": paths})
}

/// Just enough for kubectl to learn that the server itself validates fields.
fn openapi(state: &State, group: &str, version: &str) -> Value {
    let mut paths = serde_json::Map::new();
    let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string"}});
    for kind in state
        .kinds
        .iter()
        .filter(|kind| kind.group == group && kind.version == version)
    {
        let root = if group.is_empty() {
            format!("/api/{version}")
        } else {
            format!("/apis/{group}/{version}")
        };
        let scope = if kind.namespaced {
            "/namespaces/{namespace}"
        } else {
            ""
        };
        paths.insert(
            format!("{root}{scope}/{}/{{name}}", kind.resource),
            json!({"patch": {
                "parameters": [parameter("dryRun"), parameter("fieldManager"), parameter("fieldValidation"), parameter("force")],
                "responses": {"200": {"description": "OK"}},
                "x-kubernetes-action": "patch",
                "x-kubernetes-group-version-kind": {"group": group, "kind": kind.kind, "version": version},
            }}),
        );
    }
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.3"},
        "paths": paths,
        "components": {"schemas": {}},
    })
}
