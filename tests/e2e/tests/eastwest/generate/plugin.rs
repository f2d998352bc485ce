//! Running `generate`, and the programs that it is compared with.

use std::ffi::OsStr;
use std::path::PathBuf;

use mesh_common::model::yaml::documents;
use mesh_e2e::plugin::{MESH_EASTWEST, part};
use mesh_testkit::command::{Output, Run};
use mesh_testkit::parts::{self, Module, Part, module_dir};
use serde_json::Value;

/// `generate` with the words of `line`.
pub(crate) fn generate(line: &str) -> Run {
    generate_words(line.split_whitespace())
}

/// `generate` with these words.
pub(crate) fn generate_words<I: IntoIterator<Item: AsRef<OsStr>>>(words: I) -> Run {
    let plugin = parts::plugin(MESH_EASTWEST).unwrap();
    Run::new(plugin).arg("generate").args(words)
}

/// Returns the output of `generate` with the words of `line`.
pub(crate) fn printed(line: &str) -> String {
    generate(line).output().expect_success().stdout
}

/// Istio's script with these words.
pub(crate) fn script<I: IntoIterator<Item: AsRef<OsStr>>>(words: I) -> Run {
    let file = istio().join("samples/multicluster/gen-eastwest-gateway.sh");
    Run::new("/bin/bash").arg(file).args(words)
}

/// Returns istioctl's rendering of an IstioOperator, without a cluster.
pub(crate) fn rendered_by_istioctl(operator: &str) -> Output {
    Run::new(part(Part::Istioctl))
        .args(["manifest", "generate", "-f", "-"])
        .stdin(operator)
        .output()
}

/// The folder of Istio's module.
pub(crate) fn istio() -> PathBuf {
    module_dir(Module::Istio, "istio.io/istio").unwrap()
}

/// The objects of a YAML stream.
pub(crate) fn objects(text: &str) -> Vec<Value> {
    documents(text, "output").unwrap()
}
