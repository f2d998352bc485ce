//! The connection, and the two channels of a forwarded port: data and errors.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{
    ACCEPT, CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderValue};
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf,
};

use super::frame::{self, Sort};
use crate::{Cluster, Verb, paths};
use mesh_model::Error;
use mesh_model::visible::shortened;

/// <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/> names the operation; the protocol is that of
/// `handleWebSocketStreams` in Kubernetes' `cri-streaming/pkg/streaming/portforward`.
const PROTOCOL: &str = "v4.channel.k8s.io";
/// The channels of the first (and only) port.
const DATA: u8 = 0;
const ERROR: u8 = 1;
/// The length of the port number, which comes first on each channel.
const GREETING: usize = 2;
const CHUNK: usize = 16 * 1024;
/// The maximum length of an error from the pod's side that is shown.
const LONGEST_TEXT: usize = 300;

/// A connection to one port of a pod. It ends when it is dropped.
pub struct PortForward {
    stream: DuplexStream,
    failure: Arc<OnceLock<String>>,
}

impl Cluster {
    /// Connects to `port` of a pod through the API server. A port on which nothing listens is reported when the
    /// connection is read.
    ///
    /// The required permission is `create` on `pods/portforward` (and `get`, for API servers before 1.35).
    ///
    /// # Errors
    /// An error answer of the API server, and a connection that fails.
    pub async fn port_forward(
        &self,
        namespace: &str,
        pod: &str,
        port: u16,
    ) -> Result<PortForward, Error> {
        let attempt = self
            .attempt(Verb::Create, "pods/portforward")
            .in_namespace(namespace)
            .named(pod);
        let path = paths::port_forward(&attempt, port)?;
        let random = Random::new();
        let mut headers = HeaderMap::new();
        // A kubelet returns no JSON here, and answers 406 to a request for it.
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
        let key = BASE64_STANDARD.encode(random.bytes::<16>());
        if let Ok(key) = HeaderValue::try_from(key) {
            headers.insert(SEC_WEBSOCKET_KEY, key);
        }
        let wire = self.upgrade(&path, &headers, &attempt).await?;
        let (stream, inner) = tokio::io::duplex(4 * CHUNK);
        let failure = Arc::new(OnceLock::new());
        let told = Arc::clone(&failure);
        // The task ends when either side does.
        tokio::spawn(async move {
            if let Err(error) = carry(wire, inner, &told, &random).await {
                let _ = told.set(error.to_string());
            }
        });
        Ok(PortForward { stream, failure })
    }
}

impl PortForward {
    /// Returns the error from the pod's side, such as that nothing listens on the port.
    pub fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// Returns the same error for callers that no longer own the connection.
    pub(crate) fn failure_later(&self) -> Arc<OnceLock<String>> {
        Arc::clone(&self.failure)
    }
}

/// Carries bytes both ways until one side ends.
async fn carry(
    wire: impl AsyncRead + AsyncWrite,
    inner: DuplexStream,
    failure: &OnceLock<String>,
    random: &Random,
) -> io::Result<()> {
    let (mut from_server, mut to_server) = tokio::io::split(wire);
    let (mut from_client, mut to_client) = tokio::io::split(inner);
    let (pongs, mut owed) = tokio::sync::mpsc::channel::<Vec<u8>>(4);
    let down = async {
        let mut channels = Channels::default();
        loop {
            let Some(frame) = frame::read(&mut from_server).await? else {
                return Ok(());
            };
            match frame.sort {
                Sort::Close => return Ok(()),
                Sort::Ping => {
                    let _ = pongs.send(frame.bytes).await;
                }
                Sort::Pong => {}
                Sort::Message | Sort::More => match channels.take(frame.sort, &frame.bytes) {
                    (DATA, bytes) => to_client.write_all(bytes).await?,
                    (ERROR, bytes) if !bytes.is_empty() => {
                        let text = String::from_utf8_lossy(bytes);
                        let _ = failure.set(shortened(text.trim(), LONGEST_TEXT));
                        return Ok(());
                    }
                    (_, _) => {}
                },
            }
        }
    };
    let up = async {
        let mut buffer = vec![0; CHUNK];
        loop {
            let frame = tokio::select! {
                read = from_client.read(&mut buffer) => match read? {
                    0 => frame::masked(Sort::Close, &[], random.bytes()),
                    count => frame::masked(Sort::Message, &[&[DATA], &buffer[..count]], random.bytes()),
                },
                Some(bytes) = owed.recv() => frame::masked(Sort::Pong, &[&bytes], random.bytes()),
            };
            to_server.write_all(&frame).await?;
            to_server.flush().await?;
            if frame[0] & 0x0f == 8 {
                return Ok(());
            }
        }
    };
    tokio::select! {
        ended = down => ended,
        ended = up => ended,
    }
}

/// Assigns the data of a frame to its channel, without the port numbers that come first.
#[derive(Default)]
struct Channels {
    current: u8,
    greeted: [usize; 2],
}

impl Channels {
    fn take<'b>(&mut self, sort: Sort, bytes: &'b [u8]) -> (u8, &'b [u8]) {
        let mut rest = bytes;
        if sort == Sort::Message {
            let Some((channel, after)) = bytes.split_first() else {
                return (u8::MAX, &[]);
            };
            (self.current, rest) = (*channel, after);
        }
        if let Some(greeted) = self.greeted.get_mut(usize::from(self.current)) {
            let missing = (GREETING - *greeted).min(rest.len());
            *greeted += missing;
            rest = &rest[missing..];
        }
        (self.current, rest)
    }
}

/// Random bytes for masks, from the random source of TLS.
#[derive(Clone, Copy)]
struct Random(&'static dyn rustls::crypto::SecureRandom);

impl Random {
    fn new() -> Self {
        Self(rustls::crypto::ring::default_provider().secure_random)
    }

    fn bytes<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        // Within TLS a mask protects nothing; a system without random bytes would have failed in the TLS handshake.
        let _ = self.0.fill(&mut bytes);
        bytes
    }
}

impl AsyncRead for PortForward {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for PortForward {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_s_number_comes_before_the_bytes_of_each_channel() {
        let mut channels = Channels::default();
        assert_eq!(
            channels.take(Sort::Message, &[DATA, 0xa6, 0x3a]),
            (DATA, &[][..])
        );
        assert_eq!(
            channels.take(Sort::Message, &[ERROR, 0xa6]),
            (ERROR, &[][..])
        );
        assert_eq!(
            channels.take(Sort::Message, &[ERROR, 0x3a, b'x']),
            (ERROR, &b"x"[..])
        );
        assert_eq!(
            channels.take(Sort::Message, &[DATA, b'a']),
            (DATA, &b"a"[..])
        );
        assert_eq!(channels.take(Sort::More, b"bc"), (DATA, &b"bc"[..]));
        assert_eq!(channels.take(Sort::Message, &[]).1, b"");
    }
}
