//! Settings of the mesh configurations of two clusters that do not fit together.

use mesh_testkit::black_box;
use mesh_testkit::cases;
use mesh_testkit::command::Run;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::gateway::MeshAuthority;
use mesh_testkit::istiod::Page;
use serde_json::json;

use crate::findings::check_in;
use crate::scene::{
    CLUSTERZ, NAMESPACE, NETWORKZ, Scene, add_variable, golden_file, known_gateways,
};

const BOTH: &str = "--context east,west";

fn check(name: &str, arrange: impl Fn(&mut Scene) -> Run) {
    check_in("mesh_config", name, arrange);
}

/// Gives a cluster this mesh configuration.
fn configure(cluster: &Cluster, mesh: &str) {
    cluster.edit("configmaps", NAMESPACE, "istio", |map| {
        map["data"]["mesh"] = json!(mesh);
    });
}

/// Gives both clusters the networks of this configuration.
fn configure_networks(scene: &Scene, networks: &str) {
    for cluster in [&scene.east, &scene.west] {
        cluster.edit("configmaps", NAMESPACE, "istio", |map| {
            map["data"]["meshNetworks"] = json!(networks);
        });
    }
}

cases! { check;
    trust_domains: |scene| {
        configure(&scene.west, "trustDomain: td-west");
        scene.verify(BOTH)
    };
    trust_domains_with_one_alias: |scene| {
        configure(&scene.east, "trustDomainAliases: [td-west]");
        configure(&scene.west, "trustDomain: td-west");
        scene.verify(BOTH)
    };
    trust_domains_with_aliases: |scene| {
        configure(&scene.east, "trustDomainAliases: [td-west]");
        configure(&scene.west, "trustDomain: td-west\ntrustDomainAliases: [cluster.local]");
        scene.verify(BOTH)
    };
    discovery_selectors: |scene| {
        configure(&scene.west, "discoverySelectors: [{matchLabels: {mesh: prod}}]");
        // istiod of west knows its own gateway alone.
        let own = scene.west_gateway.address();
        let istiod = scene.new_istiod_in_west();
        istiod.page(NETWORKZ, Page::Text(known_gateways(&[("west", "net-b", &own)])));
        scene.verify(BOTH)
    };
    mesh_networks_and_labels: |scene| {
        let networks = "networks: {net-b: {gateways: [{address: 203.0.113.9, port: 15443}]}}";
        configure_networks(scene, networks);
        scene.verify(BOTH)
    };
    mesh_networks_of_an_unknown_cluster: |scene| {
        let networks = "networks: {net-b: {endpoints: [{fromRegistry: gone}]}}";
        configure_networks(scene, networks);
        scene.verify(BOTH)
    };
    mesh_networks_without_a_networks_entry: |scene| {
        configure_networks(scene, "networks: {}");
        scene.verify(BOTH)
    };
    rotation_bug: |scene| {
        scene.edit_west("deployments", "istiod", |istiod| {
            istiod["spec"]["template"]["spec"]["containers"][0]["image"] = json!("istio/pilot:1.30.2");
        });
        scene.verify(BOTH)
    };
    rotation_bug_and_what_it_explains: |scene| {
        scene.edit_west("deployments", "istiod", |istiod| {
            istiod["spec"]["template"]["spec"]["containers"][0]["image"] = json!("istio/pilot:1.30.2");
        });
        let clusters = json!([{"id": "west", "secretName": "", "syncStatus": "synced"},
            {"id": "east", "secretName": "istio-system/istio-remote-secret-east", "syncStatus": "closed"}]);
        let istiod = scene.new_istiod_in_west();
        istiod.page(CLUSTERZ, Page::Text(clusters.to_string()));
        scene.verify(BOTH)
    };
    not_allowed: |scene| {
        scene.west.deny("admin", "get", "configmaps");
        scene.verify(&format!("{BOTH} -o wide"))
    };
}

/// Two clusters with roots of their own, each of which trusts that of the other.
fn federated() -> Scene {
    let [one, other] = [MeshAuthority::new(), MeshAuthority::new()];
    let roots = [&one, &other].map(|mesh| mesh.root_pem().to_owned());
    let scene = Scene::of(one, other);
    for (cluster, root) in [&scene.west, &scene.east].into_iter().zip(roots) {
        add_variable(cluster, "ISTIO_MULTIROOT_MESH", "true");
        configure(
            cluster,
            &json!({"caCertificates": [{"pem": root}]}).to_string(),
        );
    }
    scene
}

#[test]
fn clusters_that_trust_the_roots_of_one_another_are_healthy() {
    let arrange = |scene: &mut Scene| scene.verify(BOTH);
    black_box::check(&golden_file("mesh_config", "federated"), federated, arrange);
}

#[test]
fn roots_at_a_url_are_not_known() {
    let arrange = |scene: &mut Scene| {
        let url = "caCertificates: [{spiffeBundleUrl: \"https://trust.example\"}]";
        configure(&scene.west, url);
        scene.verify(&format!("{BOTH} -o wide"))
    };
    black_box::check(
        &golden_file("mesh_config", "roots_at_a_url"),
        federated,
        arrange,
    );
}
