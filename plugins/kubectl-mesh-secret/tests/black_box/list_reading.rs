//! What `list` can read and how: clusters that are dead, closed, empty or named twice, names that are long or hostile, and
//! the requests that it makes.

use std::time::Duration;

use mesh_testkit::embedded::Fault;
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use serde_json::json;
use snapbox::{assert_data_eq, str};

use crate::list::{LIST, check, secret, states, wired};
use crate::support::World;

#[test]
fn long_names_fit_on_a_terminal() {
    let world = wired();
    let arn = |name: &str| format!("arn:aws:eks:eu-west-1:123456789012:cluster/{name}");
    let kubeconfig = Kubeconfig::new()
        .entry(
            &arn("east"),
            world.east.kubeconfig_cluster(),
            world.east.kubeconfig_user(),
        )
        .entry(
            &arn("west"),
            world.west.kubeconfig_cluster(),
            world.west.kubeconfig_user(),
        );
    world.write(&kubeconfig);
    let output = world.run("list --all-contexts --allow-loopback").output();
    assert!(output.stdout.lines().all(|line| line.len() <= 80));
    check(&world, "long_names", &output);
}

#[test]
fn a_dead_cluster_costs_only_its_own_row() {
    let mut world = wired();
    world.west.stop();
    check(&world, "dead", &world.run(LIST).output());
    let json = world.run(&format!("{LIST} -o json")).output();
    assert_eq!(
        (json.code, states(&json)),
        (3, vec!["east west west not-probed".to_owned()])
    );
    let alone = world.run("list --context west").output();
    assert_eq!((alone.code, alone.stdout.as_str()), (2, ""));
}

#[test]
fn what_may_not_be_read_is_skipped_and_not_passed() {
    let world = wired();
    let token = world.east.add_user("narrow", &[]);
    world.east.create(
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "narrow", "namespace": "istio-system"},
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}]}),
    );
    world.east.create(
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "narrow", "namespace": "istio-system"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "narrow"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "narrow"}]}),
    );
    world.write(
        &world
            .kubeconfig()
            .user("narrow", User::new().token(&token))
            .context("narrow", "east", "narrow"),
    );
    check(
        &world,
        "narrow",
        &world.run("list --context narrow --allow-loopback").output(),
    );
}

#[test]
fn nothing_is_said_in_so_many_words_where_there_is_none() {
    let world = World::new();
    check(&world, "none", &world.run("list").output());
    check(&world, "none_json", &world.run("list -o json").output());
}

#[test]
fn a_cluster_is_listed_once_and_a_comma_may_be_in_its_contexts_name() {
    let world = wired();
    world.write(&world.kubeconfig().context("east,again", "east", "east"));
    check(
        &world,
        "two_contexts",
        &world
            .run("list --context east,again --context west,east --allow-loopback")
            .output(),
    );
}

#[test]
fn one_wave_over_one_connection() {
    let world = wired();
    for cluster in [&world.east, &world.west] {
        cluster.inject(Fault::everywhere().latency(Duration::from_millis(30)));
        cluster.clear_recordings();
    }
    world.run(LIST).output().expect_success();
    assert_data_eq!(
        world.east.rendered_requests(),
        str![[r#"
3 GET /api/v1/namespaces/istio-system/secrets?limit=500 200
3 GET /api/v1/namespaces/kube-system 200
3 GET /api/v1/secrets?labelSelector=istio/multiCluster&limit=500 200
3 GET /apis/apps/v1/deployments?labelSelector=app=istiod&limit=500 200

"#]]
    );
    assert_eq!(world.east.connections().len(), 1);
    assert_eq!(
        world.east.rendered_requests(),
        world.west.rendered_requests()
    );
}

#[test]
fn ctrl_c_is_heard_while_clusters_are_read() {
    let world = wired();
    world.west.inject(Fault::everywhere().hang());
    let running = world.run(&format!("{LIST} -v")).spawn();
    running.wait_for_stderr("/api/v1/namespaces/kube-system 200");
    running.interrupt();
    let output = running.wait();
    assert_eq!((output.code, output.stdout.as_str()), (130, ""));
}

#[test]
fn what_a_secret_says_cannot_pass_for_a_row() {
    let world = World::new();
    let cluster = mesh_testkit::kubeconfig::Cluster::new("10.0.0.1:6443;reboot")
        .tls_server_name("x\nwest   ok\u{1b}[2J");
    let kubeconfig = Kubeconfig::single("c", cluster, User::new().token("t"));
    world
        .east
        .create(secret("hostile", "istio-system", "a.b", &kubeconfig));
    for format in ["table", "wide"] {
        let output = world
            .run(&format!("list --context east -o {format}"))
            .output();
        check(&world, &format!("hostile_{format}"), &output);
    }
}
