//! Reads what the holders hold, and for a revocation what every other cluster holds. Nothing is decided here.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Secret;
use mesh_client::{Cluster, Connector, Target, concerns_one_cluster, fan_out};
use mesh_model::Error;
use mesh_model::command::Kubectl;
use mesh_model::fleet::Unreached;
use mesh_model::read::Read;
use mesh_model::secret::SecretFacts;

use super::clusters::Clusters;
use super::request::Request;
use super::selector::Selector;
use crate::snapshot::{self, KeptValues, Wanted, WantedSecrets};

/// The secrets of one cluster, as plain data.
pub struct ClusterSecrets {
    /// The context.
    pub context: String,
    /// The way kubectl is told about it.
    pub kubectl: Kubectl,
    /// Its API server, as the kubeconfig has it.
    pub server: String,
    /// True if secrets are deleted from here.
    pub is_holder: bool,
    /// True if it was named as the remote cluster.
    pub is_remote: bool,
    /// The secrets of its Istio namespace that have the label, whatever its value, or a name that was asked for.
    pub secrets: Vec<Secret>,
    /// For a revocation: secrets with the label in other namespaces.
    pub elsewhere: Read<Vec<Secret>>,
}

/// All that was read.
pub struct DeleteState {
    /// The holders, in the order in which they were named, and then the others.
    pub clusters: Vec<ClusterSecrets>,
    /// The connection to each of them.
    pub(super) connections: Vec<Cluster>,
    /// True if some holder could not be read.
    pub is_partial: bool,
    /// For a revocation: every context that could not be read.
    pub unread: Vec<Unreached>,
}

/// Reads all clusters at once. Returns with what was read why holders could not be read; one does not affect the others.
///
/// # Errors
/// No holder could be read, or what is wrong with one concerns more than its cluster.
pub async fn observe(
    clusters: Clusters,
    request: &Request,
    connector: &Connector,
) -> Result<(DeleteState, Vec<Error>), Error> {
    let remote = clusters.remote_context.as_deref();
    let holders = clusters.holders.iter().map(|target| (target, true));
    let others = clusters.others.iter().map(|target| (target, false));
    let all: Vec<(&Target, bool)> = holders.chain(others).collect();
    let results = fan_out(&all, |(target, is_holder)| async {
        let cluster = connector.connect((*target).clone()).await?;
        let is_remote = remote == Some(cluster.context());
        let secrets = secrets(&cluster, *is_holder, is_remote, request).await?;
        Ok::<_, Error>((cluster, secrets))
    })
    .await;
    let mut state = DeleteState {
        clusters: Vec::new(),
        connections: Vec::new(),
        is_partial: false,
        unread: Vec::new(),
    };
    let unusable = clusters.unusable_holders.iter();
    for (context, error) in unusable.chain(&clusters.unusable_others) {
        state.unread.push(unread(context, error));
    }
    let unusable = clusters.unusable_holders.into_iter();
    let mut lost: Vec<Error> = unusable.map(|(_, error)| error).collect();
    let mut wrong = Vec::new();
    for ((target, is_holder), result) in all.into_iter().zip(results) {
        match result {
            Ok((cluster, secrets)) => {
                state.connections.push(cluster);
                state.clusters.push(secrets);
            }
            Err(error) => {
                let is_alone = clusters.is_every_context || concerns_one_cluster(&error);
                if is_holder && !is_alone {
                    wrong.push(error);
                    continue;
                }
                state.unread.push(unread(target.context(), &error));
                if is_holder {
                    lost.push(error);
                }
            }
        }
    }
    state.is_partial = !lost.is_empty();
    if !wrong.is_empty() || !state.clusters.iter().any(|cluster| cluster.is_holder) {
        wrong.append(&mut lost);
    }
    Error::all(wrong).map_or(Ok((state, lost)), Err)
}

fn unread(context: &str, error: &Error) -> Unreached {
    Unreached {
        context: context.to_owned(),
        reason: error.in_one_line(),
    }
}

/// Reads one cluster in one wave, and a holder in a second one for names that the first did not find.
async fn secrets(
    cluster: &Cluster,
    is_holder: bool,
    is_remote: bool,
    request: &Request,
) -> Result<ClusterSecrets, Error> {
    let secrets = WantedSecrets::Labelled {
        everywhere: request.revocation.is_some(),
    };
    let wanted = Wanted {
        secrets: Some(&secrets),
        values: KeptValues::Whole,
        ..Wanted::nothing(&request.namespace)
    };
    let mut read = Box::pin(snapshot::read(cluster, wanted)).await?;
    if is_holder {
        let names = unlabelled(&request.selectors, read.snapshot.secrets.items());
        snapshot::read_by_name(cluster, &mut read, &names, wanted.values).await?;
    }
    let (secrets, elsewhere) = read.take_whole_secrets();
    let elsewhere = match elsewhere {
        // The namespace alone may be allowed.
        Read::Denied(unread) => Read::Denied(unread.with_cause()),
        Read::NotAsked => Read::NotAsked,
        other => Read::Seen(other.into_result()?),
    };
    Ok(ClusterSecrets {
        context: read.snapshot.context,
        kubectl: read.snapshot.kubectl,
        server: cluster.target().server().to_owned(),
        is_holder,
        is_remote,
        secrets,
        elsewhere,
    })
}

/// Returns the names of secrets without the label, which only their names find.
fn unlabelled(selectors: &[Selector], labelled: &[SecretFacts]) -> BTreeSet<String> {
    let not_found = selectors.iter().filter(|selector| {
        let mut labelled = labelled.iter();
        !labelled.any(|facts| selector.selects(&facts.secret))
    });
    not_found.flat_map(Selector::secret_names).collect()
}
