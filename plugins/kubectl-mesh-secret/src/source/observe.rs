//! What there is in the source cluster. The only reader of it; nothing is decided here.

use std::collections::BTreeMap;

use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use mesh_common::client::{Cluster, Selection};
use mesh_common::model::cluster_name::ClusterId;
use mesh_common::model::names::{KUBE_SYSTEM, ROOT_CA_CONFIG_MAP, SERVICE_ACCOUNT_TOKEN};
use mesh_common::model::read::Read;
use mesh_common::model::{Error, istiod, reader};

use super::identity::Identity;
use super::options::{Options, TokenOptions};
use super::standing::{Standing, TokenSecret};

/// What was seen in the source cluster.
pub(crate) struct Source {
    /// How the cluster is told from others; its UID is not read where nothing needs it.
    pub identity: Identity,
    /// What the cluster's istiods call it.
    pub istiods: Read<IstiodNames>,
    /// The token Secret, or all that is needed to make a credential.
    pub token: Token,
}

/// What the istiods of a cluster call it.
#[derive(Clone, Default)]
pub(crate) struct IstiodNames {
    pub known: Vec<ClusterId>,
    /// Whether one of them has no name.
    pub unnamed: bool,
}

impl IstiodNames {
    /// Returns true where one of them calls the cluster `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.known.iter().any(|id| id.as_str() == name)
    }
}

/// How far the credential is there.
pub(crate) enum Token {
    /// The token Secret asked for, with what says whether its token is good; Kubernetes may not have filled it yet.
    There(Box<TokenSecret>),
    /// There is none: what there is instead.
    Missing(Box<Account>),
}

/// The account and what surrounds it.
#[derive(Default)]
pub(crate) struct Account {
    /// Whether the namespace exists.
    pub namespace: Read<bool>,
    pub reader: Option<ServiceAccount>,
    /// Every token Secret of the namespace.
    pub tokens: Vec<Secret>,
    pub rights: Read<Rights>,
    /// The cluster's own CA (PEM).
    pub authorities: Read<Option<String>>,
}

/// The chart's reader roles and their bindings, of every revision.
#[derive(Default)]
pub(crate) struct Rights {
    pub roles: Vec<ClusterRole>,
    pub bindings: Vec<ClusterRoleBinding>,
}

/// Reads in one wave what a source with its token in place needs, and in a second one what a bare one lacks.
pub(crate) async fn source(cluster: &Cluster, options: &Options) -> Result<Source, Error> {
    let (uid, istiods, token) = futures::join!(
        uid(cluster, options),
        istiods(cluster, options),
        token(cluster, options)
    );
    let token = match token? {
        Some(secret) => Token::There(Box::new(secret)),
        None => Token::Missing(Box::new(account(cluster, options).await?)),
    };
    let istiods = istiods?;
    let is_nameless = istiods.seen().is_some_and(|names| names.known.is_empty());
    let reads = cluster.reads();
    let uid = match uid {
        None => Read::NotAsked,
        Some(Err(error)) if is_nameless && options.name.is_none() => {
            return Err(unseen(error, cluster));
        }
        Some(uid) => reads.take(uid),
    };
    reads.reached()?;
    Ok(Source {
        identity: Identity::new(cluster, uid),
        istiods,
        token,
    })
}

/// The UID of kube-system.
pub(crate) async fn cluster_uid(cluster: &Cluster) -> Result<String, Error> {
    let namespace: Option<Namespace> = cluster.get(None, KUBE_SYSTEM).await?;
    namespace
        .and_then(|found| found.metadata.uid)
        .filter(|uid| !uid.is_empty())
        .ok_or_else(|| {
            Error::refused(format!(
                "namespace {KUBE_SYSTEM} has no UID in context {}",
                cluster.context()
            ))
            .hint("is this a Kubernetes API server?")
            .hint(
                cluster
                    .target()
                    .kubectl()
                    .command()
                    .words("get namespace kube-system -o yaml"),
            )
        })
}

/// Whether the cluster goes by `name`: its context is called so, its istiods call it so, or that is its UID.
///
/// # Errors
/// What may tell so could not be read, and nothing that was read did.
pub(crate) async fn goes_by(cluster: &Cluster, namespace: &str, name: &str) -> Result<bool, Error> {
    if cluster.context() == name {
        return Ok(true);
    }
    let (uid, istiods) = futures::join!(cluster_uid(cluster), istiod_names(cluster, namespace));
    let is_uid = uid.as_ref().is_ok_and(|uid| uid == name);
    let is_istiods = istiods.as_ref().is_ok_and(|names| names.has(name));
    if is_uid || is_istiods {
        return Ok(true);
    }
    let unread = [uid.err(), istiods.err()].into_iter().flatten();
    match Error::all(unread) {
        Some(error) => Err(error.hint(format!(
            "if {name} is the cluster of context {}, name that context with --remote-context",
            cluster.context()
        ))),
        None => Ok(false),
    }
}

/// What the istiods of the cluster call it.
pub(crate) async fn istiod_names(cluster: &Cluster, namespace: &str) -> Result<IstiodNames, Error> {
    let selection = Selection::labelled(istiod::SELECTOR);
    let deployments: Vec<Deployment> = cluster.list(Some(namespace), &selection).await?;
    Ok(IstiodNames {
        known: istiod::cluster_ids(&deployments),
        unnamed: istiod::is_unnamed(&deployments),
    })
}

