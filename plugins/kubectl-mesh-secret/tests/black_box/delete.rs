//! `delete` of secrets: which ones a name takes, the question, the formats, and a second run.

use mesh_testkit::black_box::{self, Ends, Spelled, check_spellings, writes};
use mesh_testkit::cases;
use mesh_testkit::command::Run;
use mesh_testkit::embedded::Cluster;
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{World, golden_file, namespace};

const WEST: &str = "delete west --context east --yes";

/// Runs one case in worlds of its own.
fn check<E: Ends>(name: &str, arrange: impl Fn(&mut World) -> E) {
    black_box::check(&golden_file("delete", name), held, arrange);
}

/// A remote secret of east's; what it holds are no kubeconfigs.
fn secret(name: &str, keys: &[&str]) -> Value {
    let data: serde_json::Map<_, _> = keys
        .iter()
        .map(|key| ((*key).to_owned(), "eA==".into()))
        .collect();
    json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": "istio-system", "labels": {"istio/multiCluster": "true"}},
        "data": data})
}

/// East holds a secret for west, which is there no more.
fn held() -> World {
    let mut world = World::new();
    world
        .east
        .create(secret("istio-remote-secret-west", &["west"]));
    world.west.stop();
    world
}

/// The run of `line` where east's secret has this metadata too.
fn kept(world: &World, metadata: &Value, line: &str) -> Run {
    world.east.edit(
        "secrets",
        "istio-system",
        "istio-remote-secret-west",
        |secret| {
            let more = metadata.as_object().unwrap().clone();
            secret["metadata"].as_object_mut().unwrap().extend(more);
        },
    );
    world.run(line)
}

fn names(cluster: &Cluster) -> Vec<String> {
    let is_remote = |object: &Value| object["metadata"]["labels"]["istio/multiCluster"] == "true";
    let name = |object: &Value| object["metadata"]["name"].as_str().unwrap().to_owned();
    let objects = cluster.objects();
    objects
        .iter()
        .filter(|object| is_remote(object))
        .map(name)
        .collect()
}

cases! { check;
    no_name: |world| world.run("delete --context east");
    the_other_cluster_is_gone: |world| world.run(WEST);
    by_the_secrets_name: |world| world.run("delete istio-remote-secret-west --context east --yes");
    as_output_name_writes_it: |world| world.run("delete secret/istio-remote-secret-west --context east -y -o name");
    dry_run_client: |world| world.run("delete west --context east --dry-run");
    dry_run_server: |world| world.run("delete west --context east --dry-run=server");
    nobody_to_ask: |world| world.run("delete west --context east");
    format_unknown: |world| world.run("delete west --context east -o json");
    misspelt: |world| world.run("delete wets nobody --context east --yes");
    bad_names: |world| world.run("delete a/b wets west;reboot --context east --yes");
    ignored_where_not_found: |world| world.run("delete nobody --context east --yes --ignore-not-found");
    no_remote_secret: |world| {
        world.east.create(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "cacerts", "namespace": "istio-system"}, "data": {"root-cert.pem": "eA=="}}));
        world.run("delete west cacerts --context east --yes")
    };
    unlabelled: |world| {
        world.east.edit("secrets", "istio-system", "istio-remote-secret-west", |secret| {
            secret["metadata"]["labels"] = json!({});
        });
        world.run(WEST)
    };
    twins: |world| {
        world.east.create(secret("older", &["west"]));
        world.run("delete west older --context east --yes")
    };
    more_than_one_cluster: |world| {
        world.east.create(secret("both", &["west", "south"]));
        world.run("delete west --context east --yes")
    };
    more_than_one_cluster_alone: |world| {
        world.east.create(secret("both", &["south", "north"]));
        world.run("delete south --context east --yes")
    };
    config_secret_alone: |world| {
        let mut config = secret("istio-kubeconfig", &["config"]);
        config["metadata"]["annotations"] = json!({"networking.istio.io/cluster": "primary"});
        world.east.create(config);
        world.run("delete primary config --context east --yes")
    };
    config_secret_by_its_name: |world| {
        world.east.create(secret("istio-kubeconfig", &["config"]));
        world.run("delete istio-kubeconfig --context east --yes")
    };
    another_namespace: |world| {
        world.east.create(namespace("elsewhere"));
        world.run("delete west --context east --yes -n elsewhere")
    };
    kept_by_argo_cd: |world| kept(world, &json!({"annotations":
        {"argocd.argoproj.io/tracking-id": "mesh:/Secret:istio-system/istio-remote-secret-west"}}), WEST);
    kept_by_flux: |world| kept(world, &json!({"labels": {"istio/multiCluster": "true",
        "kustomize.toolkit.fluxcd.io/name": "mesh", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}), WEST);
    kept_by_an_external_secret: |world| kept(world, &json!({"ownerReferences": [{"apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret", "name": "west", "uid": "u", "controller": true}]}), WEST);
    kept_in_a_dry_run: |world| kept(world, &json!({"labels": {"istio/multiCluster": "true",
        "argocd.argoproj.io/instance": "mesh"}}), "delete west --context east --dry-run");
    a_copy_of_what_argo_cd_keeps: |world| kept(world, &json!({"annotations":
        {"argocd.argoproj.io/tracking-id": "mesh:/Secret:elsewhere/istio-remote-secret-west"}}), WEST);
    written_by_argo_cd_and_two_more: |world| {
        world.east.delete("secrets", "istio-system", "istio-remote-secret-west");
        world.east.create_as("argocd-controller", secret("istio-remote-secret-west", &["west"]));
        world.east.create_as("kustomize-controller", secret("istio-remote-secret-north", &["north"]));
        world.east.create_as("istioctl", secret("istio-remote-secret-south", &["south"]));
        world.run("delete west north south --context east --yes")
    };
    two_contexts_of_one_cluster: |world| {
        world.write(&world.kubeconfig().context("east-again", "east", "east"));
        world.run("delete west --context east-again,east --yes")
    };
    every_context: |world| world.run("delete west --all-contexts --yes");
    every_context_and_nothing_found: |world| world.run("delete nobody --all-contexts --yes");
    every_context_and_nothing_found_is_fine: |world| world.run("delete nobody --all-contexts --yes --ignore-not-found");
    a_dead_holder_of_two: |world| world.run("delete west --context east,west --yes");
    a_closed_pipe_is_silent: |world| world.run(WEST).stdout_closed();
    answered_no: |world| {
        let running = world.run("delete west --context east").at_terminal().spawn();
        running.wait_for_stderr("? [y/N]");
        running.type_in("n\n");
        running
    };
    answered_yes: |world| {
        let running = world.run("delete west --context east").at_terminal().spawn();
        running.wait_for_stderr("? [y/N]");
        running.type_in("y\n");
        running
    };
}

