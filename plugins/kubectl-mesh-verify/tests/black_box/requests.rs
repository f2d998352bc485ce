//! What is asked of the clusters: each wave once, and each distinct credential once.

use std::collections::BTreeMap;

use mesh_testkit::black_box::writes;
use mesh_testkit::command::Run;
use mesh_testkit::embedded::Cluster;
use snapbox::{Data, assert_data_eq};

use crate::scene::{Scene, golden_file};

fn asked(scene: &Scene, run: Run) -> String {
    run.output();
    let of = |cluster: &Cluster| {
        // The requests of one wave come in any order.
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for request in cluster.requests() {
            *counts.entry(request.to_string()).or_default() += 1;
        }
        let lines = counts
            .iter()
            .map(|(request, count)| format!("{count} × {request}\n"));
        format!("=== {}\n{}", cluster.name(), lines.collect::<String>())
    };
    scene.steady(&(of(&scene.east) + &of(&scene.west)))
}

#[test]
fn the_requests_of_a_mesh_of_two_are_these() {
    let scene = Scene::healthy();
    let asked = asked(&scene, scene.verify("--context east,west"));
    assert_data_eq!(
        asked,
        Data::read_from(&golden_file("requests", "two"), None)
    );
    for cluster in [&scene.east, &scene.west] {
        assert_eq!(writes(cluster), Vec::<String>::new());
        // The administrator's connection, the one to istiod's port, and that of the other cluster's credential.
        assert_eq!(cluster.connections().len(), 3, "{}", cluster.name());
    }
}

#[test]
fn the_current_context_leads_to_the_same_requests() {
    let [named, found] = ["--context west,east", ""].map(|line| {
        let scene = Scene::healthy();
        let asked = asked(&scene, scene.verify(line));
        let mut lines: Vec<String> = asked.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    });
    assert_eq!(named, found);
}
