//! What `inspect` says of good and bad secrets, in every format, with and without using them.

use mesh_testkit::command::Output;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use serde_json::{Value, json};
use snapbox::{Data, assert_data_eq};

use crate::support::{World, golden_file, istiod};

fn check(world: &World, name: &str, output: &Output) {
    assert_data_eq!(
        world.golden(output),
        Data::read_from(&golden_file("inspect", name), None)
    );
}

/// East holds a secret for west that works.
fn wired() -> World {
    let world = World::new();
    world
        .run("create --name west --allow-loopback --into east")
        .output()
        .expect_success();
    world
}

fn findings(output: &Output) -> Vec<String> {
    let report: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{}", output.golden()));
    let mut ids = Vec::new();
    for item in report["items"].as_array().unwrap() {
        let of_clusters = item["clusters"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|c| c["findings"].as_array().unwrap());
        for finding in item["findings"]
            .as_array()
            .unwrap()
            .iter()
            .chain(of_clusters)
        {
            ids.push(format!(
                "{} {}",
                finding["severity"].as_str().unwrap(),
                finding["id"].as_str().unwrap()
            ));
        }
    }
    // Everything here runs on loopback, which is a finding of its own.
    ids.retain(|id| id != "error secret-server-loopback");
    ids
}

fn probe(world: &World) -> Output {
    world.run("inspect --context east --probe -o json").output()
}

#[test]
fn a_secret_that_works() {
    let world = wired();
    check(
        &world,
        "table",
        &world.run("inspect --context east").output(),
    );
    check(
        &world,
        "probe_wide",
        &world
            .run("inspect west --context east --probe -o wide")
            .output(),
    );
    check(
        &world,
        "json",
        &world.run("inspect --context east -o json").output(),
    );
    check(
        &world,
        "yaml",
        &world.run("inspect --context east -o yaml").output(),
    );
    check(
        &world,
        "name",
        &world
            .run("inspect --context east -o name --fail-on never")
            .output(),
    );
    check(
        &world,
        "healthy",
        &world
            .run("inspect --context east --probe --allow-loopback")
            .output(),
    );
    let path = "-o jsonpath={.items[*].clusters[*].access.server}";
    check(
        &world,
        "jsonpath",
        &world
            .run(&format!("inspect --context east {path}"))
            .output(),
    );
    assert_eq!(findings(&probe(&world)), ["info secret-token-expiry"]);
}

#[test]
fn a_manifest_from_a_pipe_needs_no_cluster_and_no_kubeconfig() {
    let world = World::new();
    let manifest = world
        .run("create --name west --allow-loopback")
        .manifest_requested()
        .output()
        .expect_success();
    let output = world
        .run("inspect -f - --fail-on never")
        .env("KUBECONFIG", "")
        .stdin(manifest.stdout)
        .output();
    assert_eq!(output.code, 0);
    check(&world, "pipe", &output);
}

#[test]
fn nothing_shows_the_token_unless_it_is_asked_for() {
    let world = wired();
    let secret = world.west.get(
        "secrets",
        "istio-system",
        "istio-reader-service-account-istio-remote-secret-token",
    );
    let secret: k8s_openapi::api::core::v1::Secret =
        serde_json::from_value(secret.unwrap()).unwrap();
    let token = String::from_utf8(secret.data.unwrap()["token"].0.clone()).unwrap();
    for format in ["table", "wide", "json", "yaml"] {
        let output = world
            .run(&format!("inspect --context east --probe -o {format} -vvv"))
            .output();
        assert!(
            !output.stdout.contains(&token) && !output.stderr.contains(&token),
            "{format}"
        );
    }
    let revealed = world
        .run("inspect --context east --reveal")
        .manifest_requested()
        .output();
    assert!(revealed.stdout.contains(&token));
}

#[test]
fn the_probe_tells_apart_what_is_wrong() {
    let mut world = wired();
    world.west.delete(
        "clusterrolebindings",
        "",
        "istio-reader-clusterrole-istio-system",
    );
    let forbidden = probe(&world);
    assert_eq!(
        findings(&forbidden),
        ["info secret-token-expiry", "error secret-rbac"]
    );
    check(
        &world,
        "forbidden",
        &world.run("inspect --context east --probe").output(),
    );

    world.west.delete(
        "secrets",
        "istio-system",
        "istio-reader-service-account-istio-remote-secret-token",
    );
    assert_eq!(
        findings(&probe(&world)),
        ["info secret-token-expiry", "error secret-token-invalid"]
    );

    world.west.show_foreign_certificate();
    assert_eq!(
        findings(&probe(&world)),
        ["info secret-token-expiry", "error secret-ca-mismatch"]
    );
    check(
        &world,
        "foreign_certificate",
        &world.run("inspect --context east --probe").output(),
    );

    world.west.stop();
    assert_eq!(
        findings(&probe(&world)),
        [
            "info secret-token-expiry",
            "error secret-server-unreachable"
        ]
    );
}

#[test]
fn more_rights_than_the_chart_gives_are_a_warning() {
    let world = wired();
    world.west.create(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "too-much"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "istio-reader-service-account", "namespace": "istio-system"}]}));
    assert_eq!(
        findings(&probe(&world)),
        ["info secret-token-expiry", "warning secret-rbac"]
    );
}

