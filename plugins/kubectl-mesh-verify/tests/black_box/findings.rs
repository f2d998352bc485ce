//! What is found in a mesh where one thing is broken, and what is listed under it.

use mesh_testkit::black_box;
use mesh_testkit::cases;
use mesh_testkit::command::Run;
use mesh_testkit::gateway::{Door, MeshAuthority};
use mesh_testkit::istiod::Page;
use serde_json::{Value, json};

use crate::scene::{NETWORKZ, Scene, golden_file, hold, known_gateways, remote_secret};

const BOTH: &str = "--context east,west";

fn check(name: &str, arrange: impl Fn(&mut Scene) -> Run) {
    check_in("findings", name, arrange);
}

/// The same with the golden files of another folder.
pub(crate) fn check_in(folder: &str, name: &str, arrange: impl Fn(&mut Scene) -> Run) {
    black_box::check(&golden_file(folder, name), Scene::healthy, &arrange);
    let mut scene = Scene::healthy();
    let output = arrange(&mut scene).output();
    // What a person may paste is not broken, and formats for machines have no width.
    let broken = |row: &&str| !row.contains("fix: ") && row.chars().count() > 80;
    if !["json", "yaml", "wide", "short"]
        .iter()
        .any(|format| name.ends_with(format))
    {
        assert_eq!(output.stdout.lines().find(broken), None);
    }
}

/// Puts all parts of west on the network of east.
fn on_network_a(scene: &Scene) {
    let label = "topology.istio.io/network";
    scene.west.edit("namespaces", "", "istio-system", |space| {
        space["metadata"]["labels"][label] = json!("net-a");
    });
    scene.edit_west("services", "istio-eastwestgateway", |service| {
        service["metadata"]["labels"][label] = json!("net-a");
    });
    scene.edit_west("pods", "istio-eastwestgateway-1", |pod| {
        let env = &mut pod["spec"]["containers"][0]["env"];
        for variable in env.as_array_mut().unwrap() {
            if variable["value"] == "net-b" {
                variable["value"] = json!("net-a");
            }
        }
    });
}

