//! The input and output of the judgement.

use super::Member;
use crate::remote_cluster::Address;

/// One data key of one Secret of a holder.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The Secret's name.
    pub secret: &'a str,
    /// The data key.
    pub key: &'a str,
    /// The mark of the access that it gives ([`crate::secret::JudgedKey::mark`]).
    pub mark: Option<&'a str>,
    /// The address that it gives access to; `None` if it cannot be read, or if it is a different machine for each
    /// client.
    pub address: Option<Address>,
    /// True if istiod reads the Secret.
    pub is_looked_at: bool,
    /// The cluster in the Secret's annotation.
    pub annotated: Option<&'a str>,
    /// UID of the cluster that answered, if the credential was used.
    pub uid: Option<&'a str>,
}

/// The cluster that a secret gives access to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached<'a> {
    /// Its own holder.
    Holder,
    /// This cluster.
    Member(&'a Member),
    /// A cluster that answered, and that no context is known to give access to.
    Elsewhere,
    /// Unknown.
    Unknown,
}

/// The judgement of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// No problem, as far as is known.
    Fine,
    /// The holder's own istiod has this cluster ID, so that it ignores the entry.
    OwnName,
    /// It gives access to its own holder, under a name that no other cluster has.
    Holder,
    /// It has the name of one cluster, and gives access to another one.
    WrongCluster {
        /// The cluster of that name.
        named: &'a Member,
    },
    /// Another key of the same Secret gives access to the same cluster.
    StrayKey {
        /// The key that stays.
        kept: &'a str,
        /// True if the other key is known to be the right one.
        is_known: bool,
        /// True if both give the same access, so that deleting this one loses nothing.
        is_same_access: bool,
    },
    /// Another Secret gives access to the same cluster under another name.
    Duplicate {
        /// The other Secret.
        secret: &'a str,
        /// Its key.
        key: &'a str,
        /// True if that is the cluster ID of the cluster's own istiod.
        is_right: bool,
    },
    /// The cluster's own istiod has another cluster ID.
    WrongName {
        /// The cluster.
        member: &'a Member,
    },
}

/// An entry with its judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged<'a> {
    /// The cluster that it gives access to.
    pub reached: Reached<'a>,
    /// The other cluster that it concerns ([`super::Mesh::peer`]).
    pub peer: Option<&'a Member>,
    /// The judgement.
    pub verdict: Verdict<'a>,
}
