//! A server's TLS alert after the handshake is complete on our side, which no request of a shared connection receives.
//!
//! In TLS 1.3 a server verifies the client certificate when the client's handshake is already complete. Its alert then
//! ends the connection in a task that no request waits for, or it is not read because the server has closed the
//! connection and writing fails first.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::fault::{ConnectFault, connect_fault_in};

/// The last alert of a server; clones share it.
#[derive(Clone, Default)]
pub(super) struct LastWords(Arc<Mutex<Option<ConnectFault>>>);

impl LastWords {
    /// Returns the reason why a connection ended, if the server sent one.
    pub(super) fn said(&self) -> Option<ConnectFault> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, error: &io::Error) {
        let is_alert = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
            .is_some_and(|error| matches!(error, rustls::Error::AlertReceived(_)));
        if is_alert {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = connect_fault_in(error);
        }
    }
}

/// The time to wait for a server's alert after writing failed. It has arrived already, or never will.
const PATIENCE: Duration = Duration::from_secs(1);

/// A TLS connection whose last alert is kept.
pub(super) struct Listening<S> {
    stream: S,
    words: LastWords,
    /// The write error, and the timer for reading the alert.
    failed: Option<(io::Error, Pin<Box<Sleep>>)>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Listening<S> {
    pub(super) fn new(stream: S, words: LastWords) -> Self {
        Self {
            stream,
            words,
            failed: None,
        }
    }

    /// Writes; if that fails, first reads what the server sent before it closed the connection.
    fn write<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.failed.is_none() {
            match write(Pin::new(&mut self.stream), context) {
                Poll::Ready(Err(error)) => {
                    self.words.note(&error);
                    self.failed = Some((error, Box::pin(sleep(PATIENCE))));
                }
                written => return written,
            }
        }
        let Some((error, mut until)) = self.failed.take() else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        // Reading into an empty buffer consumes nothing.
        let mut nothing = ReadBuf::new(&mut []);
        let read = Pin::new(&mut self.stream).poll_read(context, &mut nothing);
        if read.is_pending() && until.as_mut().poll(context).is_pending() {
            self.failed = Some((error, until));
            return Poll::Pending;
        }
        if let Poll::Ready(Err(error)) = &read {
            self.words.note(error);
        }
        Poll::Ready(Err(error))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Listening<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Poll::Ready(Err(error)) = &read {
            self.words.note(error);
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Listening<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(context, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| {
            stream.poll_write_vectored(context, slices)
        })
    }
}
