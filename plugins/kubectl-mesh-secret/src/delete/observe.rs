//! Reads what the holders hold. The only reader of the verb; nothing is decided here.

use std::collections::BTreeSet;

use futures::future::join_all;
use k8s_openapi::api::core::v1::Secret;
use mesh_common::cluster::{Cluster, Connector, Kubeconfig, Selection, Target, fan_out};
use mesh_common::mesh::error::{Error, Kind};
use mesh_common::mesh::names::MULTI_CLUSTER_LABEL;

use super::args::DeleteArgs;
use super::names::Name;

/// What was read, as plain data.
pub(super) struct Place {
    pub context: String,
    /// How kubectl is told about it, as the start of a command line.
    pub kubectl: String,
    /// The secrets of its Istio namespace that have the label, whatever its value, or a name that was asked for.
    pub secrets: Vec<Secret>,
}

/// All that was read.
pub(super) struct Seen {
    /// The holders, in the order in which they were named.
    pub places: Vec<Place>,
    /// The cluster of each place.
    pub clusters: Vec<Cluster>,
    /// Why holders could not be read; they cost only themselves.
    pub lost: Vec<Error>,
}

/// Reads every holder at once.
///
/// # Errors
/// All that stands in the way of holders that were named, but for those that are not reached; and those where no holder is
/// left.
pub(super) async fn observe(
    arguments: &DeleteArgs,
    names: &[Name],
    kubeconfig: &Kubeconfig,
    connector: &Connector,
) -> Result<Seen, Error> {
    let (targets, mut lost) = targets(arguments, kubeconfig)?;
    let read = fan_out(targets, |target| async {
        let cluster = connector.connect(target).await?;
        let place = place(&cluster, names, arguments.namespace.resolve()).await?;
        Ok::<_, Error>((cluster, place))
    })
    .await;
    let (mut places, mut clusters, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    let every = arguments.contexts.all_contexts;
    for result in read {
        match result {
            Ok((cluster, place)) => {
                clusters.push(cluster);
                places.push(place);
            }
            Err(error) if every || error.kind() == Kind::Unreachable => lost.push(error),
            Err(error) => wrong.push(error),
        }
    }
    if places.is_empty() {
        wrong.append(&mut lost);
    }
    Error::all(wrong).map_or(
        Ok(Seen {
            places,
            clusters,
            lost,
        }),
        Err,
    )
}

/// The holders, each context once; and why some of all contexts are none.
fn targets(
    arguments: &DeleteArgs,
    kubeconfig: &Kubeconfig,
) -> Result<(Vec<Target>, Vec<Error>), Error> {
    let (mut targets, mut lost) = (Vec::<Target>::new(), Vec::new());
    for context in arguments.contexts.resolve(kubeconfig) {
        match kubeconfig.target(&arguments.connect.overrides(context.as_deref())) {
            Ok(target)
                if targets
                    .iter()
                    .any(|known| known.context() == target.context()) => {}
            Ok(target) => targets.push(target),
            Err(error) => lost.push(error),
        }
    }
    if arguments.contexts.all_contexts {
        return Ok((targets, lost));
    }
    Error::all(lost).map_or(Ok((targets, Vec::new())), Err)
}

/// Reads one holder in one wave, and a second one for names that the first did not find.
async fn place(cluster: &Cluster, names: &[Name], namespace: &str) -> Result<Place, Error> {
    let labelled = Selection {
        labels: Some(MULTI_CLUSTER_LABEL.to_owned()),
        fields: None,
    };
    let mut secrets: Vec<Secret> = cluster.list(Some(namespace), &labelled).await?;
    let unknown = names
        .iter()
        .filter(|name| !secrets.iter().any(|secret| name.takes(secret)));
    // A secret without the label is found by its name alone.
    let unlabelled: BTreeSet<String> = unknown.flat_map(Name::of_secrets).collect();
    let found = unlabelled
        .iter()
        .map(|name| cluster.get::<Secret>(Some(namespace), name));
    let found = Error::gather(join_all(found).await)?;
    let is_known = |secret: &Secret| {
        secrets
            .iter()
            .any(|known| known.metadata.name == secret.metadata.name)
    };
    let found: Vec<Secret> = found
        .into_iter()
        .flatten()
        .filter(|secret| !is_known(secret))
        .collect();
    secrets.extend(found);
    Ok(Place {
        context: cluster.context().to_owned(),
        kubectl: cluster.target().kubectl().to_owned(),
        secrets,
    })
}
