//! Holds the embedded cluster and a real API server against the same transcripts.
//!
//! `SNAPSHOTS=overwrite cargo test -p mesh-e2e --test behaviour real` writes the transcripts anew, from the real one alone.
//!
//! What is in `cases` is played where no definitions of custom resources are in place, what is in `cases_with_crds` where
//! Istio's and the Gateway API's are: on the real one those of Istio's own files.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its own arrangement fails"
)]

use std::path::{Path, PathBuf};

use mesh_e2e::behaviour::player::{Server, play};
use mesh_e2e::behaviour::script;
use mesh_testkit::embedded;
use mesh_testkit::parts::{Module, module_dir};
use mesh_testkit::real::{Cluster, Kind, Lab};
use snapbox::Data;

const PLAIN: &str = "cases";
const WITH_CRDS: &str = "cases_with_crds";

fn scripts(folder: &str) -> Vec<PathBuf> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/behaviour");
    let mut found: Vec<PathBuf> = std::fs::read_dir(cases.join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

fn transcript(server: &Server, path: &Path) -> String {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    play(server, name, &script::parse(&text).unwrap())
}

/// Plays all scripts side by side: most of the time goes into waiting until tokens are no longer cached.
fn real_behaves(cluster: &Cluster, folder: &str) {
    let server = Server {
        url: cluster.server().to_owned(),
        ca_pem: cluster.ca_pem().to_owned(),
        admin: cluster.client("admin", &["system:masters"]).unwrap(),
    };
    let transcripts = std::thread::scope(|scope| {
        let played: Vec<_> = scripts(folder)
            .into_iter()
            .map(|path| scope.spawn(|| (transcript(&server, &path), path)))
            .collect();
        played
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    for (transcript, path) in transcripts {
        let golden = Data::read_from(&path.with_extension("golden"), None).raw();
        snapbox::Assert::new()
            .action_env("SNAPSHOTS")
            .eq(transcript, golden);
    }
}

fn embedded_behaves(cluster: impl Fn() -> embedded::Cluster, folder: &str) {
    let mut wrong = Vec::new();
    for path in scripts(folder) {
        let cluster = cluster();
        let server = Server {
            url: cluster.server_url().to_owned(),
            ca_pem: cluster.ca_pem(),
            admin: cluster.admin_identity().clone(),
        };
        let golden = Data::read_from(&path.with_extension("golden"), None).raw();
        let compared = snapbox::Assert::new()
            .action_env("SNAPSHOTS_OF_THE_EMBEDDED_ARE_NEVER_TAKEN")
            .try_eq(None, transcript(&server, &path).into(), golden);
        if let Err(difference) = compared {
            wrong.push(format!("{}\n{difference}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn real_cluster_behaves_as_written() {
    let cluster = Lab::get().unwrap().cluster("behaviour", Kind::Bare);
    real_behaves(&cluster.unwrap(), PLAIN);
}

fn kubectl(cluster: &Cluster, args: &[&str]) {
    let output = cluster.kubectl(args).unwrap().output();
    assert!(output.success(), "{}", output.stderr);
}

#[test]
fn real_cluster_with_crds_behaves_as_written() {
    let cluster = Lab::get()
        .unwrap()
        .cluster("behaviour-with-crds", Kind::Bare)
        .unwrap();
    let istio = module_dir(Module::Istio, "istio.io/istio").unwrap();
    for file in [
        "manifests/charts/base/files/crd-all.gen.yaml",
        "tests/integration/pilot/testdata/gateway-api-crd.yaml",
    ] {
        let file = istio.join(file).to_str().unwrap().to_owned();
        kubectl(&cluster, &["apply", "--server-side", "--filename", &file]);
    }
    kubectl(
        &cluster,
        &["wait", "--for=condition=established", "crd", "--all"],
    );
    real_behaves(&cluster, WITH_CRDS);
}

#[test]
fn embedded_cluster_behaves_as_written() {
    embedded_behaves(|| embedded::Cluster::start("behaviour"), PLAIN);
}

#[test]
fn embedded_cluster_with_crds_behaves_as_written() {
    let with_crds = || {
        embedded::Cluster::builder("behaviour")
            .istio_crds()
            .gateway_api_crds()
            .start()
    };
    embedded_behaves(with_crds, WITH_CRDS);
}
