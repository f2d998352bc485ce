//! `expose --from-context` over what the real istioctl installed with a revision, a cluster domain and names of its own.

use std::time::Duration;

use mesh_common::model::yaml::documents;
use mesh_e2e::plugin::{MESH_EASTWEST, Workstation, part};
use mesh_testkit::command::Output;
use mesh_testkit::parts::{self, Module, Part, module_dir};
use mesh_testkit::real::{Cluster, Kind, Lab};
use serde_json::{Value, json};

const NAMESPACE: &str = "mesh-control";

/// An installation in which no name is the usual one, with two revisions.
fn installed() -> (Cluster, Workstation) {
    let cluster = Lab::get()
        .unwrap()
        .cluster("exposing", Kind::Nodes)
        .unwrap();
    cluster
        .apply("{apiVersion: v1, kind: Namespace, metadata: {name: edge}}")
        .unwrap();
    let workstation = Workstation::over(&[&cluster]);
    let manifests = module_dir(Module::Istio, "istio.io/istio")
        .unwrap()
        .join("manifests");
    for (revision, gateways) in [
        ("canary", json!([])),
        (
            "1-31-0",
            json!([{"name": "ew", "namespace": "edge", "enabled": true,
                "label": {"istio": "crossing", "app": "ew", "topology.istio.io/network": "net-b"},
                "k8s": {"service": {"ports": [
                    {"name": "tls", "port": 15443, "targetPort": 15443},
                    {"name": "tls-istiod", "port": 15012, "targetPort": 15012},
                    {"name": "tls-webhook", "port": 15017, "targetPort": 15017}]}}}]),
        ),
    ] {
        let operator = json!({
            "apiVersion": "install.istio.io/v1alpha1",
            "kind": "IstioOperator",
            "metadata": {"name": revision},
            "spec": {
                "profile": "minimal",
                "revision": revision,
                "components": {"ingressGateways": gateways},
                "values": {"global": {"istioNamespace": NAMESPACE, "proxy": {"clusterDomain": "corp.example"},
                    "network": "net-b"}}
            }
        });
        workstation
            .program(
                part(Part::Istioctl),
                ["install", "-y", "--context", "exposing", "-f", "-"],
            )
            .arg("--istioNamespace")
            .arg(NAMESPACE)
            .arg(format!("--manifests={}", manifests.display()))
            .stdin(operator.to_string())
            .deadline(Duration::from_mins(3))
            .output()
            .expect_success();
    }
    (cluster, workstation)
}

fn expose(workstation: &Workstation, line: &str) -> Output {
    let plugin = parts::plugin(MESH_EASTWEST).unwrap();
    workstation
        .program(plugin, ["expose"])
        .args(line.split_whitespace())
        .args(["--from-context", "exposing"])
        .output()
        .expect_success()
}

#[test]
fn all_is_derived_from_what_istioctl_installed() {
    let (cluster, workstation) = installed();
    let kubectl = |line: &str, stdin: &str| {
        let run = cluster.kubectl(line.split_whitespace()).unwrap();
        run.stdin(stdin).output().expect_success()
    };
    let services = expose(&workstation, "services").stdout;
    let istiod = expose(&workstation, "istiod").stdout;
    let gateway = &documents(&services, "services").unwrap()[0];
    assert_eq!(gateway["metadata"]["namespace"], NAMESPACE);
    assert_eq!(
        gateway["spec"]["servers"][0]["hosts"],
        json!(["*.corp.example"])
    );
    takes_exactly_the_pods_of(&cluster, &gateway["spec"]["selector"], "ew");

    let objects = documents(&istiod, "istiod").unwrap();
    let names: Vec<&Value> = objects
        .iter()
        .map(|object| &object["metadata"]["name"])
        .collect();
    assert_eq!(
        names,
        ["istiod-gateway", "istiod-vs-1-31-0", "istiod-vs-canary"]
    );
    for (routes, service) in objects[1..].iter().zip(["istiod-1-31-0", "istiod-canary"]) {
        let host = format!("{service}.{NAMESPACE}.svc.corp.example");
        for route in routes["spec"]["tls"].as_array().unwrap() {
            assert_eq!(route["route"][0]["destination"]["host"], *host);
        }
        // The names lead to a Service that is there.
        cluster
            .get(&format!(
                "/api/v1/namespaces/{NAMESPACE}/services/{service}"
            ))
            .unwrap();
    }
    for manifest in [&services, &istiod] {
        kubectl("apply --server-side -f -", manifest);
    }
    istioctl_finds_all_that_they_name(&workstation, &kubectl);
}

/// istioctl's analysis knows no cluster domain but the usual one, so it looks at the objects of that one.
/// Source: `DefaultClusterLocalDomain` in Istio's `pkg/config/analysis/analyzers/util/constants.go`.
fn istioctl_finds_all_that_they_name(
    workstation: &Workstation,
    kubectl: &impl Fn(&str, &str) -> Output,
) {
    let analyze = || {
        let words = ["analyze", "--context", "exposing", "-n", NAMESPACE];
        let run = workstation.program(part(Part::Istioctl), words);
        run.args(["--istioNamespace", NAMESPACE]).output().golden()
    };
    let named = |said: &str| {
        said.lines()
            .any(|line| line.contains("cross-network-gateway") || line.contains("istiod-"))
    };
    let said = analyze();
    assert!(named(&said), "{said}");
    for what in ["services", "istiod"] {
        let manifest = expose(
            workstation,
            &format!("{what} --cluster-domain cluster.local"),
        )
        .stdout;
        kubectl("apply --server-side -f -", &manifest);
    }
    let said = analyze();
    assert!(!named(&said), "{said}");
}

/// The labels select the pods of that Deployment, and no other pod.
fn takes_exactly_the_pods_of(cluster: &Cluster, selector: &Value, deployment: &str) {
    let labels = selector.as_object().unwrap();
    let labels: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap()))
        .collect();
    let path = format!("/api/v1/pods?labelSelector={}", labels.join(","));
    let pods = cluster.get(&path).unwrap();
    let names: Vec<&str> = pods["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pod| pod["metadata"]["name"].as_str().unwrap())
        .collect();
    let start = format!("{deployment}-");
    assert!(
        !names.is_empty() && names.iter().all(|name| name.starts_with(&start)),
        "{names:?}"
    );
}
