//! Kubeconfigs, connectors and small servers for the tests of this folder.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use mesh_common::client::{Connector, ConnectorOptions, Kubeconfig, Overrides, Target};
use mesh_testkit::kubeconfig::{self, Cluster, User};
use mesh_testkit::pki::{CertificateAuthority, Identity, LOOPBACK};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A moment at which the certificates of these tests are valid, for what is told the time.
pub(crate) fn now() -> jiff::Timestamp {
    "2026-11-21T00:00:00Z".parse().unwrap()
}

/// The usual options, with bounds that a test can wait for.
pub(crate) fn options() -> ConnectorOptions {
    ConnectorOptions {
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(10),
        ..ConnectorOptions::new("mesh-test/1", now())
    }
}

pub(crate) fn connector() -> Connector {
    Connector::new(options())
}

/// The current context's target of a kubeconfig that is really read from a file.
pub(crate) fn target_of(kubeconfig: &kubeconfig::Kubeconfig) -> Target {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("config");
    kubeconfig.write(&path);
    Kubeconfig::load(None, Some(path.as_os_str()), None)
        .unwrap()
        .target(&Overrides::default())
        .unwrap()
}

/// The target of a kubeconfig with the one context `east`.
pub(crate) fn target(cluster: Cluster, user: User) -> Target {
    target_of(&kubeconfig::Kubeconfig::single("east", cluster, user))
}

/// Serves every TCP connection on loopback with `handle`, and gives its port.
pub(crate) async fn serve<F>(handle: impl Fn(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(handle(stream));
        }
    });
    port
}

/// A server's side of TLS, with a certificate for loopback of `authority`, asking for client certificates or not.
pub(crate) fn acceptor(
    identity: &Identity,
    clients_of: Option<&CertificateAuthority>,
) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients_of {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = rustls::RootCertStore::empty();
            let pem = authority.certificate_pem();
            roots
                .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
                .unwrap();
            let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
                Arc::new(roots),
                provider,
            );
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let chain = vec![CertificateDer::from_pem_slice(identity.certificate_pem.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).unwrap();
    let config = builder.with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A server that shakes hands by TLS and then says nothing more; its port.
pub(crate) async fn serve_tls(acceptor: TlsAcceptor) -> u16 {
    serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                // Kept open for as long as the test lasts.
                std::future::pending::<()>().await;
                drop(stream);
            }
        }
    })
    .await
}

/// An authority with a certificate for loopback.
pub(crate) fn authority() -> (CertificateAuthority, Identity) {
    let authority = CertificateAuthority::new("test");
    let identity = authority.server(&LOOPBACK);
    (authority, identity)
}
