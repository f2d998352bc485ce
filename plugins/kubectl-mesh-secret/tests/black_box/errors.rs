//! Every bad input and every fault as its user sees it: stdout, stderr and exit code together, one golden file each.

use std::time::Duration;

use mesh_testkit::black_box::{self, Ends, Spelled, check_spellings};
use mesh_testkit::cases;
use mesh_testkit::command::Run;
use mesh_testkit::embedded::{Cluster, Fault, TokenController};
use snapbox::{Data, assert_data_eq};

use crate::support::{World, golden_file, istiod};

const CREATE: &str = "create --name west --allow-loopback";
const INTO: &str = "create --name west --allow-loopback --into east";

/// Runs one case in worlds of its own.
fn check<E: Ends>(name: &str, arrange: impl Fn(&mut World) -> E) {
    black_box::check(&golden_file("errors", name), World::new, arrange);
}

fn check_in(name: &str, world: &mut World, arrange: impl FnOnce(&mut World) -> Run) {
    let output = arrange(world).output();
    let golden = golden_file("errors", name);
    assert_data_eq!(world.golden(&output), Data::read_from(&golden, None));
}

mod faults {
    mesh_testkit::verb_faults!(super::check, super::CREATE);
}

cases! { check;
    // Arguments.
    no_arguments: |world| world.run("");
    unknown_verb: |world| world.run("creat");
    unknown_flag: |world| world.run("create --nmae west");
    name_not_a_label: |world| world.run("create --name West_1");
    type_unknown: |world| world.run("create --name west --type other");
    server_without_scheme: |world| world.run("create --name west --server 10.0.0.1:6443");
    server_for_another_context: |world| world.run("create --name west --context west --server wset=https://10.0.0.1:6443");
    server_with_a_login: |world| world.run("create --name west --server https://me:very-secret@10.0.0.1:6443");
    proxy_of_unknown_kind: |world| world.run("create --name west --proxy-url ftp://me:very-secret@proxy:21");
    several_bad_arguments: |world| world.run(
        "create --name west --server 10.0.0.1:6443 --token-duration 5m --auth-plugin-name gcp --ca-file nowhere.pem");
    ca_file_without_certificate: |world| {
        std::fs::write(world.dir.path().join("ca.pem"), "no certificate").unwrap();
        world.run("create --name west --ca-file ca.pem")
    };
    for_with_several_holders: |world| world.run("create --name west --for east --into a,b");
    output_with_into: |world| world.run("create --name west -o json --into east");
    namespace_not_a_label: |world| world.run("create --name west -n Istio_System");

    unknown_holders: |world| world.run("create --name west --allow-loopback --into eats,nowhere");
    // Rights in the source cluster, verb by verb.
    forbidden_get_secrets: |world| denied(world, "get", "secrets");
    forbidden_get_namespaces_without_a_name: |world| {
        world.west.deny("admin", "get", "namespaces");
        world.run("create --allow-loopback")
    };
    forbidden_list_deployments_without_a_name: |world| {
        world.west.deny("admin", "list", "deployments");
        world.run("create --allow-loopback")
    };
    forbidden_token_request: |world| {
        world.west.deny("admin", "create", "serviceaccounts/token");
        world.run("create --name west --allow-loopback --token-duration 1h --for east")
    };

    a_closed_pipe_is_silent: |world| world.run(CREATE).stdout_closed();

    // What is not there, or is something else.
    secret_name_missing: |world| world.run("create --name west --allow-loopback --secret-name gone");
    secret_name_of_another_account: |world| {
        world.west.service_account_with_token("istio-system", "other", "other-token");
        world.run("create --name west --allow-loopback --secret-name other-token")
    };
    service_account_missing: |world| world.run("create --name west --allow-loopback --service-account other");
    config_account_missing: |world| world.run("create --name west --allow-loopback --type config");
    istiods_disagree: |world| {
        world.west.create(istiod("west"));
        let mut second = istiod("old");
        second["metadata"]["name"] = "istiod-old".into();
        world.west.create(second);
        world.run("create --allow-loopback")
    };
    loopback_refused: |world| {
        world.west.create(serde_json::json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"kubernetes.io/service-name": "kubernetes"}},
            "addressType": "IPv4", "ports": [{"name": "https", "port": 6443}],
            "endpoints": [{"addresses": ["10.2.0.10"]}, {"addresses": ["10.2.0.11"]}]}));
        world.west.create(serde_json::json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": "first", "labels": {"node-role.kubernetes.io/control-plane": ""}},
            "status": {"addresses": [{"type": "InternalIP", "address": "10.2.0.12"}, {"type": "Hostname", "address": "first"}]}}));
        world.run("create --name west")
    };
    loopback_refused_without_candidates: |world| world.run("create --name west --server https://0.0.0.0:6443");

    // Holders.
    holder_is_the_source: |world| world.run("create --name west --allow-loopback --into west");
    holder_named_twice: |world| {
        let kubeconfig = world.kubeconfig().context("east-again", "east", "east");
        world.write(&kubeconfig);
        world.run("create --name west --allow-loopback --into east,east-again")
    };
    holder_without_namespace: |world| { world.east.delete("namespaces", "", "istio-system"); world.run(INTO) };
    holder_dead: |world| { world.east.stop(); world.run(INTO) };
    holder_forbidden: |world| { world.east.deny("admin", "patch", "secrets"); world.run(INTO) };
    holder_calls_itself_so: |world| { world.east.create(istiod("west")); world.run(INTO) };
    holder_has_a_twin: |world| {
        world.east.create(remote_secret("older-secret"));
        world.run(INTO)
    };
    holder_has_a_strangers_secret: |world| {
        world.east.create_as("argocd-controller", remote_secret("istio-remote-secret-west"));
        world.run(INTO)
    };

    // Inspect.
    inspect_file_missing: |world| world.run("inspect -f nowhere.yaml");
    inspect_not_yaml: |world| world.run("inspect -f -").stdin("a: [very-secret\nb: }");
    inspect_not_a_secret: |world| world.run("inspect -f -").stdin("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    inspect_nothing: |world| world.run("inspect -f -").stdin("");
    inspect_secret_of_wrong_shape: |world| world.run("inspect -f -").stdin("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {k: [very-secret]}\n");
    inspect_name_unknown: |world| world.run("inspect nobody --context east");
    inspect_format_unknown: |world| world.run("inspect -f - -o xml");
    inspect_empty_holder: |world| world.run("inspect --context east");
    inspect_dead_cluster_of_two: |world| { world.west.stop(); world.run("inspect --context east,west") };
    inspect_dead_cluster_alone: |world| { world.west.stop(); world.run("inspect --context west") };
}

