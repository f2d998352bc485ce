//! `list` over a real mesh of three, first whole and then with each thing wrong that keeps istiod from a secret, through the
//! real kubectl.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use mesh_e2e::istiod::is_said;
use mesh_e2e::plugin::Workstation;
use mesh_testkit::command::Output;
use mesh_testkit::real::{Cluster, Kind, Lab};
use serde_json::{Value, json};

const LIST: &str = "list --context list-a,list-b,list-c --allow-loopback";

struct Mesh {
    clusters: [Cluster; 3],
    workstation: Workstation,
}

impl Mesh {
    /// Three clusters with an istiod each, all of which read each other.
    fn whole() -> Self {
        let clusters = Lab::get()
            .unwrap()
            .clusters(["list-a", "list-b", "list-c"], Kind::Istiod)
            .unwrap();
        let [a, b, c] = &clusters;
        let workstation = Workstation::over(&[a, b, c]);
        let mesh = Self {
            clusters,
            workstation,
        };
        mesh.run("exchange --context list-a,list-b,list-c --allow-loopback")
            .expect_success();
        mesh
    }

    /// The plugin as users type it.
    fn run(&self, line: &str) -> Output {
        let words = std::iter::once("mesh-secret").chain(line.split_whitespace());
        self.workstation
            .kubectl(words)
            .manifest_requested()
            .output()
    }

    fn secret(&self, holder: usize, source: &str) -> Value {
        let path = format!("/api/v1/namespaces/istio-system/secrets/istio-remote-secret-{source}");
        self.clusters[holder].get(&path).unwrap()
    }

    /// `holder cluster name state` of every pair, in the report's order.
    fn states(&self, line: &str) -> (i32, Vec<String>) {
        let output = self.run(&format!("{line} -o json"));
        let report: Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", output.golden()));
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let items = report["items"].as_array().unwrap();
        let state = |item: &Value| {
            [
                &item["context"],
                &item["cluster"],
                &item["name"],
                &item["state"],
            ]
            .map(text)
            .join(" ")
        };
        (output.code, items.iter().map(state).collect())
    }
}

fn apply(cluster: &Cluster, object: &Value) {
    cluster.apply(&object.to_string()).unwrap();
}

/// A remote secret as somebody's script would make it.
fn object(name: &str, namespace: &str, cluster: &str, kubeconfig: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": {"istio/multiCluster": "true"}},
        "data": {cluster: kubeconfig}})
}

/// The kubeconfig with its token's times moved: no API server grants a token whose end is near from the start, and `list` uses
/// none. The token is a real one otherwise.
fn aged(kubeconfig: &str) -> String {
    let token = kubeconfig
        .lines()
        .find_map(|line| line.trim().strip_prefix("token: "))
        .unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let mut claims: Value = serde_json::from_slice(&decoded).unwrap();
    let issued = claims["iat"].as_i64().unwrap();
    claims["iat"] = (issued - 9 * 3600).into();
    claims["exp"] = (issued + 3600).into();
    let payload = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    kubeconfig.replace(parts[1], &payload)
}

#[test]
fn a_whole_mesh_and_everything_that_can_be_wrong_with_it() {
    let mesh = Mesh::whole();
    let (code, states) = mesh.states(LIST);
    let whole = [
        "list-a list-b istio-remote-secret-list-b not-probed",
        "list-a list-c istio-remote-secret-list-c not-probed",
        "list-b list-a istio-remote-secret-list-a not-probed",
        "list-b list-c istio-remote-secret-list-c not-probed",
        "list-c list-a istio-remote-secret-list-a not-probed",
        "list-c list-b istio-remote-secret-list-b not-probed",
    ];
    assert_eq!((code, states), (0, whole.map(str::to_owned).to_vec()));
    for holder in &mesh.clusters {
        for source in &mesh.clusters {
            is_said(holder, source.name(), Some("synced"));
        }
    }
    every_format_tells_the_same(&mesh);

    break_it(&mesh);
    let [a, _, c] = &mesh.clusters;
    // istiod agrees: it drops what has no label and never sees what lies elsewhere; what leads home it takes for a cluster.
    is_said(a, "list-c", None);
    is_said(c, "list-b", None);
    is_said(a, "home", Some("synced"));
    let (code, states) = mesh.states(LIST);
    let broken = [
        "list-a home home self",
        // The one that istiod uses is to stay.
        "list-a list-b istio-remote-secret-list-b not-probed",
        "list-a list-b older duplicate",
        "list-a list-c istio-remote-secret-list-c no-label",
        "list-b list-a istio-remote-secret-list-a expiring",
        "list-b list-c istio-remote-secret-list-c not-probed",
        "list-c list-a istio-remote-secret-list-a not-probed",
        "list-c list-b istio-remote-secret-list-b wrong-namespace",
    ];
    assert_eq!(code, 1);
    assert_eq!(sorted(states), sorted(broken.map(str::to_owned).to_vec()));
    every_format_tells_the_same(&mesh);
}

