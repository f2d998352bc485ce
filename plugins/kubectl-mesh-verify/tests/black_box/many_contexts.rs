//! A kubeconfig of 500 contexts, three of which are asked for: nothing is sent to the others.

use std::io::ErrorKind;
use std::net::TcpListener;

use mesh_testkit::kubeconfig::{Cluster, User};
use serde_json::Value;

use crate::scene::Scene;

const OTHERS: usize = 498;

/// Adds contexts whose servers are all this listener, each by an address of its own.
fn with_others(scene: &Scene) -> TcpListener {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = (0..OTHERS).fold(scene.kubeconfig(), |config, number| {
        let server = format!("https://127.9.{}.{}:{port}", number / 250, number % 250 + 1);
        let name = format!("other-{number}");
        config.entry(&name, Cluster::new(&server), User::new().token("t"))
    });
    scene.write(&config.current_context("west"));
    listener
}

fn is_untouched(listener: &TcpListener) -> bool {
    let accepted = listener.accept();
    accepted.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn nothing_is_sent_to_contexts_that_were_not_asked_for() {
    let scene = Scene::healthy();
    let listener = with_others(&scene);
    let output = scene.verify("").output().expect_success();
    assert_eq!(
        output.stderr,
        "the current context and the clusters of its remote secrets were verified; 498 other contexts of the kubeconfig were not read, --all-contexts reads them\n"
    );
    assert!(
        output.stdout.contains("2 clusters: no errors"),
        "{}",
        output.golden()
    );
    assert!(is_untouched(&listener));
    scene
        .verify("--context east,west")
        .output()
        .expect_success();
    assert!(is_untouched(&listener));
}

#[test]
fn all_of_them_are_read_where_that_is_asked_for() {
    let scene = Scene::healthy();
    let listener = with_others(&scene);
    // Nobody listens there any more.
    drop(listener);
    let output = scene.verify("--all-contexts -o json").output();
    assert_eq!(output.code, 3, "{}", output.golden());
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["unreached"].as_array().unwrap().len(), OTHERS);
    let reached = report["clusters"].as_array().unwrap().iter();
    let reached = reached.filter(|one| one["reached"] == true);
    let reached: Vec<&str> = reached
        .map(|one| one["context"].as_str().unwrap())
        .collect();
    assert_eq!(reached, ["east", "west"]);
}
