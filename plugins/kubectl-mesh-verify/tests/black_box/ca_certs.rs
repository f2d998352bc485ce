//! The Secret cacerts of a mesh: what istiod cannot use of it, or does not.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::black_box;
use mesh_testkit::cases;
use mesh_testkit::command::Run;
use mesh_testkit::gateway::MeshAuthority;
use serde_json::json;

use crate::findings::check_in;
use crate::scene::{Scene, add_variable, ca_certs, golden_file};

const BOTH: &str = "--context east,west";

fn check(name: &str, arrange: impl Fn(&mut Scene) -> Run) {
    check_in("ca_certs", name, arrange);
}

/// Changes the data of west's Secret.
fn edit(scene: &Scene, edit: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) {
    scene.edit_west("secrets", "cacerts", |secret| {
        edit(secret["data"].as_object_mut().unwrap());
    });
}

cases! { check;
    shared_root_without_the_secret: |scene| {
        // Somebody gave istiod the intermediate in another way.
        scene.west.delete("secrets", "istio-system", "cacerts");
        scene.verify(BOTH)
    };
    incomplete: |scene| {
        edit(scene, |data| drop(data.remove("ca-key.pem")));
        scene.verify(BOTH)
    };
    incomplete_and_so_not_ready: |scene| {
        edit(scene, |data| drop(data.remove("ca-key.pem")));
        scene.edit_west("deployments", "istiod", |istiod| istiod["status"] = json!({}));
        scene.verify(BOTH)
    };
    foreign_key: |scene| {
        edit(scene, |data| {
            let other = ca_certs(&MeshAuthority::new());
            data.insert("ca-key.pem".to_owned(), other["data"]["ca-key.pem"].clone());
        });
        scene.verify(BOTH)
    };
    chain_without_the_intermediate: |scene| {
        edit(scene, |data| {
            let root = data["root-cert.pem"].clone();
            data.insert("cert-chain.pem".to_owned(), root);
        });
        scene.verify(BOTH)
    };
    shared_key: |scene| {
        let own = scene.east.get("secrets", "istio-system", "cacerts").unwrap();
        edit(scene, |data| *data = own["data"].as_object().unwrap().clone());
        scene.verify(BOTH)
    };
    another_authority_wide: |scene| {
        scene.west.delete("secrets", "istio-system", "cacerts");
        add_variable(&scene.west, "ENABLE_CA_SERVER", "false");
        scene.verify(&format!("{BOTH} -o wide"))
    };
    not_effective: |scene| {
        scene.west.delete("secrets", "istio-system", "cacerts");
        scene.west.create(ca_certs(&MeshAuthority::new()));
        scene.verify(BOTH)
    };
    not_allowed: |scene| {
        scene.west.deny("admin", "get", "secrets");
        scene.verify(&format!("{BOTH} -o wide"))
    };
}

#[test]
fn istiods_that_sign_for_themselves_are_the_cause_of_different_roots() {
    let alone = || {
        let [one, other] = [MeshAuthority::new(), MeshAuthority::new()];
        let scene = Scene::of(one, other);
        for cluster in [&scene.east, &scene.west] {
            cluster.delete("secrets", "istio-system", "cacerts");
        }
        scene
    };
    let arrange = |scene: &mut Scene| scene.verify(BOTH);
    black_box::check(&golden_file("ca_certs", "absent"), alone, arrange);
}

#[test]
fn no_private_key_is_said_or_logged() {
    let scene = Scene::healthy();
    let secret = scene
        .west
        .get("secrets", "istio-system", "cacerts")
        .unwrap();
    let encoded = secret["data"]["ca-key.pem"].as_str().unwrap();
    let key = BASE64_STANDARD.decode(encoded).unwrap();
    let key = String::from_utf8(key).unwrap();
    let line_of_key = key.lines().nth(1).unwrap();
    for line in ["-o json -vvv", "-o yaml", "-o wide -vvv"] {
        let output = scene.verify(&format!("{BOTH} {line}")).output();
        for hidden in ["PRIVATE KEY", encoded, line_of_key] {
            assert!(!output.stdout.contains(hidden) && !output.stderr.contains(hidden));
        }
    }
}
