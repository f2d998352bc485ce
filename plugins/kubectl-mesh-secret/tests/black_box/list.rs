//! What `list` says of pairs that are fine, wrong or missing, in every format.

use mesh_testkit::command::Output;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use serde_json::{Value, json};
use snapbox::{Data, assert_data_eq};

use crate::support::{World, golden_file, istiod, namespace, token_from_to};

pub(crate) const LIST: &str = "list --context east,west --allow-loopback";

pub(crate) fn check(world: &World, name: &str, output: &Output) {
    assert_data_eq!(
        ageless(&world.golden(output)),
        Data::read_from(&golden_file("list", name), None)
    );
}

/// A table in which everything was made this very second.
fn ageless(text: &str) -> String {
    let is_age = |word: &str| {
        let seconds = word.strip_suffix('s').unwrap_or_default();
        !seconds.is_empty() && seconds.chars().all(|c| c.is_ascii_digit())
    };
    let steady = |word: &str| {
        if is_age(word) {
            format!("{:<width$}", "0s", width = word.len())
        } else {
            word.to_owned()
        }
    };
    let lines = text.lines().map(|line| {
        let words: Vec<String> = line.split(' ').map(steady).collect();
        words.join(" ") + "\n"
    });
    lines.collect()
}

/// East and west with an istiod each; east holds a secret for west.
fn half() -> World {
    let world = World::new();
    world.east.create(istiod("east"));
    world.west.create(istiod("west"));
    world
        .run("create --context west --name west --allow-loopback --into east")
        .output()
        .expect_success();
    world
}

/// Each holds a secret for the other.
pub(crate) fn wired() -> World {
    let world = half();
    world
        .run("create --context east --name east --allow-loopback --into west")
        .output()
        .expect_success();
    world
}

/// A Secret in east's Istio namespace with this kubeconfig.
pub(crate) fn secret(name: &str, namespace: &str, cluster: &str, kubeconfig: &Kubeconfig) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": {"istio/multiCluster": "true"}},
        "stringData": {cluster: kubeconfig.to_yaml()}})
}

/// A kubeconfig that leads to a server that no context knows.
fn elsewhere(world: &World, server: &str, user: User) -> Kubeconfig {
    let cluster = mesh_testkit::kubeconfig::Cluster::new(server).ca_pem(&world.west.ca_pem());
    Kubeconfig::single("c", cluster, user)
}

pub(crate) fn states(output: &Output) -> Vec<String> {
    let report: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{}", output.golden()));
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    report["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| {
            [
                &cell["context"],
                &cell["cluster"],
                &cell["remoteContext"],
                &cell["state"],
            ]
            .map(text)
            .join(" ")
        })
        .collect()
}

#[test]
fn two_clusters_that_see_each_other() {
    let world = wired();
    for format in ["table", "wide", "json", "yaml", "name"] {
        let output = world.run(&format!("{LIST} -o {format}")).output();
        assert_eq!(output.code, 0, "{}", output.golden());
        check(&world, format, &output);
    }
    let path = "-o jsonpath={.items[*].state}";
    check(
        &world,
        "jsonpath",
        &world.run(&format!("{LIST} {path}")).output(),
    );
    // Everything here runs on loopback, which is of no use to another cluster.
    check(
        &world,
        "loopback",
        &world.run("list --context east").output(),
    );
}

#[test]
fn a_pair_without_a_secret_is_missing_and_no_error() {
    let world = half();
    check(&world, "missing", &world.run(LIST).output());
    check(
        &world,
        "missing_wide",
        &world.run(&format!("{LIST} -o wide")).output(),
    );
}

#[test]
fn only_what_belongs_together_can_be_missing() {
    let world = half();
    let (third, fourth) = (Cluster::start("third"), Cluster::start("fourth"));
    for cluster in [&third, &fourth] {
        cluster.create(namespace("istio-system"));
    }
    third.create(istiod("third"));
    let mut kubeconfig = world.kubeconfig();
    for cluster in [&third, &fourth] {
        let name = cluster.name();
        kubeconfig = kubeconfig.entry(
            name,
            cluster.kubeconfig_cluster(),
            cluster.kubeconfig_user(),
        );
    }
    world.write(&kubeconfig);
    let all = world
        .run("list --all-contexts --allow-loopback -o json")
        .output();
    assert_eq!(
        states(&all),
        ["east west west not-probed", "west east east missing"]
    );
    // The fourth has no istiod, so that it holds nothing; what is called as nobody knows goes by its context.
    let named = world
        .run("list --context west,third,fourth --allow-loopback -o json")
        .output();
    assert_eq!(
        states(&named),
        [
            "west third third missing",
            "west fourth fourth missing",
            "third west west missing",
            "third fourth fourth missing"
        ]
    );
}