fn denied(world: &mut World, verb: &str, resource: &str) -> Run {
    world.west.deny("admin", verb, resource);
    world.run(CREATE)
}

fn remote_secret(name: &str) -> serde_json::Value {
    serde_json::json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": "istio-system", "labels": {"istio/multiCluster": "true"},
            "annotations": {"networking.istio.io/cluster": "west"}},
        "data": {"west": "eA=="}})
}

/// The writes that an empty cluster needs, each forbidden in turn; what was done before is named.
#[test]
fn forbidden_writes_on_an_empty_cluster() {
    for (verb, resource) in [
        ("list", "secrets"),
        ("get", "serviceaccounts"),
        ("list", "clusterroles"),
        ("list", "clusterrolebindings"),
        ("patch", "namespaces"),
        ("patch", "serviceaccounts"),
        ("patch", "clusterroles"),
        ("patch", "clusterrolebindings"),
        ("patch", "secrets"),
        ("watch", "secrets"),
    ] {
        let mut world = World::of(
            Cluster::start("east"),
            Cluster::builder("west")
                .token_controller(TokenController::Never)
                .start(),
        );
        check_in(
            &format!("forbidden_{verb}_{resource}_on_an_empty_cluster"),
            &mut world,
            |world| {
                world.west.deny("admin", verb, resource);
                world.run(CREATE)
            },
        );
    }
}

