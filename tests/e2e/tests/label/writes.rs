//! Rules of Kubernetes on which writing one label relies: its apply leaves all else alone, a second one changes nothing, and
//! owners are told apart.

use mesh_e2e::plugin::Workstation;
use mesh_testkit::command::Output;
use mesh_testkit::real::{Cluster, Kind, Lab};
use serde_json::Value;

const NETWORK: &str = "topology.istio.io/network";
const LEADERS: &str = "topology.istio.io/controlPlaneClusters";

/// One cluster with a workstation; each test has a namespace of its own in it.
struct Scene {
    cluster: Cluster,
    workstation: Workstation,
}

impl Scene {
    fn new() -> Self {
        let [cluster] = Lab::get()
            .unwrap()
            .clusters(["owners-source"], Kind::Bare)
            .unwrap();
        let workstation = Workstation::over(&[&cluster]);
        Self {
            cluster,
            workstation,
        }
    }

    fn label(&self, line: &str) -> Output {
        let words = line.split_whitespace();
        self.workstation
            .mesh_label(words)
            .args(["--context", self.cluster.context()])
            .output()
    }

    fn kubectl(&self, line: &str) -> Output {
        self.workstation
            .kubectl(["--context", self.cluster.context()])
            .args(line.split_whitespace())
            .output()
            .expect_success()
    }

    fn metadata(&self, namespace: &str) -> Value {
        let path = format!("/api/v1/namespaces/{namespace}");
        self.cluster.get(&path).unwrap()["metadata"].clone()
    }
}

#[test]
fn a_second_run_changes_nothing_and_the_verbs_leave_each_other_alone() {
    let scene = Scene::new();
    let said = scene.label("network net-a -n label-apply --create-namespace");
    assert!(
        said.stdout.starts_with("namespace/label-apply created"),
        "{}",
        said.golden()
    );
    scene
        .label("control-plane east,north -n label-apply")
        .expect_success();
    let before = scene.metadata("label-apply");
    assert_eq!(before["labels"][NETWORK], "net-a");
    assert_eq!(before["annotations"][LEADERS], "east,north");
    for line in [
        "network net-a -n label-apply",
        "control-plane east,north -n label-apply",
    ] {
        let again = scene.label(line).expect_success();
        assert!(again.stdout.contains(" unchanged "), "{}", again.golden());
    }
    assert_eq!(scene.metadata("label-apply"), before);
    scene
        .label("network net-b --overwrite -n label-apply")
        .expect_success();
    scene
        .label("network --remove -n label-apply")
        .expect_success();
    let after = scene.metadata("label-apply");
    assert_eq!(after["labels"].get(NETWORK), None);
    assert_eq!(after["annotations"], before["annotations"]);
}

#[test]
fn a_label_of_kubectls_is_replaced_and_taken_away_when_asked() {
    let scene = Scene::new();
    scene.kubectl("create namespace label-kubectl");
    scene.kubectl(&format!(
        "label namespace label-kubectl {NETWORK}=old team=a"
    ));
    let refused = scene.label("network new -n label-kubectl");
    assert!(
        refused.code == 2 && refused.stderr.contains("=old, not new"),
        "{}",
        refused.golden()
    );
    scene
        .label("network new --overwrite -n label-kubectl")
        .expect_success();
    assert_eq!(scene.metadata("label-kubectl")["labels"][NETWORK], "new");
    scene.kubectl(&format!(
        "label --overwrite namespace label-kubectl {NETWORK}=old"
    ));
    scene
        .label("network --remove -n label-kubectl")
        .expect_success();
    let labels = &scene.metadata("label-kubectl")["labels"];
    assert_eq!(
        (labels.get(NETWORK), &labels["team"]),
        (None, &Value::from("a"))
    );
}

#[test]
fn a_label_that_somebody_applies_is_a_conflict_that_names_the_owner() {
    let scene = Scene::new();
    let manifest = format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: label-argocd, labels: {{{NETWORK}: old}}}}}}"
    );
    let applied = scene
        .workstation
        .kubectl([
            "--context",
            scene.cluster.context(),
            "apply",
            "--server-side",
        ])
        .args(["--field-manager", "argocd-controller", "-f", "-"])
        .stdin(manifest)
        .output();
    applied.expect_success();
    for line in [
        "network new --overwrite -n label-argocd",
        "network --remove -n label-argocd",
    ] {
        let refused = scene.label(line);
        assert!(
            refused.code == 2 && refused.stderr.contains("is owned by argocd-controller"),
            "{}",
            refused.golden()
        );
    }
    scene
        .label("network new --overwrite --force-conflicts -n label-argocd")
        .expect_success();
    assert_eq!(scene.metadata("label-argocd")["labels"][NETWORK], "new");
}

#[test]
fn a_service_that_we_applied_keeps_its_ports() {
    let scene = Scene::new();
    scene.kubectl("create namespace label-service");
    let service = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: label-service, labels: {a: b}}, \
        spec: {selector: {app: web}, ports: [{name: http, port: 80}, {name: more, port: 81}]}}";
    let applied = scene
        .workstation
        .kubectl([
            "--context",
            scene.cluster.context(),
            "apply",
            "--server-side",
        ])
        .args(["--field-manager", "kubectl-mesh", "-f", "-"])
        .stdin(service)
        .output();
    applied.expect_success();
    let path = "/api/v1/namespaces/label-service/services/web";
    let before = scene.cluster.get(path).unwrap();
    scene.label("global label-service/web").expect_success();
    let after = scene.cluster.get(path).unwrap();
    assert_eq!(after["metadata"]["labels"]["istio.io/global"], "true");
    assert_eq!(after["metadata"]["labels"]["a"], "b");
    assert_eq!(after["spec"], before["spec"]);
    scene.label("global label-service/web").expect_success();
    assert_eq!(scene.cluster.get(path).unwrap(), after);
    scene
        .label("global web -n label-service --remove")
        .expect_success();
    let last = scene.cluster.get(path).unwrap();
    assert_eq!(last["metadata"]["labels"], before["metadata"]["labels"]);
    assert_eq!(last["spec"], before["spec"]);
}