#[test]
fn another_cluster_than_the_context_says_is_the_wrong_one() {
    let world = wired();
    let third = Cluster::start("third");
    let kubeconfig =
        world
            .kubeconfig()
            .entry("third", third.kubeconfig_cluster(), third.kubeconfig_user());
    world.write(&kubeconfig);
    let output = world
        .run("inspect --context east --probe --remote-context third -o json")
        .output();
    assert_eq!(
        findings(&output),
        ["error secret-wrong-cluster", "info secret-token-expiry"]
    );
}

#[test]
fn a_source_that_no_context_knows_is_skipped_and_not_passed() {
    let world = wired();
    world.write(&Kubeconfig::single(
        "east",
        world.east.kubeconfig_cluster(),
        world.east.kubeconfig_user(),
    ));
    let output = world.run("inspect --probe -o json").output();
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        report["items"][0]["clusters"][0]["probe"]["rightCluster"]["result"],
        "skipped"
    );
}

#[test]
fn a_secret_that_leads_home_is_found() {
    let world = wired();
    world.east.create(istiod("west"));
    assert_eq!(
        findings(&probe(&world)),
        ["error secret-self", "info secret-token-expiry"]
    );
    // Whatever the cluster's own istiod calls it.
    world.west.create(istiod("elsewhere"));
    assert_eq!(
        findings(&probe(&world)),
        ["error secret-self", "info secret-token-expiry"]
    );
}

#[test]
fn what_istiod_drops_without_a_word_is_an_error() {
    let world = wired();
    let secret = world
        .east
        .get("secrets", "istio-system", "istio-remote-secret-west")
        .unwrap();
    world.east.create(json!({"apiVersion": "v1", "kind": "Secret", "data": secret["data"],
        "metadata": {"name": "twin", "namespace": "istio-system", "labels": {"istio/multiCluster": "true"}}}));
    world.east.edit(
        "secrets",
        "istio-system",
        "istio-remote-secret-west",
        |secret| {
            secret["metadata"]["labels"]["istio/multiCluster"] = "True".into();
        },
    );
    check(
        &world,
        "dropped",
        &world
            .run("inspect istio-remote-secret-west twin --context east")
            .output(),
    );
}

#[test]
fn a_token_near_its_end_is_a_warning_and_an_expired_one_an_error() {
    let world = World::new();
    let line = "create --name west --allow-loopback --token-duration 10h --for east --into east";
    world.run(line).output().expect_success();
    assert_eq!(findings(&probe(&world)), Vec::<String>::new());
    check(
        &world,
        "bound",
        &world.run("inspect --context east").output(),
    );
}

#[test]
fn two_contexts_of_one_cluster_are_read_once() {
    let world = wired();
    world.write(&world.kubeconfig().context("east-again", "east", "east"));
    check(
        &world,
        "two_contexts",
        &world
            .run("inspect --context east,east-again -o name --fail-on never")
            .output(),
    );
    check(
        &world,
        "all_contexts",
        &world
            .run("inspect --all-contexts -o name --fail-on never")
            .output(),
    );
}

#[test]
fn ways_to_authenticate_that_istiod_denies() {
    let world = World::new();
    let user = User::new().token_file(std::path::Path::new("/var/run/token"));
    let kubeconfig = Kubeconfig::single("west", world.west.kubeconfig_cluster(), user).to_yaml();
    let secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "istio-remote-secret-west", "labels": {"istio/multiCluster": "true"}},
        "stringData": {"west": kubeconfig}});
    check(
        &world,
        "denied",
        &world.run("inspect -f -").stdin(secret.to_string()).output(),
    );
}

#[test]
fn a_context_that_cannot_be_read_costs_only_itself() {
    let world = wired();
    world.write(&world.kubeconfig().context("broken", "gone", "west"));
    world.west.deny("admin", "list", "secrets");
    check(
        &world,
        "some_unread",
        &world
            .run("inspect --all-contexts --allow-loopback")
            .output(),
    );
}

#[test]
fn a_name_that_no_context_holds_is_not_there() {
    let output = wired().run("inspect south --context east,west").output();
    assert_eq!(output.code, 2, "{}", output.golden());
    assert!(output.stderr.contains("no remote secret south"));
}

#[test]
fn what_a_secret_says_cannot_pass_for_the_report_nor_for_a_command() {
    let world = World::new();
    let cluster = mesh_testkit::kubeconfig::Cluster::new("10.0.0.1:6443;reboot")
        .tls_server_name("x\n  istiod    accepts the kubeconfig\u{1b}[2J");
    let kubeconfig = Kubeconfig::single("c", cluster, User::new().token("t")).to_yaml();
    let secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "a\nsecret/b", "labels": {"istio/multiCluster": "true"}},
        "stringData": {"west; reboot": kubeconfig}});
    check(
        &world,
        "hostile",
        &world.run("inspect -f -").stdin(secret.to_string()).output(),
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_is_heard_while_a_manifest_is_waited_for() {
    let world = World::new();
    let pipe = world.dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let running = world.run("inspect -f pipe").spawn();
    // Opening it for writing waits until the plugin reads.
    let _writer = std::fs::File::create(&pipe).unwrap();
    running.interrupt();
    assert_eq!(running.wait().code, 130);
}
