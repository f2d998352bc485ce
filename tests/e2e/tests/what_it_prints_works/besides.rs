//! Commands that no golden file has, since their states are rare: here they come about.

use std::time::Duration;

use mesh_e2e::plugin::MESH_LABEL;
use mesh_testkit::command::Run;
use mesh_testkit::condition::wait_until;
use mesh_testkit::embedded::Fault;
use mesh_testkit::kubeconfig::{self, Kubeconfig, User};
use mesh_testkit::pki::CertificateAuthority;
use serde_json::{Value, json};

use crate::gateways::Gateways;
use crate::secrets::{NAMESPACE, SECRET, mesh, secret_world};
use crate::shell::Shell;

/// A kubeconfig whose one context, west, has this cluster and this user.
fn of_west(shell: &Shell, cluster: kubeconfig::Cluster, user: User) {
    shell
        .world
        .write(&Kubeconfig::single("west", cluster, user));
}

fn with_namespace(shell: Shell) -> Shell {
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    shell.world.west.create(namespace);
    shell
}

pub(crate) fn users(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    let config = shell.world.kubeconfig().context("broken", "west", "gone");
    shell.world.write(&config);
    let output = shell.looks("show --context broken", shape, "", &[0]);
    assert!(output.stdout.contains("west"), "{}", output.golden());
}

pub(crate) fn server_with_a_scheme(shape: &str) {
    let shell = with_namespace(Shell::bare(MESH_LABEL));
    let west = &shell.world.west;
    let address = west.server_url().trim_start_matches("https://");
    let cluster = west.kubeconfig_cluster().field("server", address);
    of_west(&shell, cluster, west.kubeconfig_user());
    shell.helps("network net-b", shape);
}

/// A server that takes certificates of an authority of its own only.
pub(crate) fn client_certificate(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    let folder = shell.world.dir.path();
    let authority = CertificateAuthority::new("own");
    let identity = authority.server(&["127.0.0.1"]);
    for (name, text) in [
        ("ca.pem", authority.certificate_pem()),
        ("server.pem", identity.certificate_pem.clone()),
        ("server.key", identity.key_pem.clone()),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let _server = Run::new("/usr/bin/openssl")
        .args([
            "s_server",
            "-quiet",
            "-accept",
            &address,
            "-Verify",
            "1",
            "-verify_return_error",
        ])
        .args([
            "-CAfile",
            "ca.pem",
            "-cert",
            "server.pem",
            "-key",
            "server.key",
        ])
        .dir(folder)
        .spawn();
    let listens = || std::net::TcpStream::connect(&address).ok();
    wait_until(Duration::from_secs(30), listens).expect("openssl listens");
    let cluster = kubeconfig::Cluster::new(&format!("https://{address}"))
        .ca_pem(&authority.certificate_pem());
    let stranger = CertificateAuthority::new("stranger").client("jane", &[]);
    of_west(&shell, cluster, User::new().client_certificate(&stranger));
    let output = shell.looks("show", shape, "", &[0]);
    assert!(output.stdout.contains("jane"), "{}", output.golden());
}

/// The server takes no such object.
pub(crate) fn explained(shape: &str) {
    let shell = with_namespace(Shell::bare(MESH_LABEL));
    let path = "/api/v1/namespaces/istio-system";
    shell
        .world
        .west
        .inject(Fault::on("PATCH", path).status(422));
    // The embedded cluster describes no fields.
    let output = shell.looks("network net-b", shape, "/openapi/v3", &[0, 1]);
    assert!(output.stdout.contains("Namespace"), "{}", output.golden());
}

/// The server says something that no Kubernetes says.
pub(crate) fn objects(shape: &str) {
    let shell = with_namespace(Shell::bare(MESH_LABEL));
    let path = "/api/v1/namespaces/istio-system";
    shell
        .world
        .west
        .inject(Fault::on("PATCH", path).status(418));
    let output = shell.looks("network net-b", shape, "/api/v1/namespaces", &[0]);
    assert!(output.stdout.contains(NAMESPACE), "{}", output.golden());
}

pub(crate) fn kube_system(shape: &str) {
    let shell = Shell::of(secret_world());
    shell
        .world
        .west
        .edit("namespaces", "", "kube-system", |namespace| {
            namespace["metadata"].as_object_mut().unwrap().remove("uid");
        });
    let line = "create --context west --name west --allow-loopback";
    let path = "/api/v1/namespaces/kube-system";
    let output = shell.looks(line, shape, path, &[0]);
    assert!(
        output.stdout.contains("name: kube-system"),
        "{}",
        output.golden()
    );
}

/// Neither the cluster nor the context says the authority.
pub(crate) fn authority_of_the_cluster(shape: &str) {
    let shell = Shell::of(secret_world());
    let west = &shell.world.west;
    let cluster = kubeconfig::Cluster::new(west.server_url()).insecure_skip_tls_verify();
    of_west(&shell, cluster, west.kubeconfig_user());
    let line = "create --name west --allow-loopback --token-duration 1h --for east";
    let path = "/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt";
    shell.looks(line, shape, path, &[0, 1]);
}

/// A secret with a client certificate, of which there is nothing to rotate.
pub(crate) fn secret(shape: &str) {
    let shell = mesh();
    let world = &shell.world;
    let user = User::new().client_certificate(world.west.admin_identity());
    let config = Kubeconfig::single("west", world.west.kubeconfig_cluster(), user).to_yaml();
    let object = json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"west": config},
        "metadata": {"name": SECRET, "namespace": NAMESPACE, "labels": {"istio/multiCluster": "true"}}});
    world.east.delete("secrets", NAMESPACE, SECRET);
    world.east.create(object);
    let path = "/api/v1/namespaces/istio-system/secrets";
    let output = shell.looks("rotate west --context east", shape, path, &[0, 1]);
    assert!(output.stdout.contains(SECRET), "{}", output.golden());
}

const API_GATEWAYS: &str = "gateways.gateway.networking.k8s.io";

/// A gateway of ambient mode beside the other one, with its listener at this port.
fn ambient(port: u16, status: &Value) -> Gateways {
    let scene = Gateways::healthy();
    scene.shell.world.west.create(
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": "istio-eastwestgateway", "namespace": NAMESPACE,
            "labels": {"topology.istio.io/network": "net-b"}},
        "spec": {"gatewayClassName": "istio-east-west", "listeners": [
            {"name": "mesh", "port": port, "protocol": "HBONE", "tls": {"mode": "Terminate"}}]},
        "status": status}),
    );
    scene
}

pub(crate) fn ambient_gateway(shape: &str) {
    let scene = ambient(15008, &json!({}));
    let path =
        "/apis/gateway.networking.k8s.io/v1/namespaces/istio-system/gateways/istio-eastwestgateway";
    let output = scene.shell.looks("status --no-probes", shape, path, &[0]);
    assert!(
        output.stdout.contains("istio-east-west"),
        "{}",
        output.golden()
    );
}

pub(crate) fn ambient_gateway_made_again(shape: &str) {
    let status = json!({"addresses": [{"type": "IPAddress", "value": "192.0.2.1"}],
        "conditions": [{"type": "Programmed", "status": "True", "reason": "Programmed", "message": "programmed",
            "lastTransitionTime": "2026-11-20T00:00:00Z"}]});
    let scene = ambient(15009, &status);
    let line = "status --context west --no-probes";
    scene.shell.repairs(line, shape, |_| {});
    let made = scene
        .shell
        .world
        .west
        .get(API_GATEWAYS, NAMESPACE, "istio-eastwestgateway");
    assert_eq!(made.unwrap()["spec"]["listeners"][0]["port"], 15008);
}
