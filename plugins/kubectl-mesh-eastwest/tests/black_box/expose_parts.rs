//! Clusters with gateways and control planes in them, for `expose --from-context`.

use mesh_testkit::black_box::World;
use serde_json::{Value, json};

/// West has a gateway and an istiod as Istio's guides make them.
pub(super) fn usual() -> Box<World> {
    let world = bare();
    add(
        &world,
        &[
            gateway(
                "istio-eastwestgateway",
                &pods("istio-eastwestgateway", "eastwestgateway"),
            ),
            istiod("default", &json!(["--domain", "cluster.local"])),
            injector("default", "cluster.local"),
        ],
    );
    world
}

/// West has the namespaces and nothing else.
pub(super) fn bare() -> Box<World> {
    let world = Box::new(World::bare(env!("CARGO_BIN_EXE_kubectl-mesh_eastwest")));
    for name in ["istio-system", "mesh", "edge"] {
        let metadata = json!({"name": name});
        add(
            &world,
            &[json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})],
        );
    }
    world
}

/// Puts these objects into west.
pub(super) fn add(world: &World, objects: &[Value]) {
    for object in objects {
        world.west.create(object.clone());
    }
}

pub(super) fn pods(app: &str, istio: &str) -> Value {
    json!({"app": app, "istio": istio})
}

/// A gateway's Service on the network net-b.
pub(super) fn gateway(name: &str, selector: &Value) -> Value {
    let port = |port: u16| json!({"name": format!("p{port}"), "port": port});
    json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": "istio-system", "labels": {"topology.istio.io/network": "net-b"}},
        "spec": {"selector": selector, "ports": [port(15443), port(15012), port(15017)]}})
}

pub(super) fn istiod(revision: &str, args: &Value) -> Value {
    let name = suffixed("istiod", revision);
    let labels = json!({"app": "istiod", "istio.io/rev": revision});
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "istio-system", "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
            "spec": {"containers": [{"name": "discovery", "image": "i", "args": args}]}}}})
}

pub(super) fn injector(revision: &str, domain: &str) -> Value {
    let values = json!({"global": {"proxy": {"clusterDomain": domain}}});
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": suffixed("istio-sidecar-injector", revision), "namespace": "istio-system",
            "labels": {"istio.io/rev": revision}},
        "data": {"values": values.to_string()}})
}

pub(super) fn suffixed(base: &str, revision: &str) -> String {
    if revision == "default" {
        base.to_owned()
    } else {
        format!("{base}-{revision}")
    }
}

/// The same object with this at that place.
pub(super) fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    *object.pointer_mut(pointer).unwrap() = value;
    object
}

/// A gateway and an istiod of which nothing is as in the guides.
pub(super) fn custom(world: &World) {
    let labels =
        json!({"topology.istio.io/network": "net-b", "networking.istio.io/gatewayPort": "15012"});
    let service = with(
        gateway("ew", &pods("ew", "eastwest")),
        "/metadata/labels",
        labels,
    );
    let control = istiod("1-31-0", &json!(["discovery", "--domain", "corp.example"]));
    let canary = istiod("canary", &json!(["discovery", "--domain", "corp.example"]));
    add(
        world,
        &[
            with(service, "/metadata/namespace", json!("edge")),
            with(control, "/metadata/namespace", json!("mesh")),
            with(canary, "/metadata/namespace", json!("mesh")),
        ],
    );
}

/// Makes istiod take Gateways from the gateway's namespace alone, which is another one than its own.
pub(super) fn bind(world: &World) {
    let env = json!([{"name": "PILOT_SCOPE_GATEWAY_TO_NAMESPACE", "value": "true"}]);
    let mut control = istiod("default", &json!([]));
    control["spec"]["template"]["spec"]["containers"][0]["env"] = env;
    world.west.delete("deployments", "istio-system", "istiod");
    world
        .west
        .delete("services", "istio-system", "istio-eastwestgateway");
    let service = gateway(
        "istio-eastwestgateway",
        &json!({"istio": "eastwestgateway"}),
    );
    add(
        world,
        &[control, with(service, "/metadata/namespace", json!("edge"))],
    );
}