#[test]
fn the_token_never_comes() {
    let mut world = World::of(
        Cluster::start("east"),
        Cluster::builder("west")
            .token_controller(TokenController::Never)
            .start(),
    );
    check_in("the_token_never_comes", &mut world, |world| {
        world.run("create --name west --allow-loopback --request-timeout 1s")
    });
}

#[test]
fn home_cannot_be_written() {
    // Nothing is kept in HOME, so one that cannot be written, or is not there, changes nothing.
    let mut world = World::new();
    check_in("home_cannot_be_written", &mut world, |world| {
        world
            .run("create --name west --allow-loopback -o name")
            .env("HOME", "/proc/1")
    });
}

#[test]
fn every_kind_of_proxy_is_gone_through() {
    black_box::through_proxies(&mut World::new(), "inspect", 0);
}

#[test]
fn every_spelling_of_kubectls_is_understood() {
    let world = World::new();
    world.west.create(remote_secret("istio-remote-secret-west"));
    let spelled = Spelled {
        report: "inspect",
        one_namespace: true,
        several: true,
        formats: &["wide", "json", "yaml", "name", "jsonpath={.kind}"],
    };
    check_spellings(&world, spelled);
}

#[test]
fn ctrl_c_between_writes_keeps_what_was_done_and_a_second_run_goes_on() {
    let world = World::bare();
    world.west.inject(
        Fault::on(
            "PATCH",
            "/api/v1/namespaces/istio-system/serviceaccounts/**",
        )
        .latency(Duration::from_secs(2)),
    );
    let running = world.run(CREATE).spawn();
    running.wait_for_stderr("namespace/istio-system created");
    running.interrupt();
    let output = running.wait();
    assert_data_eq!(
        world.golden(&output),
        Data::read_from(&golden_file("errors", "ctrl_c_between_writes"), None)
    );
    assert!(
        world
            .west
            .get(
                "serviceaccounts",
                "istio-system",
                "istio-reader-service-account"
            )
            .is_some()
    );
    assert!(
        world
            .west
            .get("clusterroles", "", "istio-reader-clusterrole-istio-system")
            .is_none()
    );

    world.west.clear_faults();
    let again = world
        .run(CREATE)
        .manifest_requested()
        .output()
        .expect_success();
    assert!(
        !again.stderr.contains("serviceaccount/"),
        "{}",
        again.stderr
    );
    assert!(
        again.stderr.contains("clusterrole.rbac"),
        "{}",
        again.stderr
    );
}

#[test]
fn every_golden_file_belongs_to_a_case() {
    let alone = [
        "the_token_never_comes",
        "home_cannot_be_written",
        "ctrl_c_between_writes",
    ];
    let names = [NAMES, faults::NAMES, &alone];
    let mut strays = black_box::strays(&golden_file("errors", "x"), &names);
    strays.retain(|file| !file.ends_with("_on_an_empty_cluster"));
    assert!(strays.is_empty(), "{strays:?}");
}

/// Names are often pasted from elsewhere.
#[test]
fn a_word_that_is_refused_is_no_line_of_its_own() {
    let world = World::bare();
    for words in [
        ["create", "--name", "x\nhint: canary"],
        ["create", "--type", "x\nhint: canary"],
        ["create", "--into", "east\nhint: canary"],
        ["create\nhint: canary", "--name", "x"],
        ["create", "--x\nhint: canary", "x"],
    ] {
        let output = words.iter().fold(world.run(""), Run::arg).output();
        assert_eq!(output.code, 2, "{}", output.golden());
        let mut lines = output.stderr.lines();
        assert!(
            !lines.any(|line| line.trim_start().starts_with("hint: canary")),
            "{}",
            output.golden()
        );
    }
}
