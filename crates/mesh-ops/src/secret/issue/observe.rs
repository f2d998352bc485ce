//! Reads what there is in the remote cluster. Nothing is decided here.

use std::collections::BTreeMap;

use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use mesh_client::{Cluster, Selection};
use mesh_model::command::{Knob, Step};
use mesh_model::names::{CA_KEY, KUBE_SYSTEM, ROOT_CA_CONFIG_MAP, SERVICE_ACCOUNT_TOKEN};
use mesh_model::read::Read;
use mesh_model::{Error, istiod, reader};

use super::super::identity::{Identity, IstiodNames, cluster_uid, istiod_names};
use super::options::{Options, TokenOptions};
use super::token_status::{TokenSecret, TokenStatus};

/// A remote cluster as it was read.
pub(crate) struct RemoteState {
    /// The identity by which the cluster is told from others; its UID is not read where nothing needs it.
    pub identity: Identity,
    /// The names that the cluster's istiods have for it.
    pub istiods: Read<IstiodNames>,
    /// The token Secret, or all that is needed to make a credential.
    pub token: TokenState,
}

/// The part of the credential that is there.
pub(crate) enum TokenState {
    /// The token Secret asked for, with what says whether its token is valid; Kubernetes may not have filled it yet.
    There(Box<TokenSecret>),
    /// There is none; what there is instead.
    Missing(Box<Account>),
}

/// The account and what surrounds it.
#[derive(Default)]
pub(crate) struct Account {
    /// True where the namespace exists.
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

/// Reads in one wave what a remote cluster with its token in place needs, and in a second one what a bare one lacks.
pub(crate) async fn observe(cluster: &Cluster, options: &Options) -> Result<RemoteState, Error> {
    let (uid, istiods, token) = futures::join!(
        uid(cluster, options),
        istiods(cluster, options),
        token(cluster, options)
    );
    let token = match token? {
        Some(secret) => TokenState::There(Box::new(secret)),
        None => TokenState::Missing(Box::new(account(cluster, options).await?)),
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
    Ok(RemoteState {
        identity: Identity::new(cluster, uid),
        istiods,
        token,
    })
}

/// Reads the UID of kube-system; returns nothing where nothing needs it.
async fn uid(cluster: &Cluster, options: &Options) -> Option<Result<String, Error>> {
    if options.verify || options.name.is_none() || options.applies {
        Some(cluster_uid(cluster).await)
    } else {
        None
    }
}

/// Reads what names the cluster: its istiods' Deployments; in a remote cluster without any its injection webhook. Where they may
/// not be read, the name has to be given: a guess would make istiod refuse the cluster's proxies.
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

/// Adds to the error of a read which would have named the cluster that the name can be given.
fn unseen(error: Error, cluster: &Cluster) -> Error {
    let context = cluster.context();
    error.hint(
        Step::new(format!("name context {context} with "))
            .knob(Knob::Name)
            .text(", the cluster ID of its own istiod"),
    )
}

/// Reads the token Secret by its name, and after a rotation those that its token refers to. A token that is requested needs none.
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
        secret: without_managers(secret),
        read: BTreeMap::new(),
    };
    while let TokenStatus::NeedsRead(name) = found.status() {
        let one: Option<Secret> = cluster.get(namespace, &name).await?;
        found.read.insert(name, one.map(without_managers));
    }
    Ok(Some(found))
}

/// Returns the Secret without its managers, which a hundred recorded holders make longer than all else.
fn without_managers(mut secret: Secret) -> Secret {
    secret.metadata.managed_fields = None;
    secret
}

/// Returns the name of the token Secret that only `holder` uses.
pub(crate) fn own_secret_name(account: &str, holder: &str) -> String {
    format!("{}-{holder}", reader::token_secret_name(account))
}

/// Reads the account and what surrounds it.
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
        // An account that is created without rights is of no use.
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
        tokens: tokens?.into_iter().map(without_managers).collect(),
        rights,
        authorities,
    })
}

/// Reads the roles and bindings of the reader; returns nothing where they are not ours to create.
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

/// Reads the cluster's CA where Kubernetes keeps it: a token that is requested comes without the one that a token Secret holds.
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
                    .and_then(|mut data| data.remove(CA_KEY))
            }))
        }
        TokenOptions::Shared | TokenOptions::Named(_) | TokenOptions::OwnSecret(_) => None,
    }
}
