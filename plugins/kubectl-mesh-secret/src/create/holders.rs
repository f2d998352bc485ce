//! The clusters that the secret is applied in: what is there, whether it may be written, and the write.

use k8s_openapi::api::core::v1::{Namespace, Secret};
use mesh_common::cluster::{ApplyOptions, Cluster, Connector, DryRun, Selection, Target, fan_out};
use mesh_common::mesh::cluster_name::{ClusterId, nearest_label};
use mesh_common::mesh::error::{Error, Kind};
use mesh_common::mesh::names::MULTI_CLUSTER_LABEL;
use mesh_common::mesh::ownership::{TakeOver, take_over};
use mesh_common::mesh::remote_secret::{RemoteSecret, SecretType, leads_to, secret_name};
use mesh_common::terminal::{Interrupt, Streams};

use super::observe::{Source, cluster_uid, istiod_names};
use super::options::Options;
use super::suffix;
use crate::cli::SELF;

/// A holder and what was seen in it.
pub(super) struct Holder {
    cluster: Cluster,
    uid: String,
    istiods: Vec<ClusterId>,
    has_namespace: bool,
    /// Every remote secret of the namespace, whoever made it.
    secrets: Vec<Secret>,
    /// The Secret of the name that ours will have, where the name is known before observing.
    unlabelled: Option<Secret>,
}

/// Connects to all of them at once; a dead one costs only itself.
pub(super) async fn connect(
    connector: &Connector,
    targets: Vec<Target>,
) -> Vec<Result<Cluster, Error>> {
    fan_out(targets, |target| connector.connect(target)).await
}

/// Reads all of them at once.
pub(super) async fn observe(
    clusters: Vec<Result<Cluster, Error>>,
    options: &Options,
) -> Vec<Result<Holder, Error>> {
    fan_out(clusters, |cluster| async {
        holder(cluster?, options).await
    })
    .await
}

async fn holder(cluster: Cluster, options: &Options) -> Result<Holder, Error> {
    let namespace = options.namespace.as_str();
    let remote = Selection {
        labels: Some(format!("{MULTI_CLUSTER_LABEL}=true")),
        fields: None,
    };
    let name = match (options.secret_type, &options.name) {
        (SecretType::Config, _) => Some(mesh_common::mesh::names::CONFIG_SECRET.to_owned()),
        (SecretType::Remote, name) => name.as_ref().map(|name| secret_name(name.as_str())),
    };
    let (uid, istiods, space, secrets, unlabelled) = futures::join!(
        cluster_uid(&cluster),
        istiod_names(&cluster, namespace),
        cluster.get::<Namespace>(None, namespace),
        cluster.list::<Secret>(Some(namespace), &remote),
        async {
            match &name {
                Some(name) => cluster.get::<Secret>(Some(namespace), name).await,
                None => Ok(None),
            }
        },
    );
    Ok(Holder {
        uid: uid?,
        istiods: istiods?,
        has_namespace: space?.is_some(),
        secrets: secrets?,
        unlabelled: unlabelled?,
        cluster,
    })
}

/// Checks every holder before anything is written; gives the good ones and the errors of those that were not reached.
pub(super) fn check(
    holders: Vec<Result<Holder, Error>>,
    source: &Source,
    cluster: &str,
    options: &Options,
) -> Result<(Vec<Holder>, Vec<Error>), Error> {
    let (mut good, mut lost, mut wrong) = (Vec::<Holder>::new(), Vec::new(), Vec::new());
    for holder in holders {
        match holder {
            Ok(holder) => match holder.refusal(source, cluster, &good, options) {
                Some(error) => wrong.push(error),
                None => good.push(holder),
            },
            Err(error) if error.kind() == Kind::Unreachable => lost.push(error),
            Err(error) => wrong.push(error),
        }
    }
    if good.is_empty() {
        wrong.append(&mut lost);
    }
    Error::all(wrong).map_or(Ok((good, lost)), Err)
}

impl Holder {
    /// What the holder is called where a token is made for it alone.
    pub(super) fn name(&self) -> String {
        let known = self
            .istiods
            .first()
            .map_or_else(|| self.cluster.context(), ClusterId::as_str);
        nearest_label(known)
    }

