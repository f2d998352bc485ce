//! What the istiods of a mesh know of the other clusters, beside the secrets and gateways that are there.

use mesh_testkit::cases;
use mesh_testkit::command::Run;
use mesh_testkit::gateway::Door;
use mesh_testkit::istiod::Page;
use serde_json::json;

use crate::findings::check_in;
use crate::scene::{CLUSTERZ, NETWORKZ, SYNCZ, Scene, connected_gateway, known_gateways};

const BOTH: &str = "--context east,west";
const SECRET: &str = "istio-remote-secret-east";

fn check(name: &str, arrange: impl Fn(&mut Scene) -> Run) {
    check_in("istiod_view", name, arrange);
}

/// The page of an istiod of west that has east from this source.
fn east_from(source: &str) -> Page {
    let known = json!([
        {"id": "west", "secretName": "", "syncStatus": "synced"},
        {"id": "east", "secretName": source, "syncStatus": "synced"},
    ]);
    Page::Text(known.to_string())
}

cases! { check;
    // Clusters.
    absent: |scene| {
        scene.new_istiod_in_west().deaf(true);
        scene.edit_west("secrets", SECRET, |secret| {
            secret["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
        });
        scene.verify(BOTH)
    };
    absent_since_the_secret_is_unusable: |scene| {
        scene.edit_west("secrets", SECRET, |secret| {
            secret["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
            secret["data"]["east"] = json!("");
        });
        scene.new_istiod_in_west().page(CLUSTERZ, Page::Text(
            json!([{"id": "west", "secretName": "", "syncStatus": "synced"}]).to_string(),
        ));
        scene.verify(BOTH)
    };
    timeout: |scene| { scene.new_istiod_in_west().says("timeout"); scene.verify(BOTH) };
    timeout_wide: |scene| {
        scene.new_istiod_in_west().says("timeout");
        scene.verify(&format!("{BOTH} -o wide"))
    };
    timeout_without_rights: |scene| {
        scene.new_istiod_in_west().says("timeout");
        scene.east.delete("clusterrolebindings", "", "istio-reader-clusterrole-istio-system");
        scene.verify(BOTH)
    };
    timeout_of_a_dead_cluster: |scene| {
        scene.new_istiod_in_west().says("timeout");
        scene.east.stop();
        scene.verify(BOTH)
    };
    closed: |scene| { scene.new_istiod_in_west().says("closed"); scene.verify(BOTH) };
    synced_with_a_revoked_token: |scene| {
        let token = "istio-reader-service-account-istio-remote-secret-token";
        scene.east.delete("secrets", "istio-system", token);
        scene.verify(&format!("{BOTH} --only clusterz-*,secret-token-invalid"))
    };
    replicas_disagree: |scene| {
        scene.second_istiod_in_west("istiod-2").says("timeout");
        scene.verify(BOTH)
    };
    two_replicas: |scene| { scene.second_istiod_in_west("istiod-2"); scene.verify(BOTH) };
    by_file_and_without_a_secret: |scene| {
        scene.west.delete("secrets", "istio-system", SECRET);
        scene.new_istiod_in_west().page(CLUSTERZ, east_from("/east"));
        scene.verify(BOTH)
    };

    // Whom to ask.
    silent: |scene| {
        scene.new_istiod_in_west().refuses("connection refused");
        scene.verify(BOTH)
    };
    garbage: |scene| {
        scene.new_istiod_in_west().page(CLUSTERZ, Page::Text("<html>".to_owned()));
        scene.verify(BOTH)
    };
    hidden_pages: |scene| {
        scene.new_istiod_in_west().page(CLUSTERZ, Page::Status(404));
        scene.verify(&format!("{BOTH} -o wide"))
    };
    not_allowed: |scene| {
        scene.west.deny("admin", "create", "pods/portforward");
        scene.verify(&format!("{BOTH} -o wide"))
    };

    // Gateways.
    no_gateway_known: |scene| {
        scene.new_istiod_in_west().page(NETWORKZ, Page::Text("null".to_owned()));
        scene.verify(BOTH)
    };
    no_gateway_known_since_it_has_no_address: |scene| {
        scene.new_istiod_in_west().page(NETWORKZ, Page::Text("null".to_owned()));
        scene.east.set_load_balancer("istio-system", "istio-eastwestgateway", &[]);
        scene.verify(BOTH)
    };
    another_address_known: |scene| {
        let known = known_gateways(&[("east", "net-a", "203.0.113.9")]);
        scene.new_istiod_in_west().page(NETWORKZ, Page::Text(known));
        scene.verify(BOTH)
    };
    address_known_that_the_gateway_lost: |scene| {
        scene.east.set_load_balancer("istio-system", "istio-eastwestgateway", &[]);
        scene.verify(&format!("{BOTH} --no-probes -o wide"))
    };

    // Proxies of gateways.
    gateway_rejects_its_configuration: |scene| {
        let listeners = json!({"type.googleapis.com/envoy.config.listener.v3.Listener": {"sent": "b", "acked": "a",
            "lastError": "Error adding/updating listener(s) 0.0.0.0_15443:\nduplicate address"}});
        scene.new_istiod_in_west().page(SYNCZ, Page::Text(connected_gateway(&listeners)));
        scene.west_gateway.open(15443, Door::HangsUp);
        scene.verify(BOTH)
    };
    gateway_does_not_answer_istiod_wide: |scene| {
        let clusters = json!({"type.googleapis.com/envoy.config.cluster.v3.Cluster": {"sent": "b", "acked": "a",
            "sentTime": "2026-01-01T00:00:00Z"}});
        scene.new_istiod_in_west().page(SYNCZ, Page::Text(connected_gateway(&clusters)));
        scene.verify(&format!("{BOTH} -o wide"))
    };
    gateway_is_not_connected: |scene| {
        scene.new_istiod_in_west().page(SYNCZ, Page::Text("[]".to_owned()));
        scene.edit_west("pods", "istio-eastwestgateway-1", |pod| {
            pod["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
        });
        scene.verify(BOTH)
    };
    proxies_are_not_said: |scene| {
        scene.new_istiod_in_west().page(SYNCZ, Page::Status(404));
        scene.verify(&format!("{BOTH} -o wide"))
    };
}

#[test]
fn an_istiod_that_has_just_started_is_not_judged_yet() {
    let scene = Scene::healthy();
    let now = scene.west.time();
    let istiod = scene.new_istiod_in_west();
    istiod.says("timeout");
    istiod.page(NETWORKZ, Page::Text("null".to_owned()));
    scene.edit_west("pods", "istiod-1", |pod| {
        pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"] = json!(now);
    });
    let output = scene.verify(&format!("{BOTH} -o short")).output();
    assert_eq!(output.code, 0, "{}", output.golden());
    assert_eq!(istiod.asked(CLUSTERZ), 1);
}
