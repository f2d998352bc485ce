//! Holds the embedded cluster and a real API server against the same transcripts.
//!
//! `SNAPSHOTS=overwrite cargo test -p mesh-e2e --test behaviour real` writes the transcripts anew, from the real one alone.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its own arrangement fails"
)]

use std::path::{Path, PathBuf};

use mesh_e2e::behaviour::player::{Server, play};
use mesh_e2e::behaviour::script;
use mesh_testkit::embedded;
use mesh_testkit::real::{Kind, Lab};
use snapbox::Data;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/behaviour/cases")
}

fn scripts() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(cases())
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

#[test]
fn real_cluster_behaves_as_written() {
    let cluster = Lab::get()
        .unwrap()
        .cluster("behaviour", Kind::Bare)
        .unwrap();
    let server = Server {
        url: cluster.server().to_owned(),
        ca_pem: cluster.ca_pem().to_owned(),
        admin: cluster.client("admin", &["system:masters"]).unwrap(),
    };
    // Side by side: most of the time goes into waiting until tokens are no longer cached.
    let transcripts = std::thread::scope(|scope| {
        let played: Vec<_> = scripts()
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

#[test]
fn embedded_cluster_behaves_as_written() {
    let mut wrong = Vec::new();
    for path in scripts() {
        let cluster = embedded::Cluster::start("behaviour");
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
