//! The objects of the clusters of a case: those of its mesh, with the changes of the case.

use std::collections::BTreeMap;

use serde_json::Value;

use super::data::{Case, Change, Member, Mesh, Pairs, Variables, objects};
use super::patch::{called, merge};
use super::placeholder::fill;

/// A remote secret: holder and remote cluster.
type Pair = (String, String);

/// The clusters of a case as data: variables are filled in, and what only running clusters know is left to `${what:of}`.
#[derive(Clone)]
pub(super) struct Clusters {
    pub(super) variables: BTreeMap<String, Variables>,
    pub(super) objects: BTreeMap<String, Vec<Value>>,
    /// The remote secrets: holder, remote cluster, and the name of the object.
    pub(super) secrets: Vec<(String, String, String)>,
}

impl Clusters {
    /// The clusters of a case.
    pub(super) fn of(case: &Case, mesh: &Mesh) -> Self {
        let mut variables = BTreeMap::new();
        let mut of_cluster = BTreeMap::new();
        for (number, (context, own)) in mesh.clusters.iter().enumerate() {
            let given = [Some(&mesh.every), Some(own), case.clusters.get(context)];
            let given: Vec<&Member> = given.into_iter().flatten().collect();
            let mut known = usual(context, number + 1);
            for member in &given {
                known.extend(member.variables.clone());
            }
            let parts = given.iter().rev().find_map(|one| one.objects.as_ref());
            let parts = parts.into_iter().flatten();
            let meaning = |name: &str| known.get(name).cloned();
            let made = parts.flat_map(|part| objects(part));
            let made: Vec<Value> = made.map(|object| fill(&object, &meaning)).collect();
            of_cluster.insert(context.clone(), made);
            variables.insert(context.clone(), known);
        }
        for context in case.clusters.keys().chain(case.change.keys()) {
            assert!(variables.contains_key(context), "no cluster is {context}");
        }
        let mut made = Vec::new();
        for (holder, remote, own) in secrets(case, mesh, &of_cluster) {
            let secrets = secret(&remote, &variables[&remote], own);
            let names = secrets.iter().map(called);
            made.extend(names.map(|name| (holder.clone(), remote.clone(), name)));
            of_cluster.entry(holder).or_default().extend(secrets);
        }
        for (context, changes) in &case.change {
            let known = &variables[context];
            let meaning = |name: &str| known.get(name).cloned();
            let objects = of_cluster.entry(context.clone()).or_default();
            for change in changes {
                apply(change, objects, &meaning);
            }
        }
        Self {
            variables,
            objects: of_cluster,
            secrets: made,
        }
    }
}

/// The variables that every cluster has.
fn usual(context: &str, number: usize) -> Variables {
    let own = [
        ("cluster", context.to_owned()),
        ("id", context.to_owned()),
        ("network", String::new()),
        ("version", "1.31.0".to_owned()),
        ("mesh", "mesh1".to_owned()),
        ("ca", "shared".to_owned()),
        ("root", "${root:${ca}}".to_owned()),
        ("gateway", format!("${{gateway:{context}}}")),
        ("pods", format!("10.{number}.0")),
    ];
    own.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The remote secrets: holder, remote cluster, and variables of the case.
fn secrets(
    case: &Case,
    mesh: &Mesh,
    objects: &BTreeMap<String, Vec<Value>>,
) -> Vec<(String, String, Variables)> {
    let mut pairs: BTreeMap<Pair, Variables> = BTreeMap::new();
    match &mesh.secrets {
        Pairs::These(these) => {
            pairs.extend(these.iter().map(|text| (pair(text), Variables::new())));
        }
        Pairs::All(all) => {
            assert_eq!(all, "all", "the secrets of a mesh");
            for holder in objects.keys().filter(|one| has_istiod(&objects[*one])) {
                let remotes = objects.keys().filter(|one| *one != holder);
                let own = remotes.map(|one| ((holder.clone(), one.clone()), Variables::new()));
                pairs.extend(own);
            }
        }
    }
    for (text, change) in &case.secrets {
        if let Some(variables) = change {
            pairs.insert(pair(text), variables.clone());
        } else {
            let gone = pairs.remove(&pair(text));
            assert!(gone.is_some(), "there is no secret {text} to leave out");
        }
    }
    let pairs = pairs.into_iter();
    pairs
        .map(|((holder, remote), own)| (holder, remote, own))
        .collect()
}

fn pair(text: &str) -> Pair {
    let (holder, remote) = text
        .split_once(" -> ")
        .unwrap_or_else(|| panic!("a secret is HOLDER -> REMOTE, not {text}"));
    (holder.to_owned(), remote.to_owned())
}

/// The objects of a remote secret.
fn secret(remote: &str, of_remote: &Variables, own: Variables) -> Vec<Value> {
    let usual = [
        ("id", of_remote["id"].clone()),
        ("key", "${id}".to_owned()),
        ("name", "istio-remote-secret-${id}".to_owned()),
        ("namespace", "istio-system".to_owned()),
        ("label", "true".to_owned()),
        ("server", format!("${{server:{remote}}}")),
        ("authority", format!("${{authority:{remote}}}")),
        ("token", format!("${{token:{remote}}}")),
    ];
    let mut known: Variables = usual.map(|(name, value)| (name.to_owned(), value)).into();
    known.extend(own);
    let meaning = |name: &str| known.get(name).cloned();
    let made = objects("remote-secret").into_iter();
    made.map(|object| fill(&object, &meaning)).collect()
}

/// The deployments of istiod among objects.
pub(super) fn istiods(objects: &[Value]) -> impl Iterator<Item = &Value> {
    objects.iter().filter(|object| {
        object["kind"] == "Deployment" && object["metadata"]["labels"]["app"] == "istiod"
    })
}

fn has_istiod(objects: &[Value]) -> bool {
    istiods(objects).next().is_some()
}

fn apply(change: &Change, objects: &mut Vec<Value>, meaning: &dyn Fn(&str) -> Option<String>) {
    let find = |name: &str, objects: &[Value]| {
        let position = objects.iter().position(|object| called(object) == name);
        position.unwrap_or_else(|| {
            let names: Vec<String> = objects.iter().map(called).collect();
            panic!("there is no {name} to change, but {}", names.join(", "))
        })
    };
    match change {
        Change::Create { create } => objects.push(fill(create, meaning)),
        Change::Delete { delete } => {
            objects.remove(find(delete, objects));
        }
        Change::Patch { patch, with } => {
            let position = find(patch, objects);
            merge(&mut objects[position], &fill(with, meaning));
        }
    }
}
