//! Which rights `inspect --probe` wants a credential to have: those that the holder's istiod needs.

use serde_json::{Value, json};

use crate::support::{World, istiod};

const ROLE: &str = "istio-reader-clusterrole-istio-system";

/// The severities of `secret-rbac`, and what the probe says of the question whether it may read enough.
fn judged(world: &World) -> (Vec<String>, String) {
    let line = "inspect --context east --probe --allow-loopback -o json";
    let output = world.run(line).output();
    let report: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{}", output.golden()));
    let cluster = &report["items"][0]["clusters"][0];
    let findings = cluster["findings"].as_array().unwrap();
    let rights = findings
        .iter()
        .filter(|finding| finding["id"] == "secret-rbac");
    let severities = rights.map(|finding| finding["severity"].as_str().unwrap().to_owned());
    let answer = &cluster["probe"]["mayRead"]["result"];
    (severities.collect(), answer.as_str().unwrap().to_owned())
}

/// East's istiod is of this image.
fn runs(world: &World, image: &str) {
    world
        .east
        .edit("deployments", "istio-system", "istiod", |it| {
            it["spec"]["template"]["spec"]["containers"][0]["image"] = image.into();
        });
}

#[test]
fn a_reader_without_config_maps_is_judged_by_the_version_of_the_holders_istiod() {
    let world = World::new();
    world.east.create(istiod("east"));
    world
        .run("create --name west --allow-loopback --into east")
        .output()
        .expect_success();
    world.west.edit("clusterroles", "", ROLE, |role| {
        for rule in role["rules"].as_array_mut().unwrap() {
            let resources = rule["resources"].as_array_mut().unwrap();
            resources.retain(|resource| resource != "configmaps");
        }
    });
    for (tag, severities, answer) in [
        (":1.24.6", &[][..], "passed"),
        (":1.25.5", &[], "passed"),
        (":1.26.4-distroless", &["error"], "failed"),
        (":1.27.3", &[], "passed"),
        (":1.28.4", &[], "passed"),
        (":1.29.0", &["error"], "failed"),
        (":1.31.0", &["error"], "failed"),
        (":latest", &["warning"], "skipped"),
        ("", &["warning"], "skipped"),
    ] {
        runs(&world, &format!("docker.io/istio/pilot{tag}"));
        let severities: Vec<String> = severities.iter().map(|&one| one.to_owned()).collect();
        assert_eq!(judged(&world), (severities, answer.to_owned()), "{tag}");
    }
    // What every version needs is an error whatever the version is.
    world.west.edit("clusterroles", "", ROLE, |role| {
        role["rules"] = json!([]);
    });
    for tag in [":1.24.6", ":latest"] {
        runs(&world, &format!("docker.io/istio/pilot{tag}"));
        assert_eq!(judged(&world).0, ["error"], "{tag}");
    }
}