cases! { check;
    healthy: |scene| scene.verify(BOTH);
    healthy_wide: |scene| scene.verify(&format!("{BOTH} -o wide"));
    healthy_json: |scene| scene.verify(&format!("{BOTH} -o json"));
    healthy_short: |scene| scene.verify(&format!("{BOTH} -o short"));
    only_the_current_context: |scene| scene.verify("");
    all_contexts: |scene| scene.verify("--all-contexts");
    nothing_is_tested: |scene| scene.verify(&format!("{BOTH} --no-probes --no-istiod --no-credential-checks"));

    // Clusters.
    one_dead: |scene| { scene.east.stop(); scene.verify(BOTH) };
    all_dead: |scene| { scene.east.stop(); scene.west.stop(); scene.verify(BOTH) };
    one_cluster_twice: |scene| {
        scene.write(&scene.kubeconfig().context("again", "west", "west"));
        scene.verify("--context east,west,again")
    };

    // Control planes and cluster IDs.
    istiod_not_ready: |scene| {
        scene.edit_west("deployments", "istiod", |istiod| istiod["status"] = json!({}));
        scene.verify(BOTH)
    };
    istiod_missing: |scene| {
        scene.west.delete("deployments", "istio-system", "istiod");
        scene.verify(BOTH)
    };
    old_istiod: |scene| {
        scene.edit_west("deployments", "istiod", |istiod| {
            istiod["spec"]["template"]["spec"]["containers"][0]["image"] = json!("istio/pilot:1.28.0");
        });
        scene.verify(BOTH)
    };
    same_cluster_id: |scene| {
        scene.edit_west("deployments", "istiod", |istiod| {
            istiod["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = json!("east");
        });
        scene.verify(BOTH)
    };
    other_mesh_id: |scene| {
        scene.edit_west("configmaps", "istio", |map| {
            map["data"]["mesh"] = json!("defaultConfig:\n  meshId: mesh2\n");
        });
        scene.verify(BOTH)
    };

    // Networks and gateways.
    no_gateway: |scene| {
        scene.west.delete("services", "istio-system", "istio-eastwestgateway");
        scene.west.delete("pods", "istio-system", "istio-eastwestgateway-1");
        scene.verify(BOTH)
    };
    one_network_needs_no_gateway: |scene| {
        for cluster in [&scene.east, &scene.west] {
            cluster.delete("services", "istio-system", "istio-eastwestgateway");
            cluster.delete("pods", "istio-system", "istio-eastwestgateway-1");
        }
        scene.west.edit("namespaces", "", "istio-system", |space| {
            space["metadata"]["labels"]["topology.istio.io/network"] = json!("net-a");
        });
        scene.verify(BOTH)
    };
    gateway_pod_not_ready: |scene| {
        scene.edit_west("pods", "istio-eastwestgateway-1", |pod| {
            pod["status"]["conditions"][0]["status"] = json!("False");
        });
        scene.west_gateway.open(15443, Door::HangsUp);
        scene.verify(BOTH)
    };
    gateway_of_a_gone_revision: |scene| {
        scene.edit_west("pods", "istio-eastwestgateway-1", |pod| {
            let env = &mut pod["spec"]["containers"][0]["env"];
            let variables = env.as_array_mut().unwrap();
            variables.push(json!({"name": "CA_ADDR", "value": "istiod-1-30.istio-system.svc:15012"}));
            pod["metadata"]["labels"]["istio.io/rev"] = json!("1-30");
            pod["status"]["conditions"][0]["status"] = json!("False");
        });
        scene.verify(&format!("{BOTH} --no-probes"))
    };
    gateway_of_another_ip_family: |scene| {
        scene.edit_west("services", "istio-eastwestgateway", |service| {
            service["status"]["loadBalancer"]["ingress"] = json!([{"ip": "2001:db8::7"}]);
        });
        let known = known_gateways(&[("west", "net-b", "2001:db8::7")]);
        scene.new_istiod_in_east().page(NETWORKZ, Page::Text(known));
        scene.east.edit("pods", "default", "hello-1", |pod| {
            pod["status"]["podIPs"] = json!([{"ip": "10.1.0.7"}]);
        });
        scene.verify(&format!("{BOTH} --no-probes"))
    };
    gateway_with_a_name_that_a_peer_ignores: |scene| {
        scene.edit_west("services", "istio-eastwestgateway", |service| {
            service["status"]["loadBalancer"]["ingress"] = json!([{"hostname": "localhost"}]);
        });
        scene.east.edit("deployments", "istio-system", "istiod", |istiod| {
            let env = &mut istiod["spec"]["template"]["spec"]["containers"][0]["env"];
            let variables = env.as_array_mut().unwrap();
            variables.push(json!({"name": "RESOLVE_HOSTNAME_GATEWAYS", "value": "false"}));
        });
        scene.verify(&format!("{BOTH} --no-probes"))
    };
    one_network_with_gateways: |scene| {
        on_network_a(scene);
        scene.verify(&format!("{BOTH} --only network-*,single-network-overlap"))
    };
    one_network_with_gateways_and_overlapping_pods: |scene| {
        on_network_a(scene);
        for cluster in [&scene.east, &scene.west] {
            cluster.edit("pods", "default", "hello-1", |pod| {
                pod["status"]["podIPs"] = json!([{"ip": "10.0.0.7"}]);
            });
        }
        scene.verify(&format!("{BOTH} --only network-*,single-network-overlap"))
    };
    istiod_in_another_namespace: |scene| {
        let mut istiod = scene.west.get("deployments", "istio-system", "istiod").unwrap();
        scene.west.delete("deployments", "istio-system", "istiod");
        istiod["metadata"] = json!({"name": "istiod", "namespace": "mesh", "labels": {"app": "istiod"}});
        scene.west.create(istiod);
        scene.verify(&format!("{BOTH} --only istiod-*,root-*,network-*"))
    };
    pods_of_one_address_on_one_network: |scene| {
        scene.west.edit("namespaces", "", "istio-system", |space| {
            space["metadata"]["labels"]["topology.istio.io/network"] = json!("net-a");
        });
        for cluster in [&scene.east, &scene.west] {
            cluster.edit("pods", "default", "hello-1", |pod| {
                pod["status"]["podIPs"] = json!([{"ip": "10.1.0.7"}]);
            });
            cluster.delete("services", "istio-system", "istio-eastwestgateway");
            cluster.delete("pods", "istio-system", "istio-eastwestgateway-1");
        }
        scene.verify(BOTH)
    };
    no_label: |scene| {
        scene.west.edit("namespaces", "", "istio-system", |space| {
            space["metadata"]["labels"].as_object_mut().unwrap().remove("topology.istio.io/network");
        });
        scene.verify(BOTH)
    };

    // Remote secrets.
    missing: |scene| {
        scene.west.delete("secrets", "istio-system", "istio-remote-secret-east");
        scene.verify(BOTH)
    };
    token_revoked: |scene| {
        scene.east.delete("secrets", "istio-system", "istio-reader-service-account-istio-remote-secret-token");
        scene.verify(BOTH)
    };
    token_revoked_short: |scene| {
        scene.east.delete("secrets", "istio-system", "istio-reader-service-account-istio-remote-secret-token");
        scene.verify(&format!("{BOTH} -o short"))
    };
    token_revoked_json: |scene| {
        scene.east.delete("secrets", "istio-system", "istio-reader-service-account-istio-remote-secret-token");
        scene.verify(&format!("{BOTH} -o json"))
    };
    no_rights: |scene| {
        scene.east.delete("clusterrolebindings", "", "istio-reader-clusterrole-istio-system");
        scene.verify(BOTH)
    };
    for_the_holder_itself: |scene| {
        scene.west.delete("secrets", "istio-system", "istio-remote-secret-east");
        let token = scene.west.admin_token().to_owned();
        hold(&scene.west, remote_secret("east", &scene.west, &token));
        scene.verify(BOTH)
    };
    for_the_holder_itself_wide: |scene| {
        scene.west.delete("secrets", "istio-system", "istio-remote-secret-east");
        let token = scene.west.admin_token().to_owned();
        hold(&scene.west, remote_secret("east", &scene.west, &token));
        scene.verify(&format!("{BOTH} -o wide"))
    };
}

#[test]
fn clusters_of_different_roots_are_one_finding_with_what_follows() {
    let apart = || {
        let [one, other] = [MeshAuthority::several(1), MeshAuthority::several(1)];
        let first = |mut authorities: Vec<MeshAuthority>| authorities.remove(0);
        Scene::of(first(one), first(other))
    };
    let arrange = |scene: &mut Scene| scene.verify(BOTH);
    black_box::check(&golden_file("findings", "other_root"), apart, arrange);
}

/// The golden files leave the number out, since it grows with each check that is added.
#[test]
fn the_number_of_checks_that_passed_is_the_same_in_each_format_and_falls_with_what_was_not_asked() {
    let scene = Scene::healthy();
    let passed = |further: &str| {
        let run = |format: &str| scene.verify(&format!("{BOTH} {further} {format}")).output();
        let json: Value = serde_json::from_str(&run("-o json").stdout).unwrap();
        let passed = json["counts"]["passed"].as_u64().unwrap();
        let line = format!(" {passed} checks passed");
        assert!(run("").stdout.contains(&line), "{further}: {line}");
        passed
    };
    let all = passed("");
    assert!(all > 100, "{all}");
    assert!(passed("--no-istiod") < all);
}
