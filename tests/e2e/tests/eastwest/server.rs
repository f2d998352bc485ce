//! An API server with Istio's kinds and those of the Gateway API, for the tests that need no more than that.

use mesh_testkit::command::Output;
use mesh_testkit::parts::{Module, module_dir};
use mesh_testkit::real::{Cluster, Kind, Lab};

/// The files of Istio's module with Istio's kinds, and those of the Gateway API.
const KINDS: [&str; 2] = [
    "manifests/charts/base/files/crd-all.gen.yaml",
    "tests/integration/pilot/testdata/gateway-api-crd.yaml",
];

/// The server, shared by all who ask.
pub(crate) fn with_kinds() -> Cluster {
    let cluster = Lab::get().unwrap().cluster("kinds", Kind::Bare).unwrap();
    install_kinds(&cluster);
    cluster
}

/// Puts the kinds into this server.
pub(crate) fn install_kinds(cluster: &Cluster) {
    let istio = module_dir(Module::Istio, "istio.io/istio").unwrap();
    for file in KINDS {
        let file = istio.join(file);
        kubectl(
            cluster,
            &format!("apply --server-side -f {}", file.display()),
            "",
        );
    }
    kubectl(cluster, "wait --for=condition=Established crd --all", "");
}

/// kubectl with the words of `line`, which has to succeed.
pub(crate) fn kubectl(cluster: &Cluster, line: &str, stdin: &str) -> Output {
    let run = cluster.kubectl(line.split_whitespace()).unwrap();
    run.stdin(stdin).output().expect_success()
}
