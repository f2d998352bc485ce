//! Recordings of clients: connections, handshakes, requests, and which of them were under way at the same time.
//!
//! Written by the server, read by tests; it changes nothing. It never holds a token, a header or a body.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use serde_json::Value;

use crate::model::request::Request;

/// One TCP connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Counted from 1 within the cluster.
    pub number: usize,
    /// The TLS handshake went through.
    pub handshake: bool,
    /// The protocol that ALPN agreed on: `h2`, `http/1.1`, or nothing.
    pub alpn: String,
    bytes: Arc<Bytes>,
}

#[derive(Debug, Default)]
pub(crate) struct Bytes {
    pub(crate) received: AtomicU64,
    pub(crate) sent: AtomicU64,
}

impl Connection {
    /// Bytes that came from the client, TLS and all.
    pub fn bytes_received(&self) -> u64 {
        self.bytes.received.load(Ordering::Relaxed)
    }

    /// Bytes that went to the client, TLS and all.
    pub fn bytes_sent(&self) -> u64 {
        self.bytes.sent.load(Ordering::Relaxed)
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The [`Connection::number`] that it came over.
    pub connection: usize,
    /// The method.
    pub method: String,
    /// Decoded path and query, parameters in the order of their names.
    pub path: String,
    /// The object that it is about, such as `roles.rbac.authorization.k8s.io istio-system/a` or `namespaces a`: its name or the
    /// beginning of a generated one is in the body of a POST. None for a list, a subresource and what has no name.
    pub object: Option<String>,
    /// The user who authenticated; nobody where that failed.
    pub user: String,
    /// The user who was impersonated, if any.
    pub impersonated: Option<String>,
    /// The kind of its body: nothing, `json`, `apply`, `merge-patch`, `strategic-merge-patch`, `json-patch`, `yaml`, `protobuf`.
    pub body: &'static str,
    /// The user agent of the client.
    pub user_agent: String,
    /// The answer's status; none while there is no answer, or never was one.
    pub status: Option<u16>,
    arrived: u64,
    answered: Option<u64>,
}

impl Recorded {
    /// Tells whether this request arrived before the other one was answered, and the other way round.
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |a: &Self, b: &Self| b.answered.is_none_or(|answered| a.arrived < answered);
        before(self, other) && before(other, self)
    }
}

/// `1 GET /api/v1/namespaces/istio-system/secrets/x 200`.
impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.connection, self.method, self.path)?;
        if !self.body.is_empty() && self.body != "json" {
            write!(f, " {}", self.body)?;
        }
        match self.status {
            Some(status) => write!(f, " {status}"),
            None => write!(f, " -"),
        }
    }
}

/// Splits requests into waves: a wave ends where a request arrives after another one of the wave was answered.
pub fn waves(requests: &[Recorded]) -> Vec<Vec<Recorded>> {
    let mut waves: Vec<Vec<Recorded>> = Vec::new();
    for request in requests {
        match waves.last_mut() {
            Some(wave) if wave.iter().all(|other| other.overlaps(request)) => {
                wave.push(request.clone());
            }
            Some(_) | None => waves.push(vec![request.clone()]),
        }
    }
    waves
}

/// Returns the largest number of requests that were under way at the same time.
pub fn most_at_once(requests: &[Recorded]) -> usize {
    let begin = requests.iter().map(|request| (request.arrived, true));
    let end = requests.iter().filter_map(|request| request.answered);
    let mut moments: Vec<(u64, bool)> = begin.chain(end.map(|moment| (moment, false))).collect();
    moments.sort_unstable();
    let (mut under_way, mut most) = (0_usize, 0);
    for (_, is_begin) in moments {
        under_way = if is_begin {
            under_way + 1
        } else {
            under_way - 1
        };
        most = most.max(under_way);
    }
    most
}

/// The requests for a golden file: one on each line, in the order of their text within a wave, waves apart by `--`.
pub fn render(requests: &[Recorded]) -> String {
    let blocks: Vec<String> = waves(requests)
        .iter()
        .map(|wave| {
            let mut lines: Vec<String> =
                wave.iter().map(|request| format!("{request}\n")).collect();
            lines.sort();
            lines.concat()
        })
        .collect();
    blocks.join("--\n")
}

/// Everything recorded so far.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    pub(crate) connections: Vec<Connection>,
    pub(crate) requests: Vec<Recorded>,
    /// Requests before this one were cleared away; a late answer to one of those is not noted.
    first: usize,
    accepted: usize,
    moment: u64,
}

impl Recording {
    pub(crate) fn accept(&mut self) -> (usize, Arc<Bytes>) {
        self.accepted += 1;
        let bytes = Arc::new(Bytes::default());
        self.connections.push(Connection {
            number: self.accepted,
            handshake: false,
            alpn: String::new(),
            bytes: Arc::clone(&bytes),
        });
        (self.accepted, bytes)
    }

    pub(crate) fn handshake(&mut self, number: usize, alpn: &str) {
        if let Some(connection) = self.connections.iter_mut().find(|c| c.number == number) {
            connection.handshake = true;
            alpn.clone_into(&mut connection.alpn);
        }
    }

    /// Notes a request and returns its place, for [`Self::answer`].
    pub(crate) fn arrive(&mut self, request: Recorded) -> usize {
        self.moment += 1;
        self.requests.push(Recorded {
            arrived: self.moment,
            ..request
        });
        self.first + self.requests.len() - 1
    }

    pub(crate) fn answer(&mut self, place: usize, status: u16) {
        self.moment += 1;
        let moment = self.moment;
        let index = place.checked_sub(self.first);
        if let Some(request) = index.and_then(|index| self.requests.get_mut(index)) {
            request.status = Some(status);
            request.answered = Some(moment);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.first += self.requests.len();
        self.requests.clear();
        self.connections.clear();
    }
}

impl Recorded {
    pub(crate) fn new(connection: usize, request: &Request, user: &str) -> Self {
        let header = |name: &str| {
            let value = request
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok());
            value.map(ToOwned::to_owned)
        };
        let body = match request.content_type() {
            _ if request.body.is_empty() => "",
            "application/apply-patch+yaml" => "apply",
            "application/merge-patch+json" => "merge-patch",
            "application/strategic-merge-patch+json" => "strategic-merge-patch",
            "application/json-patch+json" => "json-patch",
            "application/yaml" => "yaml",
            "application/vnd.kubernetes.protobuf" => "protobuf",
            _ => "json",
        };
        Self {
            connection,
            method: request.method.to_string(),
            path: request.shown(),
            object: object(request),
            user: user.to_owned(),
            impersonated: header("impersonate-user"),
            body,
            user_agent: header("user-agent").unwrap_or_default(),
            status: None,
            arrived: 0,
            answered: None,
        }
    }
}

fn object(request: &Request) -> Option<String> {
    let path = request.target.resource.as_ref();
    let path = path.filter(|path| path.subresource.is_empty())?;
    let name = if path.name.is_empty() && request.method == Method::POST {
        let body: Value = serde_json::from_slice(&request.body).ok()?;
        let metadata = &body["metadata"];
        let name = metadata["name"].as_str();
        name.or(metadata["generateName"].as_str())?.to_owned()
    } else {
        path.name.clone()
    };
    let resource = match path.group.as_str() {
        "" => path.resource.clone(),
        group => format!("{}.{group}", path.resource),
    };
    match (path.namespace.as_str(), name.as_str()) {
        (_, "") => None,
        ("", name) => Some(format!("{resource} {name}")),
        (namespace, name) => Some(format!("{resource} {namespace}/{name}")),
    }
}
