//! `inspect -f` over what people have in their files: other kinds beside, fields of the wrong type, other people's Secrets.

use serde_json::{Value, json};

use crate::support::World;

/// A manifest as `create` prints it, as a value.
fn west(world: &World) -> Value {
    let output = world
        .run("create --name west --allow-loopback -o json")
        .manifest_requested()
        .output()
        .expect_success();
    serde_json::from_str(&output.stdout).unwrap()
}

fn inspect(world: &World, documents: &[Value]) -> mesh_testkit::command::Output {
    let text: Vec<String> = documents.iter().map(Value::to_string).collect();
    world
        .run("inspect -f - --allow-loopback -o json")
        .stdin(text.join("\n---\n"))
        .output()
}

#[test]
fn other_kinds_beside_a_secret_are_passed_over_with_a_note() {
    let world = World::new();
    let others = ["Namespace", "ConfigMap"]
        .map(|kind| json!({"kind": kind, "metadata": {"name": "istio-system"}}));
    let output = inspect(
        &world,
        &[others[0].clone(), west(&world), others[1].clone()],
    )
    .expect_success();
    assert_eq!(
        output.stderr,
        "standard input: passed over, since only Secrets are looked at: ConfigMap, Namespace\n"
    );
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_secret_for_a_namespace_where_istiod_does_not_look_is_a_finding() {
    let world = World::new();
    let mut secret = west(&world);
    secret["metadata"]["namespace"] = "default".into();
    let output = inspect(&world, &[secret.clone()]);
    assert_eq!(output.code, 1, "{}", output.golden());
    assert!(
        output.stdout.contains("secret-wrong-namespace"),
        "{}",
        output.golden()
    );
    // Without one, whoever applies it says where.
    secret["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("namespace");
    inspect(&world, &[secret]).expect_success();
}

#[test]
fn the_field_that_does_not_fit_is_named_and_never_shown() {
    let world = World::new();
    let mut plain = west(&world);
    let kubeconfig = plain["stringData"].take();
    plain["data"] = kubeconfig;
    let mut labelled = west(&world);
    labelled["metadata"]["labels"]["istio/multiCluster"] = true.into();
    let mut sops = west(&world);
    sops["data"] = json!({"west": "ENC[AES256_GCM,data:abc,type:str]"});
    for (secret, words) in [
        (plain, "data.west is not base64"),
        (
            labelled,
            "metadata.labels.istio/multiCluster is a boolean, where a text is expected",
        ),
        (sops, "data.west is encrypted by SOPS"),
    ] {
        let output = inspect(&world, &[secret]);
        assert_eq!(
            (output.code, output.stdout.as_str()),
            (2, ""),
            "{}",
            output.golden()
        );
        assert!(output.stderr.contains(words), "{}", output.golden());
        assert!(!output.stderr.contains("token:"), "{}", output.golden());
    }
}

#[test]
fn a_cluster_secret_of_argo_cd_is_no_remote_secret_and_is_not_to_become_one() {
    let world = World::new();
    let secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "west", "namespace": "istio-system", "labels": {"argocd.argoproj.io/secret-type": "cluster"}},
        "stringData": {"name": "west", "server": "https://west.example", "config": "{}"}});
    let output = inspect(&world, std::slice::from_ref(&secret)).expect_success();
    assert!(
        output
            .stdout
            .contains("not a remote secret: it is a cluster secret of Argo CD"),
        "{}",
        output.golden()
    );
    assert!(!output.stdout.contains("\"fix\""), "{}", output.golden());
    let mut stored = secret;
    stored["data"] = json!({"server": "eA=="});
    stored.as_object_mut().unwrap().remove("stringData");
    world.east.create(stored);
    let output = world.run("inspect west --context east").output();
    assert!(!output.stdout.contains("kubectl"), "{}", output.golden());
}
