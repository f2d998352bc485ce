//! Commands that look at what went wrong: each is run where it was printed, asks what it is meant to ask, and changes nothing.

use std::path::Path;

use mesh_e2e::plugin::{MESH_EASTWEST, MESH_LABEL, MESH_SECRET};
use mesh_testkit::black_box::World;
use mesh_testkit::embedded::{Cluster, Fault, TokenController};
use mesh_testkit::gateway::Door;
use mesh_testkit::istiod::FakeIstiod;
use mesh_testkit::kubeconfig::User;
use serde_json::json;

use crate::gateways::Gateways;
use crate::secrets::{istiod, mesh, secret_world};
use crate::shell::{Shell, program};

pub(crate) fn contexts(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    let output = shell.looks("show --context wets", shape, "", &[0]);
    assert!(output.stdout.contains("west"), "{}", output.golden());
}

pub(crate) fn clusters(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    let config = shell.world.kubeconfig().context("broken", "gone", "west");
    shell.world.write(&config);
    let output = shell.looks("show --context broken", shape, "", &[0]);
    assert!(output.stdout.contains("west"), "{}", output.golden());
}

pub(crate) fn kubeconfig(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    std::fs::write(shell.world.config(), "").unwrap();
    let output = shell.looks("show", shape, "", &[0]);
    assert!(
        output.stdout.contains("contexts: null"),
        "{}",
        output.golden()
    );
}

pub(crate) fn entry(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    let user = User::new().client_certificate_files(Path::new("gone.crt"), Path::new("gone.key"));
    let west = shell.world.west.kubeconfig_cluster();
    let config = mesh_testkit::kubeconfig::Kubeconfig::single("west", west, user);
    shell.world.write(&config);
    let output = shell.looks("show", shape, "", &[0]);
    assert!(output.stdout.contains("gone.crt"), "{}", output.golden());
}

/// The search path of a shell in which kubectl finds the plugin is another one than that of the command that did not.
pub(crate) fn plugins(shape: &str) {
    let shell = Shell::bare(MESH_SECRET);
    let output = shell.looks("completion install", shape, "", &[0, 1]);
    assert!(output.stdout.contains(MESH_SECRET), "{}", output.golden());
}

pub(crate) fn groups(shape: &str) {
    let world = World::bare(program(MESH_EASTWEST));
    world.west.create(
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system",
        "labels": {"topology.istio.io/network": "net-b"}}}),
    );
    world.west.create(istiod("west"));
    let shell = Shell::of(world);
    shell.looks("apply", shape, "/apis", &[0]);
}

pub(crate) fn raw(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    shell
        .world
        .west
        .inject(Fault::on("GET", "/api/v1/namespaces/istio-system").status(500));
    let output = shell.looks("network net-b", shape, "/readyz", &[0]);
    assert!(output.stdout.contains("ok"), "{}", output.golden());
}

pub(crate) fn services_of_the_namespace(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    shell.world.west.create(namespace);
    shell.looks(
        "global web -n shop",
        shape,
        "/api/v1/namespaces/shop/services",
        &[0],
    );
}

pub(crate) fn network_of_the_namespace(shape: &str) {
    let shell = Shell::bare(MESH_EASTWEST);
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "istio-system", "labels": {"topology.istio.io/network": "net-b"}}});
    shell.world.west.create(namespace);
    let output = shell.looks("generate", shape, "/api/v1/namespaces/istio-system", &[0]);
    assert!(output.stdout.contains("net-b"), "{}", output.golden());
}

/// The controller that would fill the Secret does not run.
pub(crate) fn events(shape: &str) {
    let west = Cluster::builder("west")
        .token_controller(TokenController::Never)
        .start();
    let world = World::of(program(MESH_SECRET), Cluster::start("east"), west);
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"}});
    world.west.create(namespace);
    let shell = Shell::of(world);
    let line = "create --name west --allow-loopback --request-timeout 1s";
    shell.looks(line, shape, "/api/v1/namespaces/istio-system/events", &[0]);
}

pub(crate) fn pods_and_endpoints(shape: &str) {
    let scene = Gateways::healthy();
    scene.west_gateway.open(15443, Door::HangsUp);
    let output = scene
        .shell
        .looks("status", shape, "/api/v1/namespaces/default/pods", &[0]);
    assert!(output.stdout.contains("hello-1"), "{}", output.golden());
}

pub(crate) fn token_secrets(shape: &str) {
    let shell = Shell::of(secret_world());
    let line = "create --name west --allow-loopback --secret-name gone";
    let output = shell.looks(line, shape, "/api/v1/namespaces/istio-system/secrets", &[0]);
    assert!(
        output.stdout.contains("istio-reader-service-account"),
        "{}",
        output.golden()
    );
}

