//! `apply`: what it makes of clusters in each state, what it asks of them, and what it refuses.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use mesh_common::model::change::{Action, marked};
use mesh_testkit::black_box::{self, Ends, World, strays, writes};
use mesh_testkit::command::Run;
use mesh_testkit::embedded::{Cluster, Fault};
use serde_json::{Value, json};
use snapbox::assert_data_eq;

/// East on net-a and west on net-b, with Istio's definitions, Istio's namespace and an istiod each.
pub(crate) struct Clusters(World);

impl Deref for Clusters {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl DerefMut for Clusters {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.0
    }
}

impl Clusters {
    pub(crate) fn new() -> Self {
        Self(World::of(
            env!("CARGO_BIN_EXE_kubectl-mesh_eastwest"),
            cluster("east", "net-a"),
            cluster("west", "net-b"),
        ))
    }
}

fn cluster(name: &str, network: &str) -> Cluster {
    let cluster = Cluster::builder(name)
        .istio_crds()
        .gateway_api_crds()
        .start();
    cluster.create(
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system",
        "labels": {"topology.istio.io/network": network}}}),
    );
    cluster.create(istiod("istiod", "default"));
    cluster
}

fn istiod(name: &str, revision: &str) -> Value {
    let labels = json!({"app": "istiod", "istio.io/rev": revision});
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "istio-system", "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
            "spec": {"containers": [{"name": "discovery", "image": "i", "args": ["--domain", "cluster.local"]}]}}}})
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/black_box/apply")
        .join(format!("{name}.txt"))
}

fn check<E: Ends>(name: &str, arrange: impl Fn(&mut Clusters) -> E) {
    black_box::check(&golden(name), Clusters::new, arrange);
}

/// Applied once, so that the next run finds it.
fn applied(world: &Clusters, line: &str) {
    let output = world.run(line).output();
    assert!(output.success(), "{}", output.golden());
}

fn relabel(cluster: &Cluster, labels: &Value) {
    cluster.edit("namespaces", "", "istio-system", |namespace| {
        namespace["metadata"]["labels"] = labels.clone();
    });
}

