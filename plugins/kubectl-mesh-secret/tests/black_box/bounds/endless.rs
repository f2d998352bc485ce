//! Servers that answer without an end, with all the time that they want: what ends them is how much memory an answer may take.

use std::time::Duration;

use mesh_testkit::hostile::{BODIES, HostileServer, Mode};

use crate::list::wired;

const MIB: u64 = 1024 * 1024;

/// The ways of answering without an end, as fast as it is read.
const ENDLESS: [&str; 3] = [
    "a list without an end",
    "an answer of 300 MB",
    "long pages for ever",
];

fn mode(name: &str) -> Mode {
    *BODIES.iter().find(|mode| mode.name == name).unwrap()
}

/// Runs `list` over `count` contexts of a hostile server and one that is fine, within the memory that all of them have together.
fn takes_little(name: &str, count: usize) {
    let world = wired();
    let server = HostileServer::start(mode(name));
    let contexts: Vec<String> = (0..count).map(|n| format!("hostile-{n}")).collect();
    let mut config = world.kubeconfig();
    for context in &contexts {
        let (cluster, user) = (server.kubeconfig_cluster(), server.kubeconfig_user());
        config = config.entry(context, cluster, user);
    }
    world.write(&config);
    let line = format!(
        "list --context {},east --allow-loopback --request-timeout 40s",
        contexts.join(",")
    );
    let run = world.run(&line).memory(256 * MIB);
    let output = run.deadline(Duration::from_mins(5)).output();
    assert_eq!(output.code, 3, "{name}: {}", output.golden());
    assert!(
        output.stdout.contains("west"),
        "{name}: {}",
        output.golden()
    );
    let is_too_long = output.stdout.matches("the answer is too long").count();
    assert_eq!(is_too_long, count, "{name}: {}", output.golden());
}

#[test]
fn one_that_answers_without_an_end_takes_little_and_holds_up_nobody() {
    for name in ENDLESS {
        takes_little(name, 1);
    }
}

#[test]
fn nor_do_many_of_them_take_more() {
    takes_little("a list without an end", 8);
}
