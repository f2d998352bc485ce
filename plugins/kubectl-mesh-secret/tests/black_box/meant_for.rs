//! Whom a secret is for: `list` and `inspect` say the same of the same state, and what they print is run against the state
//! that they print it for.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::embedded::Cluster;
use serde_json::{Value, json};

use crate::list::{LIST, check};
use crate::support::{NAMESPACE, World, add_reader, istiod, namespace, paste};

/// The command lines of `list` and `inspect`, for east's secrets alone and for all clusters.
const LINES: [&str; 4] = [
    "list --context east",
    "list --context east,west,north",
    "inspect --context east",
    "inspect --context east --probe",
];

/// East, west and north, each with a reader and an istiod that calls it so.
struct Scene {
    world: World,
    north: Cluster,
}

/// A finding: Secret, ID, and what to do.
#[derive(Debug, PartialEq)]
struct Found {
    secret: String,
    id: String,
    fix: String,
    kind: String,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let north = Cluster::start("north");
        north.create(namespace(NAMESPACE));
        let all = world.kubeconfig();
        world.write(&all.entry("north", north.kubeconfig_cluster(), north.kubeconfig_user()));
        for cluster in [&world.east, &north] {
            add_reader(cluster);
        }
        for cluster in [&world.east, &world.west, &north] {
            cluster.create(istiod(cluster.name()));
        }
        Self { world, north }
    }

    /// The kubeconfig for `source` that `create` gives with these arguments.
    fn access(&self, arguments: &str, source: &str) -> String {
        let line = format!("create {arguments} --allow-loopback -o json");
        let run = self.world.run(&line).manifest_requested();
        let manifest = run.output().expect_success().stdout;
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        manifest["stringData"][source].as_str().unwrap().to_owned()
    }

    /// East holds a Secret with these keys, each with access to the cluster beside it.
    fn hold(&self, secret: &str, keys: &[(&str, &str)]) {
        let data: serde_json::Map<_, _> = keys
            .iter()
            .map(|(key, source)| {
                let access = self.access(&format!("--context {source} --name {source}"), source);
                ((*key).to_owned(), access.into())
            })
            .collect();
        self.world
            .east
            .create_as("istioctl", json!({"apiVersion": "v1", "kind": "Secret", "stringData": data,
            "metadata": {"name": secret, "namespace": NAMESPACE, "labels": {"istio/multiCluster": "true"}}}));
    }

    /// Every warning and error.
    fn found(&self, line: &str) -> Vec<Found> {
        let output = self
            .world
            .run(&format!("{line} --allow-loopback -o json"))
            .output();
        let report: Value =
            serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{}", output.golden()));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut found = Vec::new();
        for item in report["items"].as_array().unwrap() {
            let clusters = item["clusters"].as_array().into_iter().flatten();
            let lists = clusters.map(|cluster| &cluster["findings"]);
            let all = lists.chain([&item["findings"]]);
            for finding in all.flat_map(|list| list.as_array().unwrap()) {
                if finding["severity"] != "info" {
                    found.push(Found {
                        secret: text(&item["name"]),
                        id: text(&finding["id"]),
                        fix: text(&finding["fix"]),
                        kind: text(&finding["fixKind"]),
                    });
                }
            }
        }
        found
    }

    /// Every one of these lines has this one finding, whose fix is a command; once that is run, none has any.
    fn is_put_right(&self, lines: &[&str], secret: &str, id: &str) -> String {
        let mut fix = None;
        for line in lines {
            let found = self.found(line);
            let [one] = found.as_slice() else {
                panic!("{line}: {found:#?}");
            };
            assert_eq!(
                (one.secret.as_str(), one.id.as_str(), one.kind.as_str()),
                (secret, id, "command"),
                "{line}: {one:?}"
            );
            let first = fix.get_or_insert_with(|| one.fix.clone());
            assert_eq!(*first, one.fix, "{line}");
        }
        let fix = fix.unwrap();
        self.paste(&fix);
        for line in LINES {
            assert_eq!(self.found(line), [], "{line} after {fix}");
        }
        fix
    }

    fn paste(&self, line: &str) {
        let world = &self.world;
        paste(world, line, &[&world.east, &world.west, &self.north]);
    }
}

