//! One connection below TLS: its bytes are counted, and it can be cut. Knows nothing of what is said over it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::state::recording;

/// The way to cut a connection from within a request.
#[derive(Default)]
pub(crate) struct Line {
    pub(crate) cut: Notify,
    reset: AtomicBool,
}

impl Line {
    /// Resets the connection.
    pub(crate) fn cut(&self) {
        self.reset.store(true, Ordering::Relaxed);
        self.cut.notify_one();
    }
}

/// A socket that counts its bytes, and resets rather than closes where the line was cut.
pub(crate) struct Counted {
    pub(crate) stream: TcpStream,
    pub(crate) bytes: Arc<recording::Bytes>,
    pub(crate) line: Arc<Line>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.line.reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let count = (buf.filled().len() - before) as u64;
        self.bytes.received.fetch_add(count, Ordering::Relaxed);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        if let Poll::Ready(Ok(count)) = polled {
            self.bytes.sent.fetch_add(count as u64, Ordering::Relaxed);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
