//! Accepted certificates and keys, and their spellings: the real kubectl decides, and the plugin agrees.
//!
//! A row is a kubeconfig and what it leads to: a real API server, which judges client certificates, or a port before it that
//! shows any certificate. Where the two have to differ, `docs/certificates.md` says so, and no other row may.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod clients;
mod differences;
mod pairs;
mod row;
mod scene;
mod servers;
mod spellings;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use mesh_testkit::parts::workspace_dir;
use snapbox::Data;

use self::clients::Clients;
use self::row::Row;
use self::scene::{Scene, Tried};

#[test]
fn what_kubectl_connects_to_the_plugin_connects_to_and_what_it_refuses_is_refused_in_words() {
    let clients = Clients::new();
    let rows: Vec<Row> = servers::rows()
        .into_iter()
        .chain(spellings::of_authorities())
        .chain(clients.rows())
        .collect();
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names.len(), rows.len(), "each row has a name of its own");

    let scene = Scene::start(&rows, &clients.authorities_pem());
    let tried = scene.try_all(&rows);

    // Rows of the test kit's table carry what was read in Go's sources.
    let misread: Vec<&Tried> = rows
        .iter()
        .zip(&tried)
        .filter(|(row, tried)| {
            row.expected
                .is_some_and(|connects| connects != tried.kubectl.is_ok())
        })
        .map(|(_, tried)| tried)
        .collect();
    assert!(
        misread.is_empty(),
        "kubectl does not do what the table says:\n{misread:#?}"
    );

    let differing: Vec<&Tried> = tried
        .iter()
        .filter(|tried| tried.kubectl.is_ok() != tried.ours.is_ok())
        .collect();
    let found: BTreeSet<&str> = differing.iter().map(|tried| tried.name.as_str()).collect();
    assert_eq!(found, differences::rows(), "{differing:#?}");
    for tried in &differing {
        assert!(
            tried.kubectl.is_ok(),
            "kubectl refuses what we take: {tried:#?}"
        );
    }
    differences::stand_in_the_documentation();

    snapbox::Assert::new()
        .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
        .eq(
            words(&tried),
            Data::read_from(&workspace_dir().join("tests/e2e/tests/tls/words.txt"), None),
        );
}

/// A line for each row: what became of it, and why it was refused.
fn words(tried: &[Tried]) -> String {
    let mut text = String::new();
    for tried in tried {
        match &tried.ours {
            Ok(()) => writeln!(text, "{}: connects", tried.name),
            Err(why) => writeln!(text, "{}: {why}", tried.name),
        }
        .unwrap();
    }
    text
}
