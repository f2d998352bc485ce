//! Several holders at once: what is shared, what is checked first, and what one of them costs the others.

use mesh_testkit::embedded::{Cluster, Fault};
use snapbox::{assert_data_eq, str};

use crate::support::World;

/// A third cluster beside east and west, with the Istio namespace.
fn with_third(world: &World) -> Cluster {
    let third = Cluster::start("third");
    third.create(crate::support::namespace("istio-system"));
    world.write(&world.kubeconfig().entry(
        "third",
        third.kubeconfig_cluster(),
        third.kubeconfig_user(),
    ));
    third
}

#[test]
fn all_holders_share_one_token_and_one_try_out() {
    let world = World::new();
    let third = with_third(&world);
    let output = world
        .run("create --name west --allow-loopback --into east,third")
        .output();
    assert_data_eq!(
        world.golden(&output),
        str![[r#"
$ kubectl-mesh_secret create --name west --allow-loopback --into east,third
[stdout]
secret/istio-remote-secret-west created in context east
secret/istio-remote-secret-west created in context third
[stderr]
secret/istio-reader-service-account-istio-remote-secret-token annotated in context west
[exit 0]

"#]]
    );
    let of = |cluster: &Cluster| {
        cluster
            .get("secrets", "istio-system", "istio-remote-secret-west")
            .unwrap()["data"]
            .clone()
    };
    assert_eq!(of(&world.east), of(&third));
    // One of them records who holds the token.
    assert_eq!(
        world.west.requests().len(),
        5,
        "{}",
        world.west.rendered_requests()
    );
}

#[test]
fn each_holder_gets_a_token_of_its_own_where_tokens_end() {
    let world = World::new();
    let third = with_third(&world);
    let output = world
        .run("create --name west --allow-loopback --into east,third --token-duration 2h")
        .output();
    assert_data_eq!(
        world.golden(&output),
        str![[r#"
$ kubectl-mesh_secret create --name west --allow-loopback --into east,third --token-duration 2h
[stdout]
secret/istio-remote-secret-west created in context east
secret/istio-remote-secret-west created in context third
[stderr]
token bound to secret/istio-reader-service-account-token-for-east in context west expires at [TIME]: deleting the Secret revokes it
token bound to secret/istio-reader-service-account-token-for-third in context west expires at [TIME]: deleting the Secret revokes it
[exit 0]

"#]]
    );
    let of = |cluster: &Cluster| {
        cluster
            .get("secrets", "istio-system", "istio-remote-secret-west")
            .unwrap()["data"]
            .clone()
    };
    assert_ne!(of(&world.east), of(&third));
}

#[test]
fn a_dead_holder_costs_only_itself() {
    let world = World::new();
    let mut third = with_third(&world);
    third.stop();
    let output = world
        .run("create --name west --allow-loopback --into east,third")
        .output();
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (
            3,
            "secret/istio-remote-secret-west created in context east\n"
        )
    );
    assert!(
        output.stderr.contains("third")
            && output.stderr.contains("the secret was not applied there"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_holder_that_breaks_off_while_it_is_written_costs_only_itself() {
    let world = World::new();
    let third = with_third(&world);
    third.inject(Fault::on("PATCH", "**").reset());
    let output = world
        .run("create --name west --allow-loopback --into east,third")
        .output();
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (
            3,
            "secret/istio-remote-secret-west created in context east\n"
        )
    );
    third.clear_faults();
    let again = world
        .run("create --name west --allow-loopback --into east,third")
        .output()
        .expect_success();
    assert_data_eq!(
        again.stdout,
        str![[r#"
secret/istio-remote-secret-west unchanged in context east
secret/istio-remote-secret-west created in context third

"#]]
    );
}

#[test]
fn a_strangers_secret_in_one_holder_keeps_all_from_being_written() {
    let world = World::new();
    let third = with_third(&world);
    third.create_as(
        "argocd-controller",
        serde_json::json!({"apiVersion": "v1", "kind": "Secret", "data": {"west": "eA=="},
            "metadata": {"name": "istio-remote-secret-west", "namespace": "istio-system",
                "labels": {"istio/multiCluster": "true"}}}),
    );
    let output = world
        .run("create --name west --allow-loopback --into east,third")
        .output();
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    assert!(
        world
            .east
            .get("secrets", "istio-system", "istio-remote-secret-west")
            .is_none()
    );
    assert!(
        output.stderr.contains("belongs to Argo CD"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_it_would() {
    let world = World::bare();
    world.east.create(crate::support::namespace("istio-system"));
    for cluster in [&world.east, &world.west] {
        cluster.clear_recordings();
    }
    let output = world
        .run("create --name west --allow-loopback --into east --dry-run")
        .output();
    assert_data_eq!(
        world.golden(&output),
        str![[r#"
$ kubectl-mesh_secret create --name west --allow-loopback --into east --dry-run
[stdout]
secret/istio-remote-secret-west created in context east (dry run)
[stderr]
namespace/istio-system created in context west (dry run)
serviceaccount/istio-reader-service-account created in context west (dry run)
clusterrole.rbac.authorization.k8s.io/istio-reader-clusterrole-istio-system created in context west (dry run)
clusterrolebinding.rbac.authorization.k8s.io/istio-reader-clusterrole-istio-system created in context west (dry run)
secret/istio-reader-service-account-istio-remote-secret-token created in context west (dry run)
[exit 0]

"#]]
    );
    for cluster in [&world.east, &world.west] {
        assert!(
            cluster
                .requests()
                .iter()
                .all(|request| request.method == "GET")
        );
    }
    world.add_reader();
    let output = world
        .run("create --name west --allow-loopback --into east --dry-run=server")
        .output()
        .expect_success();
    assert_eq!(
        output.stdout,
        "secret/istio-remote-secret-west created in context east (server dry run)\n"
    );
    assert!(
        world
            .east
            .get("secrets", "istio-system", "istio-remote-secret-west")
            .is_none()
    );
}

#[test]
fn the_name_comes_from_the_source_s_own_istiod() {
    let world = World::new();
    world.west.create(crate::support::istiod("west-1"));
    let output = world
        .run("create --allow-loopback -o name")
        .output()
        .expect_success();
    assert_eq!(output.stdout, "secret/istio-remote-secret-west-1\n");
    let other = world
        .run("create --name west --allow-loopback -o name")
        .output()
        .expect_success();
    assert!(
        other
            .stderr
            .starts_with("warning: the cluster ID of the cluster's own istiod is west-1, not west"),
        "{}",
        other.stderr
    );
}

#[test]
fn a_reader_that_lost_its_role_gets_it_back() {
    let world = World::new();
    world.west.delete(
        "clusterrolebindings",
        "",
        "istio-reader-clusterrole-istio-system",
    );
    let output = world
        .run("create --name west --allow-loopback -o name")
        .output();
    assert_data_eq!(
        world.golden(&output),
        str![[r#"
$ kubectl-mesh_secret create --name west --allow-loopback -o name
[stdout]
secret/istio-remote-secret-west
[stderr]
clusterrolebinding.rbac.authorization.k8s.io/istio-reader-clusterrole-istio-system created in context west
[exit 0]

"#]]
    );
}

#[test]
fn a_holder_that_does_not_let_us_in_costs_only_itself() {
    let world = World::new();
    let third = with_third(&world);
    for (verb, left_out) in [
        ("list", "the secret was not applied there"),
        ("patch", "the secret was not applied there"),
    ] {
        third.clear_faults();
        third.inject(
            Fault::on(if verb == "list" { "GET" } else { "PATCH" }, "**/secrets**").status(403),
        );
        let line = "create --name west --allow-loopback --into";
        let output = world.run(&format!("{line} east,third")).output();
        assert_eq!(output.code, 3, "{}", output.golden());
        assert!(output.stderr.contains(left_out), "{}", output.golden());
        let hint = format!("check: kubectl --context third auth can-i {verb} secrets");
        assert!(output.stderr.contains(&hint), "{}", output.golden());
        assert_eq!(output.stdout.lines().count(), 1, "{}", output.golden());
        // Where nothing else was to be done, nothing was done.
        let alone = world.run(&format!("{line} third")).output();
        assert_eq!(alone.code, 2, "{}", alone.golden());
    }
}

#[test]
fn a_closed_pipe_hides_no_failure() {
    let world = World::new();
    let third = with_third(&world);
    third.inject(Fault::on("PATCH", "**").status(500));
    let output = world
        .run("create --name west --allow-loopback --into east,third")
        .stdout_closed()
        .output();
    assert_eq!(output.code, 3, "{}", output.golden());
    assert!(output.stderr.contains("third"), "{}", output.golden());
}

#[test]
fn nothing_is_minted_for_a_holder_that_will_not_have_it() {
    let world = World::new();
    let secret = serde_json::json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "istio-remote-secret-west", "namespace": "istio-system"},
        "data": {"west": "eA=="}});
    world.east.create_as("argocd-controller", secret);
    let output = world
        .run("create --name west --allow-loopback --into east --token-duration 1h")
        .output();
    assert_eq!(output.code, 2, "{}", output.golden());
    assert!(
        output.stderr.contains("belongs to Argo CD"),
        "{}",
        output.golden()
    );
    let requests = world.west.rendered_requests();
    assert!(
        !requests.contains("POST") && !requests.contains("PATCH"),
        "{requests}"
    );
}

#[test]
fn a_server_that_merely_breaks_off_is_no_reason_to_trust_another() {
    let world = World::new();
    let cluster =
        mesh_testkit::kubeconfig::Cluster::new(world.west.server_url()).insecure_skip_tls_verify();
    world.write(&mesh_testkit::kubeconfig::Kubeconfig::single(
        "west",
        cluster,
        world.west.kubeconfig_user(),
    ));
    // The first try of the secret breaks off, and so does its repetition.
    world.west.inject(
        Fault::everywhere()
            .user("system:serviceaccount:istio-system:istio-reader-service-account")
            .times(2)
            .reset(),
    );
    let output = world.run("create --name west --allow-loopback").output();
    assert_eq!(output.code, 2, "{}", output.golden());
    assert_eq!(output.stdout, "");
}

#[test]
fn a_servers_dry_run_goes_without_a_namespace() {
    let world = World::bare();
    let output = world
        .run("create --name west --allow-loopback --dry-run=server")
        .output();
    assert_data_eq!(
        world.golden(&output),
        str![[r#"
$ kubectl-mesh_secret create --name west --allow-loopback --dry-run=server
[stderr]
namespace/istio-system created in context west (server dry run)
serviceaccount/istio-reader-service-account created in context west (dry run)
clusterrole.rbac.authorization.k8s.io/istio-reader-clusterrole-istio-system created in context west (server dry run)
clusterrolebinding.rbac.authorization.k8s.io/istio-reader-clusterrole-istio-system created in context west (server dry run)
secret/istio-reader-service-account-istio-remote-secret-token created in context west (dry run)
the secret itself is not shown: its token would only be made now (dry run)
[exit 0]

"#]]
    );
    assert!(world.west.get("namespaces", "", "istio-system").is_none());
}
