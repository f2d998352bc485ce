//! Carrying the bytes of a connection to a port of a pod.
//!
//! The protocol is that of `handleWebSocketStreams` in Kubernetes' `cri-streaming/pkg/streaming/portforward`, for one port. What
//! listens in a pod is the business of whoever put it there.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::frames::{self, Frame};
use crate::model::forward::{Forward, Port};

const DATA: u8 = 0;
const ERROR: u8 = 1;
const CHUNK: usize = 32 * 1024;

impl Forward {
    /// Returns the answer to the client's key.
    pub(crate) fn accept(&self) -> String {
        frames::accept(&self.key)
    }

    /// Carries bytes between the client and what listens, until either ends.
    pub(crate) async fn carry(self, wire: impl AsyncRead + AsyncWrite) {
        let (from_client, mut to_client) = tokio::io::split(wire);
        // Clients hang up as they like; that is no error of the cluster's.
        let _ = self.between(from_client, &mut to_client).await;
        let _ = to_client.write_all(&frames::close()).await;
        let _ = to_client.shutdown().await;
    }

    async fn between(
        &self,
        mut from_client: impl AsyncRead + Unpin,
        to_client: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        for channel in [DATA, ERROR] {
            let [low, high] = self.port.to_le_bytes();
            to_client
                .write_all(&frames::message(&[channel, low, high]))
                .await?;
        }
        let listener = match &self.at {
            Some(Port::Listens(listener)) => listener,
            Some(Port::Refuses(words)) => return refuse(to_client, words).await,
            None => return refuse(to_client, &self.refusal()).await,
        };
        let (ours, theirs) = tokio::io::duplex(4 * CHUNK);
        listener(theirs);
        let (mut from_pod, mut to_pod) = tokio::io::split(ours);
        let up = async {
            loop {
                match frames::read(&mut from_client).await? {
                    Frame::Message(bytes) => {
                        if let Some((&DATA, bytes)) = bytes.split_first() {
                            to_pod.write_all(bytes).await?;
                        }
                    }
                    Frame::Control => {}
                    Frame::Close => return Ok(()),
                }
            }
        };
        let down = async {
            let mut buffer = vec![0; CHUNK];
            loop {
                match from_pod.read(&mut buffer).await? {
                    0 => return Ok(()),
                    count => {
                        let bytes = [&[DATA], &buffer[..count]].concat();
                        to_client.write_all(&frames::message(&bytes)).await?;
                    }
                }
            }
        };
        tokio::select! {
            ended = up => ended,
            ended = down => ended,
        }
    }

    /// The words of KWOK, which stands in for the kubelet of real clusters, where nobody listens.
    fn refusal(&self) -> String {
        let Self { pod, port, .. } = self;
        format!(
            "error forwarding port {port} to pod {pod}, uid : failed to dial 127.0.0.1:{port}: dial tcp 127.0.0.1:{port}: connect: connection refused"
        )
    }
}

/// As a kubelet writes: in pieces of its buffer's length.
async fn refuse(to_client: &mut (impl AsyncWrite + Unpin), words: &str) -> io::Result<()> {
    for piece in words.as_bytes().chunks(CHUNK) {
        let refused = [&[ERROR], piece].concat();
        to_client.write_all(&frames::message(&refused)).await?;
    }
    Ok(())
}