#[test]
fn a_second_run_finds_nothing_as_kubectl_does() {
    let world = held();
    world.run(WEST).output().expect_success();
    assert_eq!(names(&world.east), Vec::<String>::new());
    world.east.clear_recordings();
    let again = world.run(WEST).output();
    assert_data_eq!(
        world.golden(&again),
        str![[r#"
$ kubectl-mesh_secret delete west --context east --yes
[stderr]
error: no remote secret west in namespace istio-system of context east
check: kubectl mesh-secret list --context east
[exit 2]

"#]]
    );
    assert_eq!(writes(&world.east), Vec::<String>::new());
    let ignored = world.run(&format!("{WEST} --ignore-not-found")).output();
    assert_eq!(
        (
            ignored.code,
            ignored.stdout.as_str(),
            ignored.stderr.as_str()
        ),
        (0, "", "")
    );
}

#[test]
fn nothing_is_deleted_before_all_is_checked() {
    let world = held();
    for line in [
        "delete west wets --context east --yes",
        "delete west a/b --context east --yes",
        "delete west --context east,nowhere --yes",
        "delete west --context east",
        "delete west --context east --dry-run",
    ] {
        world.run(line).output();
        assert_eq!(writes(&world.east), Vec::<String>::new(), "{line}");
    }
    assert_eq!(names(&world.east), ["istio-remote-secret-west"]);
}

#[test]
fn one_list_and_one_delete_over_one_connection() {
    let world = held();
    world.east.clear_recordings();
    world.run(WEST).output().expect_success();
    assert_data_eq!(
        world.east.rendered_requests(),
        str![[r#"
1 GET /api/v1/namespaces/istio-system/secrets?labelSelector=istio/multiCluster&limit=500 200
--
1 DELETE /api/v1/namespaces/istio-system/secrets/istio-remote-secret-west 200

"#]]
    );
    assert_eq!(world.east.connections().len(), 1);
}

#[test]
fn every_spelling_of_kubectls_is_understood() {
    let world = World::new();
    for cluster in [&world.east, &world.west] {
        cluster.create(secret("istio-remote-secret-north", &["north"]));
    }
    let spelled = Spelled {
        report: "delete north --dry-run=client",
        one_namespace: true,
        several: true,
        formats: &["name"],
    };
    check_spellings(&world, spelled);
}

#[test]
fn every_golden_file_belongs_to_a_case() {
    let names: &[&[&str]] = &[NAMES];
    let strays = black_box::strays(&golden_file("delete", "x"), names);
    assert!(strays.is_empty(), "{strays:?}");
}
