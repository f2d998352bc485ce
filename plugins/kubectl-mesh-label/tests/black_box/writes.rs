//! What the verbs write, in how many requests, and what a second run leaves alone.

use std::time::Duration;

use mesh_testkit::embedded::{Cluster, Fault};
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{World, namespace, service};
use mesh_testkit::black_box::writes;

/// Delays every request, so that those that are sent together overlap.
fn slow(cluster: &Cluster) {
    cluster.inject(Fault::everywhere().latency(Duration::from_millis(30)));
}

#[test]
fn pairs_are_written_once_and_a_second_run_writes_nothing() {
    let world = World::new();
    let line = "network east=net-a west=net-b";
    let output = world.run(line).output();
    assert_data_eq!(
        world.golden(&output),
        str![[r#"
$ kubectl-mesh_label network east=net-a west=net-b
[stdout]
namespace/istio-system labeled in context east
namespace/istio-system labeled in context west
[exit 0]

"#]]
    );
    assert_eq!(
        World::labels(&world.east)["topology.istio.io/network"],
        "net-a"
    );
    world.east.clear_recordings();
    slow(&world.east);
    let again = world.run(line).output().expect_success();
    assert_eq!(
        again.stdout,
        "namespace/istio-system unchanged in context east\nnamespace/istio-system unchanged in context west\n"
    );
    assert_data_eq!(
        world.east.rendered_requests(),
        str![[r#"
2 GET /api/v1/namespaces/istio-system 200
2 GET /api/v1/namespaces/kube-system 200

"#]]
    );
    assert_eq!(world.east.connections().len(), 1);
}

#[test]
fn one_cluster_costs_one_read_and_one_write() {
    let world = World::new();
    slow(&world.west);
    world.run("network net-a").output().expect_success();
    assert_data_eq!(
        world.west.rendered_requests(),
        str![[r#"
1 GET /api/v1/namespaces/istio-system 200
--
1 PATCH /api/v1/namespaces/istio-system?fieldManager=kubectl-mesh apply 200

"#]]
    );
}

#[test]
fn a_dry_run_writes_nothing() {
    let world = World::new();
    for (mode, suffix) in [
        ("", "dry run"),
        ("=client", "dry run"),
        ("=server", "server dry run"),
    ] {
        let run = world.run(&format!("network net-a --dry-run{mode}"));
        assert_eq!(
            run.output().expect_success().stdout,
            format!("namespace/istio-system labeled in context west ({suffix})\n")
        );
        assert_eq!(
            World::labels(&world.west).get("topology.istio.io/network"),
            None
        );
    }
    assert_eq!(writes(&world.west).len(), 1);
}

#[test]
fn a_missing_namespace_is_made_where_that_was_asked_for() {
    let world = World::bare();
    let output = world
        .run("network net-a --create-namespace")
        .output()
        .expect_success();
    assert_eq!(
        output.stdout,
        "namespace/istio-system created in context west\n"
    );
    assert_eq!(
        World::labels(&world.west)["topology.istio.io/network"],
        "net-a"
    );
}

/// Gives Istio's namespace in west the network `old` as this field manager.
fn labelled(world: &World, manager: &str) {
    world.west.delete("namespaces", "", "istio-system");
    let object = namespace(&json!({"topology.istio.io/network": "old"}));
    world.west.create_as(manager, object);
}

#[test]
fn another_value_is_replaced_and_taken_away() {
    for manager in ["kubectl-label", "kubectl-client-side-apply", "istioctl"] {
        let world = World::new();
        labelled(&world, manager);
        world
            .run("network net-b --overwrite")
            .output()
            .expect_success();
        assert_eq!(
            World::labels(&world.west)["topology.istio.io/network"],
            "net-b"
        );
        let world = World::new();
        labelled(&world, manager);
        let output = world.run("network --remove").output().expect_success();
        assert_eq!(
            output.stdout,
            "namespace/istio-system unlabeled in context west\n"
        );
        assert_eq!(
            World::labels(&world.west).get("topology.istio.io/network"),
            None
        );
        let again = world.run("network --remove").output().expect_success();
        assert_eq!(
            again.stdout,
            "namespace/istio-system unchanged in context west\n"
        );
    }
}

#[test]
fn nothing_is_written_anywhere_where_one_cluster_is_not_as_it_has_to_be() {
    let another_value: fn(&World) = |world| labelled(world, "kubectl-label");
    let no_namespace: fn(&World) = |world| {
        world.west.delete("namespaces", "", "istio-system");
    };
    for arrange in [another_value, no_namespace] {
        let world = World::new();
        arrange(&world);
        for line in [
            "network east=net-a west=net-b",
            "network west=net-b east=net-a",
        ] {
            let output = world.run(line).output();
            assert_eq!(output.code, 2, "{}", output.golden());
            assert_eq!(writes(&world.east), Vec::<String>::new());
        }
    }
}

#[test]
fn network_and_control_plane_leave_each_other_alone() {
    let world = World::new();
    world
        .run("control-plane east,north")
        .output()
        .expect_success();
    world.run("network net-a").output().expect_success();
    let annotations = |cluster: &Cluster| {
        cluster.get("namespaces", "", "istio-system").unwrap()["metadata"]["annotations"].clone()
    };
    let key = "topology.istio.io/controlPlaneClusters";
    assert_eq!(annotations(&world.west)[key], "east,north");
    world.run("network --remove").output().expect_success();
    assert_eq!(annotations(&world.west)[key], "east,north");
    assert_eq!(
        World::labels(&world.west).get("topology.istio.io/network"),
        None
    );
    let output = world
        .run("control-plane --remove")
        .output()
        .expect_success();
    assert_eq!(
        output.stdout,
        "namespace/istio-system no longer annotated in context west\n"
    );
    assert_eq!(annotations(&world.west).get(key), None);
}

#[test]
fn leaders_in_another_order_are_the_same_leaders() {
    let world = World::new();
    world
        .run("control-plane east,north")
        .output()
        .expect_success();
    let again = world
        .run("control-plane north,east")
        .output()
        .expect_success();
    assert_eq!(
        again.stdout,
        "namespace/istio-system unchanged in context west\n"
    );
    let other = world.run("control-plane north").output();
    assert_eq!(other.code, 2, "{}", other.golden());
    assert_eq!(writes(&world.west).len(), 1);
}

#[test]
fn one_cluster_by_two_contexts_is_written_once() {
    let world = World::new();
    world.write(&world.kubeconfig().context("again", "west", "west"));
    let output = world.run("network net-a --context west,again").output();
    assert_data_eq!(
        world.golden(&output),
        str![[r#"
$ kubectl-mesh_label network net-a --context west,again
[stdout]
namespace/istio-system labeled in context west
[stderr]
context again is the same cluster as west and is skipped
[exit 0]

"#]]
    );
    assert_eq!(writes(&world.west).len(), 1);
}

#[test]
fn global_is_written_everywhere_after_every_server_checked_it() {
    let world = World::new();
    for cluster in [&world.east, &world.west] {
        cluster.create(service("web"));
        cluster.create(service("cart"));
        cluster.clear_recordings();
    }
    let line = "global web cart -n shop --context east,west";
    let output = world.run(line).output();
    assert_data_eq!(
        world.golden(&output),
        str![[r#"
$ kubectl-mesh_label global web cart -n shop --context east,west
[stdout]
service/web labeled in namespace shop of context east
service/cart labeled in namespace shop of context east
service/web labeled in namespace shop of context west
service/cart labeled in namespace shop of context west
[exit 0]

"#]]
    );
    assert_eq!(writes(&world.east).len(), 4);
    assert_eq!(
        (global(&world.east), global(&world.west)),
        (json!("true"), json!("true"))
    );
    world.east.clear_recordings();
    let again = world.run(line).output().expect_success();
    assert!(
        again
            .stdout
            .lines()
            .all(|line| line.contains(" unchanged ")),
        "{}",
        again.stdout
    );
    assert_eq!(writes(&world.east), Vec::<String>::new());
    world
        .run("global shop/web --remove --context east,west")
        .output()
        .expect_success();
    assert_eq!(global(&world.east), json!(null));
}

/// The label of the Service web of the namespace shop.
fn global(cluster: &Cluster) -> Value {
    cluster.get("services", "shop", "web").unwrap()["metadata"]["labels"]["istio.io/global"].clone()
}

#[test]
fn global_is_written_nowhere_where_its_service_is_missing_or_has_another_value() {
    type Obstacle = fn(&mut World);
    let obstacles: [(&str, Obstacle); 2] = [
        ("missing", |world| {
            world.west.delete("services", "shop", "web");
        }),
        ("another value", |world| {
            world.west.edit("services", "shop", "web", |web| {
                web["metadata"]["labels"] = json!({"istio.io/global": "false"});
            });
        }),
    ];
    for (name, obstacle) in obstacles {
        let mut world = World::new();
        for cluster in [&world.east, &world.west] {
            cluster.create(service("web"));
        }
        obstacle(&mut world);
        for line in [
            "global shop/web --context east,west",
            "global shop/web --context west,east",
        ] {
            let output = world.run(line).output();
            assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{name}");
            assert_eq!(global(&world.east), json!(null), "{name}");
        }
    }
}

#[test]
fn global_finds_its_service_by_the_name_else_by_n_else_by_the_context() {
    let world = World::new();
    world.west.create(service("web"));
    let context = |namespace| {
        world
            .kubeconfig()
            .context_in("at", "west", "west", namespace)
    };
    for (line, of_context) in [
        ("global web", "shop"),
        ("global web -n shop", "elsewhere"),
        ("global shop/web -n another", "elsewhere"),
    ] {
        world.write(&context(of_context));
        for (line, value) in [
            (line.to_owned(), json!("true")),
            (format!("{line} --remove"), json!(null)),
        ] {
            world
                .run(&format!("{line} --context at"))
                .output()
                .expect_success();
            assert_eq!(global(&world.west), value, "{line}");
        }
    }
}
