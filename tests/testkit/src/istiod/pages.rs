//! The pages of the process.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::DuplexStream;

use crate::embedded::Follower;

/// The answer of a page that does not do what it should.
#[derive(Clone, Debug)]
pub enum Page {
    /// With this status and no page, as where debug pages are switched off (404).
    Status(u16),
    /// With 200 and this text.
    Text(String),
    /// Never.
    Hangs,
    /// By hanging up.
    HangsUp,
}

/// One process.
pub(super) struct Process {
    pub(super) version: String,
    /// Its name for its own cluster.
    pub(super) own_id: String,
    /// It hears of no secret from now on.
    pub(super) deaf: bool,
    /// Its status of every cluster that it has from a secret.
    pub(super) status: String,
    pub(super) pages: BTreeMap<String, Page>,
    /// The number of requests for each page, whatever came of them.
    pub(super) asked: BTreeMap<String, usize>,
    pub(super) secrets: Follower,
    pub(super) events: BTreeMap<&'static str, u64>,
    /// The clusters of each secret, by `NAMESPACE/NAME`.
    pub(super) clusters: BTreeMap<String, Vec<String>>,
}

impl Process {
    pub(super) fn hear(&mut self) {
        if self.deaf {
            return;
        }
        for news in self.secrets.news() {
            *self.events.entry(news.what).or_default() += 1;
            let text = |field: &str| news.object["metadata"][field].as_str().unwrap_or_default();
            let secret = format!("{}/{}", text("namespace"), text("name"));
            if news.what == "delete" {
                self.clusters.remove(&secret);
                continue;
            }
            // As `addSecret` in Istio's `pkg/kube/multicluster/secretcontroller.go`: its own cluster, and one that another Secret
            // has registered before, are left out, and not looked at again before the Secret changes.
            let data = news.object["data"].as_object();
            let keys = data.into_iter().flat_map(|data| data.keys());
            let others = self.clusters.iter().filter(|(other, _)| **other != secret);
            let taken: BTreeSet<&String> = others.flat_map(|(_, ids)| ids).collect();
            let ids = keys.filter(|id| **id != self.own_id && !taken.contains(id));
            let ids = ids.cloned().collect();
            self.clusters.insert(secret, ids);
        }
    }

    /// `ListRemoteClusters` in Istio's `pkg/kube/multicluster/secretcontroller.go`.
    fn clusterz(&self) -> String {
        let entry = |id: &str, secret: &str, status: &str| json!({"id": id, "secretName": secret, "syncStatus": status});
        let remote = self.clusters.iter().flat_map(|(secret, ids)| {
            let of = move |id: &String| entry(id, secret, &self.status);
            ids.iter().map(of)
        });
        let own = entry(&self.own_id, "", "synced");
        Value::Array(std::iter::once(own).chain(remote).collect()).to_string()
    }

    /// A counter that nothing was counted in is left out.
    fn metrics(&self) -> String {
        let name = "remote_cluster_secret_events_total";
        let build = format!(
            "istio_build{{component=\"pilot\",tag=\"{}\"}} 1\n",
            self.version
        );
        let counts = self.events.iter();
        let counts = counts.map(|(event, count)| format!("{name}{{event=\"{event}\"}} {count}\n"));
        std::iter::once(build).chain(counts).collect()
    }

    fn page(&mut self, path: &str) -> Page {
        *self.asked.entry(path.to_owned()).or_default() += 1;
        self.hear();
        match self.pages.get(path) {
            None => match path {
                "/debug/clusterz" => Page::Text(self.clusterz()),
                "/metrics" => Page::Text(self.metrics()),
                _ => Page::Status(404),
            },
            Some(other) => other.clone(),
        }
    }
}

/// Serves one connection to the process.
pub(super) async fn serve(process: Arc<Mutex<Process>>, stream: DuplexStream) {
    let service = service_fn(|request: Request<Incoming>| {
        let page = locked(&process).page(request.uri().path());
        async move {
            match page {
                Page::Text(text) => Ok(answer(StatusCode::OK, text)),
                Page::Status(code) => {
                    let code = StatusCode::from_u16(code).expect("codes are valid");
                    Ok(answer(code, format!("{code}\n")))
                }
                Page::HangsUp => Err(io::Error::other("it hangs up")),
                Page::Hangs => std::future::pending().await,
            }
        }
    });
    // Whoever asks hangs up as it likes.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn answer(code: StatusCode, text: String) -> Response<Full<Bytes>> {
    Response::builder()
        .status(code)
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(Full::from(text))
        .expect("the head is well formed")
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
