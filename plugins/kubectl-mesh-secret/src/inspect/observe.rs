//! Where the secrets come from: a file, a pipe, or the clusters that hold them. Nothing is judged here.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use mesh_common::cluster::{Cluster, Connector, Kubeconfig, Selection};
use mesh_common::mesh::cluster_name::ClusterId;
use mesh_common::mesh::error::{Error, Kind};
use mesh_common::mesh::names::{KUBE_SYSTEM, MULTI_CLUSTER_LABEL};
use mesh_common::mesh::remote_secret::{has_label, leads_to, secret_name};
use mesh_common::mesh::{access_facts, istiod};
use mesh_common::terminal::reading::{Unreached, each_once, read_contexts};

use super::sources::Sources;
use super::{InspectArgs, manifests};
use mesh_common::cluster::optional;

/// A secret, and what is known of the place where it was found.
pub(super) struct Held {
    /// The holder's context; `None` for a file or a pipe.
    pub context: Option<String>,
    /// How kubectl is told about the holder, as the start of a command line.
    pub kubectl: String,
    pub secret: Secret,
    /// What the holder's istiods call their own cluster.
    pub istiods: Vec<ClusterId>,
    /// UID of the holder's kube-system.
    pub holder_uid: Option<String>,
    /// Names of the other secrets of the holder that lead to a cluster of this one, each with that cluster.
    pub twins: Vec<(String, String)>,
    /// For each data key the context that leads to the same server, as far as the kubeconfig knows one.
    pub sources: BTreeMap<String, String>,
}

/// Everything that was read.
#[derive(Default)]
pub(super) struct Seen {
    pub held: Vec<Held>,
    pub unreached: Vec<Unreached>,
    pub notes: Vec<String>,
    /// What is said where there is no secret.
    pub nothing: String,
}

/// Reads what the arguments name.
pub(super) async fn observe(
    arguments: &InspectArgs,
    kubeconfig: Option<&Kubeconfig>,
    sources: &Sources,
    connector: &Connector,
) -> Result<Seen, Error> {
    let mut seen = match (&arguments.filename, kubeconfig) {
        (Some(file), _) => {
            // Standard input may take as long as it likes, and Ctrl-C must be heard meanwhile.
            let file = file.clone();
            let read = tokio::task::spawn_blocking(move || manifests::read(&file)).await;
            let (origin, text) =
                read.map_err(|e| Error::refused("the manifests cannot be read").because(e))??;
            from_text(&origin, &text, &arguments.names)?
        }
        (None, Some(kubeconfig)) => from_clusters(arguments, kubeconfig, connector).await?,
        (None, None) => Seen::default(),
    };
    for held in &mut seen.held {
        let entries = held.secret.data.iter().flatten();
        let servers =
            entries.filter_map(|(key, value)| Some((key, access_facts::read(&value.0)?.server)));
        held.sources = servers
            .filter_map(|(key, server)| {
                Some((key.clone(), sources.context_of(&server)?.to_owned()))
            })
            .collect();
    }
    Ok(seen)
}

fn from_text(origin: &str, text: &str, names: &[String]) -> Result<Seen, Error> {
    let secrets = manifests::secrets(origin, text)?;
    let held = select(secrets, names, origin)?;
    Ok(Seen {
        held: held
            .into_iter()
            .map(|secret| Held {
                context: None,
                kubectl: "kubectl".to_owned(),
                secret,
                istiods: vec![],
                holder_uid: None,
                twins: vec![],
                sources: BTreeMap::new(),
            })
            .collect(),
        ..Seen::default()
    })
}

fn select(secrets: Vec<Secret>, names: &[String], place: &str) -> Result<Vec<Secret>, Error> {
    if names.is_empty() {
        return Ok(secrets);
    }
    let missing: Vec<Error> = names
        .iter()
        .filter(|name| !secrets.iter().any(|secret| is_meant(secret, name)))
        .map(|name| {
            Error::new(
                Kind::NotFound,
                format!("{place} holds no remote secret {name}"),
            )
        })
        .collect();
    match Error::all(missing) {
        Some(error) => Err(error),
        None => Ok(secrets
            .into_iter()
            .filter(|secret| names.iter().any(|name| is_meant(secret, name)))
            .collect()),
    }
}

/// A name is the Secret's or the cluster's.
fn is_meant(secret: &Secret, name: &str) -> bool {
    secret.metadata.name.as_deref() == Some(name) || leads_to(secret, name)
}

async fn from_clusters(
    arguments: &InspectArgs,
    kubeconfig: &Kubeconfig,
    connector: &Connector,
) -> Result<Seen, Error> {
    let read = read_contexts(
        kubeconfig,
        &arguments.connect,
        &arguments.contexts,
        |target| async { holder(&connector.connect(target).await?, arguments).await },
    )
    .await?;
    assemble(read, arguments)
}

