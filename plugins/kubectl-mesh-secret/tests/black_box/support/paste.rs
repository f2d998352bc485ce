//! Does what a printed command says, as somebody who pastes it: this plugin's own commands by the plugin, and kubectl's by the
//! requests that kubectl makes of them.

use mesh_testkit::embedded::Cluster;
use mesh_testkit::http::{Body, Endpoint};
use serde_json::{Value, json};

use super::World;

/// Runs every command of a line joined by `&&`, each of which has to succeed.
pub(crate) fn paste(world: &World, line: &str, clusters: &[&Cluster]) {
    let words = words(line);
    for command in words.split(|word| word == "&&") {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        match command.as_slice() {
            ["kubectl", "mesh-secret", verb, rest @ ..] => {
                // Nobody is there to be asked.
                let yes = (*verb == "delete").then_some("--yes");
                let run = world.run(verb).args(rest).args(yes);
                run.output().expect_success();
            }
            ["kubectl", rest @ ..] => kubectl(rest, clusters),
            other => panic!("{other:?} is no command that is printed"),
        }
    }
}

fn kubectl(words: &[&str], clusters: &[&Cluster]) {
    let ["--context", context, "-n", namespace, rest @ ..] = words else {
        panic!("{words:?} does not say where");
    };
    let cluster = clusters.iter().find(|one| one.name() == *context).unwrap();
    let (name, kind, patch) = match rest {
        ["patch", "secret", name, "--type=json", "-p", patch] => {
            let patch: Value = serde_json::from_str(patch).unwrap();
            (name, "application/json-patch+json", patch)
        }
        ["annotate", "--overwrite", "secret", name, pair] => {
            let (key, value) = pair.split_once('=').unwrap();
            let patch = json!({"metadata": {"annotations": {key: value}}});
            (name, "application/merge-patch+json", patch)
        }
        other => panic!("{other:?} is no command of kubectl that is printed"),
    };
    let authority = cluster.server_url().trim_start_matches("https://");
    let server = Endpoint::tls(authority, &cluster.ca_pem(), cluster.admin_identity()).unwrap();
    let url = format!("/api/v1/namespaces/{namespace}/secrets/{name}");
    let text = patch.to_string();
    let body = Body {
        content_type: kind,
        text: &text,
    };
    let answer = server.request("PATCH", &url, Some(body)).unwrap();
    assert!(answer.is_success(), "{answer:?}");
}

/// The words of a line as a POSIX shell takes them, of which only single quotes and backslashes are known here.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), None::<String>, false);
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            ' ' if !is_quoted => words.extend(word.take()),
            '\\' if !is_quoted => word.get_or_insert_default().extend(rest.next()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}
