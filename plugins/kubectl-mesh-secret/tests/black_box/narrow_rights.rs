//! Operators with rights in the Istio namespace alone, as tenants of `OpenShift` and of virtual clusters have: what istioctl
//! does for them is done, and what cannot be compared is said.

use mesh_common::model::names::HOLDER_PREFIX;
use mesh_testkit::embedded::Cluster;
use snapbox::{assert_data_eq, str};

use crate::support::{SECRET, USUAL, World, add_reader, istiod, namespace};

const INTO: &str = "create --context west --into east --allow-loopback";
const RECORDED: &str = "mesh.istio-multicluster.dev/remote-uid";

/// Both clusters with an istiod and the reader.
fn world() -> World {
    let world = World::bare();
    for cluster in [&world.east, &world.west] {
        cluster.create(namespace("istio-system"));
        cluster.create(istiod(cluster.name()));
        add_reader(cluster);
    }
    world
}

/// Takes away what a role in one namespace cannot give: reading other namespaces, and what is in none.
fn narrow(cluster: &Cluster) {
    for (verb, resource) in [
        ("get", "namespaces"),
        ("get", "configmaps"),
        ("list", "clusterroles"),
        ("list", "clusterrolebindings"),
        ("list", "mutatingwebhookconfigurations"),
    ] {
        cluster.deny("admin", verb, resource);
    }
}

fn narrowed() -> World {
    let world = world();
    narrow(&world.east);
    narrow(&world.west);
    world
}

/// The UID of west that east's secret has written down.
fn recorded(world: &World) -> Option<String> {
    let secret = world.east.get("secrets", "istio-system", SECRET)?;
    secret["metadata"]["annotations"][RECORDED]
        .as_str()
        .map(str::to_owned)
}

