//! A connected cluster.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use super::dial::Dialer;
use super::headers::Headers;
use super::route::Route;
use super::server_clock::ServerClock;
use super::transport::Transport;
use crate::bounds::Bounds;
use crate::{Attempt, Target, Verb};
use mesh_model::command::Command;

/// A connected cluster. Cloning shares the connection.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
    bounds: Option<Arc<Bounds>>,
}

struct Inner {
    target: Target,
    client: kube::Client,
    connection: Connection,
    headers: Headers,
    credential_ended: Option<Timestamp>,
    request_timeout: Option<Duration>,
    clock: Arc<ServerClock>,
}

/// The parts of a connection that another target can share.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) route: Route,
    pub(super) transport: Transport,
    pub(super) dialer: Arc<Dialer>,
    /// True if the connection uses a client certificate, and therefore belongs to one user.
    pub(super) is_personal: bool,
}

impl Cluster {
    pub(super) fn new(
        target: Target,
        client: kube::Client,
        connection: Connection,
        headers: Headers,
        credential_ended: Option<Timestamp>,
        request_timeout: Option<Duration>,
        clock: Arc<ServerClock>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                target,
                client,
                connection,
                headers,
                credential_ended,
                request_timeout,
                clock,
            }),
            bounds: None,
        }
    }

    /// Returns the context's name.
    pub fn context(&self) -> &str {
        self.inner.target.context()
    }

    /// Returns the target that it was connected to.
    pub fn target(&self) -> &Target {
        &self.inner.target
    }

    /// Returns a note about a server that was reached through a proxy of this machine's environment, which other
    /// machines do not have, with the way to do without it. `None` if there is no proxy, or the kubeconfig names it.
    pub fn by_proxy_of_environment(&self) -> Option<String> {
        let route = &self.inner.connection.route;
        let proxy = route.proxy.as_ref()?;
        if self.inner.target.proxy().is_some() {
            return None;
        }
        let exempt = route.exempt.iter().map(String::as_str);
        let exempt: Vec<&str> = exempt.chain([route.endpoint.host.as_str()]).collect();
        Some(format!(
            "through the proxy {} of this machine's environment, which istiod does not have; to bypass it: {}",
            proxy.shown,
            Command::new("export").pair("NO_PROXY", &exempt.join(","))
        ))
    }

    /// Returns the client for requests; its errors must go through [`Attempt::explain`].
    pub(crate) fn client(&self) -> kube::Client {
        self.inner.client.clone()
    }

    /// Describes a request, so that its failure can be explained.
    ///
    /// `resource` is the plural name, as in `kubectl auth can-i`: `secrets`, `deployments.apps`.
    pub fn attempt(&self, verb: Verb, resource: impl Into<String>) -> Attempt {
        Attempt::new(self.clone(), verb, resource.into())
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.inner.connection
    }

    /// Returns the bounds of what is read of it.
    pub(crate) fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_deref()
    }

    /// Returns the same cluster with these bounds.
    pub(crate) fn with_bounds(&self, bounds: Arc<Bounds>) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            bounds: Some(bounds),
        }
    }

    /// Returns the headers of every request.
    pub(super) fn headers(&self) -> HeaderMap {
        (self.inner.headers)()
    }

    /// Returns the timeout of a request; `None` is no limit.
    pub(crate) fn request_timeout(&self) -> Option<Duration> {
        self.inner.request_timeout
    }

    /// Returns the seconds by which the clock of its API server is ahead of this machine's for certain; negative if it is behind, and 0
    /// within the error of measurement. `None` where no answer said the time.
    pub fn clock_ahead(&self) -> Option<i64> {
        self.inner.clock.ahead()
    }

    /// Returns the time at which the credential expired, if it has.
    pub(crate) fn credential_ended(&self) -> Option<Timestamp> {
        self.inner.credential_ended
    }
}
