//! Secrets that are there already and may give access to another cluster: a cluster that calls itself by another one's name
//! takes nothing from it, and one that moved is known again.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::command::Output;
use mesh_testkit::condition::wait_until;
use mesh_testkit::embedded::{Cluster, Fault};
use serde_json::{Value, json};

use crate::support::{NAMESPACE, SECRET, World, add_reader, decoded, istiod, namespace};

const READER: &str = "system:serviceaccount:istio-system:istio-reader-service-account";
const CREATE: &str = "create --name west --allow-loopback --into east";

fn secret(holder: &Cluster, name: &str) -> Value {
    holder.get("secrets", NAMESPACE, name).unwrap()
}

/// Changes the kubeconfig that a holder has under `key`.
fn edit(holder: &Cluster, name: &str, key: &str, change: impl Fn(String) -> String) {
    holder.edit("secrets", NAMESPACE, name, |secret| {
        let changed = change(decoded(&secret["data"][key]));
        secret["data"][key] = BASE64_STANDARD.encode(changed).into();
    });
}

/// As a guide leaves a secret: nothing of ours is written down in it.
fn forget_uid(holder: &Cluster, name: &str) {
    holder.edit("secrets", NAMESPACE, name, |secret| {
        let annotations = secret["metadata"]["annotations"].as_object_mut().unwrap();
        annotations
            .remove("mesh.istio-multicluster.dev/remote-uid")
            .unwrap();
    });
}

/// West by another of its names.
fn elsewhere(world: &World) -> String {
    world.west.server_url().replace("127.0.0.1", "localhost")
}

fn refused(output: &Output, words: &[&str]) {
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (2, ""),
        "{}",
        output.golden()
    );
    for word in words {
        assert!(output.stderr.contains(word), "{word}: {}", output.golden());
    }
}

/// East holds a secret for north, and west's istiod claims to be north.
struct Claimed {
    world: World,
    north: Cluster,
}

impl Claimed {
    fn new() -> Self {
        let world = World::new();
        let north = Cluster::start("north");
        north.create(namespace(NAMESPACE));
        add_reader(&north);
        north.create(istiod("north"));
        for (cluster, name) in [(&world.east, "east"), (&world.west, "north")] {
            cluster.create(istiod(name));
        }
        add_reader(&world.east);
        let both = world.kubeconfig();
        world.write(&both.entry(
            "cluster-3",
            north.kubeconfig_cluster(),
            north.kubeconfig_user(),
        ));
        world
            .run("create --context cluster-3 --allow-loopback --into east")
            .output()
            .expect_success();
        Self { world, north }
    }

    fn is_untouched(&self, line: &str, words: &[&str]) {
        let before = secret(&self.world.east, "istio-remote-secret-north");
        for cluster in [&self.world.east, &self.world.west] {
            cluster.clear_recordings();
        }
        refused(&self.world.run(line).output(), words);
        assert_eq!(
            secret(&self.world.east, "istio-remote-secret-north"),
            before,
            "{line}"
        );
        for cluster in [&self.world.east, &self.world.west] {
            let requests = cluster.rendered_requests();
            assert!(
                !requests.contains("PATCH") && !requests.contains("POST"),
                "{requests}"
            );
        }
    }
}

#[test]
fn a_cluster_that_calls_itself_by_anothers_name_does_not_get_its_secret_replaced() {
    let scene = Claimed::new();
    let addresses = [scene.world.west.server_url(), scene.north.server_url()];
    let both = [
        &[
            "istio-remote-secret-north in context east",
            "context west",
            "--replace",
        ],
        addresses.as_slice(),
    ]
    .concat();
    let exchange = "exchange --context east,west --allow-loopback";
    let create = "create --context west --allow-loopback --into east";
    for line in [exchange, create] {
        scene.is_untouched(line, &both);
        // A name that the operator gives does not make it the same cluster.
        let name = if line == create {
            "north"
        } else {
            "west=north"
        };
        scene.is_untouched(&format!("{line} --name {name}"), &both);
        scene.is_untouched(&format!("{line} --force-conflicts"), &both);
    }
    scene
        .world
        .run(&format!("{exchange} --replace"))
        .output()
        .expect_success();
    let replaced =
        decoded(&secret(&scene.world.east, "istio-remote-secret-north")["data"]["north"]);
    assert!(replaced.contains(scene.world.west.server_url()));
}