#[test]
fn everything_that_keeps_istiod_from_a_secret_has_a_word_of_its_own() {
    let world = World::new();
    world.east.create(istiod("east"));
    world
        .run("create --context west --name west --allow-loopback --into east")
        .output()
        .expect_success();
    world.east.create(namespace("apps"));
    world.east.create(namespace("istio-canary"));
    let mut canary = istiod("east");
    canary["metadata"]["namespace"] = "istio-canary".into();
    world.east.create(canary);
    let held = |name, cluster, server| {
        world.east.create(secret(
            name,
            "istio-system",
            cluster,
            &elsewhere(&world, server, User::new().token("t")),
        ));
    };
    held("home", "east", "https://10.0.0.1:6443");
    held("twin-a", "south", "https://10.0.0.2:6443");
    held("twin-b", "south", "https://10.0.0.3:6443");
    held("alias-a", "north", "https://10.0.0.4:6443");
    held("alias-b", "north-again", "https://10.0.0.4:6443/");
    held("loopback", "local", "https://127.0.0.1:1");
    held(
        "istio-remote-secret-plain",
        "plain",
        "https://10.0.0.5:6443",
    );
    world.east.edit(
        "secrets",
        "istio-system",
        "istio-remote-secret-plain",
        |secret| {
            secret["metadata"]["labels"] = json!({});
        },
    );
    let file = User::new().token_file(std::path::Path::new("/var/run/token"));
    let denied = elsewhere(&world, "https://10.0.0.6:6443", file);
    world
        .east
        .create(secret("denied", "istio-system", "denied", &denied));
    for place in ["apps", "istio-canary"] {
        world.east.create(secret(
            "strayed",
            place,
            "strayed",
            &elsewhere(&world, "https://10.0.0.7:6443", User::new().token("t")),
        ));
    }
    world.east.create(
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "empty",
        "namespace": "istio-system", "labels": {"istio/multiCluster": "true"}}}),
    );
    let output = world.run("list --context east").output();
    assert_eq!(output.code, 1);
    check(&world, "everything_wrong", &output);
}

#[test]
fn a_secret_that_leads_home_under_another_name_is_found() {
    let world = World::new();
    world.east.create(istiod("east"));
    let home = Kubeconfig::single("c", world.east.kubeconfig_cluster(), User::new().token("t"));
    world.east.create(secret(
        "istio-remote-secret-other",
        "istio-system",
        "other",
        &home,
    ));
    check(
        &world,
        "home",
        &world.run("list --context east --allow-loopback").output(),
    );
}

#[test]
fn a_token_is_judged_by_its_own_life() {
    let world = World::new();
    world
        .run("create --name west --allow-loopback --token-duration 10h --for east --into east")
        .output()
        .expect_success();
    let fresh = world.run("list --context east --allow-loopback").output();
    assert_eq!(fresh.code, 0, "{}", fresh.golden());
    let hour = 3600;
    for (name, from, to) in [
        ("ended", -10 * hour, -2 * hour - 1),
        ("ending", -9 * hour, hour + 119),
        ("fresh", -hour, 9 * hour + 119),
    ] {
        let user = User::new().token(&token_from_to(from, to));
        let kubeconfig = elsewhere(&world, &format!("https://{name}.example"), user);
        world
            .east
            .create(secret(name, "istio-system", name, &kubeconfig));
    }
    check(
        &world,
        "expiry",
        &world.run("list --context east --allow-loopback").output(),
    );
}

#[test]
fn headers_can_be_left_out() {
    let world = wired();
    let words = |line: &str| -> Vec<Vec<String>> {
        let output = world.run(line).output();
        let lines = output.stdout.lines().map(ageless_words);
        lines.collect()
    };
    for format in ["table", "wide"] {
        let with = words(&format!("{LIST} -o {format}"));
        let without = words(&format!("{LIST} -o {format} --no-headers"));
        assert_eq!(with[0][..2], ["HOLDER", "CLUSTER"]);
        assert_eq!(with[1..], without, "{format}");
    }
}

fn ageless_words(line: &str) -> Vec<String> {
    let line = ageless(line);
    line.split_whitespace().map(str::to_owned).collect()
}
