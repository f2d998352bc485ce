//! `exchange`: every ordered pair, a second run that writes nothing, and what a dead cluster costs.

use crate::support::World;
use mesh_testkit::embedded::Cluster;

/// A third cluster beside east and west; each has a namespace for Istio and an istiod that names it.
fn three() -> (World, Cluster) {
    let world = World::new();
    let north = Cluster::start("north");
    north.create(crate::support::namespace("istio-system"));
    for cluster in [&world.east, &world.west, &north] {
        cluster.create(crate::support::istiod(cluster.name()));
    }
    world.write(&world.kubeconfig().entry(
        "north",
        north.kubeconfig_cluster(),
        north.kubeconfig_user(),
    ));
    (world, north)
}

#[test]
fn six_pairs_and_nothing_the_second_time() {
    let (world, north) = three();
    let line = "exchange --context east,west,north --allow-loopback";
    let output = world.run(line).output();
    // What is made in several clusters at once is told in no order.
    snapbox::assert_data_eq!(&output.stdout, snapbox::file!["exchange/six_pairs.txt"]);
    let clusters = [&world.east, &world.west, &north];
    for cluster in clusters {
        cluster.clear_recordings();
    }
    let again = world.run(line).output();
    snapbox::assert_data_eq!(world.golden(&again), snapbox::file!["exchange/again.txt"]);
    for cluster in clusters {
        let requests = cluster.requests();
        assert!(
            requests.iter().all(|request| request.method == "GET"),
            "{}",
            cluster.rendered_requests()
        );
    }
}
