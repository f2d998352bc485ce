//! A blocking HTTPS client that keeps its connection and hides nothing: status, headers and body as they came.
//!
//! For judging servers (the behaviour suite, the embedded cluster's own tests). The suite's own client is what is under test
//! elsewhere, and is not used here; `http` is the one-shot client of the supervisor.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_rustls::TlsConnector;

use crate::pki::Identity;

/// The time for any one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The reason for which there was no answer, in the words of whoever noticed.
pub type Broken = Box<dyn std::error::Error + Send + Sync>;

/// A reply.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Reply {
    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The body's lines as JSON, as a watch sends them.
    pub fn lines(&self) -> Vec<Value> {
        self.text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }
}

/// The protocol to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/2 alone.
    Http2,
    /// HTTP/1.1 alone.
    Http1,
}

enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// One connection to a server, opened at the first request and again where it was lost.
pub struct Client {
    runtime: Runtime,
    authority: String,
    config: Arc<ClientConfig>,
    protocol: Protocol,
    headers: Vec<(String, String)>,
    patience: Duration,
    sender: Option<Sender>,
}

impl Client {
    /// A client of `https://host:port`, which trusts this authority and shows this certificate, if any.
    pub fn new(url: &str, ca_pem: &str, identity: Option<&Identity>) -> Self {
        let config = client_config(ca_pem, identity);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the system allows one more epoll");
        Self {
            runtime,
            authority: url
                .trim_start_matches("https://")
                .trim_end_matches('/')
                .to_owned(),
            config: Arc::new(config),
            protocol: Protocol::Http2,
            headers: Vec::new(),
            patience: PATIENCE,
            sender: None,
        }
    }

    /// Offers this protocol instead of HTTP/2.
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Sends a header with every request.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waits no longer than this for a whole answer.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends a bearer token with every request.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sends a request and reads the whole answer. Headers of the request come beside those of the client.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Reply, Broken> {
        let request = self.request(method, path, headers, body)?;
        let lost = match &self.sender {
            None => true,
            Some(Sender::Http1(sender)) => sender.is_closed(),
            Some(Sender::Http2(sender)) => sender.is_closed(),
        };
        if lost {
            self.sender = None;
        }
        let (authority, config, protocol) = (&self.authority, &self.config, self.protocol);
        let sender = &mut self.sender;
        self.runtime.block_on(async {
            tokio::time::timeout(self.patience, async {
                if sender.is_none() {
                    *sender = Some(connect(authority, config, protocol).await?);
                }
                let response = match sender.as_mut().expect("it was just opened") {
                    Sender::Http1(sender) => {
                        sender.ready().await?;
                        sender.send_request(request).await?
                    }
                    Sender::Http2(sender) => sender.send_request(request).await?,
                };
                let (parts, body) = response.into_parts();
                let bytes = body.collect().await?.to_bytes();
                Ok(Reply {
                    status: parts.status.as_u16(),
                    headers: parts.headers,
                    text: String::from_utf8_lossy(&bytes).into_owned(),
                })
            })
            .await?
        })
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Request<Full<Bytes>>, Broken> {
        let uri = match self.protocol {
            Protocol::Http2 => format!("https://{}{path}", self.authority),
            Protocol::Http1 => path.to_owned(),
        };
        let mut builder = Request::builder().method(method).uri(uri);
        if self.protocol == Protocol::Http1 {
            builder = builder.header("host", &self.authority);
        }
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        Ok(builder.body(Full::new(Bytes::copy_from_slice(body.as_bytes())))?)
    }
}

/// TLS of a client that trusts this authority and shows this certificate, if any. ALPN is left to the caller.
pub(crate) fn client_config(ca_pem: &str, identity: Option<&Identity>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
        roots
            .add(certificate.expect("the authority is PEM"))
            .expect("the authority is a certificate");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring does TLS 1.2 and 1.3")
        .with_root_certificates(roots);
    let Some(identity) = identity else {
        return builder.with_no_client_auth();
    };
    let chain = CertificateDer::pem_slice_iter(identity.certificate_pem.as_bytes())
        .collect::<Result<_, _>>()
        .expect("the certificate is PEM");
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).expect("the key is PEM");
    builder
        .with_client_auth_cert(chain, key)
        .expect("certificate and key belong together")
}

async fn connect(
    authority: &str,
    config: &Arc<ClientConfig>,
    protocol: Protocol,
) -> Result<Sender, Broken> {
    let mut config = (**config).clone();
    config.alpn_protocols = match protocol {
        Protocol::Http2 => vec![b"h2".to_vec()],
        Protocol::Http1 => vec![b"http/1.1".to_vec()],
    };
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await?;
    let io = TokioIo::new(stream);
    match protocol {
        Protocol::Http1 => {
            let (sender, connection) = http1::handshake(io).await?;
            tokio::spawn(connection);
            Ok(Sender::Http1(sender))
        }
        Protocol::Http2 => {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
            tokio::spawn(connection);
            Ok(Sender::Http2(sender))
        }
    }
}
