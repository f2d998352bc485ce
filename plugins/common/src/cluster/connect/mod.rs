//! From a [`Target`] to a connection that requests can be sent over.

use std::sync::Arc;
use std::time::Duration;

use super::{Attempt, Target, Verb};
use crate::mesh::Error;

/// What all connections of one run have in common.
#[derive(Debug, Clone)]
pub struct ConnectorOptions {
    /// What we call ourselves to servers, such as `kubectl-mesh_secret/0.1.0`.
    pub user_agent: String,
    /// The time now; expiry is judged by it.
    pub now: jiff::Timestamp,
    /// The bound on TCP, proxy and TLS together.
    pub connect_timeout: Duration,
    /// The bound on each request with its retries, where the target sets none.
    pub request_timeout: Duration,
    /// The bound on each credential plugin's run.
    pub exec_timeout: Duration,
    /// What the environment says about proxies.
    pub proxies: ProxyEnvironment,
    /// Whether a person is at standard input, so that a credential plugin may ask there.
    pub interactive: bool,
}

/// The environment's proxy settings, as plain values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyEnvironment {
    /// `HTTPS_PROXY` (or `https_proxy`).
    pub https: Option<String>,
    /// `HTTP_PROXY` (or `http_proxy`), for servers without TLS.
    pub http: Option<String>,
    /// `NO_PROXY` (or `no_proxy`).
    pub no_proxy: Option<String>,
}

impl ConnectorOptions {
    /// The usual bounds: 10 s to connect, 30 s a request, 60 s a credential plugin; no proxy, nobody to ask.
    pub fn new(user_agent: impl Into<String>, now: jiff::Timestamp) -> Self {
        Self {
            user_agent: user_agent.into(),
            now,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            exec_timeout: Duration::from_secs(60),
            proxies: ProxyEnvironment::default(),
            interactive: false,
        }
    }
}

/// Makes connections, and remembers what they share: credential plugins' answers and the system's roots.
#[derive(Clone)]
pub struct Connector {}

/// A connected cluster. Cloning shares the connection.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

struct Inner {
    target: Target,
    client: kube::Client,
}

impl Connector {
    /// A connector; nothing is read or sent yet.
    pub fn new(options: ConnectorOptions) -> Self {
        let _ = options;
        Self {}
    }

    /// Resolves the credential, opens the connection (TCP, proxy, TLS) and agrees on the protocol.
    pub async fn connect(&self, target: Target) -> Result<Cluster, Error> {
        let _ = target;
        Err(Error::refused("not built yet"))
    }

    /// Like [`Self::connect`], over the connection of `existing` where that is sound.
    pub async fn reach(&self, target: Target, existing: &Cluster) -> Result<Cluster, Error> {
        let _ = existing;
        self.connect(target).await
    }
}

impl Cluster {
    /// The context's name.
    pub fn context(&self) -> &str {
        self.inner.target.context()
    }

    /// What it was reached by.
    pub fn target(&self) -> &Target {
        &self.inner.target
    }

    /// The client to send requests with; its errors go through [`Attempt::explain`].
    pub fn client(&self) -> kube::Client {
        self.inner.client.clone()
    }

    /// Begins to describe a request, so that its failure can be explained.
    pub fn attempt(&self, verb: Verb, resource: impl Into<String>) -> Attempt {
        let _ = self;
        Attempt::new(self.clone(), verb, resource.into())
    }
}