pub(crate) fn remote_secrets(shape: &str) {
    let mesh = mesh();
    let line = "inspect nobody --context east";
    let output = mesh.looks(line, shape, "/api/v1/namespaces/istio-system/secrets", &[0]);
    assert!(
        output.stdout.contains("istio-remote-secret-west"),
        "{}",
        output.golden()
    );
}

pub(crate) fn gateway_pods(shape: &str) {
    let scene = Gateways::healthy();
    scene.west_gateway.open(15021, Door::Ready(503));
    let output = scene.shell.looks(
        "status",
        shape,
        "/api/v1/namespaces/istio-system/pods",
        &[0],
    );
    assert!(
        output.stdout.contains("istio-eastwestgateway-1"),
        "{}",
        output.golden()
    );
}

pub(crate) fn gateway_service(shape: &str) {
    let scene = Gateways::healthy();
    scene.without_address();
    let path = "/api/v1/namespaces/istio-system/services/istio-eastwestgateway";
    let output = scene.shell.looks("status", shape, path, &[0]);
    assert!(
        output.stdout.contains("LoadBalancer"),
        "{}",
        output.golden()
    );
}

pub(crate) fn authorities(shape: &str) {
    let mesh = mesh();
    let secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "cacerts", "namespace": "istio-system"}, "data": {"ca-cert.pem": "YQ=="}});
    mesh.world.east.create(secret);
    let path = "/api/v1/namespaces/istio-system/secrets/cacerts";
    let output = mesh.looks("delete secret/cacerts --context east", shape, path, &[0]);
    assert!(output.stdout.contains("ca-cert.pem"), "{}", output.golden());
}

/// Logs come from a kubelet, which is not there: that they are asked for is all that can be seen.
pub(crate) fn logs(shape: &str) {
    let mesh = mesh();
    let east = FakeIstiod::start(&mesh.world.east, "istiod-1");
    east.deaf(true);
    let command = mesh.printed("rotate west --context east --wait 1s", shape);
    let path = "/api/v1/namespaces/istio-system/pods/istiod-1/log";
    mesh.looks_by(&command, path, &[0, 1]);
}

pub(crate) fn secrets_everywhere(shape: &str) {
    let mesh = mesh();
    let output = mesh.looks("rotate nobody", shape, "/api/v1/namespaces", &[0, 1]);
    assert!(
        output.stdout.contains("istio-remote-secret-west"),
        "{}",
        output.golden()
    );
}

pub(crate) fn secrets_of_a_context(shape: &str) {
    let mesh = mesh();
    let output = mesh.looks("delete wets --context east", shape, "/api/v1/", &[0, 1]);
    assert!(
        output.stdout.contains("istio-remote-secret-west"),
        "{}",
        output.golden()
    );
}

pub(crate) fn exposure_of_another_domain(shape: &str) {
    let shell = Shell::bare(MESH_EASTWEST);
    let line = "generate --network n --cluster-domain corp.example";
    let output = shell.looks(line, shape, "", &[0]);
    assert!(
        output.stdout.contains("*.corp.example"),
        "{}",
        output.golden()
    );
}

/// Nobody is there, as it says.
pub(crate) fn server(shape: &str) {
    let mut shell = Shell::bare(MESH_LABEL);
    shell.world.west.stop();
    let output = shell.looks("show", shape, "", &[7]);
    assert!(
        output.stderr.contains("/livez") || output.stderr.contains("onnect"),
        "{}",
        output.golden()
    );
}

pub(crate) fn proxy(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    let west = shell
        .world
        .west
        .kubeconfig_cluster()
        .proxy_url("http://127.0.0.1:1");
    let user = shell.world.west.kubeconfig_user();
    let config = mesh_testkit::kubeconfig::Kubeconfig::single("west", west, user);
    shell.world.write(&config);
    let output = shell.looks("show", shape, "", &[7]);
    assert!(
        output.stderr.contains("127.0.0.1 port 1"),
        "{}",
        output.golden()
    );
}

pub(crate) fn host(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    let west = mesh_testkit::kubeconfig::Cluster::new("https://no-such-host.invalid");
    let user = shell.world.west.kubeconfig_user();
    let config = mesh_testkit::kubeconfig::Kubeconfig::single("west", west, user);
    shell.world.write(&config);
    shell.looks("show", shape, "", &[2]);
}

pub(crate) fn certificate(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    shell.world.west.show_foreign_certificate();
    let output = shell.looks("show", shape, "", &[0, 1]);
    assert!(
        output.stdout.contains("BEGIN CERTIFICATE"),
        "{}",
        output.golden()
    );
}

pub(crate) fn file(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    let output = shell.looks("show --kubeconfig nowhere", shape, "", &[2]);
    assert!(output.stderr.contains("nowhere"), "{}", output.golden());
}

pub(crate) fn folder(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    let output = shell.looks("show --kubeconfig .", shape, "", &[0]);
    assert!(output.stdout.contains("config"), "{}", output.golden());
}
