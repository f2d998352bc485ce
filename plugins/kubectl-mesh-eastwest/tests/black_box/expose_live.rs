//! `expose --from-context`: what it derives, what it asks for, and what it says where that is not enough.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mesh_testkit::command::Run;
use mesh_testkit::embedded::{Cluster, Fault};
use serde_json::{Value, json};
use snapbox::{Data, assert_data_eq, str};
use tempfile::TempDir;

/// A cluster and a kubeconfig that knows it as the context west.
struct World {
    west: Cluster,
    dir: TempDir,
}

impl World {
    /// With a gateway and an istiod as Istio's guides make them.
    fn usual() -> Self {
        let world = Self::bare();
        world.add(&[
            gateway(
                "istio-eastwestgateway",
                &pods("istio-eastwestgateway", "eastwestgateway"),
            ),
            istiod("default", &json!(["--domain", "cluster.local"])),
            injector("default", "cluster.local"),
        ]);
        world
    }

    fn bare() -> Self {
        let west = Cluster::start("west");
        for name in ["istio-system", "mesh", "edge"] {
            west.create(
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
            );
        }
        let dir = tempfile::tempdir().unwrap();
        west.kubeconfig().write(&dir.path().join("config"));
        Self { west, dir }
    }

    fn add(&self, objects: &[Value]) {
        for object in objects {
            self.west.create(object.clone());
        }
    }

    fn run(&self, line: &str) -> Run {
        Run::new(env!("CARGO_BIN_EXE_kubectl-mesh_eastwest"))
            .arg("expose")
            .args(line.split_whitespace())
            .env("KUBECONFIG", self.dir.path().join("config"))
            .dir(self.dir.path())
    }
}

fn pods(app: &str, istio: &str) -> Value {
    json!({"app": app, "istio": istio})
}

/// A gateway's Service on the network net-b.
fn gateway(name: &str, selector: &Value) -> Value {
    let port = |port: u16| json!({"name": format!("p{port}"), "port": port});
    json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": "istio-system", "labels": {"topology.istio.io/network": "net-b"}},
        "spec": {"selector": selector, "ports": [port(15443), port(15012), port(15017)]}})
}

fn istiod(revision: &str, args: &Value) -> Value {
    let name = suffixed("istiod", revision);
    let labels = json!({"app": "istiod", "istio.io/rev": revision});
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "istio-system", "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
            "spec": {"containers": [{"name": "discovery", "image": "i", "args": args}]}}}})
}

fn injector(revision: &str, domain: &str) -> Value {
    let values = json!({"global": {"proxy": {"clusterDomain": domain}}});
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": suffixed("istio-sidecar-injector", revision), "namespace": "istio-system",
            "labels": {"istio.io/rev": revision}},
        "data": {"values": values.to_string()}})
}

fn suffixed(base: &str, revision: &str) -> String {
    if revision == "default" {
        base.to_owned()
    } else {
        format!("{base}-{revision}")
    }
}

/// The same object with this at that place.
fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    *object.pointer_mut(pointer).unwrap() = value;
    object
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/black_box/expose_live")
        .join(format!("{name}.txt"))
}

fn check(name: &str, arrange: impl Fn(&mut World) -> Run, mut world: World) {
    let output = arrange(&mut world).output();
    let said = output
        .golden()
        .replace(
            world.west.server_url().trim_start_matches("https://"),
            "WEST",
        )
        .replace(&world.dir.path().display().to_string(), "[DIR]");
    assert_data_eq!(said, Data::read_from(&golden(name), None));
}

