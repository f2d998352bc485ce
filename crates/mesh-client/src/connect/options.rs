//! What all connections of one run have in common.

use std::time::Duration;

/// What all connections of one run have in common.
#[derive(Debug, Clone)]
pub struct ConnectorOptions {
    /// What we call ourselves to servers, such as `kubectl-mesh_secret/0.1.0`.
    pub user_agent: String,
    /// The time now; expiry is judged by it.
    pub now: jiff::Timestamp,
    /// The bound on TCP, proxy and TLS together.
    pub connect_timeout: Duration,
    /// The bound on each request with its retries, where the target sets none; zero means none.
    pub request_timeout: Duration,
    /// The bound on each credential plugin's run; zero means none. A target without a bound on requests has none either.
    pub exec_timeout: Duration,
    /// How long a credential plugin may run before `notice` is told that it is waited for.
    pub notice_after: Duration,
    /// Tells a person what is going on, in one line; nothing where nobody is there.
    pub notice: Option<fn(&str)>,
    /// What the environment says about proxies.
    pub proxies: ProxyEnvironment,
    /// Whether a person is at standard input, so that a credential plugin may ask there.
    pub interactive: bool,
}

/// The environment's proxy settings, as plain values. Kubeconfigs that set a proxy of their own do not look here.
// Its Debug is written by hand, since a proxy's URL may hold a login.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProxyEnvironment {
    /// `HTTPS_PROXY` (or `https_proxy`).
    pub https: Option<String>,
    /// `HTTP_PROXY` (or `http_proxy`), for servers without TLS.
    pub http: Option<String>,
    /// `NO_PROXY` (or `no_proxy`).
    pub no_proxy: Option<String>,
}

impl std::fmt::Debug for ProxyEnvironment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProxyEnvironment")
            .field("https", &self.https.is_some())
            .field("http", &self.http.is_some())
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

impl ConnectorOptions {
    /// The usual bounds: 10 s to connect, 30 s a request, 60 s a credential plugin; no proxy, nobody to ask.
    pub fn new(user_agent: impl Into<String>, now: jiff::Timestamp) -> Self {
        Self {
            user_agent: user_agent.into(),
            now,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            exec_timeout: Duration::from_mins(1),
            notice_after: Duration::from_secs(3),
            notice: None,
            proxies: ProxyEnvironment::default(),
            interactive: false,
        }
    }
}
