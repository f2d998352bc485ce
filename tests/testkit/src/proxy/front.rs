//! A server that ends TLS with a certificate of its own and passes requests on to a real one, as company proxies and load
//! balancers do. It records what passes.
//!
//! Client certificates end here, as they do there; bearer tokens pass.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, Uri, header};
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::listener::{Listener, Log};
use crate::pki::{CertificateAuthority, Identity, LOOPBACK};
use crate::wire::{Broken, client_config};

type Body = Either<Incoming, Full<Bytes>>;

/// A running front before one server.
pub struct Front {
    listener: Listener,
    connections: Log,
    requests: Log,
}

/// The address to which requests go.
struct Upstream {
    authority: String,
    config: Arc<ClientConfig>,
}

impl Front {
    /// Stands before `https://host:port`, whose authority is `target_ca_pem`, with a certificate that `ca` signs.
    pub fn start(target: &str, target_ca_pem: &str, ca: &CertificateAuthority) -> Self {
        Self::with_identity(target, target_ca_pem, &ca.server(&LOOPBACK), None)
    }

    /// As [`Self::start`], with this server certificate, and with a client certificate towards the server behind.
    pub fn with_identity(
        target: &str,
        target_ca_pem: &str,
        shown: &Identity,
        client: Option<&Identity>,
    ) -> Self {
        let (connections, requests) = (Log::default(), Log::default());
        let (accepted, passed) = (connections.clone(), requests.clone());
        let upstream = Arc::new(Upstream {
            authority: target
                .trim_start_matches("https://")
                .trim_end_matches('/')
                .to_owned(),
            config: Arc::new(client_config(target_ca_pem, client)),
        });
        let tls = server_config(shown);
        let listener = Listener::start(move |stream| {
            accepted.push("tcp".to_owned());
            serve(
                stream,
                Arc::clone(&tls),
                Arc::clone(&upstream),
                passed.clone(),
            )
        });
        Self {
            listener,
            connections,
            requests,
        }
    }

    /// `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("https://{}", self.listener.address)
    }

    /// The number of accepted connections.
    pub fn connections(&self) -> usize {
        self.connections.all().len()
    }

    /// Method, path and status of each request, in the order of their answers: `GET /api/v1/namespaces/kube-system 200`.
    pub fn requests(&self) -> Vec<String> {
        self.requests.all()
    }
}

fn server_config(shown: &Identity) -> Arc<ServerConfig> {
    crate::embedded::server_config(shown, false)
}

async fn serve(stream: TcpStream, tls: Arc<ServerConfig>, upstream: Arc<Upstream>, requests: Log) {
    let Ok(stream) = TlsAcceptor::from(tls).accept(stream).await else {
        return;
    };
    let service = service_fn(move |request: Request<Incoming>| {
        let (upstream, requests) = (Arc::clone(&upstream), requests.clone());
        async move {
            let path = request
                .uri()
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned();
            let line = format!("{} {path}", request.method());
            let response = forward(&upstream, request, &path)
                .await
                .unwrap_or_else(|_| bad_gateway());
            requests.push(format!("{line} {}", response.status().as_u16()));
            Ok::<_, Infallible>(response)
        }
    });
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new());
    // Clients hang up as they like.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// One connection to the server behind for each request: simple, and what passes here is counted on this side.
async fn forward(
    upstream: &Upstream,
    request: Request<Incoming>,
    path: &str,
) -> Result<Response<Body>, Broken> {
    let stream = TcpStream::connect(&upstream.authority).await?;
    let host = upstream
        .authority
        .rsplit_once(':')
        .map_or("", |(host, _)| host);
    let name = ServerName::try_from(host.to_owned())?;
    let stream = TlsConnector::from(Arc::clone(&upstream.config))
        .connect(name, stream)
        .await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (mut parts, body) = request.into_parts();
    parts.uri = path.parse::<Uri>()?;
    parts.version = http::Version::HTTP_11;
    parts.headers.remove(header::HOST);
    parts
        .headers
        .insert(header::HOST, upstream.authority.parse()?);
    let body = body.collect().await?.to_bytes();
    let response = sender
        .send_request(Request::from_parts(parts, Full::new(body)))
        .await?;
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::TRANSFER_ENCODING);
    parts.headers.remove(header::CONNECTION);
    parts.version = http::Version::HTTP_11;
    Ok(Response::from_parts(parts, Either::Left(body)))
}

fn bad_gateway() -> Response<Body> {
    let body = Full::new(Bytes::from_static(b"the server behind does not answer\n"));
    let mut response = Response::new(Either::Right(body));
    *response.status_mut() = http::StatusCode::BAD_GATEWAY;
    response
}
