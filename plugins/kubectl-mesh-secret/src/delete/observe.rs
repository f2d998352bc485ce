//! Reads what the holders hold, and for a revocation what every other cluster holds. The only reader of the verb; nothing
//! is decided here.

use std::collections::BTreeSet;

use futures::future::join_all;
use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{
    Cluster, Connector, Kubeconfig, Selection, Target, concerns_one_cluster, fan_out,
};
use mesh_common::model::command::Kubectl;
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::fleet::Unreached;
use mesh_common::model::names::MULTI_CLUSTER_LABEL;

use super::args::DeleteArgs;
use super::names::Name;
use super::plan_revoke::{Found, Token};

/// What was read of one cluster, as plain data.
pub(super) struct Place {
    pub context: String,
    /// How kubectl is told about it.
    pub kubectl: Kubectl,
    /// Its API server, as the kubeconfig has it.
    pub server: String,
    /// Whether secrets are to go from here.
    pub is_holder: bool,
    /// Whether it is `--remote-context`.
    pub is_source: bool,
    /// The secrets of its Istio namespace that have the label, whatever its value, or a name that was asked for.
    pub secrets: Vec<Secret>,
    /// For a revocation: secrets with the label in other namespaces.
    pub elsewhere: Vec<Secret>,
    /// Why those could not be read.
    pub skipped: Option<String>,
}

/// All that was read.
pub(super) struct Seen {
    /// The holders, in the order in which they were named, and then the others.
    pub places: Vec<Place>,
    /// The cluster of each place.
    pub clusters: Vec<Cluster>,
    /// Why holders could not be read; they cost only themselves.
    pub lost: Vec<Error>,
    /// For a revocation: every context that could not be read.
    pub unread: Vec<Unreached>,
}

/// A cluster that is to be read.
struct Wanted {
    target: Target,
    is_holder: bool,
}

/// Reads all of them at once.
///
/// # Errors
/// What is wrong with what was named; what keeps a holder from being read costs that one alone, unless no other is left.
pub(super) async fn observe(
    arguments: &DeleteArgs,
    names: &[Name],
    kubeconfig: &Kubeconfig,
    connector: &Connector,
) -> Result<Seen, Error> {
    let mut seen = Seen {
        places: Vec::new(),
        clusters: Vec::new(),
        lost: Vec::new(),
        unread: Vec::new(),
    };
    let wanted = wanted(arguments, kubeconfig, &mut seen)?;
    let read = fan_out(&wanted, |one| async {
        let cluster = connector.connect(one.target.clone()).await?;
        let place = place(&cluster, one.is_holder, arguments, names).await?;
        Ok::<_, Error>((cluster, place))
    })
    .await;
    let mut wrong = Vec::new();
    let every = arguments.contexts.all_contexts;
    for (one, result) in wanted.iter().zip(read) {
        match result {
            Ok((cluster, place)) => {
                seen.clusters.push(cluster);
                seen.places.push(place);
            }
            Err(error) if !one.is_holder => seen.unread.push(unread(one.target.context(), &error)),
            Err(error) if every || concerns_one_cluster(&error) => {
                seen.unread.push(unread(one.target.context(), &error));
                seen.lost.push(error);
            }
            Err(error) => wrong.push(error),
        }
    }
    if !wrong.is_empty() || !seen.places.iter().any(|place| place.is_holder) {
        wrong.append(&mut seen.lost);
    }
    Error::all(wrong).map_or(Ok(seen), Err)
}

fn unread(context: &str, error: &Error) -> Unreached {
    Unreached {
        context: context.to_owned(),
        reason: error.in_one_line(),
    }
}

