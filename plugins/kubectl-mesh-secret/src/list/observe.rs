//! Reads what a holder holds: its remote secrets, and those that are meant to be some. Nothing is judged here.

use std::collections::BTreeSet;

use futures::future::join_all;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use mesh_common::cluster::{Cluster, Selection, optional};
use mesh_common::mesh::cluster_name::ClusterId;
use mesh_common::mesh::command::Kubectl;
use mesh_common::mesh::error::{Error, Kind};
use mesh_common::mesh::istiod;
use mesh_common::mesh::names::{KUBE_SYSTEM, MULTI_CLUSTER_LABEL, REMOTE_SECRET_PREFIX};
use mesh_common::mesh::remote_secret::own_name;

/// What was read of one holder.
pub(super) struct Holder {
    /// How kubectl is told about it.
    pub kubectl: Kubectl,
    /// Its own API server, as the kubeconfig has it.
    pub server: String,
    /// UID of its kube-system; empty where it may not be read.
    pub uid: String,
    /// What its istiods call it.
    pub istiods: Vec<ClusterId>,
    /// Whether an istiod runs in its Istio namespace.
    pub has_istiod: bool,
    /// The secrets of its Istio namespace that have the label, whatever its value, or the usual name.
    pub secrets: Vec<Secret>,
    /// Secrets with the label in namespaces where no istiod runs.
    pub elsewhere: Vec<Secret>,
    /// Why other namespaces could not be looked at.
    pub skipped: Option<String>,
}

/// Reads one holder in one wave, and a second one where names call for a closer look or rights are narrow.
pub(super) async fn observe(cluster: &Cluster, namespace: &str) -> Result<Holder, Error> {
    let labelled = selection(MULTI_CLUSTER_LABEL);
    let of_istiod = selection(istiod::SELECTOR);
    let all = Selection::default();
    let (space, deployments, everywhere, names) = futures::join!(
        cluster.get::<Namespace>(None, KUBE_SYSTEM),
        cluster.list::<Deployment>(None, &of_istiod),
        cluster.list::<Secret>(None, &labelled),
        cluster.list_metadata::<Secret>(Some(namespace), &all),
    );
    let deployments = match deployments {
        Err(error) if error.kind() == Kind::Forbidden => {
            optional(cluster.list(Some(namespace), &of_istiod).await)?
        }
        other => other?,
    };
    let (everywhere, skipped) = match everywhere {
        Err(error) if error.kind() == Kind::Forbidden => {
            let inside = cluster.list(Some(namespace), &labelled).await?;
            (inside, Some(error.to_string()))
        }
        other => (other?, None),
    };
    let (mut secrets, elsewhere) = split(everywhere, &deployments, namespace);
    let known: BTreeSet<&str> = secrets.iter().map(own_name).collect();
    let nameless = names?
        .into_iter()
        .filter_map(|metadata| metadata.name)
        .filter(|name| name.starts_with(REMOTE_SECRET_PREFIX) && !known.contains(name.as_str()));
    let unlabelled =
        nameless.map(|name| async move { cluster.get::<Secret>(Some(namespace), &name).await });
    let unlabelled = Error::gather(join_all(unlabelled).await)?;
    secrets.extend(unlabelled.into_iter().flatten());
    let own = in_namespace(&deployments, namespace);
    Ok(Holder {
        kubectl: cluster.target().kubectl().clone(),
        server: cluster.target().server().to_owned(),
        uid: optional(space)?
            .and_then(|space| space.metadata.uid)
            .unwrap_or_default(),
        istiods: istiod::cluster_ids(&own),
        has_istiod: !own.is_empty(),
        secrets,
        elsewhere,
        skipped,
    })
}

/// The secrets of the namespace, and those of namespaces without an istiod: where another one runs, they are its own.
fn split(
    secrets: Vec<Secret>,
    deployments: &[Deployment],
    namespace: &str,
) -> (Vec<Secret>, Vec<Secret>) {
    let place = |secret: &Secret| secret.metadata.namespace.clone().unwrap_or_default();
    let (inside, outside): (Vec<_>, Vec<_>) = secrets
        .into_iter()
        .partition(|secret| place(secret) == namespace);
    let elsewhere = outside
        .into_iter()
        .filter(|secret| in_namespace(deployments, &place(secret)).is_empty())
        .collect();
    (inside, elsewhere)
}

fn in_namespace(deployments: &[Deployment], namespace: &str) -> Vec<Deployment> {
    let inside = |one: &&Deployment| one.metadata.namespace.as_deref() == Some(namespace);
    deployments.iter().filter(inside).cloned().collect()
}

fn selection(labels: &str) -> Selection {
    Selection::labelled(labels)
}
