//! A response body that must be complete by a deadline and that is limited in memory.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Sleep;
use tower::BoxError;

use crate::answers;
use crate::fault::ConnectFault;
use crate::room::Room;

/// A response body with a limit of size, and of time if one was given.
pub(super) struct BoundedBody {
    inner: Incoming,
    limit: Option<(Pin<Box<Sleep>>, Duration)>,
    room: Room,
}

impl BoundedBody {
    /// Wraps a body; `limit` is the deadline and, for the message, the timeout that it came from.
    pub(super) fn new(inner: Incoming, limit: Option<(tokio::time::Instant, Duration)>) -> Self {
        let limit =
            limit.map(|(deadline, bound)| (Box::pin(tokio::time::sleep_until(deadline)), bound));
        Self {
            inner,
            limit,
            room: answers::room(),
        }
    }
}

impl BoundedBody {
    fn fitting(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, BoxError> {
        let length = frame.data_ref().map_or(0, Bytes::len);
        self.room.take(length as u64)?;
        Ok(frame)
    }
}

impl Body for BoundedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(self.fitting(frame))),
            Poll::Ready(frame) => Poll::Ready(frame.map(|frame| frame.map_err(Into::into))),
            Poll::Pending => match &mut self.limit {
                Some((sleep, bound)) => {
                    let bound = *bound;
                    sleep
                        .as_mut()
                        .poll(context)
                        .map(|()| Some(Err(ConnectFault::NoAnswer { after: bound }.into())))
                }
                None => Poll::Pending,
            },
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }
}
