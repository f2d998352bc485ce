//! `expose` beside Istio's samples, and before an API server with Istio's kinds and Istio's own validation.

use mesh_common::model::yaml::documents;
use mesh_e2e::plugin::{MESH_EASTWEST, part};
use mesh_testkit::command::Run;
use mesh_testkit::parts::{self, Module, Part, module_dir};
use mesh_testkit::real::Cluster;
use serde_json::Value;

use crate::server::{kubectl, with_kinds};

/// A sample of Istio's, filled as its user does.
fn sample(file: &str) -> String {
    let samples = module_dir(Module::Istio, "istio.io/istio")
        .unwrap()
        .join("samples/multicluster");
    std::fs::read_to_string(samples.join(file))
        .unwrap()
        .replace("{{.Revision}}", "canary")
        .replace("ISTIOD-HOST.DOMAIN", "istiod.example.com")
        .replace("$CREDENTIAL_NAME", "istiod-cert")
}

/// Each sample, and what prints the same.
const SAMPLES: [(&str, &str); 4] = [
    ("expose-services.yaml", "services"),
    ("expose-istiod.yaml", "istiod"),
    ("expose-istiod-rev.yaml.tmpl", "istiod --revision canary"),
    (
        "expose-istiod-https.yaml",
        "istiod --https --host istiod.example.com --credential istiod-cert",
    ),
];

/// Returns the output of `expose` with the arguments of `line`.
fn printed(line: &str) -> String {
    let plugin = parts::plugin(MESH_EASTWEST).unwrap();
    let run = Run::new(plugin).arg("expose").args(line.split_whitespace());
    run.output().expect_success().stdout
}

#[test]
fn the_objects_are_the_samples_with_a_namespace() {
    for (file, line) in SAMPLES {
        let mut expected = documents(&sample(file), file).unwrap();
        for object in &mut expected {
            // The guides give it by kubectl apply -n.
            object["metadata"]["namespace"] = Value::from("istio-system");
        }
        assert_eq!(
            documents(&printed(line), "stdout").unwrap(),
            expected,
            "{line}"
        );
    }
}

/// Beyond the samples' own inputs.
const VARIANTS: [&str; 5] = [
    "services -l app=ew,istio=ew --cluster-domain corp.example --port 15012",
    "istiod --revision default,canary,1-31-0",
    "istiod --revision canary -l app=ew,istio=ew --cluster-domain corp.example",
    "istiod --https --host istiod.example.com --credential istiod-cert --revision canary",
    "istiod --https --host istiod.example.com --credential a.b.c --cluster-domain corp.example",
];

/// All that is printed anywhere.
fn lines() -> impl Iterator<Item = &'static str> {
    SAMPLES.into_iter().map(|(_, line)| line).chain(VARIANTS)
}

/// The objects of this manifest, as the server holds them.
fn held(cluster: &Cluster, manifest: &str) -> Vec<Value> {
    let held = |object: Value| {
        let kind = object["kind"].as_str().unwrap().to_lowercase();
        let (namespace, name) = (
            &object["metadata"]["namespace"],
            &object["metadata"]["name"],
        );
        let path = format!(
            "/apis/networking.istio.io/v1/namespaces/{}/{kind}s/{}",
            namespace.as_str().unwrap(),
            name.as_str().unwrap()
        );
        cluster.get(&path).unwrap()
    };
    let objects = documents(manifest, "stdout").unwrap();
    objects.into_iter().map(held).collect()
}

fn specs(objects: &[Value]) -> Vec<&Value> {
    objects.iter().map(|object| &object["spec"]).collect()
}

#[test]
fn the_server_makes_the_same_of_them_as_of_the_samples() {
    let cluster = with_kinds();
    kubectl(&cluster, "create namespace istio-system", "");
    for (file, line) in SAMPLES {
        let (sample, ours) = (sample(file), printed(line));
        kubectl(&cluster, "apply -n istio-system -f -", &sample);
        let of_sample = held(&cluster, &ours);
        kubectl(&cluster, "delete -n istio-system -f -", &sample);
        kubectl(&cluster, "apply -f -", &ours);
        let of_ours = held(&cluster, &ours);
        assert_eq!(specs(&of_ours), specs(&of_sample), "{line}");
        let again = kubectl(&cluster, "apply -f -", &ours);
        assert!(
            again
                .stdout
                .lines()
                .all(|said| said.ends_with(" unchanged")),
            "{}",
            again.golden()
        );
        assert_eq!(held(&cluster, &ours), of_ours, "{line}");
        kubectl(&cluster, "delete -f -", &ours);
    }
}

#[test]
fn the_server_takes_every_variant_and_a_second_apply_changes_nothing() {
    let cluster = with_kinds();
    kubectl(&cluster, "create namespace variants", "");
    for line in lines() {
        let ours = printed(&format!("{line} -n variants"));
        kubectl(&cluster, "apply --server-side -f -", &ours);
        let first = held(&cluster, &ours);
        kubectl(&cluster, "apply --server-side -f -", &ours);
        assert_eq!(held(&cluster, &ours), first, "{line}");
    }
}

#[test]
fn istios_own_validation_finds_nothing_in_them() {
    let validate = |manifest: &str| {
        let run = Run::new(part(Part::Istioctl)).args(["validate", "-f", "-"]);
        run.stdin(manifest).output()
    };
    for line in lines() {
        let said = validate(&printed(line)).expect_success();
        assert!(!said.golden().contains("arning"), "{}", said.golden());
    }
    let broken = printed("services").replace("*.local", "a.*.local");
    let said = validate(&broken);
    assert_ne!(said.code, 0, "{}", said.golden());
}
