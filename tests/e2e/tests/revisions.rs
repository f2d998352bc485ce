//! Revisions of real istiods, and the tags that istioctl sets for them, as `mesh-verify --revision` takes them.

use std::time::Duration;

use mesh_e2e::plugin::{Workstation, part, report};
use mesh_testkit::condition::wait_until;
use mesh_testkit::parts::Part;
use mesh_testkit::real::{Kind, Lab};
use serde_json::json;

const WITHIN: Duration = Duration::from_secs(30);

fn mesh_config(name: &str, trust_domain: &str) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "istio-system"},
        "data": {"mesh": format!("trustDomain: {trust_domain}")}})
    .to_string()
}

#[test]
fn an_istiod_of_a_revision_has_the_mesh_configuration_of_its_name() {
    let lab = Lab::get().unwrap();
    let cluster = lab.cluster("revision-config", Kind::Istiod).unwrap();
    for (name, domain) in [("istio", "td-default"), ("istio-canary", "td-canary")] {
        cluster.apply(&mesh_config(name, domain)).unwrap();
    }
    let has = |domain: &str| {
        let is_there = || {
            let page = cluster.debug("/debug/mesh").ok()?;
            page.contains(domain).then_some(())
        };
        wait_until(WITHIN, is_there).is_some()
    };
    assert!(has("td-default"));
    cluster.stop_istiod().unwrap();
    cluster.start_istiod(&[("REVISION", "canary")]).unwrap();
    assert!(has("td-canary"));
}

#[test]
fn a_tag_that_istioctl_sets_stands_for_its_revision() {
    let lab = Lab::get().unwrap();
    let cluster = lab.cluster("revision-tag", Kind::Bare).unwrap();
    let istiod = |name: &str, revision: &str| {
        let labels = json!({"app": "istiod", "istio.io/rev": revision});
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": "istio-system", "labels": labels},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
                "spec": {"containers": [{"name": "discovery", "image": "istio/pilot:1.31.0"}]}}}})
    };
    let webhook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "istio-sidecar-injector-canary",
            "labels": {"app": "sidecar-injector", "istio.io/rev": "canary"}},
        "webhooks": [{"name": "rev.namespace.sidecar-injector.istio.io", "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "clientConfig": {"caBundle": "", "service": {"name": "istiod-canary", "namespace": "istio-system", "path": "/inject"}}}]});
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"}});
    for object in [
        namespace,
        istiod("istiod", "default"),
        istiod("istiod-canary", "canary"),
        webhook,
    ] {
        cluster.apply(&object.to_string()).unwrap();
    }
    let workstation = Workstation::over(&[&cluster]);
    let context = cluster.context();
    let set = [
        "tag",
        "set",
        "prod",
        "--revision",
        "canary",
        "--skip-confirmation",
        "--context",
        context,
    ];
    let set = workstation.program(part(Part::Istioctl), set);
    set.output().expect_success();
    for (asked, expected) in [
        ("prod", "canary"),
        ("canary", "canary"),
        ("default", "default"),
    ] {
        let line =
            format!("--context {context} --allow-loopback --no-istiod --revision {asked} -o json");
        let report = report(&workstation.mesh_verify(&line).output());
        assert_eq!(report["clusters"][0]["revision"], expected, "{asked}");
    }
    let line = format!("--context {context} --allow-loopback --revision gone");
    let output = workstation.mesh_verify(&line).output();
    assert_eq!(output.code, 2, "{}", output.golden());
    for word in ["canary", "default", "prod"] {
        let hint = format!(": add --revision {word}\n");
        assert!(output.stderr.contains(&hint), "{}", output.golden());
    }
}
