//! One istiod: a connection to its monitoring port, and requests for pages over it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::header::HOST;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use kube::client::Body;
use tokio::time::timeout;

use crate::Cluster;
use mesh_model::command::Remedy;
use mesh_model::error::{Error, Kind};

/// The port of istiod's metrics and debug pages. Source:
/// <https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio>.
pub const MONITORING_PORT: u16 = 15014;

/// The longest page that is read. Even the metrics of an istiod with thousands of proxies are shorter.
const LONGEST: usize = 8 * 1024 * 1024;

/// The time to wait for the pod's reason for closing the connection.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A connection to one istiod.
pub struct Istiod {
    sender: SendRequest<Body>,
    failure: Arc<OnceLock<String>>,
    called: Called,
    limit: Duration,
}

/// The name of an istiod for errors, and the command that shows more.
struct Called {
    whose: String,
    logs: Remedy,
}

impl Istiod {
    /// Connects to the istiod in this pod; connecting, and each page, may take up to `limit`.
    ///
    /// # Errors
    /// A port-forward that is refused or times out.
    pub async fn connect(
        cluster: &Cluster,
        namespace: &str,
        pod: &str,
        limit: Duration,
    ) -> Result<Self, Error> {
        let called = Called {
            whose: format!(
                "istiod pod {namespace}/{pod} in context {}",
                cluster.context()
            ),
            logs: cluster
                .target()
                .kubectl()
                .in_namespace(namespace)
                .words("logs")
                .arg(pod)
                .into(),
        };
        let connecting = async {
            let forward = cluster
                .port_forward(namespace, pod, MONITORING_PORT)
                .await?;
            let failure = forward.failure_later();
            let (sender, driven) = http1::handshake(TokioIo::new(forward))
                .await
                .map_err(|error| called.silent(&failure).because(error))?;
            // The task ends when the sender is dropped.
            tokio::spawn(driven);
            Ok((sender, failure))
        };
        let (sender, failure) = timeout(limit, connecting)
            .await
            .unwrap_or_else(|_| Err(called.late(limit)))?;
        Ok(Self {
            sender,
            failure,
            called,
            limit,
        })
    }

    /// Returns one page, such as `/debug/clusterz` or `/metrics`.
    ///
    /// # Errors
    /// No answer in time, no answer at all, or an answer with another status than 200.
    pub async fn page(&mut self, path: &str) -> Result<String, Error> {
        let limit = self.limit;
        match timeout(limit, self.ask(path)).await {
            Ok(answered) => answered,
            Err(_) => Err(self.called.late(limit)),
        }
    }

    async fn ask(&mut self, path: &str) -> Result<String, Error> {
        let request = Request::builder()
            .uri(path)
            .header(HOST, "localhost")
            .body(Body::empty())
            .map_err(|error| Error::usage(format!("{path} is not a valid path")).because(error))?;
        let answer = async {
            self.sender.ready().await?;
            self.sender.send_request(request).await
        };
        let Ok(response) = answer.await else {
            return Err(self.hung_up().await);
        };
        let status = response.status();
        let body = Limited::new(response.into_body(), LONGEST).collect().await;
        if status != StatusCode::OK {
            let (kind, hint) = match status {
                StatusCode::NOT_FOUND => (
                    Kind::NotFound,
                    "ENABLE_DEBUG_ON_HTTP=false hides istiod's debug pages".into(),
                ),
                _ => (Kind::Refused, self.called.logs.clone()),
            };
            let sentence = format!("{} answers HTTP {status} to {path}", self.called.whose);
            return Err(Error::new(kind, sentence).hint(hint));
        }
        let body = match body {
            Ok(body) => body,
            Err(error) if error.is::<LengthLimitError>() => {
                let (whose, longest) = (&self.called.whose, LONGEST / 1024 / 1024);
                let sentence = format!("{whose} answers {path} with more than {longest} MiB");
                return Err(Error::refused(sentence));
            }
            Err(_) => return Err(self.hung_up().await),
        };
        String::from_utf8(body.to_bytes().into()).map_err(|_| {
            Error::refused(format!("{} answers {path} with no text", self.called.whose))
        })
    }

    async fn hung_up(&self) -> Error {
        // The data and error channels of a forwarded port are not synchronized.
        let told = async {
            while self.failure.get().is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = timeout(LAST_WORDS, told).await;
        self.called.silent(&self.failure)
    }
}

impl Called {
    fn silent(&self, failure: &OnceLock<String>) -> Error {
        let why = failure
            .get()
            .map_or("it closed the connection", String::as_str);
        self.unreachable(format!("{} cannot be asked: {why}", self.whose))
    }

    fn late(&self, limit: Duration) -> Error {
        let seconds = limit.as_secs();
        self.unreachable(format!("{} does not answer within {seconds} s", self.whose))
    }

    fn unreachable(&self, sentence: String) -> Error {
        Error::new(Kind::Unreachable, sentence).hint(&self.logs)
    }
}
