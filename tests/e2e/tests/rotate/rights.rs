//! The rights that `mesh-verify checks --rights` prints, on real API servers and istiods: with them alone it says what it says to an
//! administrator, and without each rule exactly the checks are skipped that the rule names.

use mesh_e2e::plugin::{MESH_VERIFY, Workstation};
use mesh_testkit::black_box::{each_rule_alone, rules};
use mesh_testkit::command::Output;
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use mesh_testkit::parts::{self, Module, module_dir};
use mesh_testkit::real::Cluster;
use serde_json::{Value, json};

const NAMESPACE: &str = "istio-system";
const ROLE: &str = "kubectl-mesh-verify";
const RBAC: &str = "rbac.authorization.k8s.io";
const VERIFIER: &str = "verifier";

/// Istio's kinds and those of the Gateway API, in Istio's source.
const KINDS: [&str; 2] = [
    "manifests/charts/base/files/crd-all.gen.yaml",
    "tests/integration/pilot/testdata/gateway-api-crd.yaml",
];

/// Checks it in these clusters, whose istiods and remote secrets are there already; objects are added that each conditional read is for.
pub(crate) fn they_suffice(clusters: &[&Cluster; 2]) {
    for cluster in clusters {
        fill(cluster);
    }
    let admin = Workstation::over(clusters);
    let print = |format| {
        let printed = program(&admin, &format!("checks --rights -o {format}"));
        printed.expect_success().stdout
    };
    let rules = rules(&print("json"), &print("table"));
    let verifier = clusters.iter().fold(Kubeconfig::new(), |config, cluster| {
        let user = User::new().client_certificate(&cluster.client(VERIFIER, &[]).unwrap());
        config.entry(cluster.context(), cluster.entry(), user)
    });
    let verifier = Workstation::with(&verifier);
    let contexts = clusters.map(Cluster::context);
    let line = format!(
        "--context {} --allow-loopback --no-probes -o json",
        contexts.join(",")
    );
    let as_administrator = program(&admin, &line);
    let grant = |of_cluster: &[&Value], of_namespace: &[&Value]| {
        for cluster in clusters {
            bind(cluster, of_cluster, of_namespace);
        }
    };
    each_rule_alone(&rules, &contexts, &as_administrator, grant, || {
        program(&verifier, &line)
    });
}

fn program(workstation: &Workstation, line: &str) -> Output {
    let plugin = parts::plugin(MESH_VERIFY).unwrap();
    workstation
        .program(&plugin, line.split(' '))
        .record()
        .output()
}

fn bind(cluster: &Cluster, of_cluster: &[&Value], of_namespace: &[&Value]) {
    let roles = [("ClusterRole", of_cluster), ("Role", of_namespace)];
    let objects = roles.into_iter().flat_map(|(kind, rules)| {
        let metadata = || {
            let namespace = (kind == "Role").then_some(NAMESPACE);
            json!({"name": ROLE, "namespace": namespace})
        };
        let api = format!("{RBAC}/v1");
        [
            json!({"apiVersion": api, "kind": kind, "metadata": metadata(), "rules": rules}),
            json!({"apiVersion": api, "kind": format!("{kind}Binding"), "metadata": metadata(),
                "roleRef": {"apiGroup": RBAC, "kind": kind, "name": ROLE},
                "subjects": [{"apiGroup": RBAC, "kind": "User", "name": VERIFIER}]}),
        ]
    });
    apply(cluster, &objects.collect::<Vec<Value>>());
}

fn apply(cluster: &Cluster, objects: &[Value]) {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    cluster.apply(&list.to_string()).unwrap();
}

fn fill(cluster: &Cluster) {
    let istio = module_dir(Module::Istio, "istio.io/istio").unwrap();
    for kinds in KINDS {
        let kinds = istio.join(kinds);
        let line = ["apply", "--server-side", "-f", kinds.to_str().unwrap()];
        cluster.kubectl(line).unwrap().output().expect_success();
    }
    let wait = ["wait", "--for=condition=Established", "crd", "--all"];
    cluster.kubectl(wait).unwrap().output().expect_success();
    let service = |name: &str, kind: &str, annotations: Value| {
        json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": NAMESPACE, "annotations": annotations,
                "labels": {"topology.istio.io/network": "net-a"}},
            "spec": {"type": kind, "selector": {"istio": "eastwestgateway"},
                "ports": [{"name": "tls", "port": 15443, "targetPort": 15443}]}})
    };
    let pod = |namespace: &str, name: &str, labels: Value| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"containers": [{"name": "istio-proxy", "image": "i"}]}})
    };
    apply(
        cluster,
        &[
            json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": NAMESPACE, "labels": {"topology.istio.io/network": "net-a"}}}),
            service("pending", "LoadBalancer", json!({})),
            service(
                "on-nodes",
                "NodePort",
                json!({"traffic.istio.io/nodeSelector": "{}"}),
            ),
            json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway",
                "metadata": {"name": "mutual", "namespace": NAMESPACE},
                "spec": {"selector": {"istio": "eastwestgateway"}, "servers": [{
                    "port": {"number": 15012, "name": "tls", "protocol": "TLS"},
                    "tls": {"mode": "ISTIO_MUTUAL"}, "hosts": ["istiod.example"]}]}}),
            json!({"apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": "istio-remote-secret-old", "namespace": NAMESPACE}}),
            pod(NAMESPACE, "gateway-1", json!({"istio": "eastwestgateway"})),
            pod(
                "default",
                "hello-1",
                json!({"app": "hello", "security.istio.io/tlsMode": "istio"}),
            ),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "hello", "namespace": "default"},
                "spec": {"selector": {"app": "hello"}, "ports": [{"port": 80}]}}),
        ],
    );
    for pod in ["istio-system/pods/gateway-1", "default/pods/hello-1"] {
        let path = format!("/api/v1/namespaces/{pod}");
        let is_ready = |pod: &Value| {
            let conditions = pod["status"]["conditions"].as_array();
            let mut conditions = conditions.into_iter().flatten();
            conditions.any(|one| one["type"] == "Ready" && one["status"] == "True")
        };
        cluster.wait_for(&path, is_ready).unwrap();
    }
    let roots = format!("/api/v1/namespaces/{NAMESPACE}/configmaps/istio-ca-root-cert");
    cluster
        .wait_for(&roots, |map| map["data"].is_object())
        .unwrap();
}
