//! Annotations that say to ignore findings, `--no-ignore` and `--no-fold`.

use serde_json::{Value, json};

use crate::scene::{NAMESPACE, Scene};

const BOTH: &str = "--context east,west";
const IGNORE: &str = "mesh.istio-multicluster.dev/ignore";

fn annotate(scene: &Scene, resource: &str, namespace: &str, name: &str, value: &str) {
    scene.west.edit(resource, namespace, name, |object| {
        object["metadata"]["annotations"][IGNORE] = json!(value);
    });
}

/// Returns the ids of errors and warnings, those of what is ignored, and the exit code.
fn found(scene: &Scene, line: &str) -> (Vec<String>, Vec<String>, i32) {
    let output = scene.verify(&format!("{BOTH} -o json {line}")).output();
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let ids = |list: &str| {
        let all = report[list].as_array().into_iter().flatten();
        let severe = all.filter(|one| one["severity"] != "info");
        let ids = severe.map(|one| one["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<String>>()
    };
    let (findings, ignored) = (ids("findings"), ids("ignored"));
    let count = report["counts"]["ignored"].as_u64().unwrap_or_default();
    assert_eq!(usize::try_from(count).unwrap(), ignored.len());
    (findings, ignored, output.code)
}

fn names(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn what_an_annotation_ignores_is_counted_and_told() {
    let scene = Scene::broken_west();
    let (pending, missing) = ("ewg-address-pending", "secret-missing");
    assert_eq!(found(&scene, ""), (names(&[pending, missing]), vec![], 1));
    let of_gateway = "ewg-address-pending,ewg-pods no load balancer before spring";
    annotate(
        &scene,
        "services",
        NAMESPACE,
        "istio-eastwestgateway",
        of_gateway,
    );
    // What it explained stands for itself now.
    let stale = "ewg-address-stale";
    let left = names(&[missing, stale]);
    assert_eq!(found(&scene, ""), (left, names(&[pending]), 1));
    annotate(&scene, "namespaces", "", NAMESPACE, "secret-*");
    let ignored = names(&[pending, missing]);
    assert_eq!(found(&scene, ""), (names(&[stale]), ignored, 0));
    assert_eq!(
        found(&scene, "--no-ignore"),
        (names(&[pending, missing]), vec![], 1)
    );

    let table = scene.verify(BOTH).output().expect_success();
    assert!(
        table.stdout.ends_with("; 2 ignored\n"),
        "{}",
        table.golden()
    );
    assert!(!table.stdout.contains(pending), "{}", table.golden());
    let wide = scene.verify(&format!("{BOTH} -o wide")).output();
    let words: Vec<&str> = wide.stdout.split_whitespace().collect();
    let words = words.join(" ");
    for told in [
        "ignored ewg-address-pending west service istio-system/istio-eastwestgateway has no address",
        "by an annotation of service/istio-eastwestgateway in namespace istio-system: no load balancer before spring",
        "ignored secret-missing west -> east there is no secret for context east by an annotation of namespace/istio-system",
    ] {
        assert!(words.contains(told), "{told}\n{}", wide.golden());
    }
    let short = scene.verify(&format!("{BOTH} -o short")).output();
    assert!(
        short.stdout.ends_with("; 2 ignored\n"),
        "{}",
        short.golden()
    );
}

#[test]
fn an_annotation_that_names_no_check_is_told() {
    let scene = Scene::broken_west();
    annotate(&scene, "namespaces", "", NAMESPACE, "secret-missin gone");
    let output = scene.verify(&format!("{BOTH} -o name")).output();
    assert_eq!(output.code, 1);
    assert_eq!(
        output.stderr,
        "warning: annotation mesh.istio-multicluster.dev/ignore of namespace/istio-system in context west names no check: \"secret-missin\"\n"
    );
}

#[test]
fn without_folding_each_finding_is_counted() {
    let scene = Scene::broken_west();
    let count = |line: &str| {
        let output = scene.verify(&format!("{BOTH} -o json {line}")).output();
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let follows = findings
            .iter()
            .map(|one| one["follows"].as_array().map_or(0, Vec::len));
        (findings.len(), follows.sum::<usize>())
    };
    let (roots, follows) = count("");
    assert!(follows > 0);
    assert_eq!(count("--no-fold"), (roots + follows, 0));
}
