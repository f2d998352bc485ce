//! The application: answers each request with what its sidecar said of the caller.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::condition::wait_until;
use crate::proxy::Listener;

/// The header in which a sidecar names the peer
/// (<https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert>).
const PEER: &str = "x-forwarded-client-cert";
/// The time in which a port has to be free again.
const PATIENCE: Duration = Duration::from_secs(30);

/// An HTTP server on a port of 127.0.0.1 that stays the same when it is stopped and started.
pub(super) struct Application {
    address: SocketAddr,
    listener: Option<Listener>,
}

impl Application {
    pub(super) fn start() -> Result<Self> {
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        Ok(Self {
            address: listener.address,
            listener: Some(listener),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Refuses connections from now on, and drops the open ones.
    pub(super) fn stop(&mut self) {
        self.listener = None;
    }

    /// Listens again, at the same address.
    pub(super) fn resume(&mut self) -> Result<()> {
        let mut refused = None;
        let listener = wait_until(PATIENCE, || match listen(self.address) {
            Ok(listener) => Some(listener),
            Err(error) => {
                refused = Some(error);
                None
            }
        });
        self.listener = Some(listener.with_context(|| {
            format!(
                "the application cannot listen on {}: {refused:?}",
                self.address
            )
        })?);
        Ok(())
    }
}

fn listen(address: SocketAddr) -> io::Result<Listener> {
    Ok(Listener::on(TcpListener::bind(address)?, serve))
}

async fn serve(stream: TcpStream) {
    let answering = service_fn(|request| async move { Ok::<_, Infallible>(answer(&request)) });
    // A caller that went away needs no answer.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answering)
        .await;
}

fn answer<B>(request: &Request<B>) -> Response<Full<Bytes>> {
    let peer = request.headers().get(PEER);
    let peer = peer.map_or("nobody", |value| value.to_str().unwrap_or("unreadable"));
    Response::new(Full::new(Bytes::from(format!(
        "the application in west was called by {peer}\n"
    ))))
}
