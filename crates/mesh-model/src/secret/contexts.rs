//! The contexts of the operator's kubeconfig, by the API servers that they give access to.

use crate::meant_for::{Member, Members};
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

    /// Returns all contexts, in their order.
    pub fn all(&self) -> &[Member] {
        self.members.all()
    }

    /// Returns the clusters of all contexts, with the facts about those that were read.
    pub fn members(&self, read: impl IntoIterator<Item = Member>) -> Members {
        Members::new(self.members.all().iter().cloned().chain(read))
    }

    /// Returns the context that the operator named as the remote cluster of all secrets.
    pub fn named(&self) -> Option<&str> {
        self.named.as_deref()
    }

    /// Returns the context of the cluster at `address`, as far as the kubeconfig's text shows.
    pub fn at(&self, address: &Address) -> Option<&Member> {
        self.members.at(address)
    }

    /// Returns the context that gives access to `address`: the one that was named, otherwise the one at this address.
    pub fn context_of(&self, address: &Address) -> Option<&str> {
        let at = || Some(self.at(address)?.context.as_str());
        self.named().or_else(at)
    }
}
