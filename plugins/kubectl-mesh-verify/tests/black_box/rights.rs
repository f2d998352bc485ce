//! The rights that `checks --rights` prints: they suffice, each of them is for the checks that it names, and nothing is asked for
//! beyond them.

use mesh_testkit::black_box::{Rule, each_rule_alone, rules};
use mesh_testkit::command::Output;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use serde_json::{Value, json};

use crate::scene::{NAMESPACE, Scene};

const RBAC: &str = "rbac.authorization.k8s.io/v1";
const VERIFIER: &str = "verifier";
const ROLE: &str = "kubectl-mesh-verify";
const READER: &str = "system:serviceaccount:istio-system:istio-reader-service-account";

/// A mesh in which every part is read, also those that are only read where something needs them.
fn with_every_read() -> Scene {
    let scene = Scene::healthy();
    for cluster in [&scene.east, &scene.west] {
        let service = |name: &str, kind: &str, annotations: Value| {
            json!({"apiVersion": "v1", "kind": "Service",
                "metadata": {"name": name, "namespace": NAMESPACE, "annotations": annotations,
                    "labels": {"topology.istio.io/network": "net-c"}},
                "spec": {"type": kind, "selector": {"istio": "eastwestgateway"},
                    "ports": [{"name": "tls", "port": 15443, "targetPort": 15443}]}})
        };
        // Events say why it has no address.
        cluster.create(service("pending", "LoadBalancer", json!({})));
        let nodes = json!({"traffic.istio.io/nodeSelector": "{}"});
        cluster.create(service("on-nodes", "NodePort", nodes));
        cluster.create(
            json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway",
            "metadata": {"name": "mutual", "namespace": NAMESPACE},
            "spec": {"selector": {"istio": "eastwestgateway"}, "servers": [{
                "port": {"number": 15012, "name": "tls", "protocol": "TLS"},
                "tls": {"mode": "ISTIO_MUTUAL"}, "hosts": ["istiod.example"]}]}}),
        );
        cluster.create(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "istio-remote-secret-old", "namespace": NAMESPACE}}));
    }
    scene
}

fn printed(scene: &Scene) -> Vec<Rule> {
    let print = |format: &str| {
        let line = format!("checks --rights -o {format}");
        scene.run(&line).output().expect_success().stdout
    };
    rules(&print("json"), &print("table"))
}

/// Makes a user in every cluster who is bound to the roles, and the kubeconfig of that user.
fn bind_verifier(scene: &Scene) {
    let mut config = Kubeconfig::new();
    for cluster in [&scene.east, &scene.west] {
        let token = cluster.add_user(VERIFIER, &[]);
        let user = User::new().token(&token);
        config = config.entry(cluster.name(), cluster.kubeconfig_cluster(), user);
        for kind in ["ClusterRole", "Role"] {
            let mut binding = json!({"apiVersion": RBAC, "kind": format!("{kind}Binding"), "metadata": {"name": ROLE},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": ROLE},
                "subjects": [{"kind": "User", "name": VERIFIER}]});
            if kind == "Role" {
                binding["metadata"]["namespace"] = json!(NAMESPACE);
            }
            cluster.create(binding);
        }
    }
    scene.write(&config.current_context("west"));
}

fn grant(cluster: &Cluster, of_cluster: &[&Value], of_namespace: &[&Value]) {
    for (kind, resource, namespace, rules) in [
        ("ClusterRole", "clusterroles", "", of_cluster),
        ("Role", "roles", NAMESPACE, of_namespace),
    ] {
        if cluster.get(resource, namespace, ROLE).is_some() {
            cluster.delete(resource, namespace, ROLE);
        }
        cluster.create(json!({"apiVersion": RBAC, "kind": kind, "rules": rules,
            "metadata": {"name": ROLE, "namespace": namespace}}));
    }
}

fn verify(scene: &Scene) -> Output {
    let output = scene.verify("--context east,west -o json").output();
    assert_eq!(output.stderr, "", "{}", output.golden());
    output
}

#[test]
fn they_suffice_and_each_is_for_the_checks_that_it_names() {
    let scene = with_every_read();
    let rules = printed(&scene);
    let as_administrator = verify(&scene);
    assert!(!as_administrator.stdout.contains("\"skipped\": ["));
    bind_verifier(&scene);
    each_rule_alone(
        &rules,
        &["east", "west"],
        &as_administrator,
        |of_cluster, of_namespace| {
            for cluster in [&scene.east, &scene.west] {
                grant(cluster, of_cluster, of_namespace);
            }
        },
        || verify(&scene),
    );
}

#[test]
fn nothing_is_asked_for_beyond_them() {
    let scene = with_every_read();
    let rules = printed(&scene);
    bind_verifier(&scene);
    let policies = |of_namespace: bool| {
        let rules = rules.iter();
        let rules = rules.filter(|rule| rule.is_of_namespace == of_namespace);
        rules.map(|rule| &rule.policy).collect::<Vec<&Value>>()
    };
    for cluster in [&scene.east, &scene.west] {
        grant(cluster, &policies(false), &policies(true));
        cluster.clear_recordings();
    }
    verify(&scene);
    for cluster in [&scene.east, &scene.west] {
        let requests = cluster.requests();
        assert!(requests.len() > 20);
        for request in &requests {
            let is_done = request.status.is_some_and(|status| status < 300);
            assert!(is_done, "{request}");
            let path = request.path.as_str();
            let is_review = ["selfsubjectreviews", "selfsubjectrulesreviews"]
                .iter()
                .any(|review| path.contains(review));
            match request.user.as_str() {
                VERIFIER => assert_eq!(request.method, "GET", "{request}"),
                // The credential of a remote secret is used for these alone.
                READER if is_review => assert_eq!(request.method, "POST", "{request}"),
                READER => assert_eq!(path, "/api/v1/namespaces/kube-system", "{request}"),
                other => panic!("{other}: {request}"),
            }
        }
        // Each conditional read was made.
        for path in [
            "/nodes?",
            "/events?",
            "/virtualservices?",
            "/secrets/istio-remote-secret-old",
        ] {
            assert!(requests.iter().any(|one| one.path.contains(path)), "{path}");
        }
    }
}