/// A duplicate, a self-reference, a secret without its label, one in another namespace, and a token that ends soon.
fn break_it(mesh: &Mesh) {
    let [a, b, c] = &mesh.clusters;
    let west = &mesh.secret(0, "list-b")["data"]["list-b"];
    apply(a, &object("older", "istio-system", "list-b", west));
    // In b's hands it leads to a, and so it does in a's own.
    let home = &mesh.secret(1, "list-a")["data"]["list-a"];
    apply(a, &object("home", "istio-system", "home", home));
    let unlabel = [
        "-n",
        "istio-system",
        "label",
        "secret",
        "istio-remote-secret-list-c",
        "istio/multiCluster-",
    ];
    a.kubectl(unlabel).unwrap().output().expect_success();

    mesh.run("delete list-a --context list-b --yes")
        .expect_success();
    let line =
        "create --context list-a --name list-a --allow-loopback --into list-b --token-duration 1h";
    mesh.run(line).expect_success();
    let (code, fresh) = mesh.states("list --context list-b --allow-loopback");
    let fresh_one = "list-b list-a istio-remote-secret-list-a not-probed".to_owned();
    assert_eq!((code, fresh.contains(&fresh_one)), (0, true), "{fresh:?}");
    let bound = mesh.secret(1, "list-a");
    let text = BASE64_STANDARD
        .decode(bound["data"]["list-a"].as_str().unwrap())
        .unwrap();
    let text = aged(&String::from_utf8(text).unwrap());
    let name = "istio-remote-secret-list-a";
    let aged = json!(BASE64_STANDARD.encode(text));
    let patch = json!({"data": {"list-a": aged}}).to_string();
    let words = ["-n", "istio-system", "patch", "secret", name, "-p", &patch];
    b.kubectl(words).unwrap().output().expect_success();

    let strayed = mesh.secret(2, "list-b")["data"]["list-b"].clone();
    apply(
        c,
        &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}}),
    );
    mesh.run("delete list-b --context list-c --yes")
        .expect_success();
    apply(
        c,
        &object("istio-remote-secret-list-b", "apps", "list-b", &strayed),
    );
}

/// JSON and YAML are one model, names are its names, and the table fits on a terminal.
fn every_format_tells_the_same(mesh: &Mesh) {
    let output = |format: &str| mesh.run(&format!("{LIST} -o {format}"));
    let json: Value = serde_json::from_str(&output("json").stdout).unwrap();
    let yaml: Value = serde_saphyr::from_str(&output("yaml").stdout).unwrap();
    assert_eq!(ageless(json.clone()), ageless(yaml));
    let items = json["items"].as_array().unwrap();
    let mut names: Vec<String> = items
        .iter()
        .filter_map(|item| item["name"].as_str())
        .map(|name| format!("secret/{name}"))
        .collect();
    let mut said: Vec<String> = output("name").stdout.lines().map(str::to_owned).collect();
    // Two secrets of one name are of two holders.
    for list in [&mut names, &mut said] {
        list.sort();
        list.dedup();
    }
    assert_eq!(said, names);

    let table = output("table").stdout;
    for line in table.lines() {
        let line_start = line.trim_start();
        let is_command = line_start.starts_with("fix: ") || line_start.starts_with("check: ");
        assert!(line.len() <= 80 || is_command, "{line}");
    }
    let wide = output("wide").stdout;
    for item in items {
        let words = [&item["context"], &item["cluster"], &item["state"]];
        for text in [&table, &wide] {
            let has = |line: &str| {
                words
                    .iter()
                    .all(|word| line.contains(word.as_str().unwrap()))
            };
            assert!(text.lines().any(has), "{words:?} is not in\n{text}");
        }
        let server = item["server"].as_str().unwrap();
        assert!(wide.contains(server), "{server} is not in\n{wide}");
    }
}

/// The report without what changes by the second.
fn ageless(mut report: Value) -> Value {
    for item in report["items"].as_array_mut().unwrap() {
        let item = item.as_object_mut().unwrap();
        item.remove("ageSeconds");
        item.remove("secondsLeft");
    }
    report
}

fn sorted(mut states: Vec<String>) -> Vec<String> {
    states.sort();
    states
}
