//! `--cluster-timeout` and `--limit`: a cluster that is slow or large costs what is not read of it, and says so.

use mesh_testkit::command::Output;
use mesh_testkit::embedded::Fault;
use serde_json::{Value, json};

use crate::scene::{NAMESPACE, Scene};

const BOTH: &str = "--context east,west -o json";

fn report(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{}", output.golden()))
}

fn count(report: &Value, name: &str) -> u64 {
    report["counts"][name].as_u64().unwrap()
}

/// The contexts, checks and reasons of a list of the report.
fn told<'r>(report: &'r Value, list: &str) -> Vec<[&'r str; 3]> {
    let all = report[list].as_array().into_iter().flatten();
    let told =
        all.map(|one| ["context", "check", "reason"].map(|name| one[name].as_str().unwrap()));
    told.collect()
}

#[test]
fn a_read_that_takes_longer_than_its_cluster_may_is_late_and_no_check_passes_for_it() {
    let scene = Scene::healthy();
    let well = report(&scene.verify(BOTH).output());
    assert_eq!(told(&well, "skipped"), Vec::<[&str; 3]>::new());
    scene
        .west
        .inject(Fault::on("GET", "/apis/networking.istio.io/v1/gateways").hang());
    scene.west.clear_recordings();
    let output = scene
        .verify(&format!("{BOTH} --cluster-timeout 1s"))
        .output();
    assert_eq!(output.code, 0, "{}", output.golden());
    let late = report(&output);
    let skipped = told(&late, "skipped");
    for [context, check, reason] in &skipped {
        // What istiod of east knows is compared with the gateways of west.
        let is_of_both = check.starts_with("networkz-") || *check == "ewg-address-stale";
        assert!(*context == "west" || is_of_both, "{context} {check}");
        assert!(
            reason.ends_with("no complete answer within 1 s"),
            "{check}: {reason}"
        );
    }
    // The list that hangs, what comes after it, and the gateways, which are asked last; not what was read before.
    for (id, is_late) in [
        ("ewg-expose-missing", true),
        ("network-values-disagree", true),
        ("probe-15021", true),
        ("root-differs", false),
        ("mesh-id-mismatch", false),
        ("secret-missing", false),
        ("secret-token-invalid", false),
    ] {
        assert_eq!(
            skipped.iter().any(|[_, check, _]| *check == id),
            is_late,
            "{id}"
        );
    }
    assert_eq!(
        count(&late, "passed") + count(&late, "skipped"),
        count(&well, "passed")
    );
    assert_eq!(count(&late, "error") + count(&late, "warning"), 0);
    let asked = scene.west.rendered_requests();
    assert!(
        !asked.contains("/daemonsets"),
        "nothing is sent after that: {asked}"
    );
}

#[test]
fn a_cluster_that_answers_nothing_within_its_time_is_not_reached() {
    let scene = Scene::healthy();
    scene.west.inject(Fault::everywhere().hang());
    let output = scene
        .verify(&format!("{BOTH} --cluster-timeout 1s"))
        .output();
    assert_eq!(output.code, 3, "{}", output.golden());
    let report = report(&output);
    assert_eq!(report["unreached"][0]["context"], "west");
    assert_eq!(report["clusters"][0]["context"], "east");
    assert_eq!(report["clusters"][0]["reached"], true);
}

#[test]
fn a_list_is_read_to_its_limit_and_its_checks_say_so() {
    let scene = Scene::healthy();
    for number in 1..=3 {
        scene
            .west
            .create(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": format!("zz-{number}"), "namespace": NAMESPACE,
                "labels": {"topology.istio.io/network": "net-b"}},
            "spec": {"ports": [{"port": 80}]}}));
    }
    let labelled = |limit: &str| {
        scene.west.clear_recordings();
        let output = scene.verify(&format!("{BOTH} {limit}")).output();
        let requests = scene.west.requests().into_iter();
        let requests = requests.map(|one| one.to_string());
        let pages = requests.filter(|one| {
            one.contains("/api/v1/services?")
                && one.contains("labelSelector=topology.istio.io/network")
        });
        (report(&output), pages.count())
    };
    let (whole, pages) = labelled("");
    assert_eq!((told(&whole, "partial").len(), pages), (0, 1));
    let (whole, pages) = labelled("--limit 4");
    let services = |report: &Value| {
        let partial = told(report, "partial").into_iter();
        let partial = partial.filter(|[_, _, reason]| reason.ends_with(" services"));
        partial
            .map(|one| one.map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!((services(&whole).len(), pages), (0, 1));
    let (cut, pages) = labelled("--limit 2");
    assert_eq!(pages, 1);
    let services = services(&cut);
    for [context, check, reason] in &services {
        assert_eq!(context, "west", "{check}");
        assert!(reason.starts_with("the first 2 "), "{check}: {reason}");
    }
    assert!(
        services
            .iter()
            .any(|[_, check, _]| check == "network-without-gateway"),
        "{cut:#}"
    );
    assert_eq!(count(&cut, "skipped"), count(&whole, "skipped"));
    let table = scene.verify("--context east,west --limit 2").output();
    assert!(
        table.stdout.contains("  partial   west: "),
        "{}",
        table.golden()
    );
    let output = scene.verify("--limit 0").output();
    assert_eq!(output.code, 2, "{}", output.golden());
}
