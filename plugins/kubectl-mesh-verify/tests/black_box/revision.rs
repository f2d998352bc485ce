//! `--revision`: the control plane of one revision, by its name or a tag, and what is left out for it.

use std::path::PathBuf;

use mesh_testkit::command::Output;
use mesh_testkit::corpus::{Case, Loaded, case_files, findings};
use serde_json::{Value, json};

use crate::scene::{NAMESPACE, PLUGIN};

fn loaded(case: &str) -> Loaded {
    let is_ours = |file: &&PathBuf| file.file_stem().is_some_and(|name| name == case);
    let files = case_files();
    Loaded::new(&Case::read(files.iter().find(is_ours).unwrap()))
}

fn verified(loaded: &Loaded, line: &str) -> Output {
    let usual = "--allow-loopback --context east,west --no-probes --skip probe-*,ewg-l7-lb";
    loaded.run(PLUGIN, &format!("{usual} {line}")).output()
}

/// The findings of a run, as cases of the corpus have them.
fn found(loaded: &Loaded, line: &str) -> String {
    let output = verified(loaded, &format!("{line} -o json"));
    let report: Value = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", output.golden()));
    findings(&report)
}

/// The pods of istiod that were asked for their pages, and the configurations that were read.
fn asked(loaded: &Loaded, context: &str) -> Vec<String> {
    let requests = loaded.cluster(context).requests().into_iter();
    let asked = requests.filter_map(|request| {
        let path = request.path.as_str();
        let pod = path.split_once("/pods/").map(|(_, pod)| pod);
        let pod = pod.and_then(|pod| pod.split_once("/portforward"));
        let map = path.split_once("/configmaps/").map(|(_, map)| map);
        let map = map.filter(|map| *map != "istio-ca-root-cert");
        pod.map(|(pod, _)| pod).or(map).map(str::to_owned)
    });
    let mut asked: Vec<String> = asked.collect();
    asked.sort();
    asked.dedup();
    asked
}

/// The webhooks of a tag.
fn tag(loaded: &Loaded, context: &str, name: &str, revision: &str) {
    loaded.cluster(context).create(json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": format!("istio-revision-tag-{name}"),
            "labels": {"app": "sidecar-injector", "istio.io/rev": revision, "istio.io/tag": name}},
        "webhooks": []}));
}

#[test]
fn the_mesh_configuration_of_the_revision_is_judged_alone() {
    let loaded = loaded("trust-domain-mismatch-of-a-revision");
    let mismatch = "error trust-domain-mismatch east -> west\n";
    assert_eq!(found(&loaded, ""), mismatch);
    assert_eq!(found(&loaded, "--revision default"), "none\n");
    assert_eq!(found(&loaded, "--revision canary"), mismatch);
    let output = verified(&loaded, "--revision canary");
    assert_eq!(
        output.stderr,
        "verified with all revisions, since there is no istiod of revision canary: east\n"
    );
    let json = verified(&loaded, "--revision canary -o json");
    assert_eq!(json.stderr, "");
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    let revisions = report["clusters"].as_array().unwrap().iter();
    let revisions: Vec<&Value> = revisions.map(|one| &one["revision"]).collect();
    assert_eq!(revisions, [&Value::Null, &json!("canary")]);
}

#[test]
fn only_the_istiods_of_the_revision_and_their_configuration_are_asked_for() {
    let loaded = loaded("healthy-two-revisions");
    for (line, expected) in [
        (
            "",
            vec!["istio-1-30", "istio-1-31", "istiod-1-30-1", "istiod-1-31-1"],
        ),
        ("--revision 1-31", vec!["istio-1-31", "istiod-1-31-1"]),
    ] {
        for cluster in loaded.clusters() {
            cluster.clear_recordings();
        }
        assert_eq!(found(&loaded, line), "none\n", "{line}");
        for context in ["east", "west"] {
            assert_eq!(asked(&loaded, context), expected, "{line} {context}");
            let requests = loaded.cluster(context).rendered_requests();
            assert!(!requests.contains("webhookconfigurations"), "{requests}");
        }
    }
}

#[test]
fn a_tag_stands_for_its_revision() {
    let loaded = loaded("healthy-two-revisions");
    for context in ["east", "west"] {
        tag(&loaded, context, "prod", "1-30");
        tag(&loaded, context, "default", "1-31");
    }
    for (name, pod) in [("prod", "istiod-1-30-1"), ("default", "istiod-1-31-1")] {
        loaded.cluster("west").clear_recordings();
        assert_eq!(found(&loaded, &format!("--revision {name}")), "none\n");
        let asked = asked(&loaded, "west");
        assert!(
            asked.contains(&pod.to_owned()) && asked.len() == 2,
            "{asked:?}"
        );
    }
    let requests = loaded.cluster("west").rendered_requests();
    let tags = "GET /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations?labelSelector=istio.io/tag&limit=500 200";
    assert_eq!(requests.matches(tags).count(), 1, "{requests}");
}

#[test]
fn gateways_of_another_revision_are_no_findings() {
    let loaded = loaded("healthy-two-revisions");
    let unready = |pod: &mut Value| {
        pod["status"]["conditions"] = json!([{"type": "Ready", "status": "False"}]);
    };
    let gateway = "istio-eastwestgateway-1";
    loaded
        .cluster("west")
        .edit("pods", NAMESPACE, gateway, unready);
    let finding = "error ewg-pods west\n";
    assert_eq!(found(&loaded, ""), finding);
    assert_eq!(found(&loaded, "--revision 1-31"), finding);
    assert_eq!(found(&loaded, "--revision 1-30"), "none\n");
}

#[test]
fn a_revision_that_no_cluster_has_is_an_error_with_those_that_there_are() {
    let loaded = loaded("healthy-two-revisions");
    tag(&loaded, "west", "prod", "1-30");
    let output = verified(&loaded, "--revision 1-29");
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    assert_eq!(
        output.stderr,
        "error: no cluster that was read has an istiod of revision 1-29, or a tag of this name\n\
         hint: add --revision 1-30\n\
         or: add --revision 1-31\n\
         or: add --revision prod\n"
    );
    loaded
        .cluster("west")
        .deny("admin", "list", "mutatingwebhookconfigurations");
    let output = verified(&loaded, "--revision prod");
    assert_eq!(output.code, 2);
    assert!(
        output
            .stderr
            .contains("or a tag of this name (tags were not read: "),
        "{}",
        output.golden()
    );
    let output = verified(&loaded, "--revision 1.29");
    assert_eq!(output.code, 2);
    assert!(
        output.stderr.contains("hint: for example: --revision 1-29"),
        "{}",
        output.golden()
    );
    let from = verified(&loaded, "--from mesh.json --revision 1-30");
    assert_eq!(from.code, 2, "{}", from.golden());
}

#[test]
fn a_snapshot_is_of_the_revision() {
    let loaded = loaded("trust-domain-mismatch-of-a-revision");
    let line =
        "snapshot mesh.json --allow-loopback --context east,west --no-probes --revision default";
    loaded.run(PLUGIN, line).output().expect_success();
    let from = loaded.run(PLUGIN, "--from mesh.json -o json").output();
    let report: Value = serde_json::from_str(&from.stdout).unwrap();
    let revisions = report["clusters"].as_array().unwrap().iter();
    let revisions: Vec<&Value> = revisions.map(|one| &one["revision"]).collect();
    assert_eq!(revisions, [&json!("default"), &json!("default")]);
    assert!(
        !findings(&report).contains("trust-domain"),
        "{}",
        from.golden()
    );
}
