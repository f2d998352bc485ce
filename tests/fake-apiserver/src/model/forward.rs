//! Connections to the ports of pods: what listens there, and a connection that was granted.
//!
//! Who is granted one is decided in `verbs::port_forward`; `server::forward` carries its bytes.

use std::fmt;
use std::sync::Arc;

use tokio::io::DuplexStream;

/// The one protocol that is spoken here.
pub(crate) const PROTOCOL: &str = "v4.channel.k8s.io";
/// A listener on a port of a pod: every connection to the port is handed to it.
pub type Listener = Arc<dyn Fn(DuplexStream) + Send + Sync>;

/// The outcome of a connection to a port of a pod.
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
    pub(crate) key: String,
    /// `NAME/NAMESPACE`.
    pub(crate) pod: String,
    pub(crate) port: u16,
    pub(crate) at: Option<Port>,
}

impl fmt::Debug for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forward")
            .field("pod", &self.pod)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
