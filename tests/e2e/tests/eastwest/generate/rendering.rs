//! `--format manifest` beside what istioctl renders from `--format iop`: what has to be the same is, and everything that is
//! not is listed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::page::rows_under;
use super::plugin::{objects, printed, rendered_by_istioctl};

/// Objects by kind; each kind comes once.
type Kinds = BTreeMap<String, Value>;

fn by_kind(text: &str) -> Kinds {
    let objects = objects(text);
    let count = objects.len();
    let kinds: Kinds = objects
        .into_iter()
        .map(|object| (object["kind"].as_str().unwrap().to_owned(), object))
        .collect();
    assert_eq!(kinds.len(), count, "a kind comes twice");
    kinds
}

/// istioctl's rendering and ours.
fn rendered(line: &str) -> (Kinds, Kinds) {
    let operator = printed(&format!("{line} --format iop"));
    let theirs = rendered_by_istioctl(&operator).expect_success();
    (by_kind(&theirs.stdout), by_kind(&printed(line)))
}

/// Gateways that each say something else.
const LINES: [&str; 9] = [
    "--network network1",
    "--network 123 --revision canary",
    "--single-cluster",
    "--network network1 --ports status-port,tls=443,api=6443:7443",
    "--network network1 --replicas 3 --name istio-2 -n mesh",
    "--network network1 --service-type NodePort --annotation traffic.istio.io/nodeSelector={} --annotation a=1",
    "--network network1 --load-balancer-class x.io/nlb --external-ip 203.0.113.7,2001:db8::7",
    "--network network1 --load-balancer-ip 10.1.2.3 --load-balancer-source-range 10.0.0.0/8 --external-traffic-policy Local --internal-traffic-policy Local --platform openshift",
    "--network network1 --ip-family-policy PreferDualStack --ip-family IPv6,IPv4 --node-selector edge=yes --toleration dedicated=gateways:NoSchedule,spot",
];

#[test]
fn what_matters_is_the_same() {
    for line in LINES {
        let (theirs, ours) = rendered(line);
        let kinds = |kinds: &Kinds| -> Vec<String> { kinds.keys().cloned().collect() };
        assert_eq!(kinds(&theirs), kinds(&ours), "{line}");
        let mut services = [&theirs, &ours].map(|kinds| kinds["Service"].clone());
        for service in &mut services {
            for port in service["spec"]["ports"].as_array_mut().unwrap() {
                // Kubernetes' default, which istioctl leaves to it.
                port["protocol"] = "TCP".into();
            }
        }
        for place in [
            "/spec/ports",
            "/spec/type",
            "/spec/externalIPs",
            "/spec/loadBalancerClass",
            "/spec/loadBalancerIP",
            "/spec/loadBalancerSourceRanges",
            "/spec/externalTrafficPolicy",
            "/spec/internalTrafficPolicy",
            "/spec/ipFamilyPolicy",
            "/spec/ipFamilies",
            "/metadata/annotations",
            "/metadata/name",
            "/metadata/namespace",
            "/metadata/labels/topology.istio.io~1network",
            "/metadata/labels/networking.istio.io~1gatewayPort",
        ] {
            let [theirs, ours] = [0, 1].map(|at| services[at].pointer(place));
            assert_eq!(
                theirs.filter(|value| !value.is_null()),
                ours,
                "{place}: {line}"
            );
        }
        for place in [
            "/metadata/name",
            "/metadata/namespace",
            "/spec/replicas",
            "/spec/template/spec/nodeSelector",
            "/spec/template/spec/tolerations",
        ] {
            let [one, other] = [&theirs, &ours].map(|kinds| kinds["Deployment"].pointer(place));
            assert_eq!(one, other, "{place}: {line}");
        }
        assert_eq!(network_view(&theirs), network_view(&ours), "{line}");
        // Each Service takes the pods of either rendering, so that one may follow the other.
        for service in &services {
            for kinds in [&theirs, &ours] {
                let labels = &kinds["Deployment"]["spec"]["template"]["metadata"]["labels"];
                let selector = service["spec"]["selector"].as_object().unwrap();
                for (key, value) in selector {
                    assert_eq!(labels.get(key), Some(value), "{line}");
                }
            }
        }
    }
}

fn network_view(kinds: &Kinds) -> Vec<&Value> {
    let env = &kinds["Deployment"]["spec"]["template"]["spec"]["containers"][0]["env"];
    let entries = env.as_array().into_iter().flatten();
    entries
        .filter(|entry| entry["name"] == "ISTIO_META_REQUESTED_NETWORK_VIEW")
        .collect()
}

#[test]
fn every_other_difference_is_the_pages() {
    let (theirs, ours) = rendered("--network network1 --revision canary");
    let mut kinds_of = BTreeMap::<[String; 3], Vec<&str>>::new();
    for (kind, object) in &theirs {
        for difference in differences(object, &ours[kind]) {
            kinds_of.entry(difference).or_default().push(kind);
        }
    }
    let rows: Vec<String> = kinds_of
        .into_iter()
        .map(|([path, one, other], kinds)| {
            let kinds = if kinds.len() == theirs.len() {
                "all".to_owned()
            } else {
                kinds.join(", ")
            };
            format!("| `{path}` | {kinds} | {one} | {other} |")
        })
        .collect();
    assert_eq!(
        rows_under("### Beside istioctl"),
        rows,
        "the page lacks:\n{}",
        rows.join("\n")
    );
}

/// Path, istioctl's value and ours, wherever two objects differ; a part that one of them lacks is one difference.
fn differences(theirs: &Value, ours: &Value) -> Vec<[String; 3]> {
    let mut found = Vec::new();
    compare(&mut String::new(), Some(theirs), Some(ours), &mut found);
    found
}

fn compare(
    path: &mut String,
    theirs: Option<&Value>,
    ours: Option<&Value>,
    found: &mut Vec<[String; 3]>,
) {
    // A null is the same as nothing.
    let [theirs, ours] = [theirs, ours].map(|side| side.filter(|value| !value.is_null()));
    if theirs == ours {
        return;
    }
    let parts = [theirs, ours].map(|side| side.and_then(parts));
    if let [Some(theirs), Some(ours)] = &parts {
        let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
        for name in names {
            let before = path.len();
            path.push_str(name);
            compare(
                path,
                theirs.get(name).copied(),
                ours.get(name).copied(),
                found,
            );
            path.truncate(before);
        }
        return;
    }
    let word =
        |side: Option<&Value>| side.map_or_else(|| "none".to_owned(), |value| format!("`{value}`"));
    found.push([
        path.trim_start_matches('.').to_owned(),
        word(theirs),
        word(ours),
    ]);
}

/// The fields of an object, or the items of a list by what tells them apart.
fn parts(value: &Value) -> Option<BTreeMap<String, &Value>> {
    match value {
        Value::Object(fields) => Some(
            fields
                .iter()
                .map(|(key, value)| (step(key), value))
                .collect(),
        ),
        Value::Array(items) => items
            .iter()
            .map(|item| {
                let name = [&item["name"], &item["containerPort"]]
                    .into_iter()
                    .find(|name| !name.is_null())?;
                Some((format!("[{}]", name.to_string().trim_matches('"')), item))
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn step(key: &str) -> String {
    if key.contains('.') {
        format!("[{key}]")
    } else {
        format!(".{key}")
    }
}
