//! Whose secrets `create --into` takes over: nobody's that somebody else keeps or that no one may change, and anybody's that
//! others only labelled.

use mesh_testkit::command::Output;
use serde_json::{Value, json};

use crate::support::{NAMESPACE, SECRET, World};

const CREATE: &str = "create --name west --allow-loopback --into east";

/// A secret of the usual name with an old kubeconfig, as `manager` leaves it.
fn there(world: &World, manager: &str, more: &Value) {
    let mut secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": NAMESPACE, "labels": {"istio/multiCluster": "true"},
            "annotations": {"networking.istio.io/cluster": "west"}},
        "data": {"west": "eA=="}});
    for (path, value) in more.as_object().unwrap() {
        *secret.pointer_mut(path).unwrap() = value.clone();
    }
    world.east.create_as(manager, secret);
}

fn into_east(world: &World, more: &str) -> Output {
    for cluster in [&world.east, &world.west] {
        cluster.clear_recordings();
    }
    world.run(&format!("{CREATE} {more}")).output()
}

/// Nothing was written anywhere.
fn nothing_is_made(world: &World) {
    for cluster in [&world.east, &world.west] {
        let requests = cluster.rendered_requests();
        assert!(
            !requests.contains("PATCH") && !requests.contains("POST"),
            "{requests}"
        );
    }
}

#[test]
fn who_only_labelled_or_annotated_a_secret_does_not_own_it() {
    let world = World::new();
    there(&world, "kubectl-client-side-apply", &json!({}));
    world.east.edit("secrets", NAMESPACE, SECRET, |secret| {
        secret["metadata"]["labels"]["team"] = "mesh".into();
        let fields = secret["metadata"]["managedFields"].as_array_mut().unwrap();
        fields.push(json!({"manager": "kubectl-label", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": {"f:labels": {"f:team": {}}}}}));
        fields.push(json!({"manager": "kubectl-annotate", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": {"f:annotations": {"f:note": {}}}}}));
    });
    let output = into_east(&world, "").expect_success();
    assert_eq!(
        output.stdout,
        format!("secret/{SECRET} configured in context east\n")
    );
    let secret = world.east.get("secrets", NAMESPACE, SECRET).unwrap();
    assert_eq!(secret["metadata"]["labels"]["team"], "mesh");
}

#[test]
fn who_keeps_a_secret_is_named() {
    for (manager, labels, keeper) in [
        (
            "kustomize-controller",
            json!({"istio/multiCluster": "true", "kustomize.toolkit.fluxcd.io/name": "mesh", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}),
            "Kustomization flux-system/mesh of Flux",
        ),
        (
            "argocd-controller",
            json!({"istio/multiCluster": "true", "argocd.argoproj.io/instance": "mesh"}),
            "application mesh of Argo CD",
        ),
        (
            "externalsecrets.external-secrets.io/west",
            json!({"istio/multiCluster": "true"}),
            "ExternalSecret west",
        ),
    ] {
        let world = World::new();
        there(&world, manager, &json!({"/metadata/labels": labels}));
        let output = into_east(&world, "--token-duration 1h");
        assert_eq!(output.code, 2, "{}", output.golden());
        assert!(
            output.stderr.contains(&format!("belongs to {keeper}\n")),
            "{}",
            output.golden()
        );
        nothing_is_made(&world);
    }
}

#[test]
fn a_secret_that_no_one_may_change_is_found_before_anything_is_made() {
    let world = World::new();
    there(&world, "kubectl-client-side-apply", &json!({}));
    world.east.edit("secrets", NAMESPACE, SECRET, |secret| {
        secret["immutable"] = true.into();
    });
    for more in ["", "--token-duration 1h", "--force-conflicts", "--replace"] {
        let output = into_east(&world, more);
        assert_eq!(output.code, 2, "{}", output.golden());
        for words in ["is immutable", &format!("delete secret/{SECRET}")] {
            assert!(output.stderr.contains(words), "{}", output.golden());
        }
        nothing_is_made(&world);
    }
    // What the hint says helps, and what is as it has to be stays.
    world.east.delete("secrets", NAMESPACE, SECRET);
    into_east(&world, "").expect_success();
    world.east.edit("secrets", NAMESPACE, SECRET, |secret| {
        secret["immutable"] = true.into();
    });
    let output = into_east(&world, "").expect_success();
    assert_eq!(
        output.stdout,
        format!("secret/{SECRET} unchanged in context east\n")
    );
}
