//! Hints after which the command that was refused goes through.

use std::time::Duration;

use mesh_e2e::plugin::{MESH_EASTWEST, MESH_LABEL, MESH_SECRET};
use mesh_testkit::black_box::World;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::istiod::FakeIstiod;
use serde_json::{Value, json};

use crate::secrets::{NAMESPACE, SECRET, mesh};
use crate::shell::{Shell, of_shape, program};

pub(crate) fn server_name(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    let west = &shell.world.west;
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    west.create(namespace);
    west.show_certificate(&west.ca().server(&["api.example"]));
    shell.helps("network net-b", shape);
}

/// A file of somebody else stands where the helper of the completion is to be.
pub(crate) fn helper(shape: &str) {
    let shell = Shell::bare(MESH_SECRET);
    let folder = shell.world.dir.path().join("bin");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(program(MESH_SECRET), folder.join(MESH_SECRET)).unwrap();
    let helper = folder.join("kubectl_complete-mesh_secret");
    std::fs::write(&helper, "#!/bin/sh\n").unwrap();
    let install = || {
        shell
            .world
            .run("completion install")
            .path_dir(&folder)
            .output()
    };
    let command = of_shape(&install(), shape);
    shell.paste(&command).expect_success();
    install().expect_success();
    let kept = std::fs::read_to_string(folder.join("kubectl_complete-mesh_secret.old"));
    assert_eq!(kept.unwrap(), "#!/bin/sh\n");
}

/// East holds a secret for west under another name.
pub(crate) fn other_secret(shape: &str) {
    let shell = mesh();
    let east = &shell.world.east;
    let data: Value = east.get("secrets", NAMESPACE, SECRET).unwrap()["data"].clone();
    east.delete("secrets", NAMESPACE, SECRET);
    east.create(json!({"apiVersion": "v1", "kind": "Secret", "data": data,
        "metadata": {"name": "older-secret", "namespace": NAMESPACE, "labels": {"istio/multiCluster": "true"}}}));
    let line = "create --context west --name west --allow-loopback --into east";
    shell.helps(line, shape);
    assert!(east.get("secrets", NAMESPACE, "older-secret").is_none());
}

/// East, west and north, which read west by one token.
fn sharing() -> (Shell, Cluster) {
    let shell = mesh();
    let north = Cluster::start("north");
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    north.create(namespace);
    let config = shell.world.kubeconfig();
    let config = config.entry("north", north.kubeconfig_cluster(), north.kubeconfig_user());
    shell.world.write(&config);
    let line = "create --context west --name west --allow-loopback --into north";
    shell.run(line).expect_success();
    (shell, north)
}

/// The token is north's as well, and ends for both.
pub(crate) fn everywhere(shape: &str) {
    let (shell, north) = sharing();
    let line = "delete west --context east --revoke --yes";
    let refused = shell.run(line);
    assert_eq!(refused.code, 2, "{}", refused.golden());
    let command = of_shape(&refused, shape);
    shell.paste(&command).expect_success();
    for holder in [&shell.world.east, &north] {
        assert!(holder.get("secrets", NAMESPACE, SECRET).is_none());
    }
}

/// Nothing in west says that east is to have its token.
pub(crate) fn rotation(shape: &str) {
    let shell = mesh();
    let token = "istio-reader-service-account-istio-remote-secret-token";
    shell
        .world
        .west
        .edit("secrets", NAMESPACE, token, |secret| {
            secret["metadata"]["annotations"]
                .as_object_mut()
                .unwrap()
                .retain(|key, _| !key.contains("holder"));
        });
    let before = shell.world.east.get("secrets", NAMESPACE, SECRET).unwrap();
    let refused = shell.run("rotate west --revoke-unseen");
    let command = of_shape(&refused, shape);
    let output = shell.paste(&command);
    assert!([0, 3].contains(&output.code), "{}", output.golden());
    let after = shell.world.east.get("secrets", NAMESPACE, SECRET).unwrap();
    assert_ne!(before["data"], after["data"], "{}", output.golden());
}

/// The secret that istiod used is gone, and the other one for west is looked at again once it changes.
pub(crate) fn secret_read_again(shape: &str) {
    let shell = mesh();
    let east = &shell.world.east;
    let istiod = FakeIstiod::start(east, "istiod-1");
    let west = east.get("secrets", NAMESPACE, SECRET).unwrap()["data"]["west"].clone();
    east.create(json!({"apiVersion": "v1", "kind": "Secret", "data": {"west": west, "south": west},
        "metadata": {"name": "both", "namespace": NAMESPACE, "labels": {"istio/multiCluster": "true"}}}));
    let output = shell.run("delete west --context east --yes");
    let command = of_shape(&output, shape);
    shell.paste(&command).expect_success();
    let used = istiod.secret_of("west");
    assert_eq!(used.as_deref(), Some("istio-system/both"));
}

/// An istiod of that version goes on with the old token until it is started again.
pub(crate) fn restart_of_istiod(shape: &str) {
    let shell = mesh();
    let istiod = FakeIstiod::start(&shell.world.east, "istiod-1").version("1.30.2");
    let output = shell.run("rotate west --context east");
    let command = of_shape(&output, shape);
    shell.paste(&command).expect_success();
    let deployment = shell
        .world
        .east
        .get("deployments", NAMESPACE, "istiod")
        .unwrap();
    let annotations = &deployment["spec"]["template"]["metadata"]["annotations"];
    assert!(
        annotations["kubectl.kubernetes.io/restartedAt"].is_string(),
        "{deployment}"
    );
    // What that does: another pod in the place of the one that there is.
    shell.world.east.advance_clock(Duration::from_secs(2));
    let _other = FakeIstiod::start(&shell.world.east, "istiod-2").version("1.30.2");
    istiod.delete();
    shell.run("rotate west --context east").expect_success();
}

/// Another Deployment of the gateway's name has other labels, which Kubernetes lets nobody change.
pub(crate) fn exposure_beside(shape: &str) {
    let cluster = |name: &str| {
        Cluster::builder(name)
            .istio_crds()
            .gateway_api_crds()
            .start()
    };
    let world = World::of(program(MESH_EASTWEST), cluster("east"), cluster("west"));
    let west = &world.west;
    let name = "istio-eastwestgateway";
    let network = "topology.istio.io/network";
    west.create(json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": {network: "net-b"}}}));
    west.create(crate::secrets::istiod("west"));
    let labels = json!({"istio": "eastwestgateway"});
    west.create(json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
            "spec": {"containers": [{"name": "istio-proxy", "image": "auto"}]}}}}));
    west.create(json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {network: "net-b"}},
        "spec": {"selector": labels, "ports": [{"name": "tls", "port": 15443}]}}));
    let shell = Shell::of(world);
    let command = shell.printed("apply", shape);
    shell.paste(&command).expect_success();
    let gateways = "gateways.networking.istio.io";
    assert!(
        shell
            .world
            .west
            .get(gateways, NAMESPACE, "cross-network-gateway")
            .is_some()
    );
}
