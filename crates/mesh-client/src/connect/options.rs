//! The settings that all connections of one run share.

use std::time::Duration;

/// The settings that all connections of one run share.
#[derive(Debug, Clone)]
pub struct ConnectorOptions {
    /// The user agent, such as `kubectl-mesh_secret/0.1.0`.
    pub user_agent: String,
    /// The current time, for expiry.
    pub now: jiff::Timestamp,
    /// The limit for TCP, proxy and TLS together.
    pub connect_timeout: Duration,
    /// The limit for each request with its retries, unless the target sets one; zero means no limit.
    pub request_timeout: Duration,
    /// The limit for each run of a credential plugin; zero means no limit. A target without a limit for requests has
    /// none here either.
    pub exec_timeout: Duration,
    /// The time after which `notice` reports that a credential plugin is still running.
    pub notice_after: Duration,
    /// Prints progress to a person, in one line; `None` if there is nobody to read it.
    pub notice: Option<fn(&str)>,
    /// The environment's proxy settings.
    pub proxies: ProxyEnvironment,
    /// True if standard input is a terminal, so that a credential plugin may prompt there.
    pub interactive: bool,
}

/// The environment's proxy settings, as plain values. A kubeconfig with its own proxy does not use them.
// No derived Debug, because a proxy's URL may contain a login.
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
    /// Returns the default limits: 10 s to connect, 30 s for a request, 60 s for a credential plugin; no proxy, not
    /// interactive.
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
