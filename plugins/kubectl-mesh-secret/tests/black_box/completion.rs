//! What `__complete` answers kubectl, and the helper by which kubectl asks.

use std::path::{Path, PathBuf};

use mesh_testkit::command::Output;
use mesh_testkit::embedded::Fault;
use snapbox::{Data, assert_data_eq};

use crate::support::{World, golden_file, namespace};

fn check(world: &World, name: &str, output: &Output) {
    assert_data_eq!(
        world.golden(output),
        Data::read_from(&golden_file("completion", name), None)
    );
}

/// East holds a secret for west.
fn wired() -> World {
    let world = World::new();
    world
        .run("create --context west --name west --allow-loopback --into east")
        .output()
        .expect_success();
    world
}

/// Returns the answer to the words of `line`, where `begun` is being typed.
fn ask(world: &World, line: &str, begun: &str) -> Output {
    world.run(&format!("__complete {line}")).arg(begun).output()
}

#[test]
fn verbs() {
    let world = World::bare();
    check(&world, "verbs", &ask(&world, "", ""));
    check(&world, "verbs_begun", &ask(&world, "", "in"));
}

#[test]
fn flags_and_fixed_values() {
    let world = World::bare();
    check(&world, "flags", &ask(&world, "list", "--"));
    check(&world, "fixed_values", &ask(&world, "create --type", ""));
    check(&world, "files", &ask(&world, "list --kubeconfig", "co"));
}

#[test]
fn contexts_without_a_request() {
    let world = World::bare();
    check(&world, "contexts", &ask(&world, "list --context", ""));
    check(&world, "context_begun", &ask(&world, "list", "--context=w"));
    check(
        &world,
        "context_list",
        &ask(&world, "create --into", "east,"),
    );
    let requests = [&world.east, &world.west].map(|cluster| cluster.requests().len());
    assert_eq!(requests, [0, 0]);
}

#[test]
fn secrets_and_namespaces_of_the_cluster_that_is_named() {
    let world = wired();
    world.east.create(namespace("mesh-system"));
    let before = world.east.requests().len();
    check(
        &world,
        "secrets",
        &ask(&world, "inspect --context east", ""),
    );
    check(
        &world,
        "secret_begun",
        &ask(&world, "inspect --context east", "w"),
    );
    check(
        &world,
        "secrets_elsewhere",
        &ask(&world, "inspect --context east -n default", ""),
    );
    check(
        &world,
        "namespaces",
        &ask(&world, "inspect --context east -n", "mesh"),
    );
    assert_eq!(
        world.east.requests().len() - before,
        4,
        "one request for an answer"
    );
}

#[test]
fn a_name_that_several_clusters_have_is_said_once() {
    let world = World::new();
    for cluster in [&world.east, &world.west] {
        for source in ["north", "south"] {
            cluster.create(serde_json::json!({"apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": format!("istio-remote-secret-{source}"), "namespace": "istio-system",
                    "labels": {"istio/multiCluster": "true"}},
                "data": {source: "eA=="}}));
        }
    }
    check(
        &world,
        "secrets_of_several",
        &ask(&world, "inspect --context east,west", ""),
    );
    check(
        &world,
        "namespaces_of_several",
        &ask(&world, "inspect --context east --context west -n", ""),
    );
}

#[test]
fn nothing_is_said_of_what_goes_wrong() {
    let world = wired();
    let nothing = |line: &str| {
        let answer = ask(&world, line, "");
        let said = (answer.stdout.as_str(), answer.stderr.as_str(), answer.code);
        assert_eq!(said, (":4\n", "", 0), "{line}");
    };
    nothing("inspect --context nowhere");
    nothing("inspect --kubeconfig nowhere");
    world.east.inject(Fault::on("GET", "**").status(403));
    nothing("inspect --context east");
    world.west.inject(Fault::on("GET", "**").hang());
    nothing("inspect --context west");
}

/// A folder of the search path that has the plugin.
fn installed(world: &World) -> PathBuf {
    let folder = world.dir.path().join("bin");
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(
        env!("CARGO_BIN_EXE_kubectl-mesh_secret"),
        folder.join("kubectl-mesh_secret"),
    )
    .unwrap();
    folder
}

fn completion(world: &World, folder: &Path, step: &str) -> Output {
    world
        .run(&format!("completion {step}"))
        .env("PATH", folder)
        .output()
}

#[test]
fn the_helper_comes_and_goes() {
    let world = wired();
    let folder = installed(&world);
    check(&world, "install", &completion(&world, &folder, "install"));
    check(
        &world,
        "install_again",
        &completion(&world, &folder, "install"),
    );
    let helper = folder.join("kubectl_complete-mesh_secret");
    let asked = mesh_testkit::command::Run::new(&helper)
        .args(["inspect", "--context", "east", "is"])
        .env("KUBECONFIG", world.config())
        .output();
    assert_eq!(
        asked.stdout,
        "istio-remote-secret-west\tgives access to west\n:4\n",
        "{}",
        asked.golden()
    );
    std::fs::write(
        &helper,
        std::fs::read_to_string(&helper)
            .unwrap()
            .replace("exec", "exec -a old"),
    )
    .unwrap();
    check(
        &world,
        "install_over_older",
        &completion(&world, &folder, "install"),
    );
    check(
        &world,
        "uninstall",
        &completion(&world, &folder, "uninstall"),
    );
    check(
        &world,
        "uninstall_again",
        &completion(&world, &folder, "uninstall"),
    );
    let left: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["kubectl-mesh_secret"]);
}

#[test]
fn a_helper_of_somebody_else_is_left_alone() {
    let world = World::bare();
    let folder = installed(&world);
    let helper = folder.join("kubectl_complete-mesh_secret");
    std::fs::write(&helper, "#!/bin/sh\n").unwrap();
    for step in ["install", "uninstall"] {
        check(
            &world,
            &format!("not_ours_{step}"),
            &completion(&world, &folder, step),
        );
    }
    assert_eq!(std::fs::read_to_string(&helper).unwrap(), "#!/bin/sh\n");
}

#[test]
fn kubectl_has_to_find_the_plugin() {
    let world = World::bare();
    check(
        &world,
        "not_on_the_path",
        &completion(&world, world.dir.path(), "install"),
    );
}

#[test]
fn a_folder_that_cannot_be_written() {
    let world = World::bare();
    let folder = installed(&world);
    // A folder in the helper's place is refused to everybody, even to root.
    std::fs::create_dir(folder.join("kubectl_complete-mesh_secret")).unwrap();
    check(
        &world,
        "a_folder_is_there",
        &completion(&world, &folder, "install"),
    );
}

#[test]
fn each_shell_is_told_what_loads_kubectls_completion() {
    let world = World::bare();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        check(
            &world,
            shell,
            &world.run(&format!("completion {shell}")).output(),
        );
    }
}

#[test]
fn help() {
    let world = World::bare();
    check(
        &world,
        "help",
        &world.run("completion --help").env("COLUMNS", "80").output(),
    );
}