/// The UID of kube-system; nothing where nothing needs it.
async fn uid(cluster: &Cluster, options: &Options) -> Option<Result<String, Error>> {
    if options.verify || options.name.is_none() || options.applies {
        Some(cluster_uid(cluster).await)
    } else {
        None
    }
}

/// Its Deployments name the cluster; a remote without any is named by its injection webhook. Who may not see them must
/// give the name: a guess would make istiod refuse the cluster's proxies.
async fn istiods(cluster: &Cluster, options: &Options) -> Result<Read<IstiodNames>, Error> {
    let names = istiod_names(cluster, &options.namespace).await;
    if options.name.is_some() {
        let reads = cluster.reads();
        let names = reads.take(names);
        reads.reached()?;
        return Ok(names);
    }
    let names = names.map_err(|error| unseen(error, cluster))?;
    if !names.known.is_empty() || names.unnamed {
        return Ok(Read::Seen(names));
    }
    let selection = Selection::labelled(istiod::INJECTOR_SELECTOR);
    let webhooks: Result<Vec<MutatingWebhookConfiguration>, _> =
        cluster.list(None, &selection).await;
    let webhooks = webhooks.map_err(|error| unseen(error, cluster))?;
    Ok(Read::Seen(IstiodNames {
        known: istiod::injected_cluster_ids(&webhooks),
        unnamed: false,
    }))
}

/// The error of a read that the cluster would have been named by.
fn unseen(error: Error, cluster: &Cluster) -> Error {
    let context = cluster.context();
    error.hint(format!(
        "name context {context} with --name, as the cluster's own istiod calls it"
    ))
}

/// The token Secret by its name, and after a rotation those that its token leads to. A token that is minted needs none.
async fn token(cluster: &Cluster, options: &Options) -> Result<Option<TokenSecret>, Error> {
    let name = match &options.token {
        TokenOptions::Shared => reader::token_secret_name(&options.account),
        TokenOptions::Named(name) => name.clone(),
        TokenOptions::OwnSecret(holder) => own_secret_name(&options.account, holder.as_str()),
        TokenOptions::Bound(..) => return Ok(None),
    };
    let namespace = Some(options.namespace.as_str());
    let Some(secret) = cluster.get(namespace, &name).await? else {
        return Ok(None);
    };
    let mut found = TokenSecret {
        secret,
        read: BTreeMap::new(),
    };
    while let Standing::Ask(name) = found.standing() {
        let one = cluster.get(namespace, &name).await?;
        found.read.insert(name, one);
    }
    Ok(Some(found))
}

/// The name of the token Secret that only `holder` uses.
pub(crate) fn own_secret_name(account: &str, holder: &str) -> String {
    format!("{}-{holder}", reader::token_secret_name(account))
}

/// The account and what surrounds it.
pub(crate) async fn account(cluster: &Cluster, options: &Options) -> Result<Account, Error> {
    let namespace = Some(options.namespace.as_str());
    let tokens = Selection {
        labels: None,
        fields: Some(format!("type={SERVICE_ACCOUNT_TOKEN}")),
    };
    let (space, account, tokens, rights, authorities) = futures::join!(
        cluster.get::<Namespace>(None, &options.namespace),
        cluster.get::<ServiceAccount>(namespace, &options.account),
        cluster.list::<Secret>(namespace, &tokens),
        rights(cluster, options),
        authorities(cluster, options),
    );
    let reader = account?;
    let reads = cluster.reads();
    let rights = match rights {
        None => Read::NotAsked,
        // An account that is made without rights is of no use to anybody.
        Some(Err(error)) if reader.is_none() => return Err(error),
        Some(rights) => reads.take(rights),
    };
    let space = reads.take(space).map(|space| space.is_some());
    let authorities = match authorities {
        None => Read::NotAsked,
        Some(authorities) => reads.take(authorities),
    };
    reads.reached()?;
    Ok(Account {
        namespace: space,
        reader,
        tokens: tokens?,
        rights,
        authorities,
    })
}

/// The roles and bindings of the reader; nothing where they are not ours to make.
async fn rights(cluster: &Cluster, options: &Options) -> Option<Result<Rights, Error>> {
    if !options.is_reader() || !options.create_account {
        return None;
    }
    let selection = Selection {
        labels: Some(reader::selector()),
        fields: None,
    };
    let (roles, bindings) = futures::join!(
        cluster.list(None, &selection),
        cluster.list(None, &selection)
    );
    Some(roles.and_then(|roles| {
        Ok(Rights {
            roles,
            bindings: bindings?,
        })
    }))
}

/// A minted token comes without the CA that a token Secret holds, so it is read where Kubernetes keeps it.
async fn authorities(
    cluster: &Cluster,
    options: &Options,
) -> Option<Result<Option<String>, Error>> {
    match options.token {
        TokenOptions::Bound(..) => {
            let map: Result<Option<ConfigMap>, Error> =
                cluster.get(Some(KUBE_SYSTEM), ROOT_CA_CONFIG_MAP).await;
            Some(map.map(|map| {
                map.and_then(|map| map.data)
                    .and_then(|mut data| data.remove(mesh_common::model::names::CA_KEY))
            }))
        }
        TokenOptions::Shared | TokenOptions::Named(_) | TokenOptions::OwnSecret(_) => None,
    }
}
