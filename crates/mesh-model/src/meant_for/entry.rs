//! What is judged, and what is found.

use super::Member;
use crate::remote_cluster::Address;

/// One data key of one Secret of a holder.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The Secret's name.
    pub secret: &'a str,
    /// The data key.
    pub key: &'a str,
    /// Its value.
    pub kubeconfig: &'a [u8],
    /// Where it gives access; `None` where that cannot be read, and where the address means another machine to each who
    /// dials it.
    pub address: Option<Address>,
    /// Whether istiod looks at the Secret.
    pub is_looked_at: bool,
    /// The cluster that the Secret's annotation names.
    pub annotated: Option<&'a str>,
    /// UID of the cluster that answered, where the credential was used.
    pub uid: Option<&'a str>,
}

/// Where a secret gives access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached<'a> {
    /// To its own holder.
    Holder,
    /// To this cluster.
    Member(&'a Member),
    /// To a cluster that answered and that no context is known to give access to.
    Elsewhere,
    /// That is not known.
    Unknown,
}

/// What it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// Nothing is wrong with whom it is for, as far as that can be told.
    Fine,
    /// The holder's own istiod has this name, so that it ignores the secret.
    OwnName,
    /// It gives access to its own holder, under a name that no other cluster has.
    Holder,
    /// It is named for this cluster, and gives access to another one.
    WrongCluster {
        /// The cluster that is meant.
        named: &'a Member,
    },
    /// Another key of the same Secret gives access to the same cluster.
    StrayKey {
        /// The key that stays.
        kept: &'a str,
        /// Whether it is known that the other key is the right one.
        is_known: bool,
        /// Whether both hold the same access, so that nothing is lost with this one.
        is_same_access: bool,
    },
    /// Another Secret gives access to the same cluster under another name.
    Duplicate {
        /// The other Secret.
        secret: &'a str,
        /// Its key.
        key: &'a str,
        /// Whether that is what the cluster's own istiod calls it.
        is_right: bool,
    },
    /// The cluster's own istiod calls it otherwise.
    WrongName {
        /// The cluster.
        member: &'a Member,
    },
}

/// An entry after it was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged<'a> {
    /// Where it gives access.
    pub reached: Reached<'a>,
    /// What that means.
    pub verdict: Verdict<'a>,
}
