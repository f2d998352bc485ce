//! Refuses a server address that leads nowhere from another cluster, and names those that the cluster itself shows.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{ConfigMap, Node};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use mesh_common::client::{Cluster, Selection};
use mesh_common::model::Error;
use mesh_common::model::command::Knob;
use mesh_common::model::server::{Dead, check_url, dead};

use super::options::Options;

/// The refusal of `server`, with a hint for each address that the cluster shows and that is not dead itself.
pub(crate) async fn refusal(
    source: &Cluster,
    server: &str,
    why: Dead,
    options: &Options,
) -> Result<Error, Error> {
    let context = source.context();
    let mut error = Error::usage(format!(
        "server {server} of context {context} {}",
        why.reason()
    ));
    let found = candidates(source).await;
    for url in &found {
        error = error.hint(options.flag(Knob::Server, context, url));
    }
    if found.is_empty() {
        error = error.hint(format!(
            "give context {context} with --server the address at which the other clusters' pods reach its API server"
        ));
    }
    Ok(error.hint("add --allow-loopback, if every cluster runs on this machine"))
}

/// Addresses of the API server in the cluster's own objects; what cannot be read shows none.
async fn candidates(source: &Cluster) -> Vec<String> {
    let everything = Selection::labelled("kubernetes.io/service-name=kubernetes");
    let masters = Selection::labelled("node-role.kubernetes.io/control-plane");
    let (slices, info, nodes) = futures::join!(
        source.list::<EndpointSlice>(Some("default"), &everything),
        source.get::<ConfigMap>(Some("kube-public"), "cluster-info"),
        source.list::<Node>(None, &masters),
    );
    let (slices, nodes) = (slices.unwrap_or_default(), nodes.unwrap_or_default());
    let port = slices
        .iter()
        .flat_map(|slice| slice.ports.iter().flatten())
        .find_map(|port| port.port)
        .unwrap_or(6443);
    let published = info.ok().flatten().as_ref().and_then(published_server);
    let addresses = slices
        .iter()
        .flat_map(|slice| {
            slice
                .endpoints
                .iter()
                .flat_map(|endpoint| endpoint.addresses.clone())
        })
        .chain(nodes.iter().flat_map(node_addresses));
    let urls: BTreeSet<String> = addresses
        .map(|address| url(&address, port))
        .filter(|url| is_good(url))
        .collect();
    published
        .filter(|url| is_good(url))
        .into_iter()
        .chain(urls)
        .collect()
}

/// Whether it is worth proposing: the cluster's objects may say anything.
fn is_good(url: &str) -> bool {
    check_url(url).is_ok() && dead(url).is_none()
}

/// kubeadm publishes how to reach the cluster.
/// Source: <https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#create-the-public-cluster-info-configmap>.
fn published_server(info: &ConfigMap) -> Option<String> {
    let kubeconfig = info.data.as_ref()?.get("kubeconfig")?;
    let documents = mesh_common::model::yaml::documents(kubeconfig, "cluster-info").ok()?;
    documents.first()?["clusters"][0]["cluster"]["server"]
        .as_str()
        .map(str::to_owned)
}

fn node_addresses(node: &Node) -> Vec<String> {
    let addresses = node
        .status
        .iter()
        .flat_map(|status| status.addresses.iter().flatten());
    let reachable = ["InternalIP", "ExternalIP"];
    addresses
        .filter(|a| reachable.contains(&a.type_.as_str()))
        .map(|a| a.address.clone())
        .collect()
}

fn url(address: &str, port: i32) -> String {
    if address.contains(':') {
        format!("https://[{address}]:{port}")
    } else {
        format!("https://{address}:{port}")
    }
}
