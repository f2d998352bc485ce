//! Connects to the clusters that are to hold the secret, and reads them. Nothing is decided here.

use k8s_openapi::api::core::v1::{Namespace, Secret};
use mesh_client::{Cluster, Connector, Target, fan_out};
use mesh_model::Error;
use mesh_model::names::CONFIG_SECRET;
use mesh_model::read::Read;
use mesh_model::remote_secret::{SecretType, secret_name};

use super::super::identity::{Identity, cluster_uid, istiod_names};
use super::holder::Holder;
use super::options::Options;
use super::packed::{Packed, Pool};
use crate::snapshot;

/// Connects to all of them at once; one that is unreachable does not affect the others.
pub(crate) async fn connect(
    connector: &Connector,
    targets: Vec<Target>,
) -> Vec<Result<Cluster, Error>> {
    fan_out(targets, |target| connector.connect(target)).await
}

/// Reads all of them at once.
pub(crate) async fn observe(
    clusters: Vec<Result<Cluster, Error>>,
    options: &Options,
) -> Vec<Result<Holder, Error>> {
    let pool = Pool::default();
    fan_out(clusters, |cluster| async {
        holder(cluster?, options, &pool).await
    })
    .await
}

/// The parts that are read only in a holder.
pub(crate) struct Space {
    pub(super) has_namespace: Read<bool>,
    /// Every remote secret of the namespace, whoever made it.
    pub(super) secrets: Box<[Packed]>,
    /// The Secret of the name that ours will have, where the name is known before observing.
    pub(super) unlabelled: Option<Packed>,
}

/// Reads one cluster as a holder, in one wave.
async fn holder(cluster: Cluster, options: &Options, pool: &Pool) -> Result<Holder, Error> {
    let (uid, istiods, space) = futures::join!(
        cluster_uid(&cluster),
        istiod_names(&cluster, &options.namespace),
        space(&cluster, options, pool),
    );
    let reads = cluster.reads();
    let (uid, istiods) = (reads.take(uid), reads.take(istiods));
    reads.reached()?;
    let identity = Identity::new(&cluster, uid);
    let istiods = istiods.map(|names| names.known);
    Ok(Holder::new(cluster, identity, istiods, space?))
}

/// Reads what a cluster has as a holder, where the rest is known; `pool` is shared by all holders.
pub(crate) async fn space(
    cluster: &Cluster,
    options: &Options,
    pool: &Pool,
) -> Result<Space, Error> {
    let namespace = options.namespace.as_str();
    let name = match (
        options.secret_type,
        options.name.as_ref().filter(|_| !options.several),
    ) {
        (SecretType::Config, _) => Some(CONFIG_SECRET.to_owned()),
        (SecretType::Remote, name) => name.map(|name| secret_name(name.as_str())),
    };
    let (space, secrets, unlabelled) = futures::join!(
        cluster.get::<Namespace>(None, namespace),
        // What was read is packed before the next page is.
        snapshot::remote_secrets(cluster, namespace, |secret| Packed::of(secret, pool)),
        async {
            match &name {
                Some(name) => cluster.get::<Secret>(Some(namespace), name).await,
                None => Ok(None),
            }
        },
    );
    let reads = cluster.reads();
    let space = reads.take(space);
    reads.reached()?;
    Ok(Space {
        has_namespace: space.map(|space| space.is_some()),
        secrets: secrets?.into_boxed_slice(),
        unlabelled: unlabelled?.map(|secret| Packed::of(secret, pool)),
    })
}