mesh_testkit::cases! {
    check;
    fresh: |world| world.run("apply --context east,west");
    current_context: |world| world.run("apply");
    again: |world| {
        applied(world, "apply --context east,west");
        world.run("apply --context east,west")
    };
    fewer_ports: |world| {
        applied(world, "apply");
        world.run("apply --ports status-port,tls")
    };
    somebody_turned_a_port: |world| {
        applied(world, "apply");
        world.west.edit("services", "istio-system", "istio-eastwestgateway", |service| {
            service["spec"]["ports"][1]["port"] = json!(443);
        });
        world.run("apply")
    };
    dry_run: |world| world.run("apply --dry-run");
    dry_run_of_what_is_there: |world| {
        applied(world, "apply");
        world.run("apply --dry-run")
    };
    dry_run_by_the_server: |world| world.run("apply --dry-run=server");
    ambient: |world| world.run("apply --ambient");
    nothing_exposed: |world| world.run("apply --expose none");
    istiod_exposed: |world| world.run("apply --expose services,istiod");
    network_named: |world| {
        relabel(&world.west, &json!({}));
        world.run("apply --network net-b")
    };
    revision_of_the_only_istiod: |world| {
        world.west.delete("deployments", "istio-system", "istiod");
        world.west.create(istiod("istiod-canary", "canary"));
        world.run("apply")
    };
    an_unreachable_cluster_does_not_affect_the_others: |world| {
        world.east.stop();
        world.run("apply --context east,west")
    };

    network_differs: |world| world.run("apply --network net-c");
    network_unknown: |world| {
        relabel(&world.west, &json!({}));
        world.run("apply")
    };
    namespace_missing: |world| world.run("apply -n mesh");
    all_that_is_wrong: |world| {
        relabel(&world.west, &json!({}));
        world.run("apply --context east,west --network net-a --revision canary --expose istiod")
    };
    flags: |world| world.run("apply --replicas x --cluster-domain a..b --expose none,services --ambient --ports tls=0");
    same_cluster_twice: |world| {
        let twice = world.kubeconfig().entry(
            "again",
            world.west.kubeconfig_cluster(),
            world.west.kubeconfig_user(),
        );
        world.write(&twice);
        world.run("apply --context west,again")
    };
    several_revisions: |world| {
        world.west.delete("deployments", "istio-system", "istiod");
        world.west.create(istiod("istiod-one", "one"));
        world.west.create(istiod("istiod-two", "two"));
        world.run("apply")
    };
    no_istiod: |world| {
        world.west.delete("deployments", "istio-system", "istiod");
        world.run("apply")
    };
    istiod_in_another_namespace: |world| {
        world.west.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-ingress"}}));
        world.run("apply -n istio-ingress")
    };
    istiod_in_another_namespace_and_said: |world| {
        world.west.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-ingress"}}));
        world.run("apply -n istio-ingress --istio-namespace istio-system")
    };
    no_istiod_and_nothing_exposed: |world| {
        world.west.delete("deployments", "istio-system", "istiod");
        world.run("apply --expose none")
    };
    other_selector: |world| {
        world.west.create(istioctls_deployment());
        world.run("apply")
    };
    other_selector_and_owned_by_another: |world| {
        world.west.create(istioctls_deployment());
        world.west.create(argos_gateway());
        world.run("apply")
    };
    other_selector_on_the_client_alone: |world| {
        world.west.create(istioctls_deployment());
        world.run("apply --dry-run=client")
    };
    describes_another_cluster: |world| {
        world.west.create(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "istio-eastwestgateway", "namespace": "istio-system",
                "labels": {"topology.istio.io/network": "net-a"}},
            "spec": {"type": "LoadBalancer", "externalIPs": ["192.0.2.1"], "ports": [{"port": 15443}]}}));
        world.run("apply --force-conflicts")
    };
    owned_by_another: |world| {
        world.west.create(argos_gateway());
        world.run("apply")
    };
    owned_by_another_and_forced: |world| {
        world.west.create(argos_gateway());
        world.run("apply --force-conflicts")
    };
    istio_not_installed: |world| {
        world.west.delete("customresourcedefinitions", "", "gateways.networking.istio.io");
        world.run("apply")
    };
    forbidden: |world| {
        world.west.deny("admin", "patch", "services");
        world.run("apply --context east,west")
    };
    fails_in_the_middle: |world| {
        world.west.inject(Fault::on("PATCH", "**/deployments/istio-eastwestgateway").nth(2).status(500));
        world.run("apply --context east,west")
    };
    unknown_context: |world| world.run("apply --context nowhere,west,never");
    wait: |world| {
        let running = world.run("apply --wait").spawn();
        running.wait_for_stderr("has no address yet");
        balance(world, "istio-eastwestgateway");
        running
    };
    wait_again: |world| {
        applied(world, "apply --context east,west");
        balance(world, "istio-eastwestgateway");
        world.run("apply --wait=1s --context east,west")
    };
    wait_for_one_of_another_name: |world| {
        applied(world, "apply --single-cluster --name crossing");
        balance(world, "crossing");
        world.run("apply --single-cluster --name crossing --wait")
    };
    wait_runs_out: |world| world.run("apply --wait=0");
    wait_beside_a_dead_cluster: |world| {
        applied(world, "apply");
        balance(world, "istio-eastwestgateway");
        world.east.stop();
        world.run("apply --context east,west --wait")
    };
    wait_and_ctrl_c: |world| {
        let running = world.run("apply --wait").spawn();
        running.wait_for_stderr("has no address yet");
        running.interrupt();
        running
    };
    wait_after_a_dry_run: |world| world.run("apply --wait --dry-run");
    ctrl_c: |world| black_box::interrupted(world, "apply");
}