#[test]
fn a_secret_that_gives_access_to_its_holder_is_made_again_for_the_cluster_that_it_is_named_for() {
    let scene = Scene::new();
    scene.hold("istio-remote-secret-west", &[("west", "east")]);
    let fix = scene.is_put_right(&LINES, "istio-remote-secret-west", "secret-wrong-cluster");
    assert_eq!(
        fix,
        "kubectl mesh-secret create --context west --name west --into east --allow-loopback --replace"
    );
}

#[test]
fn a_secret_of_an_unusual_name_makes_way_for_the_one_that_is_made_again() {
    let scene = Scene::new();
    scene.hold("older", &[("west", "east")]);
    let fix = scene.is_put_right(&LINES, "older", "secret-wrong-cluster");
    assert_eq!(
        fix,
        "kubectl mesh-secret delete secret/older --context east && kubectl mesh-secret create --context west --name west --into east --allow-loopback"
    );
}

#[test]
fn a_secret_that_gives_access_to_a_third_cluster_is_made_again_for_the_right_one() {
    let scene = Scene::new();
    scene.hold("istio-remote-secret-west", &[("west", "north")]);
    // Whether two contexts are one cluster cannot be told before both are read.
    for line in [LINES[0], LINES[2]] {
        assert_eq!(scene.found(line), [], "{line}");
    }
    let lines = [LINES[1], LINES[3]];
    scene.is_put_right(&lines, "istio-remote-secret-west", "secret-wrong-cluster");
}

#[test]
fn a_secret_for_nobody_that_gives_access_to_its_holder_is_deleted() {
    let scene = Scene::new();
    scene.hold("istio-remote-secret-other", &[("other", "east")]);
    let fix = scene.is_put_right(&LINES, "istio-remote-secret-other", "secret-self");
    assert_eq!(
        fix,
        "kubectl mesh-secret delete secret/istio-remote-secret-other --context east"
    );
}

#[test]
fn a_secret_under_the_holders_own_name_is_not_made_again() {
    let scene = Scene::new();
    scene.hold("istio-remote-secret-east", &[("east", "east")]);
    scene.is_put_right(&LINES, "istio-remote-secret-east", "secret-self");
    scene.hold("istio-remote-secret-east", &[("east", "west")]);
    for line in LINES {
        let found = scene.found(line);
        let ids: Vec<_> = found.iter().map(|one| (&*one.id, &*one.kind)).collect();
        assert_eq!(ids, [("secret-self", "step")], "{line}");
    }
}

#[test]
fn a_second_key_for_the_same_cluster_is_dropped() {
    let scene = Scene::new();
    let keys = [("old-west", "west"), ("west", "west")];
    scene.hold("istio-remote-secret-west", &keys);
    let fix = scene.is_put_right(&LINES, "istio-remote-secret-west", "secret-stray-key");
    assert_eq!(
        fix,
        r#"kubectl --context east -n istio-system patch secret istio-remote-secret-west --type=json -p '[{"op":"remove","path":"/data/old-west"}]'"#
    );
    let secret = scene
        .world
        .east
        .get("secrets", NAMESPACE, "istio-remote-secret-west");
    let secret = secret.unwrap();
    let keys: Vec<&String> = secret["data"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["west"]);
}

#[test]
fn a_second_key_with_another_token_is_not_dropped_by_a_command() {
    let scene = Scene::new();
    scene.hold("istio-remote-secret-west", &[("west", "west")]);
    let arguments = "--context west --name west --token-duration 10h --for other";
    let access = scene.access(arguments, "west");
    let east = &scene.world.east;
    east.edit("secrets", NAMESPACE, "istio-remote-secret-west", |secret| {
        secret["data"]["old-west"] = BASE64_STANDARD.encode(access).into();
    });
    for line in LINES {
        let found = scene.found(line);
        let ids: Vec<_> = found.iter().map(|one| (&*one.id, &*one.kind)).collect();
        assert_eq!(ids, [("secret-stray-key", "step")], "{line}");
    }
}

