//! HTTP over the connections to one server: the one that is already open, and more if needed.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use kube::client::Body;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tower::Service;

use super::dial::{Dialer, Opened, Stream};
use crate::fault::ConnectFault;

/// The idle time after which an HTTP/2 connection with open requests is pinged, as in client-go.
const PING_AFTER: Duration = Duration::from_secs(30);
/// The time after which an unanswered ping means that the connection is broken, as in client-go.
const PING_TIMEOUT: Duration = Duration::from_secs(15);

/// HTTP to one server; clones share its connections.
pub(super) type Transport = Client<Connections, Body>;

/// Connections to one server.
#[derive(Clone)]
pub(super) struct Connections {
    dialer: Arc<Dialer>,
    opened: Arc<Mutex<Option<Box<dyn Stream>>>>,
}

/// Returns HTTP over a connection that is already open.
///
/// The HTTP version is known, so parallel first requests share the one HTTP/2 connection; if hyper-util had to
/// negotiate it, it would open one connection for each of them.
pub(super) fn transport(dialer: Arc<Dialer>, opened: Opened) -> Transport {
    let connections = Connections {
        dialer,
        opened: Arc::new(Mutex::new(Some(opened.stream))),
    };
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .http2_only(opened.http2)
        .http2_keep_alive_interval(PING_AFTER)
        .http2_keep_alive_timeout(PING_TIMEOUT)
        .build(connections)
}

impl Service<Uri> for Connections {
    type Response = TokioIo<Wire>;
    type Error = ConnectFault;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    /// The dialer knows the address; the one in the request is the same.
    fn call(&mut self, _server: Uri) -> Self::Future {
        let opened = self
            .opened
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let dialer = Arc::clone(&self.dialer);
        Box::pin(async move {
            let stream = match opened {
                Some(stream) => stream,
                None => dialer.dial().await?.stream,
            };
            Ok(TokioIo::new(Wire(stream)))
        })
    }
}

/// A connection in the form that hyper-util requires.
pub(super) struct Wire(pub(super) Box<dyn Stream>);

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, slices)
    }
}