#[test]
fn create_prints_what_it_prints_with_every_right() {
    let world = world();
    let create = || {
        let line = "create --allow-loopback --context west";
        world
            .run(line)
            .manifest_requested()
            .output()
            .expect_success()
    };
    let with = create();
    assert_eq!(with.stderr, "");
    narrow(&world.west);
    let without = create();
    assert_eq!(with.stdout, without.stdout);
    assert_data_eq!(
        world.steady(&without.stderr),
        str![[r#"
warning: skipped comparing context west with other clusters by UID: user admin is not allowed to get namespaces/kube-system of context west

"#]]
    );
}

#[test]
fn a_token_secret_that_is_missing_is_made_for_an_account_that_is_there() {
    let world = world();
    world.west.delete("secrets", "istio-system", USUAL);
    narrow(&world.west);
    let output = world.run(INTO).output().expect_success();
    assert_data_eq!(
        world.golden(&output),
        str![[r#"
$ kubectl-mesh_secret create --context west --into east --allow-loopback
[stdout]
secret/istio-remote-secret-west created in context east
[stderr]
warning: skipped comparing context west with other clusters by UID: user admin is not allowed to get namespaces/kube-system of context west
warning: skipped checking that namespace istio-system exists in context west: user admin is not allowed to get namespaces/istio-system of context west
warning: skipped checking the permissions of service account istio-system/istio-reader-service-account in context west: user admin is not allowed to list clusterroles.rbac.authorization.k8s.io of context west
secret/istio-reader-service-account-istio-remote-secret-token created in context west
[exit 0]

"#]]
    );
}

#[test]
fn an_account_is_not_made_without_its_rights() {
    let world = world();
    for (kind, name) in [
        ("secrets", USUAL),
        ("serviceaccounts", "istio-reader-service-account"),
    ] {
        world.west.delete(kind, "istio-system", name);
    }
    narrow(&world.west);
    world.west.clear_recordings();
    let output = world.run(INTO).output();
    assert_eq!(output.code, 2, "{}", output.golden());
    assert_eq!(
        mesh_testkit::black_box::writes(&world.west),
        Vec::<String>::new(),
        "{}",
        output.golden()
    );
}

#[test]
fn exchange_wires_both_and_a_second_run_writes_nothing() {
    for more in ["", " --token-duration 1h"] {
        let world = narrowed();
        let line = format!("exchange --context east,west --allow-loopback{more}");
        let output = world.run(&line).output().expect_success();
        let skipped = output.stderr.matches(" by UID: ").count();
        assert_eq!(skipped, 2, "{}", output.golden());
        for cluster in [&world.east, &world.west] {
            cluster.clear_recordings();
        }
        let again = world.run(&line).output().expect_success();
        let unchanged = again.stdout.matches(" unchanged in context ").count();
        assert_eq!(unchanged, 2, "{}", again.golden());
        for cluster in [&world.east, &world.west] {
            let writes = mesh_testkit::black_box::writes(cluster);
            assert_eq!(writes, Vec::<String>::new(), "{}", again.golden());
        }
    }
}

#[test]
fn a_uid_that_is_written_down_stays_when_the_secret_is_written_anew() {
    let world = world();
    world.run(INTO).output().expect_success();
    assert_eq!(recorded(&world), Some(world.west.uid()));
    world.west.delete("secrets", "istio-system", USUAL);
    narrow(&world.west);
    let output = world.run(INTO).output().expect_success();
    assert!(
        output.stdout.contains("configured in context east"),
        "{}",
        output.golden()
    );
    assert_eq!(recorded(&world), Some(world.west.uid()));
}

#[test]
fn a_secret_for_another_cluster_is_not_replaced_for_want_of_a_uid() {
    let world = world();
    let north = Cluster::start("north");
    north.create(namespace("istio-system"));
    add_reader(&north);
    let config = world.kubeconfig();
    world.write(&config.entry("north", north.kubeconfig_cluster(), north.kubeconfig_user()));
    let line = "create --context north --name west --into east --allow-loopback";
    world.run(line).output().expect_success();
    let before = world.east.get("secrets", "istio-system", SECRET);
    narrow(&world.west);
    let output = world.run(INTO).output();
    assert_eq!(output.code, 2, "{}", output.golden());
    assert!(
        output.stderr.contains("gives access to")
            && output
                .stderr
                .contains("the UID of its kube-system could not be read"),
        "{}",
        output.golden()
    );
    assert_eq!(world.east.get("secrets", "istio-system", SECRET), before);
    let line = format!("{INTO} --replace");
    world.run(&line).output().expect_success();
    // The UID of another cluster does not stay.
    assert_eq!(recorded(&world), None);
}

#[test]
fn two_contexts_of_one_cluster_are_known_by_their_address() {
    let world = narrowed();
    world.write(&world.kubeconfig().context("west-again", "west", "west"));
    for (line, sentence) in [
        (
            "exchange --context east,west,west-again --allow-loopback",
            "contexts west and west-again are the same cluster",
        ),
        (
            "create --context west --into west-again --allow-loopback",
            "context west-again is the remote cluster itself",
        ),
    ] {
        let output = world.run(line).output();
        assert_eq!(output.code, 2, "{}", output.golden());
        assert!(output.stderr.contains(sentence), "{}", output.golden());
    }
}

#[test]
fn rotate_replaces_a_token_that_the_remote_cluster_records() {
    let world = narrowed();
    world.run(INTO).output().expect_success();
    let line = "rotate west --revoke-unseen";
    let output = world.run(line).output().expect_success();
    assert!(
        output.stdout.contains("revoked in context west"),
        "{}",
        output.golden()
    );
}

/// Neither the context nor an istiod calls west so, and its UID may not be read.
#[test]
fn a_name_that_cannot_be_compared_is_no_other_name() {
    let world = world();
    let line = format!("{INTO} --name elsewhere");
    world.run(&line).output().expect_success();
    world.west.edit("secrets", "istio-system", USUAL, |secret| {
        let annotations = secret["metadata"]["annotations"].as_object_mut().unwrap();
        annotations.retain(|key, _| !key.starts_with(HOLDER_PREFIX));
    });
    narrow(&world.west);
    for line in [
        "rotate elsewhere --context east --no-other-holders --revoke-unseen",
        "delete elsewhere --context east --revoke --yes",
    ] {
        let output = world.run(line).output();
        assert!([2, 3].contains(&output.code), "{}", output.golden());
        for words in [
            "not allowed to get namespaces/kube-system of context west",
            "--remote-context",
        ] {
            assert!(
                output.stderr.contains(words),
                "{words}: {}",
                output.golden()
            );
        }
        assert_eq!(output.stdout, "", "{}", output.golden());
    }
    let line =
        "rotate elsewhere --context east --no-other-holders --revoke-unseen --remote-context west";
    world.run(line).output().expect_success();
}
