//! `-f`: the clusters of a file of the mesh, and the secrets that it expects.

use mesh_testkit::command::{Output, Run};
use serde_json::Value;

use crate::scene::{NAMESPACE, Scene};

const PRIMARIES: &str = "\
apiVersion: mesh.istio-multicluster.dev/v1alpha1
kind: Mesh
metadata: {name: mesh1}
spec:
  istio: {version: \"1.31\", installer: none}
  clusters:
  - {name: first, context: east, network: net-a}
  - {name: second, context: west, network: net-b}
";

/// East leads west, so that west reads nobody.
const HUB_AND_SPOKE: &str = "\
apiVersion: mesh.istio-multicluster.dev/v1alpha1
kind: Mesh
spec:
  clusters:
  - {name: east}
  - {name: west, role: remote, controlPlane: east}
";

/// Runs it with this file.
fn with_file(scene: &Scene, text: &str, line: &str) -> Output {
    std::fs::write(scene.dir.path().join("mesh.yaml"), text).unwrap();
    scene.verify(&format!("-f mesh.yaml {line}")).output()
}

/// Returns the secrets that are missing: `holder remote`.
fn missing(output: &Output) -> Vec<String> {
    let report: Value = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", output.golden()));
    let findings = report["findings"].as_array().unwrap().iter();
    let missing = findings.filter(|one| one["id"] == "secret-missing");
    let place = missing.map(|one| ["cluster", "peer"].map(|key| one[key].as_str().unwrap()));
    place.map(|place| place.join(" ")).collect()
}

/// No cluster has a secret for the other one.
fn unwired() -> Scene {
    let scene = Scene::healthy();
    for (holder, secret) in [
        (&scene.east, "istio-remote-secret-west"),
        (&scene.west, "istio-remote-secret-east"),
    ] {
        holder.delete("secrets", NAMESPACE, secret);
    }
    scene
}

#[test]
fn the_clusters_of_a_file_are_verified_as_if_they_were_named() {
    let scene = Scene::healthy();
    let named = scene.verify("--context east,west -o wide").output();
    let output = with_file(&scene, PRIMARIES, "-o wide");
    assert_eq!(
        (output.code, &output.stdout, &output.stderr),
        (named.code, &named.stdout, &named.stderr)
    );
    let piped = scene.verify("-f - -o wide").stdin(PRIMARIES).output();
    assert_eq!(piped.stdout, named.stdout, "{}", piped.golden());
}

#[test]
fn a_secret_is_missing_where_the_file_expects_one() {
    let scene = unwired();
    let both = ["east west", "west east"];
    let named = scene.verify("--context east,west -o json").output();
    assert_eq!(missing(&named), both);
    assert_eq!(missing(&with_file(&scene, PRIMARIES, "-o json")), both);
    let output = with_file(&scene, HUB_AND_SPOKE, "-o json");
    assert_eq!(
        (missing(&output), output.code),
        (vec!["east west".to_owned()], 1)
    );
    let external = HUB_AND_SPOKE.replace("{name: east}", "{name: east, role: external}");
    let output = with_file(&scene, &external, "-o json");
    assert_eq!(missing(&output), [""; 0]);
}

#[test]
fn a_snapshot_keeps_what_the_file_expects() {
    let scene = unwired();
    std::fs::write(scene.dir.path().join("mesh.yaml"), HUB_AND_SPOKE).unwrap();
    let taken = scene.run("snapshot taken.json --allow-loopback -f mesh.yaml");
    taken.output().expect_success();
    let from = scene.run("--from taken.json -o json").output();
    assert_eq!(missing(&from), ["east west"]);
    let both = scene.run("--from taken.json -f mesh.yaml").output();
    assert_eq!(both.code, 2, "{}", both.golden());
}

#[test]
fn the_namespace_of_istio_is_that_of_the_file() {
    let scene = Scene::healthy();
    let text = PRIMARIES.replace("installer: none", "namespace: elsewhere");
    with_file(&scene, &text, "-o json");
    let asked = scene.west.rendered_requests();
    assert!(
        asked.contains("/api/v1/namespaces/elsewhere/configmaps"),
        "{asked}"
    );
    assert!(
        !asked.contains("/api/v1/namespaces/istio-system/configmaps"),
        "{asked}"
    );
}

#[test]
fn what_is_wrong_is_told_with_its_line_before_anything_is_read() {
    let scene = Scene::healthy();
    let told = |run: Run| {
        let output = run.output();
        assert_eq!(
            (output.code, output.stdout.as_str()),
            (2, ""),
            "{}",
            output.golden()
        );
        output.stderr
    };
    let of = |text: &str| {
        std::fs::write(scene.dir.path().join("mesh.yaml"), text).unwrap();
        told(scene.verify("-f mesh.yaml"))
    };
    for (text, expected) in [
        (
            PRIMARIES.replace("context: west", "context: weste"),
            "error: mesh.yaml:8: the kubeconfig has no context \"weste\", which cluster \"second\" is read through\n\
             hint: did you mean west?\n",
        ),
        (
            PRIMARIES.replace("name: second", "name: 2"),
            "error: mesh.yaml:8: spec.clusters[1].name is a number, not text: put it in quotes\n",
        ),
        (
            PRIMARIES.replace("context: west", "context: east"),
            "error: mesh.yaml:8: spec.clusters[1].context is \"east\", as that of spec.clusters[0] is\n",
        ),
        (
            HUB_AND_SPOKE.replace("controlPlane: east", "controlPlane: hub"),
            "error: mesh.yaml:6: spec.clusters[1].controlPlane names \"hub\", and the clusters are east, west\n",
        ),
    ] {
        assert_eq!(of(&text), expected);
    }
    for (flag, name) in [
        ("--context east", "--context"),
        ("--all-contexts", "--all-contexts"),
        ("-n istio-system", "--namespace"),
    ] {
        assert_eq!(
            told(scene.verify(&format!("-f mesh.yaml {flag}"))),
            format!(
                "error: -f and {name} cannot be used together\n\
                 hint: leave out {name}, since mesh.yaml says it, or leave out -f\n"
            )
        );
    }
    let absent = told(scene.verify("-f absent.yaml"));
    assert!(
        absent.starts_with("error: cannot read absent.yaml"),
        "{absent}"
    );
    assert_eq!(scene.east.requests().len() + scene.west.requests().len(), 0);
}
