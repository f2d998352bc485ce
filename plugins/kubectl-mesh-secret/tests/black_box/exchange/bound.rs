//! `--token-duration`: tokens that end, one for each holder, and the Secrets that they are bound to.

use mesh_testkit::embedded::{Cluster, Fault};
use serde_json::Value;

use super::mesh::{EXCHANGE, Mesh};

/// The golden files of this file's tests.
pub(super) const GOLDEN: &[&str] = &["bound", "no_token_request", "try_out_of_a_bound_token"];

#[test]
fn each_holder_gets_a_token_of_its_own_where_tokens_end() {
    let mesh = Mesh::new();
    let output = mesh
        .run(&format!("{EXCHANGE} --token-duration 2h"))
        .output();
    mesh.told("bound", &output);
    mesh.is_complete();
    let secrets = mesh.secrets();
    let of = |holder: &str, source: &str| {
        secrets[&(holder.to_owned(), format!("istio-remote-secret-{source}"))]
            .1
            .clone()
    };
    assert_ne!(of("east", "north"), of("west", "north"));
}

#[test]
fn what_a_token_was_to_be_bound_to_goes_where_there_is_none() {
    let mesh = Mesh::new();
    mesh.north.deny("admin", "create", "serviceaccounts/token");
    let output = mesh
        .run(&format!("{EXCHANGE} --token-duration 1h"))
        .output();
    mesh.told("no_token_request", &output);
    assert_eq!(mesh.held(), "east: west, north: east west, west: east");
    assert_eq!(anchors(&mesh.north), Vec::<String>::new());
    assert_eq!(anchors(&mesh.east).len(), 2);
}

#[test]
fn what_a_token_was_bound_to_goes_where_it_does_not_work_and_stays_where_another_needs_it() {
    let mesh = Mesh::new();
    let line = format!("{EXCHANGE} --token-duration 1h");
    let reader = "system:serviceaccount:istio-system:istio-reader-service-account";
    mesh.north
        .inject(Fault::everywhere().user(reader).status(500));
    let output = mesh.run(&line).output();
    mesh.told("try_out_of_a_bound_token", &output);
    assert_eq!(anchors(&mesh.north), Vec::<String>::new());

    mesh.north.clear_faults();
    mesh.run(&line).output().expect_success();
    mesh.is_complete();
    let before = of_north(&mesh);
    mesh.north
        .inject(Fault::everywhere().user(reader).status(500));
    assert_eq!(mesh.run(&line).output().code, 3);
    assert_eq!(
        anchors(&mesh.north).len(),
        2,
        "the holders' tokens end with it"
    );
    assert_eq!(of_north(&mesh), before);
}

/// Returns the secrets that give access to north.
fn of_north(mesh: &Mesh) -> Vec<Value> {
    let secrets = mesh.secrets().into_iter();
    let of_north = secrets.filter(|((_, name), _)| name.ends_with("-north"));
    of_north.map(|(_, (_, data))| data).collect()
}

/// The Secrets that tokens of this cluster are bound to.
fn anchors(cluster: &Cluster) -> Vec<String> {
    let secrets = cluster
        .objects()
        .into_iter()
        .filter(|object| object["kind"] == "Secret");
    let names = secrets.map(|secret| secret["metadata"]["name"].as_str().unwrap().to_owned());
    names.filter(|name| name.contains("-token-for-")).collect()
}

#[test]
fn holders_whose_names_are_alike_share_no_token() {
    let mesh = Mesh::new();
    for cluster in mesh.clusters() {
        cluster.delete("deployments", "istio-system", "istiod");
    }
    let long = "arn:aws:eks:eu-central-1:123456789012:cluster/platform-production-";
    let contexts = ["a", "b"].map(|end| format!("{long}{end}"));
    let kubeconfig = mesh.kubeconfig();
    mesh.write(&kubeconfig.context(&contexts[0], "east", "east").context(
        &contexts[1],
        "west",
        "west",
    ));
    let [a, b] = contexts;
    mesh.run(&format!(
        "exchange --primary {a},{b} --remote north --name north=north --name {a}=a --name {b}=b --token-duration 1h --allow-loopback"
    ))
    .output()
    .expect_success();
    let anchors = anchors(&mesh.north);
    assert_eq!(anchors.len(), 2, "{anchors:?}");
    assert!(
        anchors.iter().all(|name| name.contains("-arn-aws-eks-")),
        "{anchors:?}"
    );
}

#[test]
fn a_token_with_its_better_half_to_come_is_kept() {
    let mesh = Mesh::new();
    let line = format!("{EXCHANGE} --token-duration 1h");
    mesh.run(&line).output().expect_success();
    let before = mesh.secrets();
    mesh.forget();
    for line in [&line, &format!("{line} --dry-run=server")] {
        let again = mesh.run(line).output();
        assert_eq!(
            again.stdout.matches(" unchanged in context ").count(),
            6,
            "{}",
            again.golden()
        );
    }
    assert_eq!(mesh.writes(), Vec::<String>::new());
    assert_eq!(mesh.secrets(), before);

    // One that was revoked is replaced, and no other.
    mesh.north
        .delete("secrets", "istio-system", &anchors(&mesh.north)[0]);
    let repaired = mesh.run(&line).output().expect_success();
    assert_eq!(
        repaired.stdout.matches(" configured in context ").count(),
        1,
        "{}",
        repaired.golden()
    );
    // Another length is another wish.
    let longer = mesh
        .run(&format!("{EXCHANGE} --token-duration 2h"))
        .output()
        .expect_success();
    assert_eq!(
        longer.stdout.matches(" configured in context ").count(),
        6,
        "{}",
        longer.golden()
    );
}
