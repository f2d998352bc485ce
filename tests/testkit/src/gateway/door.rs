//! The behaviour of one port.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;

use crate::pki::Identity;

/// The behaviour of a port.
#[derive(Clone, Debug)]
pub enum Door {
    /// A proxy's readiness port: any HTTP request gets this status.
    Ready(u16),
    /// Acts as a gateway that passes TLS through: behind these names (all, where there is none) a workload that insists
    /// on a client's certificate; any other name, and any greeting without a protocol of the mesh, is hung up on.
    Passthrough(Identity, Vec<String>),
    /// A proxy that ends TLS itself and insists on a client's certificate, whatever the name.
    Mutual(Identity),
    /// A server that shows this certificate and wants none, such as istiod or a load balancer of the web.
    Server(Identity),
    /// Hangs up after the greeting.
    HangsUp,
    /// Takes the connection and never says a word.
    Mute,
    /// Speaks HTTP to everybody.
    Plaintext,
}

/// A TLS greeting that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The port that it came to.
    pub port: u16,
    /// The name asked for.
    pub server_name: Option<String>,
    /// The protocols offered.
    pub protocols: Vec<String>,
}

const MESH_PROTOCOLS: [&str; 5] = [
    "istio",
    "istio-peer-exchange",
    "istio-http/1.0",
    "istio-http/1.1",
    "istio-h2",
];

pub(super) async fn serve(
    mut stream: TcpStream,
    port: u16,
    door: Door,
    hellos: Arc<Mutex<Vec<Hello>>>,
) {
    match door {
        Door::Ready(status) => http(&mut stream, status).await,
        Door::Plaintext => http(&mut stream, 400).await,
        Door::Mute => std::future::pending().await,
        // What was not read when a connection is dropped makes the system reset it.
        Door::HangsUp => drop(stream.readable().await),
        Door::Passthrough(identity, names) => {
            let knows = |hello: &Hello| {
                let asked = hello.server_name.as_ref();
                let known = names.is_empty() || asked.is_some_and(|name| names.contains(name));
                let of_mesh = |offered: &String| MESH_PROTOCOLS.contains(&offered.as_str());
                known && hello.protocols.iter().any(of_mesh)
            };
            tls(stream, port, &hellos, &identity, true, knows).await;
        }
        Door::Mutual(identity) => tls(stream, port, &hellos, &identity, true, |_| true).await,
        Door::Server(identity) => tls(stream, port, &hellos, &identity, false, |_| true).await,
    }
}

async fn http(stream: &mut TcpStream, status: u16) {
    let mut request = [0; 1024];
    let _ = stream.read(&mut request).await;
    let answer =
        format!("HTTP/1.1 {status} Said So\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all(answer.as_bytes()).await;
}

async fn tls(
    stream: TcpStream,
    port: u16,
    hellos: &Mutex<Vec<Hello>>,
    identity: &Identity,
    insists: bool,
    knows: impl Fn(&Hello) -> bool,
) {
    let Ok(greeted) = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await
    else {
        return;
    };
    let hello = greeted.client_hello();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let hello = Hello {
        port,
        server_name: hello.server_name().map(str::to_owned),
        protocols: hello.alpn().into_iter().flatten().map(text).collect(),
    };
    let go_on = knows(&hello);
    hellos
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(hello);
    if !go_on {
        return;
    }
    let Ok(mut stream) = greeted.into_stream(config(identity, insists)).await else {
        return;
    };
    let mut anything = [0; 1024];
    while matches!(stream.read(&mut anything).await, Ok(1..)) {}
}

fn config(identity: &Identity, insists: bool) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(identity.certificate_pem.as_bytes())
            .collect::<Result<_, _>>()
            .expect("the chain is PEM");
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).expect("the key is PEM");
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring does TLS 1.2 and 1.3");
    let builder = if insists {
        builder.with_client_cert_verifier(Arc::new(Insists(provider)))
    } else {
        builder.with_no_client_auth()
    };
    let config = builder
        .with_single_cert(chain, key)
        .expect("certificate and key belong together");
    Arc::new(config)
}

/// Wants a certificate and takes none.
#[derive(Debug)]
struct Insists(Arc<CryptoProvider>);

impl ClientCertVerifier for Insists {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Err(Error::InvalidCertificate(
            rustls::CertificateError::UnknownIssuer,
        ))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
