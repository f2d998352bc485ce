//! Refuses a server address that other clusters cannot reach, and proposes those that the cluster itself shows.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use mesh_client::{Cluster, Selection};
use mesh_model::Error;
use mesh_model::command::{Knob, Step};
use mesh_model::resources::Node;
use mesh_model::server::{Dead, check_url, dead};

use super::options::Options;

/// Returns the refusal of `server`, with a hint for each routable address that the cluster shows.
pub(crate) async fn refusal(
    remote: &Cluster,
    server: &str,
    why: Dead,
    options: &Options,
) -> Result<Error, Error> {
    let context = remote.context();
    let mut error = Error::usage(format!(
        "server {server} of context {context} {}",
        why.reason()
    ));
    let found = candidates(remote).await;
    for url in &found {
        error = error.hint(options.setting(Knob::Server, context, url));
    }
    if found.is_empty() {
        error = error.hint(
            Step::new(format!("give context {context} with "))
                .knob(Knob::Server)
                .text(" the address at which pods of the other clusters reach its API server"),
        );
    }
    Ok(error.hint(
        Step::new("add ")
            .knob(Knob::AllowLoopback)
            .text(", if every cluster runs on this machine"),
    ))
}

/// Reads addresses of the API server from the cluster's own objects; what cannot be read shows none.
async fn candidates(remote: &Cluster) -> Vec<String> {
    let everything = Selection::labelled("kubernetes.io/service-name=kubernetes");
    let masters = Selection::labelled("node-role.kubernetes.io/control-plane");
    let (slices, info, nodes) = futures::join!(
        remote.list::<EndpointSlice>(Some("default"), &everything),
        remote.get::<ConfigMap>(Some("kube-public"), "cluster-info"),
        remote.list::<Node>(None, &masters),
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
        .chain(nodes.iter().flat_map(|node| {
            let reachable = node.addresses_of(&["InternalIP", "ExternalIP"]);
            reachable.map(str::to_owned)
        }));
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

/// Returns true where an address is worth proposing: the cluster's objects may say anything.
fn is_good(url: &str) -> bool {
    check_url(url).is_ok() && dead(url).is_none()
}

/// Returns the address that kubeadm publishes.
/// `RemoteState`: <https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#create-the-public-cluster-info-configmap>.
fn published_server(info: &ConfigMap) -> Option<String> {
    let kubeconfig = info.data.as_ref()?.get("kubeconfig")?;
    let documents = mesh_model::yaml::documents(kubeconfig, "cluster-info").ok()?;
    documents.first()?["clusters"][0]["cluster"]["server"]
        .as_str()
        .map(str::to_owned)
}

fn url(address: &str, port: i32) -> String {
    if address.contains(':') {
        format!("https://[{address}]:{port}")
    } else {
        format!("https://{address}:{port}")
    }
}
