//! The istiod as tests hold it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::pages::{Page, Process, locked, serve};
use crate::embedded::Cluster;
use crate::embedded::background;

const NAMESPACE: &str = "istio-system";
/// The port at which an istiod serves metrics and debug pages.
const PORT: u16 = 15014;
/// The selector of remote secrets: `MultiClusterSecretLabel` in Istio's `pkg/kube/multicluster/secretcontroller.go`.
const REMOTE: (&str, &str) = ("istio/multiCluster", "true");

/// One pod of istiod in an embedded cluster.
pub struct FakeIstiod<'c> {
    cluster: &'c Cluster,
    pod: String,
    process: Arc<Mutex<Process>>,
}

/// The process of a [`FakeIstiod`] that goes on while nobody holds it.
#[derive(Clone)]
pub struct Left {
    pod: String,
    process: Arc<Mutex<Process>>,
}

impl<'c> FakeIstiod<'c> {
    /// Takes hold again of one that was left.
    pub fn again(cluster: &'c Cluster, left: &Left) -> Self {
        let Left { pod, process } = left.clone();
        Self {
            cluster,
            pod,
            process,
        }
    }

    /// Leaves it to itself.
    pub fn leave(self) -> Left {
        Left {
            pod: self.pod,
            process: self.process,
        }
    }

    /// Starts one of version 1.31.0 in the pod `pod`; it has read all secrets that are there.
    pub fn start(cluster: &'c Cluster, pod: &str) -> Self {
        cluster.create(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": pod, "namespace": NAMESPACE, "labels": {"app": "istiod"}},
            "spec": {"nodeName": "node-1", "containers": [{"name": "discovery", "image": "pilot"}]},
            "status": {"phase": "Running", "startTime": cluster.time()},
        }));
        let process = Process {
            version: "1.31.0".to_owned(),
            own_id: cluster.name().to_owned(),
            deaf: false,
            status: "synced".to_owned(),
            pages: BTreeMap::new(),
            asked: BTreeMap::new(),
            secrets: cluster.follow("secrets", NAMESPACE, REMOTE),
            events: BTreeMap::new(),
            clusters: BTreeMap::new(),
        };
        let istiod = Self {
            cluster,
            pod: pod.to_owned(),
            process: Arc::new(Mutex::new(process)),
        };
        istiod.run(0);
        istiod
    }

    /// Is of this version.
    #[must_use]
    pub fn version(self, version: &str) -> Self {
        version.clone_into(&mut locked(&self.process).version);
        self
    }

    /// Calls its own cluster so, rather than by the name that the cluster was started with.
    #[must_use]
    pub fn called(self, id: &str) -> Self {
        id.clone_into(&mut locked(&self.process).own_id);
        self
    }

    /// Hears of no secret from now on, or of all again.
    pub fn deaf(&self, deaf: bool) {
        locked(&self.process).deaf = deaf;
    }

    /// Says this of every cluster that it has from a secret: `synced`, `syncing`, `timeout` or `closed`.
    pub fn says(&self, status: &str) {
        status.clone_into(&mut locked(&self.process).status);
    }

    /// Lets a page, such as `/metrics`, answer like this until [`Self::heal`].
    pub fn page(&self, path: &str, page: Page) {
        locked(&self.process).pages.insert(path.to_owned(), page);
    }

    /// Behaves again as it did at first.
    pub fn heal(&self) {
        let mut process = locked(&self.process);
        process.deaf = false;
        process.pages.clear();
        "synced".clone_into(&mut process.status);
    }

    /// The number of requests for a page.
    pub fn asked(&self, path: &str) -> usize {
        let process = locked(&self.process);
        process.asked.get(path).copied().unwrap_or_default()
    }

    /// The Secret (`NAMESPACE/NAME`) that it has a cluster from.
    pub fn secret_of(&self, id: &str) -> Option<String> {
        let mut process = locked(&self.process);
        process.hear();
        let mut clusters = process.clusters.iter();
        let (secret, _) = clusters.find(|(_, ids)| ids.iter().any(|one| one == id))?;
        Some(secret.clone())
    }

    /// Nobody listens in the pod any more, which is said to run nevertheless.
    pub fn stop(&self) {
        self.cluster.close(NAMESPACE, &self.pod, PORT);
    }

    /// Nobody listens in the pod any more, and whoever forwards its port says so in these words.
    pub fn refuses(&self, words: &str) {
        self.cluster.refuse(NAMESPACE, &self.pod, PORT, words);
    }

    /// Starts another process in the same pod, now: it has counted nothing before, and reads all secrets that are there.
    pub fn restart(&self) {
        let restarts = {
            let mut process = locked(&self.process);
            process.secrets = self.cluster.follow("secrets", NAMESPACE, REMOTE);
            process.events.clear();
            process.clusters.clear();
            process.deaf = false;
            let pod = self.cluster.get("pods", NAMESPACE, &self.pod);
            let pod = pod.expect("the pod is there");
            pod["status"]["containerStatuses"][0]["restartCount"].as_i64()
        };
        self.run(restarts.unwrap_or_default() + 1);
    }

    /// Takes the pod away with its process.
    pub fn delete(self) {
        self.stop();
        self.cluster.delete("pods", NAMESPACE, &self.pod);
    }

    /// Opens the port, and notes in the pod what runs now.
    fn run(&self, restarts: i64) {
        let now = self.cluster.time();
        self.cluster.edit("pods", NAMESPACE, &self.pod, |pod| {
            pod["status"]["containerStatuses"] = json!([{
                "name": "discovery", "restartCount": restarts, "ready": true,
                "state": {"running": {"startedAt": now}},
            }]);
        });
        let process = Arc::clone(&self.process);
        let listener = move |stream| background::spawn(serve(Arc::clone(&process), stream));
        self.cluster
            .listen(NAMESPACE, &self.pod, PORT, Arc::new(listener));
    }
}

impl fmt::Debug for FakeIstiod<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeIstiod")
            .field("pod", &self.pod)
            .finish_non_exhaustive()
    }
}
