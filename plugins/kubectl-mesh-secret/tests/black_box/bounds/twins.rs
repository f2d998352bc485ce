//! Secrets by the thousand for one cluster, and texts that stand for ever more than they are.

use std::time::Duration;

use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::{self, Kubeconfig, User};
use serde_json::{Value, json};

use crate::support::{NAMESPACE, World};

const MIB: u64 = 1024 * 1024;

/// A remote secret for west with this text in it.
fn hold(cluster: &Cluster, name: &str, text: &str) {
    cluster.create(manifest(name, text));
}

fn manifest(name: &str, text: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"istio/multiCluster": "true"}},
        "stringData": {"west": text}})
}

fn usual() -> String {
    let cluster = kubeconfig::Cluster::new("https://10.0.0.1:6443");
    Kubeconfig::single("c", cluster, User::new().token("t")).to_yaml()
}

/// One finding names the first of them and how many more there are, within so much memory.
fn are_counted(count: usize, lines: &[(&str, u64)]) {
    let world = World::new();
    let text = usual();
    for number in 0..count {
        hold(&world.east, &format!("twin-{number:04}"), &text);
    }
    for (line, most) in lines {
        let run = world.run(line).memory(*most);
        let output = run.deadline(Duration::from_mins(5)).output();
        let said = [output.stdout.as_str(), output.stderr.as_str()].concat();
        let start: String = said.chars().take(2_000).collect();
        assert_eq!(output.code, 1, "{line}: {start}");
        assert_eq!(
            said.matches("secret-duplicate").count(),
            1,
            "{line}: {start}"
        );
        // On a terminal it may be on two lines.
        let words: Vec<&str> = said.split_whitespace().collect();
        let more = format!("twin-0004 and {} more", count - 5);
        assert!(words.join(" ").contains(&more), "{line}: {start}");
        let each = said.len() / count;
        assert!(each < 3_000, "{line}: {each} bytes for each: {start}");
    }
}

#[test]
fn thousands_of_secrets_for_one_cluster_are_listed_in_little_memory() {
    are_counted(8_000, &[("list --context east", 64 * MIB)]);
}

#[test]
fn many_secrets_for_one_cluster_take_a_line_or_two_each_in_every_format() {
    // Where each had a finding about each other one, that were a million lines.
    let all = [
        ("list --context east -o json", 24 * MIB),
        ("list --context east -o yaml", 48 * MIB),
        ("inspect --context east", 32 * MIB),
        ("inspect --context east -o json", 32 * MIB),
    ];
    are_counted(1_000, &all);
}

#[test]
fn the_bound_on_memory_is_one() {
    let world = World::new();
    let output = world.run("list --context east").memory(MIB).output();
    assert!(![0, 1, 2, 3].contains(&output.code), "{}", output.code);
}

/// A kubeconfig whose text is short and stands for a great deal: each step merges, or repeats, all of the one before twice.
fn ever_more(step: fn(usize) -> String) -> String {
    let steps: Vec<String> = (1..=24).map(step).collect();
    format!("a0: &a0 {{x: y}}\n{}{}", steps.concat(), usual())
}

fn merges(n: usize) -> String {
    let before = n - 1;
    format!("a{n}: &a{n}\n  <<: [*a{before}, *a{before}]\n  k{n}: {{<<: *a{before}}}\n")
}

fn repeats(n: usize) -> String {
    let before = n - 1;
    format!("a{n}: &a{n} [*a{before}, *a{before}, *a{before}]\n")
}

#[test]
fn texts_that_stand_for_ever_more_are_refused_before_they_are_read() {
    let world = World::new();
    for (kind, text) in [("merge", ever_more(merges)), ("repeat", ever_more(repeats))] {
        assert!(text.len() < 2_048, "{kind}");
        for number in 0..20 {
            hold(&world.east, &format!("{kind}-{number}"), &text);
        }
    }
    hold(&world.east, "fine", &usual());
    for line in [
        "list --context east -o json",
        "inspect --context east -o json",
        "inspect --context east --probe --allow-loopback -o json",
    ] {
        // Read, they would take a program of this kind a quarter of an hour.
        let run = world.run(line).deadline(Duration::from_mins(1));
        let output = run.memory(64 * MIB).output();
        assert_eq!(output.code, 1, "{}", output.golden());
        let refused = output.stdout.matches("secret-unparsable").count();
        assert!(refused >= 40, "{line}: {refused}\n{}", output.golden());
    }
    let text = serde_json::to_string(&manifest("merges", &ever_more(merges))).unwrap();
    let output = world.run("inspect -f -").stdin(text).output();
    assert_eq!(output.code, 1, "{}", output.golden());
    // The manifest itself may be one as well.
    let output = world.run("inspect -f -").stdin(ever_more(merges)).output();
    assert_eq!(output.code, 2, "{}", output.golden());
}
