//! `--format manifest` beside what the real Helm renders from Istio's chart with `--format helm`'s values.

use mesh_e2e::plugin::part;
use mesh_testkit::command::Run;
use mesh_testkit::parts::Part;
use serde_json::{Map, Value};

use super::page::rows_under;
use super::plugin::{istio, objects, printed};

/// The labels by which Helm keeps its books, and what they are for. The manifest has none of them.
const BOOKKEEPING: [(&str, &str); 3] = [
    (
        "app.kubernetes.io/managed-by",
        "says that Helm manages the object",
    ),
    (
        "app.kubernetes.io/version",
        "the chart's application version",
    ),
    ("helm.sh/chart", "the chart's name and version"),
];

const NETWORKS: [&str; 4] = [
    "--single-cluster",
    "--network network1",
    "--network 123",
    "--network yes",
];
const PORTS: [&str; 3] = [
    "",
    "--ports status-port,tls=443",
    "--ports tls=15443:443,api=6443,status-port=80",
];
const SERVICES: [&str; 8] = [
    "",
    "--service-type NodePort --annotation traffic.istio.io/nodeSelector={}",
    "--service-type ClusterIP --external-ip 203.0.113.7,2001:db8::7",
    "--load-balancer-class service.k8s.aws/nlb --annotation a=1 --annotation x.io/b=yes",
    "--service-type LoadBalancer --annotation a={\"b\":[1,2]}",
    "--load-balancer-ip 10.1.2.3 --load-balancer-source-range 10.0.0.0/8,2001:db8::/32 --internal-traffic-policy Local",
    "--external-traffic-policy Local --ip-family-policy RequireDualStack --ip-family IPv6,IPv4 --platform openshift",
    "--node-selector edge=yes,x.io/zone=1 --toleration dedicated=gateways:NoSchedule,spot --ip-family IPv6",
];
/// The flags whose effect is in places of its own, so that they take turns beside all combinations of the others.
const REPLICAS: [&str; 3] = ["", "--replicas 1", "--replicas 3"];
const REVISIONS: [&str; 3] = ["", "--revision canary", "--revision 1"];
const NAMES: [&str; 4] = ["istio-eastwestgateway", "istio-1", "east", "istio-on"];
const NAMESPACES: [&str; 2] = ["istio-system", "mesh"];

/// The item whose turn it is, where each stays for `rounds` turns.
fn of_turn<const N: usize>(items: [&'static str; N], turn: usize, rounds: usize) -> &'static str {
    items[turn / rounds % N]
}

#[test]
fn the_manifest_is_what_helm_renders() {
    let mut turn = 0;
    for network in NETWORKS {
        for ports in PORTS {
            for service in SERVICES {
                let name = of_turn(NAMES, turn, 1);
                let replicas = of_turn(REPLICAS, turn, 1);
                let revision = of_turn(REVISIONS, turn, 3);
                let namespace = of_turn(NAMESPACES, turn, 2);
                let line =
                    format!("{network} {ports} {replicas} {service} {revision} --name {name}");
                is_what_helm_renders(&line, name, namespace);
                turn += 1;
            }
        }
    }
}

fn is_what_helm_renders(line: &str, name: &str, namespace: &str) {
    let mut ours = objects(&printed(&format!("{line} -n {namespace}")));
    let values = printed(&format!("{line} --format helm"));
    let mut theirs: Vec<Value> = rendered_by_helm(name, namespace, &values)
        .into_iter()
        .map(|object| without_books(object).expect("an object is not empty"))
        .collect();
    for objects in [&mut ours, &mut theirs] {
        objects.sort_by_key(|object| object["kind"].to_string());
    }
    assert_eq!(ours, theirs, "{line}\n{values}");
}

fn rendered_by_helm(name: &str, namespace: &str, values: &str) -> Vec<Value> {
    let chart = istio().join("manifests/charts/gateway");
    let rendered = Run::new(part(Part::Helm))
        .args(["template", name])
        .arg(chart)
        .args(["-n", namespace, "-f", "-"])
        .stdin(values)
        .output()
        .expect_success();
    objects(&rendered.stdout)
}

/// The object without Helm's bookkeeping and without what is empty; `None` where nothing is left.
pub(crate) fn without_books(value: Value) -> Option<Value> {
    match value {
        Value::Object(fields) => {
            let kept: Map<_, _> = fields
                .into_iter()
                .filter(|(key, _)| !BOOKKEEPING.iter().any(|(label, _)| label == key))
                .filter_map(|(key, value)| Some((key, without_books(value)?)))
                .collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) => {
            let kept: Vec<_> = items.into_iter().filter_map(without_books).collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(value),
    }
}

#[test]
fn what_is_left_out_is_the_pages() {
    let values = printed("--network network1 --format helm");
    let rendered = rendered_by_helm("istio-eastwestgateway", "istio-system", &values);
    for (label, _) in BOOKKEEPING {
        let has_it = |object: &Value| object["metadata"]["labels"].get(label).is_some();
        assert!(rendered.iter().all(has_it), "{label}");
    }
    let ours = objects(&printed("--network network1"));
    let order = |objects: &[Value]| -> Vec<Value> {
        objects
            .iter()
            .map(|object| object["kind"].clone())
            .collect()
    };
    assert_eq!(
        order(&ours),
        [
            "ServiceAccount",
            "Role",
            "RoleBinding",
            "Service",
            "Deployment",
            "HorizontalPodAutoscaler"
        ]
    );
    let account_has_annotations = rendered
        .iter()
        .any(|object| object["metadata"]["annotations"] == Value::Object(Map::new()));
    assert!(account_has_annotations, "{rendered:?}");
    let rows = BOOKKEEPING.map(|(label, what)| format!("| label `{label}` | {what} |"));
    let fields = "| empty `annotations` and `env` | Kubernetes does not keep them |".to_owned();
    assert_eq!(
        rows_under("### Beside Helm"),
        rows.into_iter().chain([fields]).collect::<Vec<_>>()
    );
}
