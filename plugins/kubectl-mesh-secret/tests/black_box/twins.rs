//! Two secrets of one holder for one cluster under one name: which of them is to go, and that what is printed leaves the holder's
//! istiod with the other one. That this istiod takes and leaves secrets as a real one does is held against a real one in the
//! suite's e2e tests.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::istiod::{FakeIstiod, Page};
use serde_json::{Value, json};

use crate::list::check;
use crate::support::{CLUSTERZ, NAMESPACE, World, decoded, istiod, paste};

const USUAL: &str = "istio-remote-secret-west";
const LIST: &str = "list --context east";
const INSPECT: &str = "inspect --context east";
const PROBE: &str = "inspect --context east --probe";

/// East with an istiod and a secret for west; and, made later, another one.
fn world() -> World {
    let world = World::new();
    world.east.create(istiod("east"));
    world.west.create(istiod("west"));
    world
        .run("create --name west --allow-loopback --into east")
        .output()
        .expect_success();
    world
}

/// Puts a copy of the usual secret beside it, with this token in place of its own.
fn twin(world: &World, token: Option<&str>) {
    copy(world, "twin", token);
}

fn copy(world: &World, name: &str, token: Option<&str>) {
    let secret = world.east.get("secrets", NAMESPACE, USUAL).unwrap();
    let mut kubeconfig = decoded(&secret["data"]["west"]);
    if let Some(token) = token {
        let own = kubeconfig
            .lines()
            .find_map(|line| line.trim().strip_prefix("token: "));
        let own = own.unwrap().to_owned();
        kubeconfig = kubeconfig.replace(&own, token);
    }
    world
        .east
        .create(json!({"apiVersion": "v1", "kind": "Secret",
        "data": {"west": BASE64_STANDARD.encode(kubeconfig)},
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"istio/multiCluster": "true"}}}));
}

/// The fix of each `secret-duplicate`, and its kind.
fn fixes(world: &World, line: &str) -> Vec<(String, String)> {
    let output = world
        .run(&format!("{line} --allow-loopback -o json"))
        .output();
    let report: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{}", output.golden()));
    let items = report["items"].as_array().unwrap().iter();
    let lists = items.flat_map(|item| {
        let clusters = item["clusters"].as_array().into_iter().flatten();
        clusters
            .map(|cluster| &cluster["findings"])
            .chain([&item["findings"]])
    });
    let findings = lists.flat_map(|list| list.as_array().unwrap());
    let twins = findings.filter(|finding| finding["id"] == "secret-duplicate");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    twins
        .map(|finding| (text(&finding["fixKind"]), text(&finding["fix"])))
        .collect()
}

/// The command that all of these lines print.
fn command(world: &World, lines: &[&str]) -> String {
    let mut command = None;
    for line in lines {
        let fixes = fixes(world, line);
        assert_eq!(fixes.len(), 1, "{line}: {fixes:?}");
        for (kind, fix) in fixes {
            assert_eq!(kind, "command", "{line}: {fix}");
            assert_eq!(*command.get_or_insert_with(|| fix.clone()), fix, "{line}");
        }
    }
    command.unwrap()
}

fn steps(world: &World, line: &str, words: &str) {
    let fixes = fixes(world, line);
    assert_eq!(fixes.len(), 1, "{line}: {fixes:?}");
    for (kind, fix) in fixes {
        assert_eq!(kind, "step", "{line}: {fix}");
        assert!(fix.contains(words), "{line}: {fix}");
    }
}

fn uid(world: &World, name: &str) -> String {
    let secret = world.east.get("secrets", NAMESPACE, name).unwrap();
    secret["metadata"]["uid"].as_str().unwrap().to_owned()
}

