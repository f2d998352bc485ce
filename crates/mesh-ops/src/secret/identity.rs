//! How clusters are told from each other, and what they are called: by the UID of namespace kube-system, and by the address of the
//! API server where that UID may not be read. Whoever has rights in the Istio namespace alone may not.

use mesh_client::Cluster;
use mesh_model::cluster_name::{ClusterId, in_object_name};
use mesh_model::command::{Knob, Step};
use mesh_model::error::Error;
use mesh_model::istiod;
use mesh_model::names::KUBE_SYSTEM;
use mesh_model::read::Read;
use mesh_model::remote_cluster::{Address, is_one_cluster};

use crate::snapshot::{self, SlimReads};

/// A cluster as far as it can be told from others.
#[derive(Clone)]
pub struct Identity {
    uid: Read<String>,
    address: Address,
}

impl Identity {
    /// Returns the identity of `cluster`, whose kube-system has this UID.
    pub fn new(cluster: &Cluster, uid: Read<String>) -> Self {
        let target = cluster.target();
        Self {
            uid,
            address: target.address(),
        }
    }

    /// Returns the UID, where it was read.
    pub fn uid(&self) -> Option<&str> {
        self.uid.seen().map(String::as_str)
    }

    /// Returns true where both are one cluster: their UIDs are equal, or one is not known and their addresses are equal.
    pub fn is(&self, other: &Self) -> bool {
        is_one_cluster((self.uid(), &self.address), (other.uid(), &other.address))
    }

    /// Returns a text whose first letters other clusters do not have, for names that must differ.
    pub fn apart(&self) -> String {
        self.uid().map_or_else(
            || {
                let Address {
                    server,
                    tls_server_name,
                } = &self.address;
                let address = format!(
                    "{server}/{}",
                    tls_server_name.as_deref().unwrap_or_default()
                );
                let hashed = in_object_name("", &address);
                hashed.rsplit('-').next().unwrap_or_default().to_owned()
            },
            str::to_owned,
        )
    }

    /// Returns what is said where the UID may not be read.
    pub fn not_compared(&self, context: &str) -> Option<String> {
        let reason = self.uid.reason()?;
        Some(format!(
            "skipped comparing context {context} with other clusters by UID: {reason}"
        ))
    }
}

/// The names that the istiods of a cluster have for it.
#[derive(Clone, Default)]
pub struct IstiodNames {
    /// Their names for it.
    pub known: Vec<ClusterId>,
    /// True where one of them has no name.
    pub unnamed: bool,
}

impl IstiodNames {
    /// Returns true where one of them calls the cluster `name`.
    pub fn has(&self, name: &str) -> bool {
        self.known.iter().any(|id| id.as_str() == name)
    }
}

/// Reads the UID of kube-system.
///
/// # Errors
/// It could not be read, or there is none.
pub async fn cluster_uid(cluster: &Cluster) -> Result<String, Error> {
    let reads = SlimReads::new(cluster);
    let uid = snapshot::uid(&reads).await;
    reads.reached()?;
    known_uid(cluster, uid)?.into_result()
}

/// Returns the UID of kube-system in a snapshot of `cluster`, or the reason why it was not read.
///
/// # Errors
/// There is none.
pub fn known_uid(cluster: &Cluster, uid: Read<Option<String>>) -> Result<Read<String>, Error> {
    match uid {
        Read::Seen(uid) => match uid.filter(|uid| !uid.is_empty()) {
            Some(uid) => Ok(Read::Seen(uid)),
            None => Err(without_uid(cluster)),
        },
        unread => Ok(unread.map(Option::unwrap_or_default)),
    }
}

fn without_uid(cluster: &Cluster) -> Error {
    let kubectl = cluster.target().kubectl().command();
    Error::refused(format!(
        "namespace {KUBE_SYSTEM} has no UID in context {}",
        cluster.context()
    ))
    .hint("is this a Kubernetes API server?")
    .hint(kubectl.words("get namespace kube-system -o yaml"))
}

/// Returns true where the cluster goes by `name`: its context is called so, its istiods call it so, or that is its UID.
///
/// # Errors
/// What may tell so could not be read, and nothing that was read did.
pub async fn goes_by(cluster: &Cluster, namespace: &str, name: &str) -> Result<bool, Error> {
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
        Some(error) => Err(error.hint(
            Step::new(format!(
                "if {name} is the cluster of context {}, name that context with ",
                cluster.context()
            ))
            .knob(Knob::RemoteContext),
        )),
        None => Ok(false),
    }
}

/// Reads what the istiods of the cluster call it.
///
/// # Errors
/// Their Deployments could not be read.
pub async fn istiod_names(cluster: &Cluster, namespace: &str) -> Result<IstiodNames, Error> {
    let reads = SlimReads::new(cluster);
    let deployments = snapshot::istiods(&reads, Some(namespace)).await;
    reads.reached()?;
    let deployments = deployments.into_result()?;
    Ok(IstiodNames {
        known: istiod::cluster_ids(&deployments),
        unnamed: istiod::is_unnamed(&deployments),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A cluster at `server` with this UID, or with one that may not be read.
    pub(in crate::secret) fn identity(server: &str, uid: Option<&str>) -> Identity {
        let denied = || Read::Denied("not allowed".into());
        Identity {
            uid: uid.map_or_else(denied, |uid| Read::Seen(uid.to_owned())),
            address: Address::new(server, None),
        }
    }

    #[test]
    fn the_address_decides_only_where_a_uid_is_not_known() {
        let (here, there) = ("https://west:6443", "https://other:6443");
        for (one, other, expected) in [
            ((here, Some("w")), (there, Some("w")), true),
            ((here, Some("w")), (here, Some("n")), false),
            ((here, None), ("https://West:6443/", Some("w")), true),
            ((here, None), (here, None), true),
            ((here, None), (there, None), false),
            ((here, Some("w")), (there, None), false),
        ] {
            let of = |(server, uid)| identity(server, uid);
            assert_eq!(of(one).is(&of(other)), expected, "{one:?} {other:?}");
        }
    }

    #[test]
    fn what_tells_clusters_apart_is_a_uid_or_the_hash_of_an_address() {
        assert_eq!(identity("https://w", Some("0a1b")).apart(), "0a1b");
        let [one, other] = ["https://w", "https://x"].map(|server| identity(server, None).apart());
        assert!(one != other && one.len() == 8, "{one} {other}");
    }

    #[test]
    fn only_a_uid_that_may_not_be_read_is_told_of() {
        assert_eq!(
            identity("https://w", None).not_compared("west").as_deref(),
            Some("skipped comparing context west with other clusters by UID: not allowed")
        );
        assert_eq!(identity("https://w", Some("w")).not_compared("west"), None);
    }
}
