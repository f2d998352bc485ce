//! Printed claims are true: before a secret is given out it is used once, and what does not work has words of its own;
//! and every shape of command that a golden file of the repository holds is run against the state that it was printed of.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod besides;
mod carried_over;
mod gateways;
mod goldens;
mod hints;
mod labels;
mod looking;
mod real;
mod registry;
mod scene;
mod secrets;
mod shapes;
mod shell;

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_e2e::plugin::Workstation;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig;
use mesh_testkit::pki::CertificateAuthority;
use mesh_testkit::proxy::Front;
use mesh_testkit::real::{Kind, Lab};
use serde_json::json;
use snapbox::str;

use crate::scene::{NOBODY, Scene, TOKEN, token};

#[test]
fn a_good_secret_is_given_out_without_a_word() {
    let entry = Scene::whole()
        .create(&[])
        .gives(str![[r#"
[exit 0]

"#]])
        .clone();
    assert!(entry["certificate-authority-data"].is_string());
}

#[test]
fn an_expired_token() {
    let old = token(&json!({"sub": "s", "iat": 1_500_000_000, "exp": 1_600_000_000}));
    Scene::whole()
        .with_token(&old)
        .create(&[])
        .fails(str![[r#"
error: the token for context west expired at 2020-09-13T12:26:40Z
  caused by: the server of secret istio-remote-secret-west does not accept its token, which expired at 2020-09-13T12:26:40Z
  caused by: Unauthorized
check: kubectl --context west -n istio-system get secrets --field-selector type=kubernetes.io/service-account-token
[exit 2]

"#]]);
}

#[test]
fn a_revoked_token() {
    let revoked = token(&json!({"sub": "s", "kubernetes.io/serviceaccount/secret.name": TOKEN}));
    let scene = Scene::whole().with_token(&revoked);
    scene.create(&[]).fails(str![[r#"
error: the API server of context west does not accept the token: it was revoked, or the signing key of the API server changed
  caused by: the server of secret istio-remote-secret-west does not accept its token
  caused by: Unauthorized
hint: delete secret istio-system/istio-reader-service-account-istio-remote-secret-token in context west, whose token was revoked, and run this command again
[exit 2]

"#]]);
    scene.source.clear_recordings();
    scene.create(&["--no-verify"]).gives(str![[r#"
[exit 0]

"#]]);
    let tried = scene.source.requests();
    assert!(
        tried.iter().all(|request| request.user == "admin"),
        "with --no-verify nobody uses the secret"
    );
}

#[test]
fn a_reader_without_rights() {
    let scene = Scene::without_rights();
    let as_it_is = ["--create-service-account=false"];
    scene.create(&as_it_is).fails(str![[r#"
error: service account istio-system/istio-reader-service-account of context west is not allowed to read the cluster
  caused by: user system:serviceaccount:istio-system:istio-reader-service-account is not allowed to get namespaces/kube-system of secret istio-remote-secret-west
  caused by: namespaces "kube-system" is forbidden: User "system:serviceaccount:istio-system:istio-reader-service-account" cannot get resource "namespaces" in API group "" in the namespace "kube-system"
check: kubectl --context west auth can-i list pods -A --as system:serviceaccount:istio-system:istio-reader-service-account
[exit 2]

"#]]);
    scene
        .create(&["--create-service-account=false", "--no-verify"])
        .gives(str![[r#"
[exit 0]

"#]]);
}

#[test]
fn another_cluster_behind_the_server() {
    let scene = Scene::whole();
    let ca = Arc::clone(scene.source.ca());
    let clone = Cluster::builder("clone").ca(&ca).start();
    let scene = scene.with_token(clone.admin_token());
    let server = ["--server", clone.server_url()];
    scene
        .create(&server)
        .naming(clone.server_url(), "OTHER")
        .naming(&clone.uid(), "OTHER-UID")
        .fails(str![[r#"
error: server OTHER is not the cluster of context west: its kube-system has UID OTHER-UID, not SOURCE-UID
hint: set --server to an address of the same cluster as --context
[exit 2]

"#]]);
}

#[test]
fn another_clusters_token_is_refused_behind_the_server() {
    let scene = Scene::whole();
    let ca = Arc::clone(scene.source.ca());
    let other = Cluster::builder("other").ca(&ca).start();
    scene
        .create(&["--server", other.server_url()])
        .naming(other.server_url(), "OTHER")
        .fails(str![[r#"
error: server OTHER does not accept the token of context west: it is another cluster, or the token was revoked
  caused by: the server of secret istio-remote-secret-west does not accept its token
  caused by: Unauthorized
hint: set --server to an address of the same cluster as --context
[exit 2]

"#]]);
}

#[test]
fn a_front_whose_authority_is_not_the_clusters() {
    let scene = Scene::whole();
    let foreign = CertificateAuthority::new("load-balancer");
    let front = Front::start(scene.authority(), &scene.source.ca_pem(), &foreign);
    scene
        .create(&["--server", &front.url()])
        .naming(&front.url(), "FRONT")
        .fails(str![[r#"
error: server FRONT of context west presents a certificate that the CA in the secret did not sign
  caused by: cannot connect to FRONT of secret istio-remote-secret-west
  caused by: the server's certificate is signed by an authority that is not trusted
hint: add --ca-file, with the CA of the proxy or load balancer in front of the API server
[exit 2]

"#]]);

    let workstation = tempfile::tempdir().unwrap();
    let file = workstation.path().join("ca.pem");
    std::fs::write(&file, foreign.certificate_pem()).unwrap();
    let repaired = scene.create(&[
        "--server",
        &front.url(),
        "--ca-file",
        file.to_str().unwrap(),
    ]);
    let entry = repaired.gives(str![[r#"
[exit 0]

"#]]);
    assert_eq!(
        entry["certificate-authority-data"],
        BASE64_STANDARD.encode(foreign.certificate_pem())
    );
}

#[test]
fn a_front_for_other_names() {
    let scene = Scene::whole();
    let identity = scene.source.ca().server(&["api.example"]);
    let ca = scene.source.ca_pem();
    let front = Front::with_identity(scene.authority(), &ca, &identity, None);
    let server = ["--server", &front.url()];
    scene
        .create(&server)
        .naming(&front.url(), "FRONT")
        .fails(str![[r#"
error: the certificate of server FRONT of context west is for other names
  caused by: cannot connect to FRONT of secret istio-remote-secret-west
  caused by: the server's certificate is not valid for 127.0.0.1, only for api.example
hint: add --tls-server-name api.example
[exit 2]

"#]]);
    let repaired = scene.create(&["--server", &front.url(), "--tls-server-name", "api.example"]);
    assert_eq!(
        repaired.gives(str![[r#"
[exit 0]

"#]])["tls-server-name"],
        "api.example"
    );
}

#[test]
fn nobody_behind_the_contexts_server() {
    Scene::whole()
        .by(kubeconfig::Cluster::new(NOBODY))
        .create(&[])
        .fails(str![[r#"
error: cannot connect to https://127.0.0.1:1 of context west
  caused by: the connection to 127.0.0.1:1 was refused
check: curl -vk https://127.0.0.1:1/livez
[exit 2]

"#]]);
}

#[test]
fn nobody_behind_the_proxy_that_was_asked_for() {
    let scene = Scene::whole();
    let proxy = ["--proxy-url", "http://127.0.0.1:1"];
    scene.create(&proxy).fails(str![[r#"
error: server SOURCE of context west cannot be reached from here
  caused by: cannot connect to SOURCE of secret istio-remote-secret-west
  caused by: proxy http://127.0.0.1:1 cannot be reached: the connection to 127.0.0.1:1 was refused
hint: add --no-verify, if only the other clusters can reach it
[exit 2]

"#]]);
    let unproven = ["--proxy-url", "http://127.0.0.1:1", "--no-verify"];
    let entry = scene
        .create(&unproven)
        .gives(str![[r#"
[exit 0]

"#]])
        .clone();
    assert_eq!(entry["proxy-url"], "http://127.0.0.1:1");
}

#[test]
fn nobody_behind_a_server_for_the_peers_alone() {
    let given = Scene::whole().create(&["--server", NOBODY]);
    assert_eq!(given.gives(str![[r#"
warning: server https://127.0.0.1:1 of context west cannot be reached from here: cannot connect to https://127.0.0.1:1 of secret istio-remote-secret-west; the secret could not be tried from this machine
[exit 0]

"#]])["server"], NOBODY);
}

#[test]
fn a_real_api_server_refuses_as_the_embedded_one_does() {
    let lab = Lab::get().unwrap();
    let [west, other] = lab.clusters(["try-west", "try-other"], Kind::Bare).unwrap();
    let workstation = Workstation::over(&[&west, &other]);
    let foreign = CertificateAuthority::new("load-balancer");
    let front = Front::start(west.authority(), west.ca_pem(), &foreign);
    let front_other = Front::start(other.authority(), other.ca_pem(), &foreign);
    let file = workstation.dir().join("ca.pem");
    std::fs::write(&file, foreign.certificate_pem()).unwrap();
    let file = file.to_str().unwrap();
    let (front, front_other) = (front.url(), front_other.url());
    let cases: [(&[&str], i32, &str); 4] = [
        (&[], 0, "created in context try-west"),
        (&["--server", &front, "--ca-file", file], 0, ""),
        (
            &["--server", &front],
            2,
            "presents a certificate that the CA in the secret did not sign",
        ),
        // A token of one cluster is nobody's in another.
        (
            &["--server", &front_other, "--ca-file", file],
            2,
            "it is another cluster, or the token was revoked",
        ),
    ];
    for (more, code, words) in cases {
        let output = workstation
            .mesh_secret(["create", "--context", "try-west", "--name", "west"])
            .arg("--allow-loopback")
            .args(more)
            .manifest_requested()
            .output();
        assert_eq!(output.code, code, "{}", output.stderr);
        assert!(output.stderr.contains(words), "{}", output.stderr);
        assert_eq!(output.stdout.is_empty(), code != 0, "{}", output.stderr);
    }
}
