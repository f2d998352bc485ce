//! A hundred clusters: every one of 9,900 pairs, two connections a cluster at the most, and memory within bounds.

use std::time::Duration;

use mesh_testkit::black_box::writes;
use mesh_testkit::command::{Output, Run};
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::Kubeconfig;

use crate::support::{PLUGIN, World, add_reader, istiod, namespace};

const CLUSTERS: usize = 100;
const PAIRS: usize = CLUSTERS * (CLUSTERS - 1);

/// The memory that a run may use at its peak.
const MOST_MIB: usize = 64;

#[test]
fn a_hundred_clusters_are_wired_by_few_connections_in_little_memory() {
    let clusters: Vec<Cluster> = (0..CLUSTERS).map(started).collect();
    let world = World::bare();
    let kubeconfig = clusters.iter().fold(Kubeconfig::new(), |config, cluster| {
        config.entry(
            cluster.name(),
            cluster.kubeconfig_cluster(),
            cluster.kubeconfig_user(),
        )
    });
    world.write(&kubeconfig);
    let run = || {
        // Linux counts the memory of whoever starts a program into that program's peak, and this one hosts a hundred clusters;
        // so the program gets a bound instead, beyond which it is given no memory and dies.
        let bounded = format!("ulimit -d {} && exec \"$0\" \"$@\"", MOST_MIB * 1024);
        Run::new("/bin/sh")
            .args(["-c", bounded.as_str(), PLUGIN])
            .args(["exchange", "--all-contexts", "--allow-loopback"])
            .env("KUBECONFIG", world.config())
            .record()
            .deadline(Duration::from_mins(5))
    };
    let first = complete(&clusters, run);
    let told = |word: &str| {
        first
            .stdout
            .matches(&format!(" {word} in context "))
            .count()
    };
    assert_eq!(
        told("created") + told("unchanged"),
        PAIRS,
        "{}",
        first.stderr
    );

    let again = complete(&clusters, run);
    assert_eq!(
        again.stdout.matches(" unchanged in context ").count(),
        PAIRS
    );
    for cluster in &clusters {
        assert_eq!(writes(cluster), Vec::<String>::new(), "{}", cluster.name());
    }
}

/// Runs it to its end. On a machine that is busy with other things a hundred servers in one process may keep a client waiting
/// for longer than it waits for a connection; then it is run again, as a person would.
fn complete(clusters: &[Cluster], run: impl Fn() -> Run) -> Output {
    for _ in 0..5 {
        clusters.iter().for_each(Cluster::clear_recordings);
        let output = run().output();
        assert!([0, 3].contains(&output.code), "{}", output.stderr);
        clusters.iter().for_each(asked_for_little);
        if output.code == 0 {
            clusters.iter().for_each(holds_all);
            return output;
        }
    }
    panic!("five runs did not reach every cluster");
}

/// A cluster with its reader, its token and an istiod that names it.
fn started(number: usize) -> Cluster {
    let name = format!("cluster-{number:03}");
    let cluster = Cluster::start(&name);
    cluster.create(namespace("istio-system"));
    cluster.create(istiod(&name));
    add_reader(&cluster);
    cluster
}

fn asked_for_little(cluster: &Cluster) {
    let (name, connections) = (cluster.name(), cluster.connections().len());
    assert!(connections <= 2, "{name}: {connections} connections");
    let (requests, writes) = (cluster.requests().len(), writes(cluster).len());
    // One for each other cluster, and one record of who holds this cluster's token.
    assert!(writes <= CLUSTERS, "{name}: {writes} writes");
    assert!(
        requests - writes <= 6,
        "{name}: {}",
        cluster.rendered_requests()
    );
}

fn holds_all(cluster: &Cluster) {
    let secrets = cluster
        .objects()
        .into_iter()
        .filter(|object| object["kind"] == "Secret");
    let held =
        secrets.filter(|secret| secret["metadata"]["labels"]["istio/multiCluster"] == "true");
    assert_eq!(held.count(), CLUSTERS - 1, "{}", cluster.name());
}
