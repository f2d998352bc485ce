//! Connections to the ports of pods, as the API server leads them there: who may have one, and carrying its bytes.
//!
//! The protocol is that of `handleWebSocketStreams` in Kubernetes' `cri-streaming/pkg/streaming/portforward`, for one port. What
//! listens in a pod is the business of whoever put it there.

use std::fmt;
use std::io;
use std::sync::Arc;

use http::header::{SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};

use super::api::Answer;
use super::authz::{self, Attributes};
use super::cluster::Cluster;
use super::failure::Failure;
use super::frames::{self, Frame};
use super::kinds::Kind;
use super::request::{Request, ResourcePath};
use super::state::State;
use super::store::Key;
use super::user::User;

/// The one protocol that is spoken here.
pub(crate) const PROTOCOL: &str = "v4.channel.k8s.io";
const DATA: u8 = 0;
const ERROR: u8 = 1;
const CHUNK: usize = 32 * 1024;

/// What listens on a port of a pod: every connection that is led there is handed to it.
pub(crate) type Listener = Arc<dyn Fn(DuplexStream) + Send + Sync>;

/// What becomes of a connection to a port of a pod.
#[derive(Clone)]
pub(crate) enum Port {
    Listens(Listener),
    /// The pod's side says this is wrong.
    Refuses(String),
}

/// A connection that was granted.
#[derive(Clone)]
pub(crate) struct Forward {
    /// The client's `Sec-WebSocket-Key`.
    key: String,
    /// `NAME/NAMESPACE`.
    pod: String,
    port: u16,
    at: Option<Port>,
}

impl Cluster {
    /// Lets something listen on a port of a pod.
    pub(crate) fn listen(&self, namespace: &str, pod: &str, port: u16, listener: Listener) {
        let address = (namespace.to_owned(), pod.to_owned(), port);
        let port = Port::Listens(listener);
        self.shared.lock().ports.insert(address, port);
    }

    /// Lets the pod's side refuse whoever wants to connect, in these words.
    pub(crate) fn refuse(&self, namespace: &str, pod: &str, port: u16, words: &str) {
        let address = (namespace.to_owned(), pod.to_owned(), port);
        let port = Port::Refuses(words.to_owned());
        self.shared.lock().ports.insert(address, port);
    }

    /// Lets nobody listen there any more; connections that are open stay.
    pub(crate) fn close(&self, namespace: &str, pod: &str, port: u16) {
        let address = (namespace.to_owned(), pod.to_owned(), port);
        self.shared.lock().ports.remove(&address);
    }
}

/// Grants a connection to a port of a pod.
pub(crate) fn answer(
    state: &State,
    request: &Request,
    path: &ResourcePath,
    kind: &Kind,
    user: &User,
) -> Result<Answer, Failure> {
    may_create(state, request, path, kind, user)?;
    let key = Key::new(kind, &path.namespace, &path.name);
    let pod = state.store.get(&key);
    let pod = pod.ok_or_else(|| Failure::not_found(kind, &path.name))?;
    if pod["spec"]["nodeName"].as_str().is_none_or(str::is_empty) {
        let why = format!("pod {} does not have a host assigned", path.name);
        return Err(Failure::bad_request(why));
    }
    let header = |name| {
        let value = request.headers.get(name);
        value.and_then(|value| value.to_str().ok())
    };
    if header(UPGRADE) != Some("websocket") {
        return Err(Failure::bad_request("Upgrade request required"));
    }
    let (Some(PROTOCOL), Some(key), Ok(port)) = (
        header(SEC_WEBSOCKET_PROTOCOL),
        header(SEC_WEBSOCKET_KEY),
        request.query("ports").parse(),
    ) else {
        return Err(Failure::not_implemented(
            "forwarding anything but one port over v4.channel.k8s.io",
        ));
    };
    let address = (path.namespace.clone(), path.name.clone(), port);
    Ok(Answer::Forward(Forward {
        key: key.to_owned(),
        pod: format!("{}/{}", path.name, path.namespace),
        port,
        at: state.ports.get(&address).cloned(),
    }))
}

/// Over WebSocket the request is a GET; the right to `create` is needed all the same.
/// Source: `ensureAuthorizedForVerb` in Kubernetes' `pkg/registry/core/pod/rest/authorize.go`.
fn may_create(
    state: &State,
    request: &Request,
    path: &ResourcePath,
    kind: &Kind,
    user: &User,
) -> Result<(), Failure> {
    let create = Attributes {
        verb: "create".to_owned(),
        ..request.target.attributes.clone()
    };
    match authz::decide(state, user, &create) {
        Some(_) => Ok(()),
        None => Err(Failure::forbidden(kind, &path.name, "")),
    }
}

impl Forward {
    /// What the client's key is answered with.
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

    /// What KWOK, which stands in for the kubelet of real clusters, says where nobody listens.
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

impl fmt::Debug for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forward")
            .field("pod", &self.pod)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