#[test]
fn the_secret_that_istiod_does_not_use_goes() {
    let world = world();
    let istiod = FakeIstiod::start(&world.east, "istiod-1");
    twin(&world, None);
    let uid = uid(&world, "twin");
    let fix = command(&world, &[LIST, INSPECT, PROBE]);
    assert_eq!(
        fix,
        format!(
            "kubectl mesh-secret delete secret/twin --context east && kubectl --context east -n istio-system annotate --overwrite secret {USUAL} mesh.istio-multicluster.dev/read-again-after={uid}"
        )
    );
    let line = format!("{LIST} --allow-loopback");
    check(&world, "twins", &world.run(&line).output());
    paste(&world, &fix, &[&world.east]);
    assert_eq!(fixes(&world, LIST), []);
    assert_eq!(
        istiod.secret_of("west").unwrap(),
        format!("{NAMESPACE}/{USUAL}")
    );
}

#[test]
fn several_go_by_one_command() {
    let world = world();
    let istiod = FakeIstiod::start(&world.east, "istiod-1");
    twin(&world, None);
    copy(&world, "twin-2", None);
    let fix = command(&world, &[LIST, INSPECT, PROBE]);
    let start = "kubectl mesh-secret delete secret/twin secret/twin-2 --context east && ";
    assert!(fix.starts_with(start), "{fix}");
    paste(&world, &fix, &[&world.east]);
    assert_eq!(fixes(&world, LIST), []);
    assert_eq!(
        istiod.secret_of("west").unwrap(),
        format!("{NAMESPACE}/{USUAL}")
    );
}

#[test]
fn the_secret_that_fails_goes_even_where_istiod_uses_it() {
    let world = world();
    twin(&world, None);
    // What istiod has taken first is what does not work.
    world.east.edit("secrets", NAMESPACE, USUAL, |secret| {
        let text = decoded(&secret["data"]["west"]);
        let text = text.replace("token: ", "token: not-");
        secret["data"]["west"] = BASE64_STANDARD.encode(text).into();
    });
    let istiod = FakeIstiod::start(&world.east, "istiod-1");
    let fix = command(&world, &[PROBE]);
    assert!(
        fix.starts_with(&format!(
            "kubectl mesh-secret delete secret/{USUAL} --context east && "
        )),
        "{fix}"
    );
    paste(&world, &fix, &[&world.east]);
    assert_eq!(fixes(&world, PROBE), []);
    assert_eq!(
        istiod.secret_of("west").unwrap(),
        format!("{NAMESPACE}/twin")
    );
}

#[test]
fn one_that_istiod_refuses_goes_without_a_trial() {
    let world = world();
    twin(&world, None);
    world.east.edit("secrets", NAMESPACE, "twin", |secret| {
        secret["data"]["west"] = "".into();
    });
    let fix = command(&world, &[LIST, INSPECT, PROBE]);
    assert!(fix.starts_with("kubectl mesh-secret delete secret/twin --context east && "));
    paste(&world, &fix, &[&world.east]);
    assert_eq!(fixes(&world, LIST), []);
}

#[test]
fn nothing_is_deleted_by_a_command_where_it_is_not_known_which_one_stays() {
    let world = world();
    twin(&world, None);
    steps(&world, LIST, "no istiod runs in namespace istio-system");
    let istiod = FakeIstiod::start(&world.east, "istiod-1");
    let other = FakeIstiod::start(&world.east, "istiod-2");
    other.page(
        CLUSTERZ,
        Page::Text(
            r#"[{"id":"west","secretName":"istio-system/other","syncStatus":"synced"}]"#.to_owned(),
        ),
    );
    for line in [LIST, INSPECT, PROBE] {
        steps(&world, line, "and then annotate the one that stays");
    }
    other.heal();
    istiod.page(CLUSTERZ, Page::Status(404));
    steps(&world, LIST, "could not be read: ");
    world.east.deny("admin", "create", "pods/portforward");
    steps(&world, INSPECT, "could not be read: ");
}

#[test]
fn istiods_are_asked_only_where_something_depends_on_it() {
    let world = world();
    let istiod = FakeIstiod::start(&world.east, "istiod-1");
    for line in [LIST, INSPECT, PROBE] {
        let line = format!("{line} --allow-loopback");
        world.run(&line).output().expect_success();
    }
    assert_eq!(istiod.asked(CLUSTERZ), 0);
}
