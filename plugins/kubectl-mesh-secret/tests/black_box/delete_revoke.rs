//! `delete --revoke`: where the token lives, who else holds it, and what keeps it from being ended.

use std::time::Duration;

use mesh_testkit::black_box::{self, Ends, writes};
use mesh_testkit::cases;
use mesh_testkit::condition::wait_until;
use mesh_testkit::embedded::{Cluster, Fault};
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{World, golden_file, namespace, token_from_to};

const REVOKE: &str = "delete west --context east --revoke --yes";
const TOKEN: &str = "istio-reader-service-account-istio-remote-secret-token";

/// Runs one case in worlds of its own.
fn check<E: Ends>(name: &str, arrange: impl Fn(&mut World) -> E) {
    black_box::check(&golden_file("delete_revoke", name), held, arrange);
}

/// East holds a working secret for west.
fn held() -> World {
    let world = World::new();
    give(&world, "east");
    world
}

/// Makes west's secret in this context.
fn give(world: &World, context: &str) {
    world
        .run(&format!(
            "create --context west --name west --allow-loopback --into {context}"
        ))
        .output()
        .expect_success();
}

/// A third cluster, called north.
fn with_north(world: &mut World) -> Cluster {
    let north = Cluster::start("north");
    north.create(namespace("istio-system"));
    let kubeconfig =
        world
            .kubeconfig()
            .entry("north", north.kubeconfig_cluster(), north.kubeconfig_user());
    world.write(&kubeconfig);
    north
}

/// Lets the third cluster live as long as the world, under a name that does not vary.
fn keep(world: &mut World, north: Cluster) {
    let address = north.server_url().trim_start_matches("https://").to_owned();
    world.keep(north, &address, "NORTH");
}

fn copy(from: &Cluster, to: &Cluster, name: &str, namespace: &str) {
    let secret = from
        .get("secrets", "istio-system", "istio-remote-secret-west")
        .unwrap();
    to.create(json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": {"istio/multiCluster": "true"}},
        "data": secret["data"]}));
}

/// East's secret with another token.
fn with_token(world: &World, token: &str) {
    let kubeconfig = Kubeconfig::single(
        "c",
        world.west.kubeconfig_cluster(),
        User::new().token(token),
    );
    world
        .east
        .delete("secrets", "istio-system", "istio-remote-secret-west");
    world.east.create(json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "istio-remote-secret-west", "namespace": "istio-system", "labels": {"istio/multiCluster": "true"}},
        "stringData": {"west": kubeconfig.to_yaml()}}));
}

fn has(cluster: &Cluster, name: &str) -> bool {
    cluster.get("secrets", "istio-system", name).is_some()
}

