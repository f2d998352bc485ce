//! What is asked of the clusters: each wave once, and each distinct credential once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mesh_testkit::black_box::writes;
use mesh_testkit::command::Run;
use mesh_testkit::corpus::{Case, Loaded, case_files};
use mesh_testkit::embedded::Cluster;
use serde_json::{Value, json};
use snapbox::{Data, assert_data_eq};

use crate::scene::{NAMESPACE, PLUGIN, Scene, golden_file};

const READER: &str = "system:serviceaccount:istio-system:istio-reader-service-account";

fn asked(scene: &Scene, run: Run) -> String {
    run.output();
    let of = |cluster: &Cluster| format!("=== {}\n{}", cluster.name(), counted(cluster));
    scene.steady(&(of(&scene.east) + &of(&scene.west)))
}

/// The requests to a cluster, each with its count. Those of one wave come in any order.
fn counted(cluster: &Cluster) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for request in cluster.requests() {
        *counts.entry(request.to_string()).or_default() += 1;
    }
    let lines = counts
        .iter()
        .map(|(request, count)| format!("{count} × {request}\n"));
    lines.collect()
}

/// Ten clusters that all read each other: nine holders have the same credential for each of them, which is used once.
#[test]
fn the_requests_of_each_cluster_of_a_mesh_of_ten_are_these() {
    let case = Case::of_mesh("ten-networks");
    let loaded = Loaded::new(&case);
    let line = case.arguments(&loaded.contexts());
    let output = loaded.run(PLUGIN, &format!("{line} -o short")).output();
    assert_eq!(output.code, 0, "{}", output.golden());
    let mut each: BTreeMap<String, usize> = BTreeMap::new();
    for cluster in loaded.clusters() {
        *each.entry(counted(cluster)).or_default() += 1;
        assert_eq!(writes(cluster), Vec::<String>::new());
        // The administrator's connection, the one to istiod's port, and that of the credential.
        assert_eq!(cluster.connections().len(), 3, "{}", cluster.name());
    }
    let of = |(asked, count): (String, usize)| format!("=== {count} clusters\n{asked}");
    assert_data_eq!(
        each.into_iter().map(of).collect::<String>(),
        Data::read_from(&golden_file("requests", "ten"), None)
    );
}

#[test]
fn the_mesh_configuration_of_each_revision_is_read_once() {
    let is_ours = |file: &&PathBuf| file.ends_with("healthy-two-revisions.yaml");
    let files = case_files();
    let case = Case::read(files.iter().find(is_ours).unwrap());
    let loaded = Loaded::new(&case);
    let line = case.arguments(&loaded.contexts());
    let run = loaded.run(PLUGIN, &format!("{line} -o short"));
    run.output().expect_success();
    for cluster in loaded.clusters() {
        let mut asked: Vec<String> = cluster
            .requests()
            .into_iter()
            .filter_map(|request| Some(request.path.split_once("/configmaps")?.1.to_owned()))
            .collect();
        asked.sort();
        assert_eq!(
            asked,
            [
                "/istio-1-30",
                "/istio-1-31",
                "/istio-ca-root-cert",
                "?limit=500"
            ]
        );
    }
}

#[test]
fn the_requests_of_a_mesh_of_two_are_these() {
    let scene = Scene::healthy();
    let asked = asked(&scene, scene.verify("--context east,west"));
    assert_data_eq!(
        asked,
        Data::read_from(&golden_file("requests", "two"), None)
    );
    for cluster in [&scene.east, &scene.west] {
        assert_eq!(writes(cluster), Vec::<String>::new());
        // The administrator's connection, the one to istiod's port, and that of the other cluster's credential.
        assert_eq!(cluster.connections().len(), 3, "{}", cluster.name());
    }
}

#[test]
fn the_current_context_leads_to_the_same_requests() {
    let [named, found] = ["--context west,east", ""].map(|line| {
        let scene = Scene::healthy();
        let asked = asked(&scene, scene.verify(line));
        let mut lines: Vec<String> = asked.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    });
    assert_eq!(named, found);
}

/// The numbers of reviews of all rules and of single rights that east was asked for, and the rights that west's credential for it lacks.
fn reviews(scene: &Scene) -> (usize, usize, Option<String>) {
    scene.east.clear_recordings();
    let output = scene.verify("--context east,west -o json").output();
    let asked = scene.east.rendered_requests();
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let mut findings = report["findings"].as_array().unwrap().iter();
    let lacks = findings.find(|one| one["id"] == "secret-rbac" && one["severity"] == "error");
    (
        asked.matches("/selfsubjectrulesreviews").count(),
        asked.matches("/selfsubjectaccessreviews").count(),
        lacks.map(|one| one["message"].as_str().unwrap().to_owned()),
    )
}

#[test]
fn rights_that_the_rules_leave_open_are_asked_for_one_by_one() {
    let scene = Scene::healthy();
    assert_eq!(reviews(&scene), (2, 0, None));
    // An authorizer that lists no rules, as a webhook, refuses what a role grants.
    scene.east.deny(READER, "list", "pods");
    let (rules, single, lacks) = reviews(&scene);
    assert_eq!((rules, single), (2, 22));
    let lacks = lacks.unwrap();
    assert!(
        lacks.starts_with("it is not allowed to list pods:"),
        "{lacks}"
    );

    // A rule for objects of some names answers no question about all of them.
    let scene = Scene::healthy();
    let role = "istio-reader-clusterrole-istio-system";
    scene.east.edit("clusterroles", "", role, |role| {
        for rule in role["rules"].as_array_mut().unwrap() {
            let resources = rule["resources"].as_array_mut().unwrap();
            resources.retain(|resource| resource != "nodes");
        }
        let named = json!({"apiGroups": [""], "resources": ["nodes"], "resourceNames": ["n"],
            "verbs": ["list", "watch"]});
        role["rules"].as_array_mut().unwrap().push(named);
    });
    let (rules, single, lacks) = reviews(&scene);
    assert_eq!((rules, single), (2, 2));
    let lacks = lacks.unwrap();
    assert!(
        lacks.starts_with("it is not allowed to list nodes, watch nodes:"),
        "{lacks}"
    );
}

#[test]
fn a_role_of_one_namespace_grants_nothing_in_all_of_them() {
    let scene = Scene::healthy();
    let role = "istio-reader-clusterrole-istio-system";
    scene.east.delete("clusterrolebindings", "", role);
    scene.east.create(
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "all", "namespace": NAMESPACE},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}),
    );
    scene.east.create(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "all", "namespace": NAMESPACE},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "all"},
        "subjects": [{"kind": "ServiceAccount", "name": "istio-reader-service-account", "namespace": NAMESPACE}]}));
    let (rules, single, lacks) = reviews(&scene);
    assert_eq!((rules, single), (2, 0));
    let lacks = lacks.unwrap();
    assert!(
        lacks.contains("list namespaces") && lacks.contains("and 16 more"),
        "{lacks}"
    );
}
