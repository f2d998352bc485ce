//! Settings of a context without which it does not work are carried over, with a warning.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::kubeconfig;
use mesh_testkit::pki::CertificateAuthority;
use mesh_testkit::proxy::{ConnectProxy, Front};
use serde_json::{Value, json};
use snapbox::str;

use crate::scene::{NOBODY, Scene};

#[test]
fn the_contexts_authority_is_carried_over() {
    let scene = Scene::whole();
    let foreign = CertificateAuthority::new("load-balancer");
    let front = Front::start(scene.authority(), &scene.source.ca_pem(), &foreign);
    let context = kubeconfig::Cluster::new(&front.url()).ca_pem(&foreign.certificate_pem());
    let given = scene.by(context).create(&[]).naming(&front.url(), "FRONT");
    assert_eq!(
        given.gives(str![[r#"
warning: FRONT is not reached with the cluster's own CA alone; the secret carries over from context west: its CA
[exit 0]

"#]])["certificate-authority-data"],
        BASE64_STANDARD.encode(foreign.certificate_pem())
    );
}

#[test]
fn the_contexts_insecurity_is_carried_over() {
    let scene = Scene::whole();
    let foreign = CertificateAuthority::new("load-balancer");
    let front = Front::start(scene.authority(), &scene.source.ca_pem(), &foreign);
    let context = kubeconfig::Cluster::new(&front.url()).insecure_skip_tls_verify();
    let given = scene.by(context).create(&[]).naming(&front.url(), "FRONT");
    let entry = given.gives(str![[r#"
warning: FRONT is not reached with the cluster's own CA alone; the secret carries over from context west: insecure-skip-tls-verify, so that istiod shows the token to any server that answers there
[exit 0]

"#]]);
    assert_eq!(entry["insecure-skip-tls-verify"], true);
    assert_eq!(entry["certificate-authority-data"], Value::Null);
}

#[test]
fn an_insecure_context_is_not_carried_over_where_the_clusters_authority_does() {
    let scene = Scene::whole();
    let context = kubeconfig::Cluster::new(scene.source.server_url()).insecure_skip_tls_verify();
    let given = scene.by(context).create(&[]);
    let entry = given.gives(str![[r#"
[exit 0]

"#]]);
    assert_eq!(entry["insecure-skip-tls-verify"], Value::Null);
}

#[test]
fn the_contexts_name_for_the_server_is_carried_over() {
    let scene = Scene::whole();
    let ca = Arc::clone(scene.source.ca());
    let identity = ca.server(&["api.example"]);
    let front = Front::with_identity(scene.authority(), &ca.certificate_pem(), &identity, None);
    let context = kubeconfig::Cluster::new(&front.url())
        .ca_pem(&ca.certificate_pem())
        .tls_server_name("api.example");
    let given = scene.by(context).create(&[]).naming(&front.url(), "FRONT");
    assert_eq!(given.gives(str![[r#"
warning: FRONT is not reached with the cluster's own CA alone; the secret carries over from context west: its tls-server-name
[exit 0]

"#]])["tls-server-name"], "api.example");
}

#[test]
fn the_contexts_proxy_is_carried_over() {
    let scene = Scene::whole();
    let authority = scene.authority().to_owned();
    let proxy = ConnectProxy::routed(move |_| authority.clone());
    let context = kubeconfig::Cluster::new(NOBODY)
        .ca_pem(&scene.source.ca_pem())
        .proxy_url(&proxy.url());
    let given = scene.by(context).create(&[]);
    let entry = given.gives(str![[r#"
warning: https://127.0.0.1:1 is not reached with the cluster's own CA alone; the secret carries over from context west: its proxy-url
[exit 0]

"#]]);
    assert_eq!(
        (&entry["server"], &entry["proxy-url"]),
        (&json!(NOBODY), &json!(proxy.url()))
    );
}
