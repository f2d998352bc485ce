//! The retry policy: within the request's own deadline, and never if a repetition could do harm.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{Method, Request, Response, StatusCode};
use kube::client::Body;
use kube::client::retry::RetryPolicy;
use tokio::time::{Instant, Sleep};
use tower::BoxError;
use tower::retry::Policy;

use crate::fault::{ConnectFault, connect_fault_in};

const SHORTEST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
const RETRIES: u32 = 3;

/// The time by which the request, with all its retries, must be answered; passed along as an extension.
#[derive(Clone, Copy)]
pub(super) struct Deadline(pub(super) Instant);

/// The policy of Kubernetes' library (429, 503 and 504, server-aware) within the request's deadline, and one retry of a
/// read whose connection was closed, as client-go does.
#[derive(Clone)]
pub(super) struct Patience {
    answers: Option<RetryPolicy>,
    broken_reads: u32,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self {
            answers: RetryPolicy::new(SHORTEST_WAIT, LONGEST_WAIT, RETRIES, true).ok(),
            broken_reads: 1,
        }
    }
}

impl<B> Policy<Request<Body>, Response<B>, BoxError> for Patience {
    type Future = Sleep;

    fn retry(
        &mut self,
        request: &mut Request<Body>,
        result: &mut Result<Response<B>, BoxError>,
    ) -> Option<Self::Future> {
        match result {
            Ok(response) => {
                if !may_be_repeated(request.method(), response) || !fits(request, response) {
                    return None;
                }
                let status = response.status();
                let wait = self.answers.as_mut()?.retry(request, result)?;
                let pause = wait.deadline().saturating_duration_since(Instant::now());
                tracing::debug!(
                    "the server answered {status}; trying again in {} ms",
                    pause.as_millis()
                );
                Some(wait)
            }
            Err(error) => {
                let broke_off = connect_fault_in(error.as_ref()) == Some(ConnectFault::BrokenOff);
                if !broke_off || request.method() != Method::GET || self.broken_reads == 0 {
                    return None;
                }
                self.broken_reads -= 1;
                tracing::debug!("the connection broke off before an answer; trying again");
                Some(tokio::time::sleep(SHORTEST_WAIT))
            }
        }
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        let answers = self.answers.as_mut()?;
        Policy::<Request<Body>, Response<B>, BoxError>::clone_request(answers, request)
    }
}

/// Returns whether the request may be repeated: a POST that timed out may have been carried out, so it is repeated only
/// if the server asks for it.
fn may_be_repeated<B>(method: &Method, response: &Response<B>) -> bool {
    method != Method::POST
        || response.status() == StatusCode::TOO_MANY_REQUESTS
        || response.headers().contains_key(RETRY_AFTER)
}

/// Returns whether the wait that the server asks for ends before the request's deadline.
fn fits<B>(request: &Request<Body>, response: &Response<B>) -> bool {
    let asked = response.headers().get(RETRY_AFTER);
    let seconds = asked.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let (Some(seconds), Some(deadline)) = (seconds, request.extensions().get::<Deadline>()) else {
        return true;
    };
    Instant::now()
        .checked_add(Duration::from_secs(seconds))
        .is_some_and(|then| then < deadline.0)
}
