//! How many connections and requests each command makes, and in which waves. Every request is delayed, so that those
//! that are sent together overlap.

use std::time::Duration;

use mesh_testkit::embedded::{Cluster, Fault};
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use snapbox::{assert_data_eq, str};

use crate::support::World;

fn slow(world: &World) {
    for cluster in [&world.west, &world.east] {
        cluster.inject(Fault::everywhere().latency(Duration::from_millis(30)));
        cluster.clear_recordings();
    }
}

fn connections(cluster: &Cluster) -> usize {
    cluster.connections().len()
}

#[test]
fn a_token_that_is_there_costs_one_wave_and_one_try_out_over_one_connection() {
    let world = World::new();
    slow(&world);
    world
        .run("create --name west --allow-loopback")
        .manifest_requested()
        .output()
        .expect_success();
    assert_data_eq!(
        world.west.rendered_requests(),
        str![[r#"
1 GET /api/v1/namespaces/istio-system/secrets/istio-reader-service-account-istio-remote-secret-token 200
1 GET /api/v1/namespaces/kube-system 200
1 GET /apis/apps/v1/namespaces/istio-system/deployments?labelSelector=app=istiod&limit=500 200
--
1 GET /api/v1/namespaces/kube-system 200

"#]]
    );
    assert_eq!(connections(&world.west), 1);
}

#[test]
fn a_context_with_a_client_certificate_needs_a_second_connection_for_the_try_out() {
    let world = World::new();
    let user = User::new().client_certificate(world.west.admin_identity());
    world.write(&Kubeconfig::single(
        "west",
        world.west.kubeconfig_cluster(),
        user,
    ));
    slow(&world);
    world
        .run("create --name west --allow-loopback")
        .manifest_requested()
        .output()
        .expect_success();
    let requests = world.west.requests();
    assert_eq!((requests.len(), connections(&world.west)), (4, 2));
    assert_eq!(
        requests[3].user,
        "system:serviceaccount:istio-system:istio-reader-service-account"
    );
}

#[test]
fn a_server_without_h2_is_served_too() {
    let world = World::of(
        Cluster::start("east"),
        Cluster::builder("west").http1_only().start(),
    );
    world.west.create(crate::support::namespace("istio-system"));
    world.add_reader();
    slow(&world);
    world
        .run("create --name west --allow-loopback")
        .manifest_requested()
        .output()
        .expect_success();
    assert_eq!(world.west.requests().len(), 4);
    assert!(
        world
            .west
            .connections()
            .iter()
            .all(|connection| connection.alpn == "http/1.1")
    );
}

#[test]
fn without_the_try_out_nothing_is_asked_twice() {
    let world = World::new();
    slow(&world);
    world
        .run("create --name west --allow-loopback --no-verify")
        .manifest_requested()
        .output()
        .expect_success();
    assert_data_eq!(
        world.west.rendered_requests(),
        str![[r#"
1 GET /api/v1/namespaces/istio-system/secrets/istio-reader-service-account-istio-remote-secret-token 200
1 GET /apis/apps/v1/namespaces/istio-system/deployments?labelSelector=app=istiod&limit=500 200

"#]]
    );
}

#[test]
fn an_empty_cluster_is_read_in_two_waves_and_its_token_is_watched() {
    let world = World::bare();
    slow(&world);
    world
        .run("create --name west --allow-loopback")
        .manifest_requested()
        .output()
        .expect_success();
    let text = world.west.rendered_requests();
    let lists: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("/secrets?") && !line.contains("watch="))
        .collect();
    assert!(
        lists
            .iter()
            .all(|line| line.contains("fieldSelector=type=kubernetes.io/service-account-token")),
        "{text}"
    );
    let gets = text
        .lines()
        .filter(|line| line.contains("GET") && line.contains("-istio-remote-secret-token 200"))
        .count();
    assert_eq!(gets, 0, "the token Secret is watched, not polled\n{text}");
    assert_data_eq!(
        without_versions(&text),
        snapbox::file!["budget/from_nothing.txt"]
    );
    assert_eq!(connections(&world.west), 1);
}

/// The watch starts at a version that depends on how much the cluster made before.
fn without_versions(text: &str) -> String {
    let mut parts = text.split("resourceVersion=");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + "resourceVersion=[N]" + part.trim_start_matches(|c: char| c.is_ascii_digit())
    })
}

#[test]
fn a_second_run_writes_nothing_anywhere() {
    let world = World::bare();
    world.east.create(crate::support::namespace("istio-system"));
    let line = "create --name west --allow-loopback --into east";
    world.run(line).output().expect_success();
    slow(&world);
    let again = world.run(line).output().expect_success();
    assert_eq!(
        again.stdout,
        "secret/istio-remote-secret-west unchanged in context east\n"
    );
    for cluster in [&world.east, &world.west] {
        let writes: Vec<String> = cluster
            .requests()
            .iter()
            .filter(|r| r.method != "GET")
            .map(ToString::to_string)
            .collect();
        assert_eq!(writes, Vec::<String>::new());
        assert_eq!(connections(cluster), 1);
    }
    assert_data_eq!(
        world.east.rendered_requests(),
        str![[r#"
2 GET /api/v1/namespaces/istio-system 200
2 GET /api/v1/namespaces/istio-system/secrets/istio-remote-secret-west 200
2 GET /api/v1/namespaces/istio-system/secrets?labelSelector=istio/multiCluster=true&limit=500 200
2 GET /api/v1/namespaces/kube-system 200
2 GET /apis/apps/v1/namespaces/istio-system/deployments?labelSelector=app=istiod&limit=500 200

"#]]
    );
}

#[test]
fn inspect_reads_a_holder_in_one_wave() {
    let world = World::new();
    world
        .run("create --name west --allow-loopback --into east")
        .output()
        .expect_success();
    slow(&world);
    world
        .run("inspect --context east --fail-on never")
        .output()
        .expect_success();
    assert_data_eq!(
        world.east.rendered_requests(),
        str![[r#"
2 GET /api/v1/namespaces/istio-system/secrets?labelSelector=istio/multiCluster=true&limit=500 200
2 GET /api/v1/namespaces/kube-system 200
2 GET /apis/apps/v1/namespaces/istio-system/deployments?labelSelector=app=istiod&limit=500 200

"#]]
    );
    assert_eq!(
        (world.west.requests().len(), connections(&world.east)),
        (0, 1)
    );
}
