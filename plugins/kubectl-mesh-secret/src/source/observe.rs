//! What there is in the source cluster. The only reader of it; nothing is decided here.

use std::collections::BTreeMap;

use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use mesh_common::cluster::{Cluster, Selection};
use mesh_common::mesh::cluster_name::ClusterId;
use mesh_common::mesh::names::{KUBE_SYSTEM, ROOT_CA_CONFIG_MAP, SERVICE_ACCOUNT_TOKEN};
use mesh_common::mesh::{Error, istiod, reader};

use super::options::{Options, TokenOptions};
use super::standing::{Standing, TokenSecret};

/// What was seen in the source cluster.
pub(crate) struct Source {
    /// UID of kube-system, which stands for the cluster; not read where nothing needs it.
    pub uid: Option<String>,
    /// What the cluster's istiods call it.
    pub istiods: Vec<ClusterId>,
    /// Whether one of them has no name.
    pub unnamed: bool,
    /// The token Secret, or all that is needed to make a credential.
    pub token: Token,
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
    pub namespace: bool,
    pub reader: Option<ServiceAccount>,
    /// Every token Secret of the namespace.
    pub tokens: Vec<Secret>,
    /// The chart's reader roles and their bindings, of every revision.
    pub roles: Vec<ClusterRole>,
    pub bindings: Vec<ClusterRoleBinding>,
    /// The cluster's own CA (PEM).
    pub authorities: Option<String>,
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
    let uid = uid?;
    let (istiods, unnamed) = istiods?;
    Ok(Source {
        uid,
        istiods,
        unnamed,
        token,
    })
}

/// The UID of kube-system.
pub(crate) async fn cluster_uid(cluster: &Cluster) -> Result<String, Error> {
    let namespace: Option<Namespace> = cluster.get(None, KUBE_SYSTEM).await?;
    namespace
        .and_then(|found| found.metadata.uid)
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
pub(crate) async fn goes_by(cluster: &Cluster, namespace: &str, name: &str) -> Result<bool, Error> {
    if cluster.context() == name {
        return Ok(true);
    }
    let (uid, istiods) = futures::join!(cluster_uid(cluster), istiod_names(cluster, namespace));
    Ok(uid? == name || istiods?.iter().any(|id| id.as_str() == name))
}

/// What the cluster's istiods call it; nothing where we may not look.
pub(crate) async fn istiod_names(
    cluster: &Cluster,
    namespace: &str,
) -> Result<Vec<ClusterId>, Error> {
    let (names, _) = known_istiod_names(cluster, namespace).await?;
    Ok(names)
}

async fn known_istiod_names(
    cluster: &Cluster,
    namespace: &str,
) -> Result<(Vec<ClusterId>, bool), Error> {
    let reads = cluster.reads();
    let names = reads.take(seen_istiod_names(cluster, namespace).await);
    reads.reached()?;
    Ok(names.or_default())
}

/// What they call it, and whether one of them has no name.
async fn seen_istiod_names(
    cluster: &Cluster,
    namespace: &str,
) -> Result<(Vec<ClusterId>, bool), Error> {
    let selection = Selection::labelled(istiod::SELECTOR);
    let deployments: Vec<Deployment> = cluster.list(Some(namespace), &selection).await?;
    let unnamed = istiod::is_unnamed(&deployments);
    Ok((istiod::cluster_ids(&deployments), unnamed))
}

async fn uid(cluster: &Cluster, options: &Options) -> Result<Option<String>, Error> {
    let needed = options.verify || options.name.is_none() || options.applies;
    if needed {
        cluster_uid(cluster).await.map(Some)
    } else {
        Ok(None)
    }
}

/// Its Deployments name the cluster; a remote without any is named by its injection webhook. Who may not see them must
/// give the name: a guess would make istiod refuse the cluster's proxies.
async fn istiods(cluster: &Cluster, options: &Options) -> Result<(Vec<ClusterId>, bool), Error> {
    if options.name.is_some() {
        return known_istiod_names(cluster, &options.namespace).await;
    }
    let unseen = |error: Error| {
        let context = cluster.context();
        error.hint(format!(
            "name context {context} with --name, as the cluster's own istiod calls it"
        ))
    };
    let (names, unnamed) = seen_istiod_names(cluster, &options.namespace)
        .await
        .map_err(unseen)?;
    if !names.is_empty() || unnamed {
        return Ok((names, unnamed));
    }
    let selection = Selection::labelled(istiod::INJECTOR_SELECTOR);
    let webhooks: Vec<MutatingWebhookConfiguration> =
        cluster.list(None, &selection).await.map_err(unseen)?;
    Ok((istiod::injected_cluster_ids(&webhooks), false))
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
    let (roles, bindings) = rights?;
    Ok(Account {
        namespace: space?.is_some(),
        reader: account?,
        tokens: tokens?,
        roles,
        bindings,
        authorities: authorities?,
    })
}

async fn rights(
    cluster: &Cluster,
    options: &Options,
) -> Result<(Vec<ClusterRole>, Vec<ClusterRoleBinding>), Error> {
    if !options.is_reader() || !options.create_account {
        return Ok((Vec::new(), Vec::new()));
    }
    let selection = Selection {
        labels: Some(reader::selector()),
        fields: None,
    };
    let (roles, bindings) = futures::join!(
        cluster.list(None, &selection),
        cluster.list(None, &selection)
    );
    Ok((roles?, bindings?))
}

/// A minted token comes without the CA that a token Secret holds, so it is read where Kubernetes keeps it.
async fn authorities(cluster: &Cluster, options: &Options) -> Result<Option<String>, Error> {
    match options.token {
        TokenOptions::Bound(..) => {
            let map: Option<ConfigMap> = cluster.get(Some(KUBE_SYSTEM), ROOT_CA_CONFIG_MAP).await?;
            Ok(map
                .and_then(|map| map.data)
                .and_then(|mut data| data.remove(mesh_common::mesh::names::CA_KEY)))
        }
        TokenOptions::Shared | TokenOptions::Named(_) | TokenOptions::OwnSecret(_) => Ok(None),
    }
}