/// A table of cases, each a name, the world that it begins with, and what is run in it.
macro_rules! cases {
    ($($name:ident: $world:ident, $arrange:expr;)+) => {
        $(#[test] fn $name() { check(stringify!($name), $arrange, World::$world()); })+
        const NAMES: &[&str] = &[$(stringify!($name)),+];
    };
}

cases! {
    services: usual, |world| world.run("services --from-context west");
    istiod_: usual, |world| world.run("istiod --from-context west");
    named_gateway_without_network: bare, |world| {
        let service = gateway("istio-eastwestgateway", &json!({"istio": "ew"}));
        world.add(&[
            with(service, "/metadata/labels", json!({})),
            istiod("default", &json!(["--domain=cluster.local"])),
        ]);
        world.run("services --from-context west")
    };
    everything_is_different: bare, |world| {
        custom(world);
        world.run("services --from-context west")
    };
    everything_is_different_istiod: bare, |world| {
        custom(world);
        world.run("istiod --from-context west")
    };
    flags_win: bare, |world| {
        custom(world);
        world.run("istiod --from-context west --revision canary --selector a=b --cluster-domain c.d -n mesh")
    };
    port_wins: bare, |world| {
        custom(world);
        world.run("services --from-context west --port 15443")
    };
    several_revisions: usual, |world| {
        world.add(&[istiod("canary", &json!(["--domain", "cluster.local"]))]);
        world.run("istiod --from-context west")
    };
    https: usual, |world| {
        world.run("istiod --from-context west --https --host istiod.example.com --credential istiod-cert")
    };
    domain_of_the_injector: bare, |world| {
        world.add(&[
            gateway("ew", &json!({"istio": "ew"})),
            istiod("canary", &json!(["discovery"])),
            injector("canary", "corp.example"),
            injector("default", "elsewhere.example"),
        ]);
        world.run("services --from-context west")
    };
    domain_that_istiod_takes: bare, |world| {
        world.add(&[gateway("ew", &json!({"istio": "ew"})), istiod("default", &json!(["discovery"]))]);
        world.run("services --from-context west")
    };
    two_services_of_one_gateway: usual, |world| {
        world.add(&[gateway("internal", &pods("istio-eastwestgateway", "eastwestgateway"))]);
        world.run("services --from-context west")
    };
    gateway_of_ambient_mode_beside_it: usual, |world| {
        let service = gateway("ambient", &json!({"gateway.networking.k8s.io/gateway-name": "ambient"}));
        world.add(&[with(service, "/spec/ports", json!([{"port": 15008}]))]);
        world.run("services --from-context west")
    };
    gateways_bound_to_their_namespace: usual, |world| {
        bind(world);
        world.run("istiod --from-context west")
    };

    no_gateway: bare, |world| {
        world.add(&[istiod("default", &json!([]))]);
        world.run("services --from-context west")
    };
    gateways_for_other_things: bare, |world| {
        world.add(&[
            istiod("default", &json!([])),
            with(gateway("ambient", &json!({"a": "b"})), "/spec/ports", json!([{"port": 15008}])),
            with(gateway("outside", &json!({})), "/metadata/namespace", json!("edge")),
        ]);
        world.run("services --from-context west")
    };
    several_gateways: usual, |world| {
        world.add(&[with(gateway("ew2", &pods("ew2", "eastwestgateway")), "/metadata/namespace", json!("edge"))]);
        world.run("services --from-context west")
    };
    several_gateways_with_nothing_shared: usual, |world| {
        world.add(&[gateway("ew2", &json!({"istio": "ew2"}))]);
        world.run("istiod --from-context west")
    };
    several_gateways_and_a_selector: usual, |world| {
        world.add(&[gateway("ew2", &json!({"istio": "ew2"}))]);
        world.run("services --from-context west --selector istio=ew2")
    };
    several_ports: usual, |world| {
        let other = gateway("internal", &pods("istio-eastwestgateway", "eastwestgateway"));
        let labels = json!({"topology.istio.io/network": "n", "networking.istio.io/gatewayPort": "15012"});
        world.add(&[with(other, "/metadata/labels", labels)]);
        world.run("services --from-context west")
    };
    nothing_at_all: bare, |world| world.run("istiod --from-context west");
    no_istiod: bare, |world| {
        world.add(&[gateway("ew", &json!({"istio": "ew"}))]);
        world.run("services --from-context west")
    };
    no_istiod_and_all_said: bare, |world| {
        world.add(&[gateway("ew", &json!({"istio": "ew"}))]);
        world.run("services --from-context west -n istio-system --cluster-domain cluster.local")
    };
    no_istiod_of_that_revision: usual, |world| world.run("istiod --from-context west --revision canary,old");
    istio_in_several_namespaces: usual, |world| {
        let other = istiod("old", &json!([]));
        world.add(&[with(other, "/metadata/namespace", json!("mesh"))]);
        world.run("istiod --from-context west")
    };
    istio_in_several_namespaces_and_one_named: usual, |world| {
        let other = istiod("old", &json!([]));
        world.add(&[with(other, "/metadata/namespace", json!("mesh"))]);
        world.run("istiod --from-context west -n mesh")
    };
    several_domains: usual, |world| {
        world.add(&[istiod("canary", &json!(["--domain", "corp.example"]))]);
        world.run("services --from-context west")
    };
    domain_that_is_none: bare, |world| {
        world.add(&[gateway("ew", &json!({"istio": "ew"})), istiod("default", &json!(["--domain", "cluster.local."]))]);
        world.run("services --from-context west")
    };
    https_with_several_revisions: usual, |world| {
        world.add(&[istiod("canary", &json!(["--domain", "cluster.local"]))]);
        world.run("istiod --from-context west --https --host istiod.example.com --credential istiod-cert")
    };
    gateways_bound_and_none_found: usual, |world| {
        bind(world);
        world.run("services --from-context west --selector istio=elsewhere")
    };

    forbidden_services: usual, |world| {
        world.west.deny("admin", "list", "services");
        world.run("services --from-context west")
    };
    forbidden_services_and_a_selector: usual, |world| {
        world.west.deny("admin", "list", "services");
        world.run("services --from-context west -l istio=ew")
    };
    forbidden_deployments: usual, |world| {
        world.west.deny("admin", "list", "deployments");
        world.run("services --from-context west")
    };
    forbidden_deployments_istiod: usual, |world| {
        world.west.deny("admin", "list", "deployments");
        world.run("istiod --from-context west")
    };
    forbidden_configmaps: usual, |world| {
        world.west.deny("admin", "list", "configmaps");
        world.run("services --from-context west")
    };
    forbidden_everything: usual, |world| {
        for resource in ["services", "deployments", "configmaps"] {
            world.west.deny("admin", "list", resource);
        }
        world.run("istiod --from-context west")
    };
    context_unknown: usual, |world| world.run("services --from-context wets");
    server_dead: usual, |world| { world.west.stop(); world.run("services --from-context west") };
    server_500: usual, |world| {
        world.west.inject(Fault::everywhere().status(500));
        world.run("services --from-context west")
    };
    token_refused: usual, |world| {
        world.west.revoke(world.west.admin_token());
        world.run("services --from-context west")
    };
    bad_arguments_come_first: usual, |world| {
        world.west.stop();
        world.run("services --from-context west --selector x --cluster-domain _")
    };
}

/// A gateway and an istiod of which nothing is as in the guides.
fn custom(world: &World) {
    let labels =
        json!({"topology.istio.io/network": "net-b", "networking.istio.io/gatewayPort": "15012"});
    let service = with(
        gateway("ew", &pods("ew", "eastwest")),
        "/metadata/labels",
        labels,
    );
    let control = istiod("1-31-0", &json!(["discovery", "--domain", "corp.example"]));
    let canary = istiod("canary", &json!(["discovery", "--domain", "corp.example"]));
    world.add(&[
        with(service, "/metadata/namespace", json!("edge")),
        with(control, "/metadata/namespace", json!("mesh")),
        with(canary, "/metadata/namespace", json!("mesh")),
    ]);
}

/// Makes istiod take Gateways from the gateway's namespace alone, which is another one than its own.
fn bind(world: &World) {
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
    world.add(&[control, with(service, "/metadata/namespace", json!("edge"))]);
}

#[test]
fn a_cluster_is_read_in_one_wave_over_one_connection() {
    let world = World::usual();
    world
        .west
        .inject(Fault::everywhere().latency(Duration::from_millis(30)));
    world
        .run("istiod --from-context west -n istio-system")
        .output()
        .expect_success();
    assert_data_eq!(
        world.west.rendered_requests(),
        str![[r#"
1 GET /api/v1/namespaces/istio-system/configmaps?labelSelector=istio.io/rev 200
1 GET /api/v1/services?fieldSelector=metadata.name=istio-eastwestgateway 200
1 GET /api/v1/services?labelSelector=topology.istio.io/network 200
1 GET /apis/apps/v1/namespaces/istio-system/deployments?labelSelector=app=istiod 200

"#]]
    );
    assert_eq!(world.west.connections().len(), 1);
}

#[test]
fn without_a_context_no_cluster_is_asked() {
    let world = World::usual();
    world.run("services").output().expect_success();
    assert_eq!(world.west.connections().len(), 0);
}

#[test]
fn every_golden_file_has_its_case() {
    let files = std::fs::read_dir(golden("x").parent().unwrap()).unwrap();
    let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let files: BTreeSet<String> = files.map(|file| stem(file.unwrap().path())).collect();
    assert_eq!(files, NAMES.iter().map(|&name| name.to_owned()).collect());
}
