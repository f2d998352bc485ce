//! The contexts of the operator's kubeconfig, by the API servers that they give access to.

use crate::cluster_name::ClusterId;
use crate::meant_for::{Member, Members};
use crate::read::Read;
use crate::remote_cluster::Address;

/// The contexts that a secret is compared with.
#[derive(Debug, Default)]
pub struct Contexts {
    /// The clusters of all contexts, unread.
    members: Members,
    /// The context that the operator named as the remote cluster of all secrets.
    named: Option<String>,
}

impl Contexts {
    /// Returns these contexts, and the one that the operator named as the remote cluster of all secrets.
    pub fn new(
        contexts: impl IntoIterator<Item = (String, Address)>,
        named: Option<String>,
    ) -> Self {
        let contexts = contexts.into_iter();
        let members = contexts.map(|(context, address)| Member::unread(&context, address));
        Self {
            members: Members::new(members),
            named,
        }
    }

    /// Returns the clusters of all contexts, with what was read of some.
    pub fn members(&self, read: impl IntoIterator<Item = Member>) -> Members {
        Members::new(self.members.all().iter().cloned().chain(read))
    }

    /// Returns the context that the operator named as the remote cluster of all secrets.
    pub fn named(&self) -> Option<&str> {
        self.named.as_deref()
    }

    /// Returns the context of the cluster at `address`, as far as the kubeconfig's text tells.
    pub fn at(&self, address: &Address) -> Option<&Member> {
        self.members.at(address)
    }

    /// Returns the context that gives access to `address`: the one that was named, else the one at this address.
    pub fn context_of(&self, address: &Address) -> Option<&str> {
        let at = || Some(self.at(address)?.context.as_str());
        self.named().or_else(at)
    }
}

/// A cluster's UID and names, as its own context gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterIdentity {
    /// The context that it was read by.
    pub context: String,
    /// The API server, as the context has it.
    pub address: Address,
    /// UID of its namespace kube-system.
    pub uid: Read<Option<String>>,
    /// The cluster IDs of its istiods.
    pub istiods: Read<Vec<ClusterId>>,
}

impl ClusterIdentity {
    /// Returns what is known of it as a cluster of the mesh.
    pub fn member(&self) -> Member {
        let uid = self.uid.seen().cloned().flatten();
        Member {
            context: self.context.clone(),
            address: self.address.clone(),
            uid: uid.filter(|uid| !uid.is_empty()),
            ids: self.istiods.items().to_vec(),
        }
    }
}