/// Gives west's gateway an address that leads nowhere: nothing listens on that loopback address.
fn balance(world: &Clusters, gateway: &str) {
    world
        .west
        .set_load_balancer("istio-system", gateway, &["127.9.9.9"]);
}

/// As `istioctl install` makes one: its selector has labels of its own.
fn istioctls_deployment() -> Value {
    let labels = json!({"app": "istio-eastwestgateway", "istio": "eastwestgateway", "topology.istio.io/network": "net-b"});
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "istio-eastwestgateway", "namespace": "istio-system"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
            "spec": {"containers": [{"name": "istio-proxy", "image": "auto"}]}}}})
}

/// As Argo CD applies the sample, with another port.
fn argos_gateway() -> Value {
    json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway",
        "metadata": {"name": "cross-network-gateway", "namespace": "istio-system",
            "managedFields": [{"manager": "argocd-controller", "operation": "Apply", "apiVersion": "networking.istio.io/v1",
                "fieldsType": "FieldsV1", "time": "2026-01-01T00:00:00Z",
                "fieldsV1": {"f:spec": {"f:selector": {"f:istio": {}}, "f:servers": {}}}}]},
        "spec": {"selector": {"istio": "eastwestgateway"}, "servers": [{"port": {"number": 443, "name": "tls", "protocol": "TLS"},
            "tls": {"mode": "AUTO_PASSTHROUGH"}, "hosts": ["*.local"]}]}})
}

#[test]
fn every_golden_file_belongs_to_a_case() {
    assert_eq!(
        strays(&golden("any"), &[NAMES, &["requests"]]),
        std::collections::BTreeSet::new()
    );
}

#[test]
fn a_second_run_writes_nothing_and_one_connection_is_enough() {
    let world = Clusters::new();
    applied(&world, "apply");
    world.west.clear_recordings();
    applied(&world, "apply");
    assert_data_eq!(
        world.steady(&world.west.rendered_requests()),
        snapbox::Data::read_from(&golden("requests"), None)
    );
    assert!(
        writes(&world.west)
            .iter()
            .all(|write| write.contains("dryRun=All"))
    );
    assert_eq!(world.west.connections().len(), 1);
}

#[test]
fn nothing_is_written_where_anything_stands_in_the_way_anywhere() {
    let world = Clusters::new();
    world.west.create(istioctls_deployment());
    let output = world.run("apply --context east,west").output();
    assert_eq!(output.code, 2);
    for cluster in [&world.east, &world.west] {
        let wrote: Vec<String> = writes(cluster)
            .into_iter()
            .filter(|write| !write.contains("dryRun=All"))
            .collect();
        assert_eq!(wrote, Vec::<String>::new());
    }
}

#[test]
fn what_is_there_in_the_end_is_what_generate_and_expose_print() {
    let world = Clusters::new();
    applied(&world, "apply");
    let printed = |line: &str| -> Vec<Value> {
        let run: Run = world.run(line);
        let output = run.output();
        mesh_common::model::yaml::documents(&output.stdout, "it").unwrap()
    };
    let mut wanted = printed("generate --network net-b");
    wanted.extend(printed("expose services"));
    assert_eq!(wanted.len(), 7);
    for object in wanted {
        let (kind, name) = (
            &object["kind"],
            object["metadata"]["name"].as_str().unwrap(),
        );
        let resource = match kind.as_str().unwrap() {
            "Gateway" => "gateways.networking.istio.io".to_owned(),
            other => format!("{}s", other.to_lowercase()),
        };
        let live = world.west.get(&resource, "istio-system", name).unwrap();
        let ours = marked(
            &object,
            concat!("kubectl-mesh-eastwest/", env!("CARGO_PKG_VERSION")),
        );
        assert_eq!(
            Action::by_contents(Some(&live), &ours),
            Action::Keep,
            "{live:#}"
        );
    }
}
