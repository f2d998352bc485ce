//! What a cluster is called, where its istiod calls it by a name that is no DNS label, or by none.

use mesh_testkit::embedded::Cluster;
use serde_json::Value;

use crate::support::{NAMESPACE, World, add_reader, decoded, istiod, namespace};

const ARN: &str = "arn:aws:eks:eu-west-1:123456789012:cluster/west";

/// East, west and north, of which west's istiod calls itself so.
fn mesh(west: &str) -> (World, Cluster) {
    let world = World::new();
    let north = Cluster::start("north");
    north.create(namespace(NAMESPACE));
    for cluster in [&world.east, &north] {
        add_reader(cluster);
        cluster.create(istiod(cluster.name()));
    }
    world.west.create(istiod(west));
    let both = world.kubeconfig();
    world.write(&both.entry("north", north.kubeconfig_cluster(), north.kubeconfig_user()));
    (world, north)
}

fn remote_secrets(cluster: &Cluster) -> Vec<Value> {
    let all = cluster.objects().into_iter();
    all.filter(|object| object["metadata"]["labels"]["istio/multiCluster"] == "true")
        .collect()
}

#[test]
fn a_name_that_is_no_label_is_the_key_as_it_stands_of_a_secret_with_a_legal_name() {
    for (id, name) in [
        ("prod.example.com", "istio-remote-secret-prod.example.com"),
        ("Prod-West", "istio-remote-secret-prod-west"),
        ("West_1", "istio-remote-secret-west-1-2efd4bc7"),
    ] {
        let (world, _north) = mesh(id);
        let line = "exchange --context east,west --allow-loopback";
        let output = world.run(line).output().expect_success();
        assert!(!output.stderr.contains("warning"), "{}", output.golden());
        let secret = world.east.get("secrets", NAMESPACE, name).unwrap();
        assert_eq!(
            secret["metadata"]["annotations"]["networking.istio.io/cluster"],
            id
        );
        assert!(decoded(&secret["data"][id]).contains(world.west.server_url()));
        let again = world.run(line).output().expect_success();
        assert_eq!(
            again.stdout.matches(" unchanged ").count(),
            2,
            "{}",
            again.golden()
        );
        // Found by that name again.
        world
            .run(&format!(
                "inspect {id} --context east --probe --allow-loopback"
            ))
            .output()
            .expect_success();
    }
}

#[test]
fn a_name_that_may_be_typed_is_the_one_that_istiod_has() {
    let (world, _north) = mesh("Prod-West");
    let line = "create --context west --name Prod-West --allow-loopback --into east";
    let output = world.run(line).output().expect_success();
    assert!(!output.stderr.contains("warning"), "{}", output.golden());
}

#[test]
fn a_name_that_no_secret_can_have_costs_that_cluster_alone() {
    let (world, north) = mesh(ARN);
    let output = world
        .run("exchange --context east,west,north --allow-loopback")
        .output();
    assert_eq!(output.code, 3, "{}", output.golden());
    for words in [
        ARN,
        "context west",
        "values.global.multiCluster.clusterName",
    ] {
        assert!(output.stderr.contains(words), "{}", output.golden());
    }
    for (cluster, expected) in [(&world.east, 1), (&north, 1), (&world.west, 0)] {
        assert_eq!(
            remote_secrets(cluster).len(),
            expected,
            "{}",
            cluster.name()
        );
    }
    let output = world
        .run("create --context west --allow-loopback --into east")
        .output();
    assert_eq!(output.code, 2, "{}", output.golden());
    assert!(output.stderr.contains(ARN), "{}", output.golden());
}

#[test]
fn two_names_that_come_to_one_secret_do_not_take_it_from_each_other() {
    let (world, _north) = mesh("Prod-West");
    let create = "create --context west --allow-loopback --into east";
    world
        .run("create --context north --name prod-west --allow-loopback --into east")
        .output()
        .expect_success();
    let output = world.run(create).output();
    assert_eq!(output.code, 2, "{}", output.golden());
    assert!(
        output.stderr.contains("gives access to cluster prod-west"),
        "{}",
        output.golden()
    );
}

#[test]
fn an_istiod_without_a_name_is_said_to_have_none() {
    let (world, _north) = mesh("Kubernetes");
    for (more, code) in [("", 0), ("--name west", 0)] {
        let output = world
            .run(&format!(
                "create --context west --allow-loopback --into east {more}"
            ))
            .output();
        assert_eq!(output.code, code, "{}", output.golden());
        for words in [
            "has no name",
            "use the cluster ID Kubernetes",
            "values.global.multiCluster.clusterName",
        ] {
            assert!(
                output.stderr.contains(words),
                "{words}: {}",
                output.golden()
            );
        }
        let name = if more.is_empty() {
            world.west.uid()
        } else {
            "west".to_owned()
        };
        world
            .east
            .delete("secrets", NAMESPACE, &format!("istio-remote-secret-{name}"));
    }
}
