//! Connections: from a target to a connected cluster.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use kube::client::middleware::BaseUriLayer;
use tokio::time::Instant;
use tower::Layer;

use super::dial::Dialer;
use super::fresh_token::FreshToken;
use super::headers::{Headers, headers};
use super::last_words::LastWords;
use super::options::ConnectorOptions;
use super::proxy::ProxyKind;
use super::requests::Requests;
use super::route::Route;
use super::server_clock::ServerClock;
use super::session::{Cluster, Connection};
use super::tls::Tls;
use super::transport::transport;
use crate::Target;
use crate::credential::{ExecCache, Identity, resolve};
use crate::fault::{ConnectFault, unreachable};
use mesh_model::Error;
use mesh_model::x509::ClientPair;

/// Opens connections and caches what they share: answers of credential plugins and the system's certificate
/// authorities.
///
/// One is created for a run; clones share the cache.
#[derive(Clone)]
pub struct Connector {
    inner: Arc<Inner>,
}

struct Inner {
    options: ConnectorOptions,
    exec: ExecCache,
    tls: Tls,
    /// The moment of [`ConnectorOptions::now`].
    started: Instant,
}

impl Connector {
    /// Returns a connector; nothing is read, run or sent yet.
    pub fn new(options: ConnectorOptions) -> Self {
        Self {
            inner: Arc::new(Inner {
                exec: ExecCache::new(&options),
                tls: Tls::new(),
                options,
                started: Instant::now(),
            }),
        }
    }

    /// Resolves the credential, opens the connection (TCP, proxy, TLS) and negotiates the protocol. No request is sent,
    /// so whether the server accepts the credential is unknown.
    ///
    /// # Errors
    /// A credential that cannot be obtained, or a [`ConnectFault`] as the cause of an error of kind `Unreachable`.
    pub async fn connect(&self, target: Target) -> Result<Cluster, Error> {
        let (base, route, identity) = self.prepare(&target).await?;
        self.open(target, &base, route, identity).await
    }

    /// Connects like [`Self::connect`], over the connection of `existing` if that is safe: the same server, trust, name
    /// and proxy, and no client certificate on either side, because a client certificate belongs to the connection.
    pub async fn reach(&self, target: Target, existing: &Cluster) -> Result<Cluster, Error> {
        let (base, route, identity) = self.prepare(&target).await?;
        let shared = existing.connection();
        if shared.route == route && !shared.is_personal && identity.certificate.is_none() {
            self.session(target, &base, shared.clone(), identity)
        } else {
            self.open(target, &base, route, identity).await
        }
    }

    async fn prepare(&self, target: &Target) -> Result<(Uri, Route, Identity), Error> {
        if let Some(reference) = target.file_references().first() {
            return Err(Error::refused(format!(
                "the kubeconfig of {} refers to {} {} of another machine, which is not used here",
                target.described(),
                reference.field,
                reference.path.display()
            ))
            .hint("put the data itself into it, as kubectl config view --minify --flatten --raw shows it where the files are"));
        }
        let options = &self.inner.options;
        let base: Uri = target.server().parse().map_err(|_| {
            Error::usage(format!(
                "server {} of {} is not a URL",
                target.server(),
                target.described()
            ))
        })?;
        let route = Route::of(target, &base, &options.proxies)
            .map_err(|fault| unreachable(target, fault))?;
        let identity = resolve(target, &self.inner.exec, options.now).await?;
        Ok((base, route, identity))
    }

    async fn open(
        &self,
        target: Target,
        base: &Uri,
        route: Route,
        mut identity: Identity,
    ) -> Result<Cluster, Error> {
        let certificate = identity.certificate.take();
        let is_personal = certificate.is_some();
        let certificate_end = certificate.as_ref().map(|pair| pair.not_after);
        let dialer = Arc::new(self.dialer(&target, &route, certificate)?);
        let opened = dialer
            .dial()
            .await
            .map_err(|fault: ConnectFault| unreachable(&target, fault))?;
        let connection = Connection {
            route,
            transport: transport(Arc::clone(&dialer), opened),
            dialer,
            is_personal,
        };
        identity.token_expiry = identity.token_expiry.or(certificate_end);
        self.session(target, base, connection, identity)
    }

    fn dialer(
        &self,
        target: &Target,
        route: &Route,
        certificate: Option<ClientPair>,
    ) -> Result<Dialer, Error> {
        let whose = target.described();
        let options = &self.inner.options;
        let by_tls = route
            .proxy
            .as_ref()
            .filter(|proxy| proxy.kind == ProxyKind::Https);
        Ok(Dialer {
            server_tls: route
                .tls
                .then(|| self.inner.tls.for_server(route, certificate, &whose))
                .transpose()?
                .map(Arc::new),
            proxy_tls: by_tls
                .map(|proxy| {
                    let host = &proxy.endpoint.host;
                    self.inner.tls.for_proxy(&route.trust, host, &whose)
                })
                .transpose()?
                .map(Arc::new),
            route: route.clone(),
            timeout: connect_timeout(target.request_timeout(), options.connect_timeout),
            user_agent: options.user_agent.clone(),
            last_words: LastWords::default(),
        })
    }

    fn session(
        &self,
        target: Target,
        base: &Uri,
        connection: Connection,
        identity: Identity,
    ) -> Result<Cluster, Error> {
        let options = &self.inner.options;
        let headers = headers(
            &options.user_agent,
            identity.authorization,
            target.impersonation(),
        )?;
        let headers: Headers = match identity.token_file {
            Some(file) => {
                let fresh = FreshToken::new(file, headers);
                Arc::new(move || fresh.headers())
            }
            None => Arc::new(move || headers.clone()),
        };
        let timeout = target.request_timeout().unwrap_or(options.request_timeout);
        let timeout = (!timeout.is_zero()).then_some(timeout);
        let clock = Arc::new(ServerClock::new(options.now, self.inner.started));
        let requests = Requests::new(
            &connection,
            Arc::clone(&headers),
            timeout,
            Arc::clone(&clock),
        );
        let service = BaseUriLayer::new(base.clone()).layer(requests);
        let client = kube::Client::new(service, target.namespace().unwrap_or("default"));
        let ended = identity.token_expiry.filter(|end| *end <= options.now);
        Ok(Cluster::new(
            target, client, connection, headers, ended, timeout, clock,
        ))
    }
}

/// Returns the timeout of a connection: a shorter request timeout also limits the connection.
fn connect_timeout(asked: Option<Duration>, usual: Duration) -> Duration {
    asked
        .filter(|bound| !bound.is_zero())
        .map_or(usual, |bound| bound.min(usual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connecting_takes_no_longer_than_a_request_may() {
        let seconds = Duration::from_secs;
        for (asked, expected) in [(None, 10), (Some(0), 10), (Some(2), 2), (Some(60), 10)] {
            assert_eq!(
                connect_timeout(asked.map(seconds), seconds(10)),
                seconds(expected)
            );
        }
    }
}
