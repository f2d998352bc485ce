//! Fixes of gateways, each run against the gateway that lacks it. What a cloud or istiod would do then is done by hand.

use mesh_e2e::plugin::MESH_EASTWEST;
use mesh_testkit::black_box::{World, fill};
use mesh_testkit::embedded::Cluster;
use mesh_testkit::gateway::{Door, FakeGateway, MeshAuthority};
use serde_json::{Value, json};

use crate::shell::{Shell, program};

const NAMESPACE: &str = "istio-system";
const SERVICE: &str = "istio-eastwestgateway";
const POD: &str = "istio-eastwestgateway-1";
const HELLO: &str = "outbound_.80_._.hello.default.svc.cluster.local";

/// East on net-a and west on net-b, each with a gateway that passes on to a workload.
pub(crate) struct Gateways {
    pub(crate) shell: Shell,
    pub(crate) west_gateway: FakeGateway,
    west_mesh: MeshAuthority,
    _east_gateway: FakeGateway,
}

impl Gateways {
    /// Everything as it should be.
    pub(crate) fn healthy() -> Self {
        let mut meshes = MeshAuthority::several(2);
        let west_mesh = meshes.remove(1);
        let east_mesh = meshes.remove(0);
        let [east, west] = ["east", "west"].map(|name| {
            let cluster = Cluster::builder(name);
            cluster.istio_crds().gateway_api_crds().start()
        });
        let (east_gateway, west_gateway) = (FakeGateway::start(), FakeGateway::start());
        for (cluster, network, mesh, gateway) in [
            (&east, "net-a", &east_mesh, &east_gateway),
            (&west, "net-b", &west_mesh, &west_gateway),
        ] {
            fill(cluster, network, mesh.root_pem(), &gateway.address());
            let hello = mesh.workload("spiffe://cluster.local/ns/default/sa/hello");
            gateway.open(15021, Door::Ready(200));
            gateway.open(15443, Door::Passthrough(hello, vec![HELLO.to_owned()]));
        }
        Self {
            shell: Shell::of(World::of(program(MESH_EASTWEST), east, west)),
            west_gateway,
            west_mesh,
            _east_gateway: east_gateway,
        }
    }

    fn west(&self) -> &Cluster {
        &self.shell.world.west
    }

    /// Changes the Service of west's gateway.
    fn service(&self, edit: impl FnOnce(&mut Value)) {
        self.west().edit("services", NAMESPACE, SERVICE, edit);
    }

    /// The load balancer gave no address yet.
    pub(crate) fn without_address(&self) {
        self.west().set_load_balancer(NAMESPACE, SERVICE, &[]);
    }

    /// A cloud gives the Service the address of the gateway that is there.
    fn addressed(&self, cluster: &Cluster) {
        cluster.set_load_balancer(NAMESPACE, SERVICE, &[&self.west_gateway.address()]);
    }

    fn repairs(&self, shape: &str, meanwhile: impl FnOnce(&World)) {
        self.shell
            .repairs("status --context west", shape, meanwhile);
    }
}

/// The gateway's pods come up, and a cloud gives it an address.
pub(crate) fn gateway(shape: &str) {
    let scene = Gateways::healthy();
    let west = scene.west();
    west.delete("services", NAMESPACE, SERVICE);
    west.delete("pods", NAMESPACE, POD);
    scene.repairs(shape, |world| {
        let selector = world.west.get("services", NAMESPACE, SERVICE).unwrap()["spec"]["selector"].clone();
        world.west.create(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": POD, "namespace": NAMESPACE, "labels": selector},
            "spec": {"serviceAccountName": SERVICE, "containers": [{"name": "istio-proxy", "image": "i",
                "env": [{"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": "net-b"}]}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}));
        scene.addressed(&world.west);
    });
}

pub(crate) fn services(shape: &str) {
    let scene = Gateways::healthy();
    let gateways = "gateways.networking.istio.io";
    scene
        .west()
        .delete(gateways, NAMESPACE, "cross-network-gateway");
    scene.west_gateway.open(15443, Door::HangsUp);
    scene.repairs(shape, |_| {
        let hello = scene
            .west_mesh
            .workload("spiffe://cluster.local/ns/default/sa/hello");
        let door = Door::Passthrough(hello, vec![HELLO.to_owned()]);
        scene.west_gateway.open(15443, door);
    });
}

pub(crate) fn istiod(shape: &str) {
    let scene = Gateways::healthy();
    let server = |port: i32| json!({"port": {"number": port, "name": "tls", "protocol": "tls"}, "tls": {"mode": "PASSTHROUGH"}, "hosts": ["*"]});
    scene.west().create(json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway",
        "metadata": {"name": "istiod-gateway", "namespace": NAMESPACE},
        "spec": {"selector": {"istio": "eastwestgateway"}, "servers": [server(15012), server(15017)]}}));
    let names = ["istiod.istio-system.svc", "istiod-remote.istio-system.svc"];
    let istiod = || Door::Server(scene.west_mesh.istiod(&names));
    scene.west_gateway.open(15017, istiod());
    scene.west_gateway.open(15012, Door::HangsUp);
    scene.repairs(shape, |_| scene.west_gateway.open(15012, istiod()));
}

pub(crate) fn label(shape: &str) {
    let scene = Gateways::healthy();
    scene.service(|service| {
        let labels = service["metadata"]["labels"].as_object_mut().unwrap();
        labels.remove("topology.istio.io/network");
    });
    scene.repairs(shape, |_| {});
}

pub(crate) fn port_label(shape: &str) {
    let scene = Gateways::healthy();
    scene.service(|service| {
        service["metadata"]["labels"]["networking.istio.io/gatewayPort"] = json!("https");
    });
    scene.repairs(shape, |_| {});
}

pub(crate) fn port(shape: &str) {
    let scene = Gateways::healthy();
    scene.service(|service| {
        service["spec"]["ports"].as_array_mut().unwrap().remove(1);
    });
    scene.repairs(shape, |_| {});
}

/// A cloud gives the load balancer an address.
pub(crate) fn service_type(shape: &str) {
    let scene = Gateways::healthy();
    scene.without_address();
    scene.service(|service| service["spec"]["type"] = json!("ClusterIP"));
    scene.repairs(shape, |world| scene.addressed(&world.west));
}

pub(crate) fn nodes(shape: &str) {
    let scene = Gateways::healthy();
    scene.without_address();
    let address = scene.west_gateway.address();
    scene.west().create(
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "edge"},
        "status": {"addresses": [{"type": "ExternalIP", "address": address}]}}),
    );
    scene.service(|service| {
        service["spec"]["type"] = json!("NodePort");
        // Where the fake gateway listens.
        for port in service["spec"]["ports"].as_array_mut().unwrap() {
            port["nodePort"] = port["port"].clone();
        }
    });
    scene.repairs(shape, |_| {});
}

/// East's istiod ignores a gateway that has a host name alone, and is told to resolve it.
pub(crate) fn host_names(shape: &str) {
    let scene = Gateways::healthy();
    scene.service(|service| {
        service["status"]["loadBalancer"]["ingress"] = json!([{"hostname": "localhost"}]);
    });
    let east = &scene.shell.world.east;
    east.edit("deployments", NAMESPACE, "istiod", |istiod| {
        istiod["spec"]["template"]["spec"]["containers"][0]["env"] = json!([
            {"name": "CLUSTER_ID", "value": "east"},
            {"name": "RESOLVE_HOSTNAME_GATEWAYS", "value": "false"}]);
    });
    let line = "status --context east,west --no-probes";
    scene.shell.repairs(line, shape, |_| {});
}
