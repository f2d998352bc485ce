//! The names that exist: in the kubeconfig, and in the clusters that the words before select.
//!
//! Any failure results in no names: a person who presses TAB has not run a command yet.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, Secret};

use super::question::{Kind, Place};
use crate::{Environment, flags};
use mesh_client::{Cluster, Connector, Kubeconfig, Overrides, Selection, fan_out};
use mesh_model::Error;
use mesh_model::names::{ISTIO_SYSTEM, REMOTE_SECRETS};

/// The time limit for an answer to TAB.
const PATIENCE: Duration = Duration::from_secs(3);

/// A name with its description.
pub(super) type Name = (String, Option<String>);

/// Returns the names of `kind`, in the order of the kubeconfig or of the clusters.
pub(super) async fn names(
    kind: Kind,
    place: &Place,
    environment: &Environment,
    user_agent: &str,
) -> Vec<Name> {
    let kubeconfig = Kubeconfig::load_in_pod(
        place.kubeconfig.as_deref(),
        environment.kubeconfig.as_deref(),
        environment.home.as_deref(),
        environment.pod.as_ref(),
    );
    let preferences = flags::preferences(place.kuberc.as_deref(), environment);
    let (Ok(kubeconfig), Ok(preferences)) = (kubeconfig, preferences) else {
        return Vec::new();
    };
    let kubeconfig = kubeconfig.with_preferences(preferences);
    if kind == Kind::Context {
        return kubeconfig
            .context_names()
            .map(|name| (name.to_owned(), None))
            .collect();
    }
    let connector = flags::connector(environment, user_agent, false);
    let reading = in_clusters(kind, place, &kubeconfig, &connector);
    tokio::time::timeout(PATIENCE, reading)
        .await
        .unwrap_or_default()
}

async fn in_clusters(
    kind: Kind,
    place: &Place,
    kubeconfig: &Kubeconfig,
    connector: &Connector,
) -> Vec<Name> {
    let contexts = match flags::split_contexts(&place.contexts, kubeconfig) {
        none if none.is_empty() => vec![None],
        named => named.into_iter().map(Some).collect(),
    };
    let targets: Vec<_> = contexts
        .into_iter()
        .filter_map(|context| {
            let overrides = Overrides {
                context,
                request_timeout: Some(PATIENCE),
                ..Overrides::default()
            };
            kubeconfig.target(&overrides).ok()
        })
        .collect();
    let read = fan_out(targets, |target| async {
        let cluster = connector.connect(target).await?;
        match kind {
            Kind::Namespace => namespaces(&cluster).await,
            Kind::RemoteSecret => remote_secrets(&cluster, place).await,
            Kind::Context | Kind::File => Ok(Vec::new()),
        }
    });
    let mut names: Vec<Name> = read.await.into_iter().flatten().flatten().collect();
    // Clusters of one mesh have secrets of the same names.
    let mut known = BTreeSet::new();
    names.retain(|(name, _)| known.insert(name.clone()));
    names
}

async fn namespaces(cluster: &Cluster) -> Result<Vec<Name>, Error> {
    let all = cluster
        .list_names::<Namespace>(None, &Selection::default())
        .await?;
    Ok(all.into_iter().map(|name| (name, None)).collect())
}

/// Returns the secrets, and the clusters that they give access to: either can be typed.
async fn remote_secrets(cluster: &Cluster, place: &Place) -> Result<Vec<Name>, Error> {
    let namespace = place.namespace.as_deref().unwrap_or(ISTIO_SYSTEM);
    let selection = Selection::labelled(REMOTE_SECRETS);
    let secrets = cluster.list::<Secret>(Some(namespace), &selection).await?;
    let mut names = Vec::new();
    for secret in secrets {
        let name = secret.metadata.name.unwrap_or_default();
        let clusters: Vec<String> = secret.data.unwrap_or_default().into_keys().collect();
        let leads = format!("gives access to {}", clusters.join(", "));
        names.extend(
            clusters
                .into_iter()
                .map(|cluster| (cluster, Some(format!("of secret {name}")))),
        );
        names.push((name, Some(leads)));
    }
    Ok(names)
}
