//! Two clusters that the guides share, one page after another; each page leaves them as it found them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mesh_e2e::cloud::Hosted;
use mesh_testkit::kubeconfig::Kubeconfig;
use mesh_testkit::real::Cluster;
use serde_json::Value;

use crate::page::{Half, Page, Tab};
use crate::shell::Shell;

/// The names that the pages give to clusters and contexts.
pub(crate) const NAMES: [&str; 2] = ["cluster1", "cluster2"];

/// What the load balancer of each cluster gives out.
pub(crate) const ADDRESSES: [&str; 2] = ["127.0.0.11", "127.0.0.12"];

static ISTIOCTL: Mutex<Option<[Hosted; 2]>> = Mutex::new(None);
static HELM: Mutex<Option<[Hosted; 2]>> = Mutex::new(None);

/// Runs a page's commands for one tab as they stand, looks at the mesh with `look`, and runs the commands that clean up.
///
/// What works on one pair of clusters works one after another; after a failure the next page gets new clusters.
pub(crate) fn follow(page: &str, tab: Tab, look: impl FnOnce(&[Hosted; 2])) {
    let page = Page::read(page);
    let mut pair = lock(tab);
    let clusters = match pair.take() {
        Some(clusters) => clusters,
        None => start(tab),
    };
    let mut keepers = Vec::new();
    let mut kubeconfig = Kubeconfig::new();
    for ((cluster, name), address) in clusters.iter().zip(NAMES).zip(ADDRESSES) {
        keepers.push(cluster.keep(address));
        kubeconfig = kubeconfig.entry(name, cluster.entry(), cluster.admin().unwrap());
    }
    let shell = Shell::new(&kubeconfig);
    for block in page.blocks(tab, Half::Install) {
        shell.run(block);
    }
    look(&clusters);
    for block in page.blocks(tab, Half::CleanUp) {
        shell.run(block);
    }
    drop(keepers);
    for cluster in &clusters {
        is_clean(cluster.cluster());
    }
    *pair = Some(clusters);
}

/// A page that failed took its clusters along.
fn lock(tab: Tab) -> MutexGuard<'static, Option<[Hosted; 2]>> {
    let pair = match tab {
        Tab::Istioctl => &ISTIOCTL,
        Tab::Helm => &HELM,
    };
    pair.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start(tab: Tab) -> [Hosted; 2] {
    let name = match tab {
        Tab::Istioctl => "guide-istioctl",
        Tab::Helm => "guide-helm",
    };
    let started = std::thread::scope(|scope| {
        let starts = [1, 2].map(|number| {
            let name = format!("{name}-{number}");
            scope.spawn(move || Hosted::start(&name).unwrap())
        });
        starts.map(|start| start.join().unwrap())
    });
    for cluster in &started {
        crate::mesh::install_gateway_api(cluster.cluster());
    }
    started
}

/// Neither the namespace nor a webhook is left, which would answer for an istiod that is gone.
fn is_clean(cluster: &Cluster) {
    let istios = |object: &&Value| {
        let name = object["metadata"]["name"].as_str();
        name.is_some_and(|name| name.starts_with("istio"))
    };
    for path in [
        "/api/v1/namespaces",
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    ] {
        let list = cluster.get(path).unwrap();
        let left: Vec<_> = list["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(istios)
            .collect();
        assert!(left.is_empty(), "{path} of {}: {left:?}", cluster.name());
    }
}