    fn refusal(
        &self,
        source: &Source,
        cluster: &str,
        others: &[Self],
        options: &Options,
    ) -> Option<Error> {
        let context = self.cluster.context();
        let namespace = &options.namespace;
        if source.uid.as_deref() == Some(&self.uid) {
            return Some(
                Error::usage(format!("context {context} is the source cluster itself"))
                    .hint("a remote secret belongs into another cluster; see: kubectl config get-contexts"),
            );
        }
        if let Some(same) = others.iter().find(|other| other.uid == self.uid) {
            return Some(
                Error::usage(format!(
                    "contexts {} and {context} are the same cluster",
                    same.cluster.context()
                ))
                .hint(format!("--into {}", same.cluster.context())),
            );
        }
        if !self.has_namespace {
            return Some(
                Error::new(
                    Kind::NotFound,
                    format!("namespace {namespace} does not exist in context {context}"),
                )
                .hint(format!(
                    "kubectl --context {context} create namespace {namespace}"
                ))
                .hint("-n NAMESPACE, if Istio lives elsewhere there"),
            );
        }
        self.wiring_refusal(cluster, options)
    }

    /// Secrets that istiod would drop without a word: one under its own name, a second one for the same cluster.
    fn wiring_refusal(&self, cluster: &str, options: &Options) -> Option<Error> {
        if options.secret_type == SecretType::Config {
            return None;
        }
        let context = self.cluster.context();
        if self.istiods.iter().any(|id| id.as_str() == cluster) {
            return Some(
                Error::usage(format!("the istiod of context {context} calls its own cluster {cluster} and would ignore the secret"))
                    .hint("two clusters of one mesh need two names: --name NAME"),
            );
        }
        let own = secret_name(cluster);
        let twin = self
            .secrets
            .iter()
            .filter(|secret| leads_to(secret, cluster))
            .filter_map(|secret| secret.metadata.name.as_deref())
            .find(|name| *name != own)?;
        let namespace = &options.namespace;
        Some(
            Error::new(
                Kind::Conflict,
                format!("secret {namespace}/{twin} in context {context} leads to cluster {cluster} already, and istiod takes only one"),
            )
            .hint(format!("kubectl --context {context} -n {namespace} delete secret {twin}")),
        )
    }

    /// Applies `secret`, unless it is there already.
    pub(super) async fn give(
        &self,
        secret: &RemoteSecret,
        options: &Options,
        interrupt: &Interrupt,
        streams: &mut Streams,
    ) -> Result<(), Error> {
        let (name, context) = (secret.name(), self.cluster.context());
        let existing = self.existing(&name);
        let done = match existing {
            Some(existing) if secret.is_in(existing) => {
                return streams.data(&format!("secret/{name} unchanged in context {context}\n"));
            }
            Some(_) => "configured",
            None => "created",
        };
        let force = options.force_conflicts || self.may_take_over(existing, secret, options)?;
        interrupt.check()?;
        match options.dry_run {
            DryRun::Client => {}
            DryRun::None | DryRun::Server => {
                let apply = ApplyOptions {
                    dry_run: options.dry_run,
                    force_conflicts: force,
                };
                self.cluster.apply(&secret.to_applied(SELF), apply).await?;
            }
        }
        streams.data(&format!(
            "secret/{name} {done} in context {context}{}\n",
            suffix(options.dry_run)
        ))
    }

    fn existing(&self, name: &str) -> Option<&Secret> {
        let labelled = self
            .secrets
            .iter()
            .find(|secret| secret.metadata.name.as_deref() == Some(name));
        labelled.or(self.unlabelled.as_ref())
    }

    fn may_take_over(
        &self,
        existing: Option<&Secret>,
        secret: &RemoteSecret,
        options: &Options,
    ) -> Result<bool, Error> {
        let Some(existing) = existing else {
            return Ok(false);
        };
        match take_over(existing, &secret.cluster) {
            TakeOver::Free => Ok(false),
            TakeOver::FromGuide => Ok(true),
            TakeOver::Stranger(owners) => Err(Error::new(
                Kind::Conflict,
                format!(
                    "secret {}/{} in context {} belongs to {}",
                    options.namespace,
                    secret.name(),
                    self.cluster.context(),
                    owners.join(", ")
                ),
            )
            .hint("change it where it comes from, or take it over: --force-conflicts")),
        }
    }
}
