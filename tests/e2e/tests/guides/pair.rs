//! The two clusters of a page, which each of its tabs makes a mesh of and leaves as it found them.

use std::net::TcpStream;

use mesh_e2e::cloud::Hosted;
use mesh_testkit::kubeconfig::Kubeconfig;
use mesh_testkit::real::Cluster;
use serde_json::Value;

use crate::page::{Half, Page, Tab};
use crate::shell::Shell;

/// The names that the pages give to clusters and contexts.
pub(crate) const NAMES: [&str; 2] = ["cluster1", "cluster2"];

/// The addresses that the load balancer of each cluster gives out; they are nobody's
/// (<https://www.rfc-editor.org/rfc/rfc5737>), which the pages do not dial.
pub(crate) const ADDRESSES: [&str; 2] = ["198.51.100.11", "203.0.113.12"];

/// Follows a page on two clusters of its own, for one way to install after the other, and looks at each mesh with `look`.
pub(crate) fn follow(page: &str, look: fn(&[Hosted; 2])) {
    let clusters = start(page.trim_end_matches(".md"));
    let page = Page::read(page);
    for tab in Tab::ALL {
        run(&page, tab, &clusters, look);
        for cluster in &clusters {
            is_clean(cluster.cluster());
        }
    }
    end(clusters);
}

/// Ends the clusters as a page that fails does, and sees that they are gone.
fn end(clusters: [Hosted; 2]) {
    let servers = clusters
        .each_ref()
        .map(|cluster| cluster.cluster().authority().to_owned());
    drop(clusters);
    for server in servers {
        assert!(TcpStream::connect(&server).is_err(), "{server} still runs");
    }
}

/// Runs a page's commands for one tab as they stand, looks at the mesh, and runs the commands that clean up.
fn run(page: &Page, tab: Tab, clusters: &[Hosted; 2], look: fn(&[Hosted; 2])) {
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
    look(clusters);
    for block in page.blocks(tab, Half::CleanUp) {
        shell.run(block);
    }
}

fn start(name: &str) -> [Hosted; 2] {
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
