//! Requests that upgrade their connection, each on a connection of its own: HTTP/2 has no upgrade that API servers
//! support, and an upgraded connection cannot be shared.

use http::header::HOST;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use kube::client::Body;
use kube::core::Status;

use super::session::Cluster;
use super::transport::Wire;
use crate::Attempt;
use crate::fault::{ApiFault, ConnectFault, unreachable};
use mesh_model::Error;

/// The longest error answer that is read.
const LONGEST_REFUSAL: usize = 64 * 1024;

impl Cluster {
    /// Asks the API server at `path`, which may have a query, to switch protocols as in `headers`, and returns the
    /// upgraded connection. `attempt` describes the request for errors.
    ///
    /// The caller limits the time; opening the connection has a limit of its own.
    pub(crate) async fn upgrade(
        &self,
        path: &str,
        headers: &HeaderMap,
        attempt: &Attempt,
    ) -> Result<TokioIo<Upgraded>, Error> {
        let connection = self.connection();
        let opened = connection
            .dialer
            .dial_http1()
            .await
            .map_err(|fault| unreachable(self.target(), fault))?;
        let broken = |_: hyper::Error| unreachable(self.target(), ConnectFault::BrokenOff);
        let (mut sender, driven) = http1::handshake::<_, Body>(TokioIo::new(Wire(opened.stream)))
            .await
            .map_err(broken)?;
        // The task ends with the connection, which ends with the upgraded one.
        tokio::spawn(driven.with_upgrades());
        let base = self.target().server().trim_end_matches('/');
        let base = base.parse::<http::Uri>().unwrap_or_default();
        let mut request = Request::builder()
            .method(Method::GET)
            .uri(format!("{}{path}", base.path().trim_end_matches('/')))
            .header(HOST, connection.route.endpoint.authority())
            .body(Body::empty())
            .map_err(|error| {
                Error::usage(format!("no request can be made to {attempt}")).because(error)
            })?;
        request.headers_mut().extend(self.headers());
        request.headers_mut().extend(headers.clone());
        let response = sender.send_request(request).await.map_err(broken)?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(refusal(response, attempt).await);
        }
        let upgraded = hyper::upgrade::on(response).await.map_err(broken)?;
        Ok(TokioIo::new(upgraded))
    }
}

async fn refusal(response: http::Response<Incoming>, attempt: &Attempt) -> Error {
    let code = response.status();
    let body = Limited::new(response.into_body(), LONGEST_REFUSAL)
        .collect()
        .await;
    let text = body
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    match serde_json::from_slice::<Status>(&text) {
        Ok(status) if status.code != 0 => attempt.explain(kube::Error::Api(Box::new(status))),
        Ok(_) | Err(_) => attempt.refused(ApiFault::NotKubernetes {
            answer: format!("HTTP {code} in place of another protocol"),
        }),
    }
}
