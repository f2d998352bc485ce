//! A cluster with a network around it.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::Result;
use mesh_testkit::kubeconfig::{self, User};
use mesh_testkit::proxy::{ConnectProxy, SocketProxy};
use mesh_testkit::real::{Cluster, Kind, Lab, Options};
use serde_json::json;
use tempfile::TempDir;

use super::keeper::Keeper;

/// The beginning of every Service's address in the lab.
const SERVICES: &str = "10.96.";

/// A cluster with nodes, reached by a name that is no loopback address, whose API server reaches the webhooks of its istiod.
/// It ends when the value is dropped, and so with a test that fails too.
pub struct Hosted {
    cluster: Arc<Cluster>,
    name: String,
    way_in: ConnectProxy,
    /// Kept for as long as the API server is to reach its pods.
    _pods: SocketProxy,
    _dir: TempDir,
}

impl Hosted {
    /// Starts the cluster under this name.
    ///
    /// The API server reaches pods and Services through a proxy, as one that stands apart from its nodes does
    /// (<https://kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity/>); that proxy knows where istiod really is.
    pub fn start(name: &str) -> Result<Self> {
        let webhooks = Arc::new(OnceLock::<String>::new());
        let known = Arc::clone(&webhooks);
        let dir = tempfile::tempdir()?;
        let socket = dir.path().join("pods");
        let pods = SocketProxy::routed(&socket, move |target| match known.get() {
            Some(istiod) if is_https_service(target) => istiod.clone(),
            Some(_) | None => target.to_owned(),
        });
        let egress = dir.path().join("egress.json");
        std::fs::write(&egress, through(&socket).to_string())?;
        let host = format!("{name}.invalid");
        let options = Options {
            api_server_flags: vec![format!(
                "--egress-selector-config-file={}",
                egress.display()
            )],
            server_names: vec![host.clone()],
            ..Options::default()
        };
        let cluster = Lab::get()?.cluster_with(name, Kind::Nodes, options)?;
        webhooks.get_or_init(|| cluster.istiod_webhooks().to_owned());
        let authority = cluster.authority().to_owned();
        Ok(Self {
            cluster: Arc::new(cluster),
            name: host,
            way_in: ConnectProxy::routed(move |_| authority.clone()),
            _pods: pods,
            _dir: dir,
        })
    }

    /// The cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The kubeconfig's entry for it: a name that only the proxy beside it knows.
    pub fn entry(&self) -> kubeconfig::Cluster {
        kubeconfig::Cluster::new(&format!("https://{}:6443", self.name))
            .ca_pem(self.cluster.ca_pem())
            .proxy_url(&self.way_in.url())
    }

    /// Its administrator.
    pub fn admin(&self) -> Result<User> {
        Ok(User::new().client_certificate(&self.cluster.admin()?))
    }

    /// Gives it, for as long as the keeper lives, an istiod once one is installed, and this address for its load balancers.
    pub fn keep(&self, address: &str) -> Keeper {
        Keeper::start(Arc::clone(&self.cluster), address)
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        // The way to its pods ends here, so it is of no use to anybody else. What cannot be ended now ends with the run.
        if let Ok(lab) = Lab::get() {
            let _ = lab.without_cluster(self.cluster.name(), self.cluster.kind());
        }
    }
}

fn is_https_service(target: &str) -> bool {
    target.starts_with(SERVICES) && target.ends_with(":443")
}

/// <https://kubernetes.io/docs/reference/config-api/apiserver-config.v1beta1/> calls the way to nodes and pods `cluster`.
fn through(socket: &Path) -> serde_json::Value {
    let transport = json!({"uds": {"udsName": socket}});
    json!({
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{
            "name": "cluster",
            "connection": {"proxyProtocol": "HTTPConnect", "transport": transport},
        }],
    })
}
