//! The same case once more where every name that somebody else chose is hostile: those in the clusters, and those of the
//! contexts. What is printed then must be harmless to paste.

use std::fs;

use serde_json::{Value, json};

use super::World;
use crate::command::{Output, Run};
use crate::embedded::Cluster;
use crate::shell::{Call, Stage, check, payloads};

/// Texts by which objects are asked for. Without them nothing would be found, and nothing said.
const ASKED_FOR: [&str; 16] = [
    "istio-system",
    "kube-system",
    "istiod",
    "istio",
    "istio-ca-root-cert",
    "istio-sidecar-injector",
    "istio-proxy",
    "discovery",
    "ztunnel",
    "eastwestgateway",
    "istio-eastwestgateway",
    "true",
    "default",
    "istio-reader-service-account",
    "istio-reader-service-account-istio-remote-secret-token",
    "cross-network-gateway",
];

/// Fields that are no names, and those that decide what an object is.
const NO_NAMES: [&str; 24] = [
    "apiVersion",
    "kind",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "managedFields",
    "data",
    "stringData",
    "type",
    "status",
    "protocol",
    "mode",
    "gatewayClassName",
    "apiGroup",
    "apiGroups",
    "verbs",
    "resources",
    "roleRef",
    "subjects",
    "lastTimestamp",
    "involvedObject",
    "kubernetes.io/service-account.name",
    "istio/multiCluster",
    "names",
];

/// Runs it where everything that can be hostile is, in a mixture that `turn` decides, and pastes what it prints.
///
/// # Panics
/// Where something of it runs, is a word of its own, or passes for a line of the plugin, or where a command asks another kubeconfig.
pub fn hostile(world: &World, run: Run, turn: usize) -> Output {
    for cluster in [&world.east, &world.west] {
        turn_hostile(cluster, turn);
    }
    let turns = turn..;
    let mut of_west = turns.map(|turn| chosen("west", turn));
    // No program can be given an argument with that character.
    let context = of_west.find(|name| !name.contains('\0')).unwrap_or("west");
    rename_context(world, context, turn);
    let run = run.with("west", context);
    let output = match kubeconfig(world, turn) {
        Some(file) => run.arg(format!("--kubeconfig={file}")).output(),
        None => run.output(),
    };
    for call in pasted(&output) {
        let has_kubeconfig = call.iter().any(|word| word.starts_with("--kubeconfig"));
        assert!(
            has_kubeconfig || !asks_a_cluster(&call),
            "{call:?} asks another kubeconfig than the plugin was given: {}",
            output.golden()
        );
    }
    output
}

/// The kubeconfig under a hostile name, in the folder in which the plugin is run; nothing where there is no kubeconfig.
fn kubeconfig(world: &World, turn: usize) -> Option<&'static str> {
    let names = (turn..).map(|turn| chosen("kubeconfig", turn));
    let file = names.into_iter().find(|name| !name.contains(['/', '\0']))?;
    fs::copy(world.config(), world.dir.path().join(file)).ok()?;
    Some(file)
}

/// Tells whether it is about a cluster, or about the kubeconfig itself.
fn asks_a_cluster(call: &Call) -> bool {
    let words: Vec<&str> = call.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["kubectl", "plugin", ..] | ["kubectl", "mesh-eastwest", "generate", ..] => false,
        ["kubectl", "mesh-eastwest", "expose", rest @ ..] => rest.contains(&"--from-context"),
        ["kubectl" | "helm", ..] => true,
        _ => false,
    }
}

/// Pastes everything that a run printed, where any name may have been hostile, and returns what it ran.
///
/// # Panics
/// As for [`hostile`].
pub fn pasted(output: &Output) -> Vec<Call> {
    assert_ne!(output.code, 101, "{}", output.golden());
    let all = payloads();
    let names: Vec<&str> = all.iter().map(|payload| payload.text).collect();
    check(&Stage::new(), output, &names)
}

/// Lets every object of a cluster say other names than it had, the same one for the same name everywhere. Objects are still
/// asked for by the names that they had.
pub fn turn_hostile(cluster: &Cluster, turn: usize) {
    cluster.edit_all(|object| {
        let is_map = object["kind"] == "ConfigMap";
        rename(object, "", turn);
        let values = object["data"]["values"].as_str();
        let values = values.and_then(|text| serde_json::from_str::<Value>(text).ok());
        if let Some(mut values) = values.filter(|_| is_map) {
            rename(&mut values, "", turn);
            object["data"]["values"] = values.to_string().into();
        }
    });
}

fn rename(value: &mut Value, field: &str, turn: usize) {
    match value {
        Value::String(text) if is_name(text, field) => chosen(text, turn).clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, field, turn)),
        Value::Object(fields) => {
            for (field, value) in fields {
                if !NO_NAMES.contains(&field.as_str()) {
                    rename(value, field, turn);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_name(text: &str, field: &str) -> bool {
    // Variables and flags are asked for as well; what tells of a release of Helm's is a name in any case.
    let is_variable = text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let asked_for = ASKED_FOR.contains(&text) && !field.starts_with("meta.helm.sh/");
    !(text.is_empty() || is_variable || text.starts_with("--") || asked_for)
}

/// The hostile name in place of this one.
fn chosen(text: &str, turn: usize) -> &'static str {
    let all = payloads();
    let sum: usize = text.bytes().map(usize::from).sum();
    all[(sum + turn * 5) % all.len()].text
}

/// West's context, its entries, and the current context are called otherwise, beside the old ones.
fn rename_context(world: &World, name: &str, turn: usize) {
    let text = fs::read_to_string(world.config()).unwrap_or_default();
    // Kubeconfigs that are broken on purpose stay so.
    let Ok(mut config) = serde_saphyr::from_str::<Value>(&text) else {
        return;
    };
    let (cluster, user) = (chosen("cluster", turn), chosen("user", turn));
    for (list, name) in [("contexts", name), ("clusters", cluster), ("users", user)] {
        let Some(entries) = config[list].as_array_mut() else {
            return;
        };
        let of_west = entries.iter().find(|entry| entry["name"] == "west");
        if let Some(mut entry) = of_west.cloned() {
            entry["name"] = json!(name);
            if list == "contexts" {
                for (field, name) in [("cluster", cluster), ("user", user)] {
                    if entry["context"][field] == "west" {
                        entry["context"][field] = json!(name);
                    }
                }
            }
            entries.push(entry);
        }
    }
    if config["current-context"] == "west" {
        config["current-context"] = json!(name);
    }
    fs::write(world.config(), config.to_string()).expect("an own file can be written");
}