#[test]
fn a_cluster_that_copies_all_that_another_one_says_of_itself_still_needs_the_operators_word() {
    let scene = Claimed::new();
    let east = &scene.world.east;
    // It has north's UID, since it reads north.
    let uid = scene.world.west.uid();
    east.edit(
        "secrets",
        NAMESPACE,
        "istio-remote-secret-north",
        |secret| {
            secret["metadata"]["annotations"]["mesh.istio-multicluster.dev/remote-uid"] =
                uid.clone().into();
        },
    );
    scene.is_untouched(
        "exchange --context east,west --allow-loopback",
        &[
            "nobody but that cluster itself",
            "hint: add --name west=north",
        ],
    );
    let line = "exchange --context east,west --allow-loopback --name west=north";
    scene.world.run(line).output().expect_success();
}

#[test]
fn a_name_that_another_context_has_is_not_taken_on_a_clusters_word() {
    let world = World::new();
    world.west.create(istiod("north"));
    world.east.create(istiod("east"));
    add_reader(&world.east);
    let north = Cluster::start("north");
    let both = world.kubeconfig();
    world.write(&both.entry("north", north.kubeconfig_cluster(), north.kubeconfig_user()));
    for (line, named) in [
        (
            "exchange --context east,west --allow-loopback",
            "--name west=north",
        ),
        (
            "create --context west --allow-loopback --into east",
            "--name north",
        ),
    ] {
        let output = world.run(line).output();
        refused(
            &output,
            &[
                "context west",
                north.server_url(),
                &format!("hint: add {named}"),
            ],
        );
        world
            .run(&format!("{line} {named}"))
            .output()
            .expect_success();
    }
}

#[test]
fn a_cluster_whose_address_changed_is_known_again() {
    let world = World::new();
    let moved = format!("{CREATE} --server {}", elsewhere(&world));
    // By its UID, by the token that it shares, and by asking it with the secret that is there.
    let ways: [fn(&World); 3] = [
        |_| {},
        |world| forget_uid(&world.east, SECRET),
        |world| {
            world
                .run(&format!("{CREATE} --token-duration 1h"))
                .output()
                .expect_success();
            forget_uid(&world.east, SECRET);
        },
    ];
    for way in ways {
        world.run(CREATE).output().expect_success();
        way(&world);
        let output = world.run(&moved).output().expect_success();
        assert_eq!(
            output.stdout,
            format!("secret/{SECRET} configured in context east\n")
        );
        let kubeconfig = decoded(&secret(&world.east, SECRET)["data"]["west"]);
        assert!(kubeconfig.contains(&elsewhere(&world)), "{kubeconfig}");
        world.east.delete("secrets", NAMESPACE, SECRET);
    }
}

#[test]
fn a_cluster_whose_ca_changed_is_known_again_and_a_rebuilt_one_is_another() {
    let world = World::new();
    let north = Cluster::start("north");
    let foreign = BASE64_STANDARD.encode(north.ca_pem());
    let with_foreign_ca = |kubeconfig: String| {
        let (before, rest) = kubeconfig
            .split_once("certificate-authority-data: ")
            .unwrap();
        let (_, after) = rest.split_once('\n').unwrap();
        format!("{before}certificate-authority-data: {foreign}\n{after}")
    };
    world.run(CREATE).output().expect_success();
    edit(&world.east, SECRET, "west", with_foreign_ca);
    let output = world.run(CREATE).output().expect_success();
    assert_eq!(
        output.stdout,
        format!("secret/{SECRET} configured in context east\n")
    );

    // Behind the same address stands another cluster.
    world.east.edit("secrets", NAMESPACE, SECRET, |secret| {
        secret["metadata"]["annotations"]["mesh.istio-multicluster.dev/remote-uid"] =
            "before".into();
    });
    refused(&world.run(CREATE).output(), &["UID before", "--replace"]);
    world
        .run(&format!("{CREATE} --replace"))
        .output()
        .expect_success();

    // Nothing is left that tells.
    world
        .run(&format!("{CREATE} --token-duration 1h"))
        .output()
        .expect_success();
    edit(&world.east, SECRET, "west", with_foreign_ca);
    forget_uid(&world.east, SECRET);
    refused(
        &world.run(CREATE).output(),
        &["nothing tells that both are one cluster", "--replace"],
    );
}

