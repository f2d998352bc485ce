//! What the secrets of a holder are compared with, to find out which cluster each is for.

use std::collections::BTreeMap;

use crate::meant_for::{Member, Members, Mesh, Reached};

use super::found::FoundSecret;
use super::used::KnownClusters;

/// The result of using a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialCheck {
    /// UID of the cluster that answered.
    pub uid: Option<String>,
    /// True if the server accepted it; `None` if the server was not reached from here.
    pub works: Option<bool>,
}

/// The credentials that were used, by the number of the secret and its data key.
pub type CredentialChecks = BTreeMap<(usize, String), CredentialCheck>;

/// The input of [`super::check_meant_for`].
#[derive(Debug, Clone, Copy)]
pub struct MeantInput<'a> {
    /// The clusters of the kubeconfig, with the facts about those that were read.
    pub members: &'a Members,
    /// The cluster that the operator named as the remote cluster of all secrets.
    pub expected: Option<&'a Member>,
    /// The secrets that the holder's istiods use.
    pub used: &'a KnownClusters,
    /// The number of secrets, from the first, whose findings are reported.
    pub reported: usize,
    /// True if loopback addresses are accepted.
    pub allow_loopback: bool,
}

impl<'a> MeantInput<'a> {
    /// Returns what the secrets of a holder are judged with.
    pub(super) fn mesh(self, holder: Option<&'a Member>) -> Mesh<'a> {
        Mesh {
            members: self.members,
            holder,
            expected: self.expected,
        }
    }

    /// Returns the context of the other cluster that a secret without data was for, by its annotation.
    pub fn named(self, found: &'a FoundSecret, cluster: &str) -> Option<Box<str>> {
        let mesh = self.mesh(found.holder.as_deref());
        let peer = mesh.peer(found.name(), cluster, Reached::Unknown)?;
        Some(peer.context.as_str().into())
    }
}