struct Holder {
    kubectl: String,
    uid: String,
    istiods: Vec<ClusterId>,
    secrets: Vec<Secret>,
}

async fn holder(cluster: &Cluster, arguments: &InspectArgs) -> Result<Holder, Error> {
    let namespace = arguments.namespace.resolve();
    let remote = Selection {
        labels: Some(format!("{MULTI_CLUSTER_LABEL}=true")),
        fields: None,
    };
    let istiods = Selection {
        labels: Some(istiod::SELECTOR.to_owned()),
        fields: None,
    };
    let (space, deployments, secrets) = futures::join!(
        cluster.get::<Namespace>(None, KUBE_SYSTEM),
        cluster.list::<Deployment>(Some(namespace), &istiods),
        cluster.list::<Secret>(Some(namespace), &remote),
    );
    let mut secrets = secrets?;
    // A secret without the label is found by its name alone, and that it lacks the label is then told.
    for name in &arguments.names {
        if !secrets.iter().any(|secret| is_meant(secret, name)) {
            for candidate in [name.clone(), secret_name(name)] {
                secrets.extend(cluster.get::<Secret>(Some(namespace), &candidate).await?);
            }
        }
    }
    Ok(Holder {
        kubectl: cluster.target().kubectl().to_owned(),
        uid: optional(space)?
            .and_then(|space| space.metadata.uid)
            .unwrap_or_default(),
        istiods: istiod::cluster_ids(&optional(deployments)?),
        secrets,
    })
}

fn assemble(
    read: Vec<(String, Result<Holder, Error>)>,
    arguments: &InspectArgs,
) -> Result<Seen, Error> {
    let namespace = arguments.namespace.resolve();
    let alone = read.len() == 1;
    let once = each_once(read, |holder: &Holder| Some(holder.uid.as_str()))?;
    let mut seen = Seen {
        unreached: once.unreached,
        notes: once.notes,
        nothing: format!("no remote secret in namespace {namespace}"),
        ..Seen::default()
    };
    let mut errors = Vec::new();
    for (context, holder) in once.read {
        let place = format!("namespace {namespace} of context {context}");
        match select(holder.secrets.clone(), if alone { &arguments.names } else { &[] }, &place) {
            Ok(secrets) => seen.held.extend(in_holder(&context, secrets, &holder)),
            Err(error) => errors.push(error.hint(format!(
                "kubectl --context {context} -n {namespace} get secrets -l {MULTI_CLUSTER_LABEL}=true"
            ))),
        }
    }
    if !alone && !arguments.names.is_empty() {
        seen.held.retain(|held| {
            arguments
                .names
                .iter()
                .any(|name| is_meant(&held.secret, name))
        });
        // In a cluster that was not read it may be.
        if seen.unreached.is_empty() {
            errors.extend(nowhere(&seen.held, arguments));
        }
    }
    Error::all(errors).map_or(Ok(seen), Err)
}

/// An error for each name that none of several clusters holds.
fn nowhere(held: &[Held], arguments: &InspectArgs) -> Vec<Error> {
    let namespace = arguments.namespace.resolve();
    let is_held = |name: &&String| held.iter().any(|held| is_meant(&held.secret, name));
    arguments
        .names
        .iter()
        .filter(|name| !is_held(name))
        .map(|name| {
            Error::new(
                Kind::NotFound,
                format!(
                    "namespace {namespace} holds no remote secret {name} in any of the contexts"
                ),
            )
        })
        .collect()
}

/// Secrets of one holder, each with the others there that lead to the same cluster.
fn in_holder(context: &str, secrets: Vec<Secret>, holder: &Holder) -> Vec<Held> {
    let name_of = |secret: &Secret| secret.metadata.name.clone().unwrap_or_default();
    let keys = |secret: &Secret| -> Vec<String> {
        secret
            .data
            .iter()
            .flat_map(BTreeMap::keys)
            .cloned()
            .collect()
    };
    let mut leading: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for secret in holder.secrets.iter().filter(|secret| has_label(secret)) {
        for key in keys(secret) {
            leading.entry(key).or_default().push(name_of(secret));
        }
    }
    let twins = |secret: &Secret| {
        let own = name_of(secret);
        let keys = keys(secret).into_iter().filter(|_| has_label(secret));
        keys.flat_map(|key| {
            let others = leading.get(&key).into_iter().flatten();
            let others: Vec<_> = others
                .filter(|name| **name != own)
                .map(|name| (name.clone(), key.clone()))
                .collect();
            others
        })
        .collect()
    };
    secrets
        .into_iter()
        .map(|secret| Held {
            context: Some(context.to_owned()),
            kubectl: holder.kubectl.clone(),
            twins: twins(&secret),
            secret,
            istiods: holder.istiods.clone(),
            holder_uid: Some(holder.uid.clone()).filter(|uid| !uid.is_empty()),
            sources: BTreeMap::new(),
        })
        .collect()
}
