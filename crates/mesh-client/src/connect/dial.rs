//! Opening one connection: name resolution, TCP, proxy, TLS, each with its own kinds of failures.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower::Service;

use super::handshake::{http_connect, socks5_connect};
use super::last_words::{LastWords, Listening};
use super::proxy::{Proxy, ProxyKind};
use super::route::{Endpoint, Route};
use crate::fault::{ConnectFault, ProxyFault, of_dial, of_handshake};

/// The interval of TCP keepalive, which detects a broken connection.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// A connection's byte stream, over any transport.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// The settings for opening a connection.
pub(super) struct Dialer {
    pub(super) route: Route,
    /// `None` for a server without TLS.
    pub(super) server_tls: Option<Arc<ClientConfig>>,
    /// Only for a proxy that is reached over TLS.
    pub(super) proxy_tls: Option<Arc<ClientConfig>>,
    pub(super) timeout: Duration,
    pub(super) user_agent: String,
    /// The server's reason for ending a connection.
    pub(super) last_words: LastWords,
}

/// An open connection, and whether HTTP/2 was negotiated.
pub(super) struct Opened {
    pub(super) stream: Box<dyn Stream>,
    pub(super) http2: bool,
}

impl Dialer {
    /// Opens a connection within the timeout.
    pub(super) async fn dial(&self) -> Result<Opened, ConnectFault> {
        self.in_time(self.server_tls.as_ref()).await
    }

    /// Opens a connection with HTTP/1.1 even if the server supports HTTP/2, because only HTTP/1.1 can be upgraded.
    pub(super) async fn dial_http1(&self) -> Result<Opened, ConnectFault> {
        let config = self.server_tls.as_ref().map(|config| {
            let mut config = ClientConfig::clone(config);
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            Arc::new(config)
        });
        self.in_time(config.as_ref()).await
    }

    async fn in_time(&self, tls: Option<&Arc<ClientConfig>>) -> Result<Opened, ConnectFault> {
        tokio::time::timeout(self.timeout, self.open(tls))
            .await
            .unwrap_or(Err(ConnectFault::TimedOut {
                after: self.timeout,
            }))
    }

    async fn open(&self, tls: Option<&Arc<ClientConfig>>) -> Result<Opened, ConnectFault> {
        let server = &self.route.endpoint;
        let stream: Box<dyn Stream> = match &self.route.proxy {
            None => Box::new(self.tcp(server).await?),
            Some(proxy) => self.through(proxy, server).await?,
        };
        let Some(config) = tls else {
            return Ok(Opened {
                stream,
                http2: false,
            });
        };
        let name = greeted(&self.route.server_name);
        let stream = TlsConnector::from(Arc::clone(config))
            .connect(name, stream)
            .await
            .map_err(|error| of_handshake(&error))?;
        let session = stream.get_ref().1;
        let http2 = session.alpn_protocol() == Some(b"h2");
        tracing::trace!(
            "connected to {} by {:?}, speaking {}",
            server.authority(),
            session.protocol_version(),
            if http2 { "HTTP/2" } else { "HTTP/1.1" }
        );
        let words = self.last_words.clone();
        Ok(Opened {
            stream: Box::new(Listening::new(stream, words)),
            http2,
        })
    }

    async fn through(
        &self,
        proxy: &Proxy,
        server: &Endpoint,
    ) -> Result<Box<dyn Stream>, ConnectFault> {
        let unreachable = |fault| proxy.fault(ProxyFault::Unreachable(fault));
        let tcp = self.tcp(&proxy.endpoint).await.map_err(unreachable)?;
        let mut stream: Box<dyn Stream> = match &self.proxy_tls {
            None => Box::new(tcp),
            Some(config) => {
                let name = greeted(&proxy.endpoint.host);
                let stream = TlsConnector::from(Arc::clone(config))
                    .connect(name, tcp)
                    .await;
                Box::new(stream.map_err(|error| unreachable(of_handshake(&error)))?)
            }
        };
        match proxy.kind {
            ProxyKind::Http | ProxyKind::Https => {
                http_connect(&mut stream, proxy, server, &self.user_agent).await?;
            }
            ProxyKind::Socks5 => socks5_connect(&mut stream, proxy, server).await?,
        }
        Ok(stream)
    }

    async fn tcp(&self, endpoint: &Endpoint) -> Result<TcpStream, ConnectFault> {
        let mut connector = HttpConnector::new_with_resolver(Resolver);
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_keepalive(Some(KEEPALIVE));
        connector.set_connect_timeout(Some(self.timeout));
        let authority = endpoint.authority();
        let uri = http::Uri::builder()
            .scheme("http")
            .authority(authority.as_str())
            .path_and_query("/")
            .build()
            .map_err(|_| ConnectFault::UnknownHost {
                host: endpoint.host.clone(),
            })?;
        match connector.call(uri).await {
            Ok(stream) => Ok(stream.into_inner()),
            Err(error) => Err(of_tcp(&error, endpoint, &authority, self.timeout)),
        }
    }
}

/// Returns the server name (SNI) to send. A name that cannot be sent is left out, as an address is; the certificate is
/// verified for the name in any case.
fn greeted(name: &str) -> ServerName<'static> {
    ServerName::try_from(name.to_owned())
        .unwrap_or_else(|_| ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST)))
}

fn of_tcp(
    error: &(dyn std::error::Error + 'static),
    endpoint: &Endpoint,
    authority: &str,
    timeout: Duration,
) -> ConnectFault {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<NotResolved>() {
            return ConnectFault::UnknownHost {
                host: endpoint.host.clone(),
            };
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return of_dial(error, authority, timeout);
        }
        next = error.source();
    }
    ConnectFault::Other {
        reason: error.to_string(),
    }
}

/// The system's resolver, with an error type that differs from those of TCP.
#[derive(Clone)]
struct Resolver;

#[derive(Debug, thiserror::Error)]
#[error("the name does not resolve")]
struct NotResolved;

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = NotResolved;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let addresses: Vec<_> = found.map_err(|_| NotResolved)?.collect();
            if addresses.is_empty() {
                Err(NotResolved)
            } else {
                Ok(addresses.into_iter())
            }
        })
    }
}