#[test]
fn a_secret_that_changes_between_the_check_and_the_write_is_not_taken_over() {
    let world = World::new();
    world.east.create_as(
        "istioctl",
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET, "namespace": NAMESPACE,
            "labels": {"istio/multiCluster": "true"}}, "data": {"west": ""}}),
    );
    world.west.inject(
        Fault::everywhere()
            .user(READER)
            .latency(Duration::from_secs(3)),
    );
    world.east.clear_recordings();
    let running = world.run(CREATE).spawn();
    let seen = wait_until(Duration::from_secs(20), || {
        let requests = world.east.rendered_requests();
        requests
            .contains("labelSelector=istio/multiCluster=true")
            .then_some(())
    });
    assert!(seen.is_some());
    world.east.edit("secrets", NAMESPACE, SECRET, |secret| {
        secret["data"]["west"] = BASE64_STANDARD.encode("somebody's").into();
    });
    let output = running.wait();
    assert_eq!(output.code, 2, "{}", output.golden());
    assert!(
        output.stderr.contains("hint: run the same command again"),
        "{}",
        output.golden()
    );
    assert_eq!(
        decoded(&secret(&world.east, SECRET)["data"]["west"]),
        "somebody's"
    );
}

#[test]
fn a_cluster_that_the_holder_knows_by_another_name_gets_no_second_secret() {
    let world = World::new();
    add_reader(&world.east);
    for cluster in [&world.east, &world.west] {
        cluster.create(istiod(cluster.name()));
    }
    world
        .run("create --name cluster-west --allow-loopback --into east")
        .output()
        .expect_success();
    world.east.clear_recordings();
    let words = [
        "istio-remote-secret-cluster-west in context east",
        "context west",
        "cluster-west",
        "hint: kubectl mesh-secret delete secret/istio-remote-secret-cluster-west --context east",
    ];
    for line in [CREATE, "exchange --context east,west --allow-loopback"] {
        // By its UID, its address, and its token.
        refused(&world.run(line).output(), &words);
    }
    forget_uid(&world.east, "istio-remote-secret-cluster-west");
    refused(&world.run(CREATE).output(), &words);
    edit(
        &world.east,
        "istio-remote-secret-cluster-west",
        "cluster-west",
        |text| text.replace("127.0.0.1", "localhost"),
    );
    refused(&world.run(CREATE).output(), &words);
    let requests = world.east.rendered_requests();
    assert!(!requests.contains("PATCH"), "{requests}");
    // What the hint says makes way.
    world
        .east
        .delete("secrets", NAMESPACE, "istio-remote-secret-cluster-west");
    world.run(CREATE).output().expect_success();
}

#[test]
fn a_secret_that_gives_access_to_other_clusters_too_is_not_deleted_by_a_hint() {
    let world = World::new();
    world
        .run("create --name cluster-west --allow-loopback --into east")
        .output()
        .expect_success();
    world.east.edit(
        "secrets",
        NAMESPACE,
        "istio-remote-secret-cluster-west",
        |secret| secret["data"]["north"] = BASE64_STANDARD.encode("north's").into(),
    );
    let words = "hint: remove data key cluster-west from secret istio-remote-secret-cluster-west in context east, which has other keys";
    let output = world.run(CREATE).output();
    refused(&output, &[words]);
    assert!(!output.stderr.contains("mesh-secret delete"));
}
