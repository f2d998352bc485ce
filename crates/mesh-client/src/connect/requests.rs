//! One request: its headers, timeout and retries, and the check that a Kubernetes API answered.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{CONTENT_TYPE, LOCATION};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use kube::client::Body;
use tokio::time::Instant;
use tower::retry::Retry;
use tower::{BoxError, Service, ServiceExt};

use super::body::BoundedBody;
use super::headers::Headers;
use super::last_words::LastWords;
use super::retry::{Deadline, Patience};
use super::server_clock::ServerClock;
use super::session::Connection;
use super::transport::Transport;
use crate::fault::{ApiFault, ConnectFault, connect_fault_in};

/// Sends requests over a transport.
#[derive(Clone)]
pub(super) struct Requests {
    transport: Transport,
    last_words: LastWords,
    headers: Headers,
    timeout: Option<Duration>,
    clock: Arc<ServerClock>,
    /// True if the last answer was 401. An API server then also closes the connection, and with it parallel requests.
    turned_away: Arc<AtomicBool>,
}

impl Requests {
    /// Returns a sender whose requests carry `headers` and are answered within `timeout`, including retries. What the answers say of the
    /// server's clock is noted.
    pub(super) fn new(
        connection: &Connection,
        headers: Headers,
        timeout: Option<Duration>,
        clock: Arc<ServerClock>,
    ) -> Self {
        Self {
            transport: connection.transport.clone(),
            last_words: connection.dialer.last_words.clone(),
            headers,
            timeout,
            clock,
            turned_away: Arc::default(),
        }
    }
}

impl Service<Request<Body>> for Requests {
    type Response = Response<BoundedBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // Headers of the request itself take precedence.
        let own = std::mem::replace(request.headers_mut(), (self.headers)());
        request.headers_mut().extend(own);
        let limit = self.timeout.map(|bound| (Instant::now() + bound, bound));
        if let Some((deadline, _)) = limit {
            request.extensions_mut().insert(Deadline(deadline));
        }
        let is_endless = is_endless(request.uri().query().unwrap_or_default());
        let begun = Instant::now();
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let sent =
            Retry::new(Patience::new(), self.transport.clone().map_err(boxed)).oneshot(request);
        let clock = Arc::clone(&self.clock);
        let (last_words, turned_away) = (self.last_words.clone(), Arc::clone(&self.turned_away));
        Box::pin(async move {
            let response = match limit {
                Some((deadline, bound)) => tokio::time::timeout_at(deadline, sent)
                    .await
                    .map_err(|_| ConnectFault::NoAnswer { after: bound })?,
                None => sent.await,
            };
            let response = response.map_err(|error| -> BoxError {
                if !is_broken(error.as_ref()) {
                    error
                } else if let Some(fault) = last_words.said() {
                    fault.into()
                } else if turned_away.load(Ordering::Relaxed) {
                    let message = "Unauthorized".to_owned();
                    ApiFault::Unauthenticated { message }.into()
                } else {
                    error
                }
            })?;
            let is_unauthorized = response.status() == StatusCode::UNAUTHORIZED;
            turned_away.store(is_unauthorized, Ordering::Relaxed);
            clock.hear(response.headers(), begun);
            let status = response.status().as_u16();
            tracing::debug!(
                "{method} {uri} {status} in {} ms",
                begun.elapsed().as_millis()
            );
            if let Some(fault) = not_kubernetes(&response) {
                return Err(fault.into());
            }
            // A watch lasts as long as its reader wants; a broken connection is detected by pings.
            let limit = limit.filter(|_| !is_endless);
            Ok(response.map(|body| BoundedBody::new(body, limit)))
        })
    }
}

fn is_broken(error: &(dyn std::error::Error + 'static)) -> bool {
    connect_fault_in(error).is_none_or(|fault| fault == ConnectFault::BrokenOff)
}

fn boxed(error: hyper_util::client::legacy::Error) -> BoxError {
    error.into()
}

/// Returns whether the answer has no end of its own: a watch, or a log that is followed.
fn is_endless(query: &str) -> bool {
    query
        .split('&')
        .any(|pair| matches!(pair, "watch=true" | "watch=1" | "follow=true" | "follow=1"))
}

/// Returns a fault for a page or a redirect in place of an object: a login page, a captive portal, another web server.
fn not_kubernetes(response: &Response<Incoming>) -> Option<ApiFault> {
    let status = response.status();
    if status.is_redirection() {
        let to = response
            .headers()
            .get(LOCATION)
            .and_then(|value| value.to_str().ok());
        let host = to.and_then(|to| Some(to.parse::<http::Uri>().ok()?.host()?.to_owned()));
        return Some(ApiFault::NotKubernetes {
            answer: match host {
                Some(host) => format!("HTTP {status} that redirects to {host}"),
                None => format!("HTTP {status}"),
            },
        });
    }
    let kind = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    (status.is_success() && kind.starts_with("text/html")).then(|| ApiFault::NotKubernetes {
        answer: format!("HTTP {status} with a page"),
    })
}

#[cfg(test)]
mod tests {
    use super::is_endless;

    #[test]
    fn watches_are_told_by_their_query() {
        assert!(is_endless("labelSelector=a&watch=true&resourceVersion=7"));
        assert!(is_endless("follow=true"));
        assert!(!is_endless("watch=false"));
        assert!(!is_endless("labelSelector=watch%3Dtrue"));
        assert!(!is_endless(""));
    }
}
