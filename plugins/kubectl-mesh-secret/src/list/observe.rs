//! Reads what a holder holds: its remote secrets, and those that are meant to be some. Nothing is judged here.

use std::collections::BTreeSet;

use futures::future::join_all;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use mesh_common::client::{Cluster, Selection};
use mesh_common::model::error::Error;
use mesh_common::model::finding::CheckId;
use mesh_common::model::istiod;
use mesh_common::model::meant_for::Member;
use mesh_common::model::names::{KUBE_SYSTEM, MULTI_CLUSTER_LABEL, REMOTE_SECRET_PREFIX};
use mesh_common::model::read::Read;
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::secret::HolderSecrets;
use mesh_common::ops::secret::known_clusters_of;
use mesh_common::ops::secret::remote::address;

/// What was read of one holder.
pub(super) struct Holder {
    /// Its secrets.
    pub secrets: HolderSecrets,
    /// The checks that could not be made, each with the reason.
    pub skipped: Vec<(CheckId, String)>,
}

/// Reads one holder in one wave, and a second one where names call for a closer look or rights are narrow.
pub(super) async fn observe(cluster: &Cluster, namespace: &str) -> Result<Holder, Error> {
    let labelled = selection(MULTI_CLUSTER_LABEL);
    let of_istiod = selection(istiod::SELECTOR);
    let all = Selection::default();
    let reads = cluster.reads();
    let (space, deployments, everywhere, names) = futures::join!(
        reads.get::<Namespace>(None, KUBE_SYSTEM),
        reads.list::<Deployment>(None, &of_istiod),
        reads.list::<Secret>(None, &labelled),
        reads.list_names::<Secret>(Some(namespace), &all),
    );
    reads.checked()?;
    let mut skipped = Skipped::default();
    skipped.because(
        &space,
        &[
            CheckId::SecretSelf,
            CheckId::SecretDuplicate,
            CheckId::SecretWrongCluster,
        ],
    );
    skipped.because(&deployments, &[CheckId::SecretWrongNamespace]);
    skipped.because(&everywhere, &[CheckId::SecretWrongNamespace]);
    skipped.because(&names, &[CheckId::SecretLabel]);
    // Who may not read every namespace may still read this one.
    let sees_others = deployments.is_seen();
    let (deployments, secrets) = futures::join!(
        async {
            match deployments {
                Read::Seen(all) => Read::Seen(all),
                _unread => reads.list(Some(namespace), &of_istiod).await,
            }
        },
        async {
            match everywhere {
                Read::Seen(all) => Ok(all),
                _unread => cluster.list(Some(namespace), &labelled).await,
            }
        },
    );
    reads.checked()?;
    skipped.because(
        &deployments,
        &[
            CheckId::SecretSelf,
            CheckId::SecretMissing,
            CheckId::ClusterIdSecretKey,
        ],
    );
    let (mut secrets, mut elsewhere) = split(secrets?, deployments.items(), namespace);
    if !sees_others {
        elsewhere.clear();
    }
    let known: BTreeSet<&str> = secrets.iter().map(own_name).collect();
    let nameless = names
        .items()
        .iter()
        .filter(|name| name.starts_with(REMOTE_SECRET_PREFIX) && !known.contains(name.as_str()));
    let unlabelled = nameless.map(|name| reads.get::<Secret>(Some(namespace), name));
    let unlabelled = join_all(unlabelled).await;
    reads.checked()?;
    for one in unlabelled {
        skipped.because(&one, &[CheckId::SecretLabel]);
        secrets.extend(one.or_default());
    }
    let own = in_namespace(deployments.items(), namespace);
    let secrets_of_holder = HolderSecrets {
        kubectl: cluster.target().kubectl().clone(),
        member: Member {
            context: cluster.context().to_owned(),
            address: address(cluster.target()),
            uid: space.or_default().and_then(|space| space.metadata.uid),
            ids: istiod::cluster_ids(&own),
        },
        is_without_istiod: deployments.is_seen() && own.is_empty(),
        used: known_clusters_of(cluster, namespace, &secrets).await,
        secrets,
        elsewhere,
    };
    Ok(Holder {
        secrets: secrets_of_holder,
        skipped: skipped.0,
    })
}

/// The checks that are left out, each once, with the first reason.
#[derive(Default)]
struct Skipped(Vec<(CheckId, String)>);

impl Skipped {
    fn because<T>(&mut self, read: &Read<T>, checks: &[CheckId]) {
        let Some(reason) = read.reason() else {
            return;
        };
        for check in checks {
            if !self.0.iter().any(|(known, _)| known == check) {
                self.0.push((*check, reason.to_owned()));
            }
        }
    }
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
