//! A server without TLS is sent no credential, as by kubectl and by istiod.

#![cfg(unix)]

use std::sync::{Arc, Mutex};

use k8s_openapi::api::core::v1::Namespace;
use mesh_testkit::kubeconfig::{self, User};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::credentials::Plugin;
use crate::support::{connector, serve, target};

/// A server without TLS that answers every request with a namespace and keeps what it was asked.
async fn plain_server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    let port = serve(move |mut stream| {
        let kept = Arc::clone(&kept);
        async move {
            let mut request = Vec::new();
            let mut part = [0; 1024];
            while !request.ends_with(b"\r\n\r\n") {
                match stream.read(&mut part).await {
                    Ok(0) | Err(_) => return,
                    Ok(read) => request.extend_from_slice(&part[..read]),
                }
            }
            let request = String::from_utf8_lossy(&request).to_ascii_lowercase();
            kept.lock().unwrap().push(request);
            let body = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"}}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    })
    .await;
    (port, asked)
}

#[tokio::test]
async fn without_tls_no_credential_is_sent_and_no_plugin_runs() {
    let (port, asked) = plain_server().await;
    let plugin = Plugin::printing("s3cret");
    let identity = mesh_testkit::pki::CertificateAuthority::new("ca").client("jane", &[]);
    for user in [
        User::new().token("s3cret"),
        User::new().basic("jane", "s3cret"),
        User::new().token_file("/nowhere/token".as_ref()),
        User::new().exec(plugin.exec()),
        User::new().client_certificate(&identity),
    ] {
        for scheme in ["http", "HTTP"] {
            let server = kubeconfig::Cluster::new(&format!("{scheme}://127.0.0.1:{port}"));
            let cluster = connector()
                .connect(target(server, user.clone()))
                .await
                .unwrap();
            assert!(
                cluster
                    .get::<Namespace>(None, "default")
                    .await
                    .unwrap()
                    .is_some()
            );
        }
    }
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 10);
    for request in asked.iter() {
        assert!(!request.contains("authorization"), "{request}");
        assert!(!request.contains("s3cret"), "{request}");
    }
    assert_eq!(plugin.runs(), 0);
}