cases! { check;
    revoked: |world| world.run(REVOKE);
    revoked_output_name: |world| world.run(&format!("{REVOKE} -o name"));
    source_without_revoke: |world| world.run("delete west --context east --yes --remote-context west");
    source_unknown: |world| world.run(&format!("{REVOKE} --remote-context wets"));
    source_named: |world| world.run(&format!("{REVOKE} --remote-context west"));
    source_is_another: |world| world.run(&format!("{REVOKE} --remote-context east"));
    dry_run: |world| world.run("delete west --context east --revoke --dry-run");
    nobody_to_ask: |world| world.run("delete west --context east --revoke");
    answered_yes: |world| {
        let running = world.run("delete west --context east --revoke").at_terminal().spawn();
        running.wait_for_stderr("? [y/N]");
        running.type_in("y\n");
        running
    };
    another_holder: |world| {
        let north = with_north(world);
        give(world, "north");
        keep(world, north);
        world.run(REVOKE)
    };
    both_holders: |world| {
        let north = with_north(world);
        give(world, "north");
        keep(world, north);
        world.run("delete west --context east,north --revoke --yes")
    };
    another_holder_that_needs_its_name: |world| {
        let north = with_north(world);
        let secret = world.east.get("secrets", "istio-system", "istio-remote-secret-west").unwrap();
        let mut data = secret["data"].clone();
        data["south"] = "eA==".into();
        north.create(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "both", "namespace": "istio-system", "labels": {"istio/multiCluster": "true"}},
            "data": data}));
        keep(world, north);
        world.run(REVOKE)
    };
    a_holder_in_another_namespace: |world| {
        world.east.create(namespace("canary"));
        copy(&world.east, &world.east, "istio-remote-secret-west", "canary");
        world.run(REVOKE)
    };
    two_contexts_of_one_cluster: |world| {
        let kubeconfig = world.kubeconfig().context("east-again", "east", "east").context("west-again", "west", "west");
        world.write(&kubeconfig);
        world.run(REVOKE)
    };
    a_dead_context: |world| {
        let mut north = with_north(world);
        north.stop();
        keep(world, north);
        world.run(REVOKE)
    };
    a_broken_context: |world| {
        world.write(&world.kubeconfig().context("broken", "gone", "west"));
        world.run(REVOKE)
    };
    the_source_is_dead: |world| { world.west.stop(); world.run(REVOKE) };
    the_source_is_not_known: |world| {
        let east = Kubeconfig::single("east", world.east.kubeconfig_cluster(), world.east.kubeconfig_user());
        world.write(&east);
        world.run(REVOKE)
    };
    other_namespaces_may_not_be_read: |world| {
        let token = world.east.add_user("narrow", &[]);
        world.east.create(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "metadata": {"name": "narrow", "namespace": "istio-system"},
            "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "delete"]}]}));
        world.east.create(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "narrow", "namespace": "istio-system"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "narrow"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "narrow"}]}));
        let kubeconfig = Kubeconfig::new()
            .entry("east", world.east.kubeconfig_cluster(), User::new().token(&token))
            .entry("west", world.west.kubeconfig_cluster(), world.west.kubeconfig_user());
        world.write(&kubeconfig);
        world.run(REVOKE)
    };
    revoked_before: |world| { world.west.delete("secrets", "istio-system", TOKEN); world.run(REVOKE) };
    the_sources_server_has_another_name: |world| {
        let port = world.west.server_url().rsplit(':').next().unwrap().to_owned();
        let cluster = mesh_testkit::kubeconfig::Cluster::new(&format!("https://localhost:{port}"))
            .ca_pem(&world.west.ca_pem())
            .tls_server_name("127.0.0.1");
        let kubeconfig = Kubeconfig::new()
            .entry("east", world.east.kubeconfig_cluster(), world.east.kubeconfig_user())
            .entry("far", cluster, world.west.kubeconfig_user());
        world.write(&kubeconfig);
        world.run(REVOKE)
    };
    the_same_name_in_another_cluster: |world| {
        let north = with_north(world);
        north.service_account_with_token("istio-system", "istio-reader-service-account", TOKEN);
        world.west.delete("secrets", "istio-system", TOKEN);
        keep(world, north);
        world.run(REVOKE)
    };
    no_token_at_all: |world| {
        let identity = world.west.admin_identity().clone();
        let kubeconfig = Kubeconfig::single("c", world.west.kubeconfig_cluster(), User::new().client_certificate(&identity));
        world.east.edit("secrets", "istio-system", "istio-remote-secret-west", |secret| {
            secret["data"]["west"] = base64(&kubeconfig.to_yaml());
        });
        world.run(REVOKE)
    };
    a_token_without_a_home: |world| { with_token(world, &token_from_to(-60, 3600)); world.run(REVOKE) };
    a_token_of_its_own: |world| {
        world.run("create --context west --name west --allow-loopback --into east --token-duration 1h --for east")
            .output().expect_success();
        world.run(REVOKE)
    };
    a_home_that_holds_other_things: |world| {
        world.run("create --context west --name west --allow-loopback --into east --token-duration 1h --for east")
            .output().expect_success();
        world.west.edit("secrets", "istio-system", "istio-reader-service-account-token-for-east", |secret| {
            secret["data"] = json!({"root-cert.pem": "eA=="});
        });
        world.run(REVOKE)
    };
    revoke_forbidden: |world| { world.west.deny("admin", "delete", "secrets"); world.run(REVOKE) };
    revoke_500: |world| { world.west.inject(on_delete().status(500)); world.run(REVOKE) };
    revoke_reset: |world| { world.west.inject(on_delete().reset()); world.run(REVOKE) };
    revoke_not_after_a_failure: |world| { world.east.inject(on_delete().status(500)); world.run(REVOKE) };
    revoke_not_after_a_reset: |world| { world.east.inject(on_delete().reset()); world.run(REVOKE) };
    nothing_to_revoke: |world| world.run("delete nobody --context east --revoke --yes --ignore-not-found");
}

fn on_delete() -> Fault {
    Fault::on("DELETE", "**")
}

fn base64(text: &str) -> Value {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(text).into()
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.decode(text).unwrap()
}

#[test]
fn what_is_refused_writes_nothing_anywhere() {
    let mut world = held();
    let north = with_north(&mut world);
    give(&world, "north");
    for cluster in [&world.east, &world.west, &north] {
        cluster.clear_recordings();
    }
    world.run(REVOKE).output();
    for cluster in [&world.east, &world.west, &north] {
        assert_eq!(writes(cluster), Vec::<String>::new());
    }
    // With both it is done, and the token is nobody's any more.
    let both = "delete west --context east,north --revoke --yes";
    world.run(both).output().expect_success();
    assert!(!has(&world.west, TOKEN) && !has(&north, "istio-remote-secret-west"));
}

