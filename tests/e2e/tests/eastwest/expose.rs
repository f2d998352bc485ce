//! `expose` beside Istio's samples.

use mesh_common::mesh::yaml::documents;
use mesh_e2e::plugin::MESH_EASTWEST;
use mesh_testkit::command::Run;
use mesh_testkit::parts::{self, Module, module_dir};
use serde_json::Value;

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

/// What `expose` prints with the arguments of `line`.
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
