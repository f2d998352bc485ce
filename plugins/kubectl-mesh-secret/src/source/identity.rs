//! How clusters are told from each other: by the UID of namespace kube-system, and by the address of the API server where that
//! UID may not be read. Whoever has rights in the Istio namespace alone may not.

use mesh_common::client::Cluster;
use mesh_common::model::cluster_name::in_object_name;
use mesh_common::model::read::Read;
use mesh_common::model::remote_cluster::{Address, is_one_cluster};

/// A cluster as far as it can be told from others.
#[derive(Clone)]
pub(crate) struct Identity {
    uid: Read<String>,
    address: Address,
}

impl Identity {
    /// Returns the identity of `cluster`, whose kube-system has this UID.
    pub(crate) fn new(cluster: &Cluster, uid: Read<String>) -> Self {
        let target = cluster.target();
        Self {
            uid,
            address: Address::new(target.server(), target.tls_server_name()),
        }
    }

    /// Returns the UID, where it was read.
    pub(crate) fn uid(&self) -> Option<&str> {
        self.uid.seen().map(String::as_str)
    }

    /// Returns true where both are one cluster: their UIDs are equal, or one is not known and their addresses are equal.
    pub(crate) fn is(&self, other: &Self) -> bool {
        is_one_cluster((self.uid(), &self.address), (other.uid(), &other.address))
    }

    /// Returns a text whose first letters other clusters do not have, for names that must differ.
    pub(crate) fn apart(&self) -> String {
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
    pub(crate) fn not_compared(&self, context: &str) -> Option<String> {
        let reason = self.uid.reason()?;
        Some(format!(
            "comparing context {context} with other clusters by UID skipped: {reason}"
        ))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A cluster at `server` with this UID, or with one that may not be read.
    pub(in crate::source) fn identity(server: &str, uid: Option<&str>) -> Identity {
        let denied = || Read::Denied("not allowed".to_owned());
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
            Some("comparing context west with other clusters by UID skipped: not allowed")
        );
        assert_eq!(identity("https://w", Some("w")).not_compared("west"), None);
    }
}