#[test]
fn a_key_that_the_clusters_istiod_does_not_have_for_a_name_is_replaced() {
    let scene = Scene::new();
    scene.hold("istio-remote-secret-old-west", &[("old-west", "west")]);
    // What its istiod calls it is only known once the cluster was read.
    for line in [LINES[0], LINES[2]] {
        assert_eq!(scene.found(line), [], "{line}");
    }
    let lines = [LINES[1], LINES[3]];
    let secret = "istio-remote-secret-old-west";
    let fix = scene.is_put_right(&lines, secret, "cluster-id-secret-key");
    assert_eq!(
        fix,
        "kubectl mesh-secret delete secret/istio-remote-secret-old-west --context east && kubectl mesh-secret create --context west --name west --into east --allow-loopback"
    );
}

#[test]
fn a_wrong_key_in_the_secret_of_the_right_name_is_replaced_too() {
    let scene = Scene::new();
    scene.hold("istio-remote-secret-west", &[("old-west", "west")]);
    let lines = [LINES[1], LINES[3]];
    scene.is_put_right(&lines, "istio-remote-secret-west", "cluster-id-secret-key");
}

#[test]
fn a_secret_for_the_same_cluster_under_another_name_is_deleted_and_the_right_one_is_not() {
    let scene = Scene::new();
    scene.hold("istio-remote-secret-west", &[("west", "west")]);
    scene.hold("istio-remote-secret-old-west", &[("old-west", "west")]);
    // Which of both is right is known by what west's istiod says.
    for line in [LINES[0], LINES[2]] {
        let found = scene.found(line);
        assert!(
            found
                .iter()
                .all(|one| one.id == "secret-duplicate" && one.kind == "step")
        );
        assert_eq!(found.len(), 1, "{line}: {found:#?}");
    }
    let lines = [LINES[1], LINES[3]];
    let secret = "istio-remote-secret-old-west";
    let fix = scene.is_put_right(&lines, secret, "secret-duplicate");
    assert_eq!(
        fix,
        "kubectl mesh-secret delete secret/istio-remote-secret-old-west --context east"
    );
}

#[test]
fn nothing_that_other_clusters_live_by_is_deleted_with_a_key() {
    let scene = Scene::new();
    let keys = [("other", "east"), ("west", "west")];
    scene.hold("istio-remote-secret-west", &keys);
    for line in LINES {
        let found = scene.found(line);
        let ids: Vec<_> = found.iter().map(|one| (&*one.id, &*one.kind)).collect();
        assert_eq!(ids, [("secret-self", "step")], "{line}");
    }
}

#[test]
fn one_secret_that_is_asked_for_by_its_name_is_judged_beside_the_others() {
    let scene = Scene::new();
    scene.hold("istio-remote-secret-west", &[("west", "west")]);
    scene.hold("istio-remote-secret-old-west", &[("old-west", "west")]);
    let found = scene.found("inspect old-west --context east --probe");
    let ids: Vec<_> = found.iter().map(|one| (&*one.secret, &*one.id)).collect();
    assert_eq!(ids, [("istio-remote-secret-old-west", "secret-duplicate")]);
}

#[test]
fn a_pair_whose_secret_is_wrong_is_not_missing_as_well() {
    let scene = Scene::new();
    scene.hold("istio-remote-secret-west", &[("west", "east")]);
    let line = "list --context east,west --allow-loopback -o json";
    let output = scene.world.run(line).output();
    let states = crate::list::states(&output);
    assert_eq!(
        states,
        ["east west east wrong-cluster", "west east east missing"]
    );
}

#[test]
fn a_cluster_that_no_secret_is_about_is_not_asked() {
    let scene = Scene::new();
    scene.hold("istio-remote-secret-west", &[("west", "west")]);
    scene.north.clear_recordings();
    for line in [LINES[0], LINES[2], LINES[3]] {
        assert_eq!(scene.found(line), [], "{line}");
    }
    assert!(scene.north.connections().is_empty());
}

#[test]
fn what_is_said_of_each() {
    let usual = "istio-remote-secret-west";
    for (name, secret, keys) in [
        ("wrong_cluster", usual, &[("west", "east")][..]),
        (
            "wrong_name",
            "istio-remote-secret-old-west",
            &[("old-west", "west")],
        ),
        (
            "stray_key",
            usual,
            &[("old-west", "west"), ("west", "west")],
        ),
    ] {
        let scene = Scene::new();
        scene.hold(secret, keys);
        let output = scene.world.run(LIST).output();
        check(&scene.world, name, &output);
    }
}
