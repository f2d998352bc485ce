//! `--only`, `--skip`, `--deny` and `--fail-on`: each changes what it says, and nothing else.

use serde_json::Value;

use crate::scene::Scene;

const BOTH: &str = "--context east,west -o json";

/// Runs it in a mesh where a secret of west and a gateway of west are broken; returns the findings' ids, the report and the exit
/// code.
fn found(scene: &Scene, line: &str) -> (Vec<String>, Value, i32) {
    let output = scene.verify(&format!("{BOTH} {line}")).output();
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let severe = findings.filter(|one| one["severity"] != "info");
    let ids = severe.map(|one| one["id"].as_str().unwrap().to_owned());
    (ids.collect(), report.clone(), output.code)
}

fn broken() -> Scene {
    let scene = Scene::healthy();
    scene
        .west
        .delete("secrets", "istio-system", "istio-remote-secret-east");
    scene
        .west
        .set_load_balancer("istio-system", "istio-eastwestgateway", &[]);
    scene
}

#[test]
fn a_selection_takes_what_it_names() {
    let scene = broken();
    for (line, expected, code) in [
        ("", vec!["ewg-address-pending", "secret-missing"], 1),
        ("--only secret-*", vec!["secret-missing"], 1),
        ("--only secret-missing,ewg-pods", vec!["secret-missing"], 1),
        ("--skip secret-*", vec!["ewg-address-pending"], 1),
        (
            "--skip secret-missing@west/east",
            vec!["ewg-address-pending"],
            1,
        ),
        ("--skip secret-missing@west", vec!["ewg-address-pending"], 1),
        ("--skip *", vec![], 0),
        (
            "--fail-on never",
            vec!["ewg-address-pending", "secret-missing"],
            0,
        ),
        (
            "--fail-on never --deny secret-missing",
            vec!["ewg-address-pending", "secret-missing"],
            1,
        ),
        (
            "--fail-on never --deny secret-self",
            vec!["ewg-address-pending", "secret-missing"],
            0,
        ),
    ] {
        let (ids, _, exit) = found(&scene, line);
        assert_eq!(
            (ids, exit),
            (expected.into_iter().map(str::to_owned).collect(), code),
            "{line}"
        );
    }
}

#[test]
fn what_is_not_selected_is_neither_passed_nor_skipped() {
    let scene = Scene::healthy();
    let count = |line: &str| {
        let (_, report, _) = found(&scene, line);
        let count = |name: &str| report["counts"][name].as_u64().unwrap();
        (count("passed"), count("skipped"))
    };
    assert_eq!(count("--only ewg-pods"), (2, 0));
    assert_eq!(count("--only probe-15443 --no-probes"), (0, 2));
    let (all, only) = (count(""), count("--skip ewg-pods"));
    assert_eq!((all.0 - only.0, all.1), (2, only.1));
}

#[test]
fn a_pattern_that_fits_nothing_is_told() {
    let scene = Scene::healthy();
    let output = scene
        .verify("--context east,west --skip secret-self@north")
        .output();
    assert_eq!(
        output.stderr,
        "warning: secret-self@north fits no finding\n"
    );
    let output = scene.verify("--skip secret-selfish").output();
    assert_eq!(output.code, 2);
    assert!(
        output
            .stderr
            .contains("no check is called \"secret-selfish\""),
        "{}",
        output.stderr
    );
}