/// The clusters that are read, each context once; contexts that lead nowhere are entered into `seen`.
fn wanted(
    arguments: &DeleteArgs,
    kubeconfig: &Kubeconfig,
    seen: &mut Seen,
) -> Result<Vec<Wanted>, Error> {
    let every = arguments.contexts.all_contexts;
    let (mut wanted, mut wrong) = (Vec::<Wanted>::new(), Vec::new());
    let is_known = |wanted: &[Wanted], context: &str| {
        let mut contexts = wanted.iter().map(|one| one.target.context());
        contexts.any(|known| known == context)
    };
    let named = arguments.contexts.resolve(kubeconfig);
    arguments.connect.for_one(named.len())?;
    for context in named {
        match kubeconfig.target(&arguments.connect.overrides(context.as_deref())) {
            Ok(target) if is_known(&wanted, target.context()) => {}
            Ok(target) => wanted.push(Wanted {
                target,
                is_holder: true,
            }),
            Err(error) if every => {
                seen.unread
                    .push(unread(&context.unwrap_or_default(), &error));
                seen.lost.push(error);
            }
            Err(error) => wrong.push(error),
        }
    }
    let source = arguments.remote_context.as_deref();
    let others = kubeconfig
        .context_names()
        .filter(|_| arguments.revoke && !every);
    for context in source.into_iter().chain(others) {
        if is_known(&wanted, context) {
            continue;
        }
        match kubeconfig.target(&arguments.connect.holder_overrides(context)) {
            Ok(target) => wanted.push(Wanted {
                target,
                is_holder: false,
            }),
            Err(error) if source == Some(context) => wrong.push(error),
            Err(error) => seen.unread.push(unread(context, &error)),
        }
    }
    Error::all(wrong).map_or(Ok(wanted), Err)
}

/// Reads one cluster in one wave, and a holder in a second one for names that the first did not find.
async fn place(
    cluster: &Cluster,
    is_holder: bool,
    arguments: &DeleteArgs,
    names: &[Name],
) -> Result<Place, Error> {
    let namespace = arguments.namespace.resolve();
    let (mut secrets, elsewhere, skipped) = labelled(cluster, namespace, arguments.revoke).await?;
    if is_holder {
        let unlabelled = unlabelled(cluster, namespace, names, &secrets).await?;
        secrets.extend(unlabelled);
    }
    Ok(Place {
        context: cluster.context().to_owned(),
        kubectl: cluster.target().kubectl().clone(),
        server: cluster.target().server().to_owned(),
        is_holder,
        is_source: arguments.remote_context.as_deref() == Some(cluster.context()),
        secrets,
        elsewhere,
        skipped,
    })
}

/// The secrets with the label: of the namespace, of other ones where `everywhere` is asked for, and why those cannot be
/// read.
async fn labelled(
    cluster: &Cluster,
    namespace: &str,
    everywhere: bool,
) -> Result<(Vec<Secret>, Vec<Secret>, Option<String>), Error> {
    let labelled = Selection::labelled(MULTI_CLUSTER_LABEL);
    let mut skipped = None;
    if everywhere {
        match cluster.list::<Secret>(None, &labelled).await {
            Ok(secrets) => {
                let is_inside =
                    |secret: &Secret| secret.metadata.namespace.as_deref() == Some(namespace);
                let (inside, outside) = secrets.into_iter().partition(is_inside);
                return Ok((inside, outside, None));
            }
            Err(error) if error.kind() == Kind::Forbidden => skipped = Some(error.in_one_line()),
            Err(error) => return Err(error),
        }
    }
    let inside = cluster.list(Some(namespace), &labelled).await?;
    Ok((inside, Vec::new(), skipped))
}

/// A secret without the label is found by its name alone.
async fn unlabelled(
    cluster: &Cluster,
    namespace: &str,
    names: &[Name],
    labelled: &[Secret],
) -> Result<Vec<Secret>, Error> {
    let unknown = names
        .iter()
        .filter(|name| !labelled.iter().any(|secret| name.takes(secret)));
    let called: BTreeSet<String> = unknown.flat_map(Name::of_secrets).collect();
    let found = called
        .iter()
        .map(|name| cluster.get::<Secret>(Some(namespace), name));
    let found = Error::gather(join_all(found).await)?;
    let is_known = |secret: &Secret| {
        let mut names = labelled.iter().map(|known| &known.metadata.name);
        names.any(|name| *name == secret.metadata.name)
    };
    Ok(found
        .into_iter()
        .flatten()
        .filter(|secret| !is_known(secret))
        .collect())
}

/// What there is in each place under the name of each token's home.
pub(super) async fn homes(seen: &Seen, tokens: &[Token<'_>]) -> Vec<Vec<Found>> {
    fan_out(&seen.clusters, |cluster| async move {
        let homes = tokens.iter().map(|token| {
            let home = &token.home;
            cluster.get::<Secret>(Some(&home.namespace), &home.name)
        });
        join_all(homes).await
    })
    .await
}