#[test]
fn no_token_is_shown_however_loud_it_gets() {
    let world = held();
    let secret = world.west.get("secrets", "istio-system", TOKEN).unwrap();
    let token = secret["data"]["token"].as_str().unwrap();
    let plain = String::from_utf8(decoded(token)).unwrap();
    let output = world
        .run(&format!("{REVOKE} -vvv"))
        .output()
        .expect_success();
    for text in [&output.stdout, &output.stderr] {
        assert!(!text.contains(&plain) && !text.contains(token));
    }
    assert!(output.stderr.contains("DELETE"), "{}", output.stderr);
}

#[test]
fn ctrl_c_between_the_secrets_and_the_token_leaves_the_token() {
    let world = held();
    world
        .east
        .inject(on_delete().latency(Duration::from_secs(2)));
    let running = world.run(REVOKE).spawn();
    wait_until(Duration::from_secs(20), || {
        let requests = world.east.requests();
        requests
            .iter()
            .any(|request| request.method == "DELETE")
            .then_some(())
    })
    .unwrap();
    running.interrupt();
    let output = running.wait();
    assert_data_eq!(
        world.golden(&output),
        snapbox::Data::read_from(&golden_file("delete_revoke", "ctrl_c"), None)
    );
    assert!(has(&world.west, TOKEN) && !has(&world.east, "istio-remote-secret-west"));
}

#[test]
fn the_secrets_go_before_the_token() {
    let world = held();
    for cluster in [&world.east, &world.west] {
        cluster.clear_recordings();
    }
    world.east.inject(on_delete().status(500));
    world.run(REVOKE).output();
    assert!(has(&world.west, TOKEN));
    assert_eq!(writes(&world.west), Vec::<String>::new());
    world.east.clear_faults();
    world.run(REVOKE).output().expect_success();
    assert!(!has(&world.west, TOKEN));
}

#[test]
fn one_wave_for_secrets_and_one_for_their_home() {
    let world = held();
    for cluster in [&world.east, &world.west] {
        cluster.clear_recordings();
    }
    world.run(REVOKE).output().expect_success();
    assert_data_eq!(
        world.east.rendered_requests(),
        str![[r#"
2 GET /api/v1/secrets?labelSelector=istio/multiCluster&limit=500 200
--
2 GET /api/v1/namespaces/istio-system/secrets/istio-reader-service-account-istio-remote-secret-token 404
--
2 DELETE /api/v1/namespaces/istio-system/secrets/istio-remote-secret-west 200

"#]]
    );
    assert_data_eq!(
        world.west.rendered_requests(),
        str![[r#"
2 GET /api/v1/secrets?labelSelector=istio/multiCluster&limit=500 200
--
2 GET /api/v1/namespaces/istio-system/secrets/istio-reader-service-account-istio-remote-secret-token 200
--
2 POST /apis/authentication.k8s.io/v1/selfsubjectreviews?fieldManager=kubectl-mesh 201
--
2 GET /api/v1/namespaces/istio-system/secrets/istio-reader-service-account-istio-remote-secret-token 200
--
2 DELETE /api/v1/namespaces/istio-system/secrets/istio-reader-service-account-istio-remote-secret-token 200

"#]]
    );
    assert_eq!(
        [
            world.east.connections().len(),
            world.west.connections().len()
        ],
        [1, 1]
    );
}

#[test]
fn every_golden_file_belongs_to_a_case() {
    let names: &[&[&str]] = &[NAMES, &["ctrl_c"]];
    let strays = black_box::strays(&golden_file("delete_revoke", "x"), names);
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn a_context_that_an_earlier_file_hides_may_hold_the_token_too() {
    let world = held();
    let other = world.dir.path().join("other.conf");
    let (cluster, user) = (
        world.west.kubeconfig_cluster(),
        world.west.kubeconfig_user(),
    );
    Kubeconfig::single("east", cluster, user).write(&other);
    let files = format!("{}:{}", world.config().display(), other.display());
    let refused = world.run(REVOKE).env("KUBECONFIG", &files).output();
    let text = &refused.stderr;
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{text}");
    assert!(
        text.contains(
            "context east cannot be read, and a remote secret there may contain the token as well"
        ) && text.contains("is hidden by another context of that name"),
        "{text}"
    );
    assert!(has(&world.east, "istio-remote-secret-west") && has(&world.west, TOKEN));
    // Without a revocation it is one cluster that is skipped.
    let all = world.run("delete west --all-contexts --yes");
    let partial = all.env("KUBECONFIG", &files).output();
    let text = &partial.stderr;
    assert_eq!(partial.code, 3, "{text}");
    assert!(
        text.contains("is hidden by another context of that name")
            && text.contains("; the remote secrets there are not deleted"),
        "{text}"
    );
    assert!(!has(&world.east, "istio-remote-secret-west"));
}
