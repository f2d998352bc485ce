//! The types that the rooms of `rotate` share: what was asked for, what was read, and one rotation. Plain data.

use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{Cluster, DryRun, Target};
use mesh_common::model::backing_secret::BackingSecret;
use mesh_common::model::command::{Knob, Remedy};
use mesh_common::model::holder_record::HolderRecord;
use mesh_common::model::names::SERVICE_ACCOUNT_TOKEN;
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::rotation_names::next_secret;
use mesh_common::model::token::TokenFacts;
use mesh_common::model::{Error, Exit};
use secrecy::SecretString;

use mesh_common::ops::secret::identity::Identity;

/// All that was asked for.
#[expect(
    clippy::struct_excessive_bools,
    reason = "mirrors the flags one to one"
)]
pub(crate) struct Request {
    pub selection: Selection,
    pub due: Due,
    pub remote_context: Option<String>,
    /// True if holders were named for the very clusters that were named: a rotation of all names nobody's holder.
    pub names_holders: bool,
    pub namespace: String,
    /// Namespace and name of the account whose tokens are replaced; none of another one is issued.
    pub account: (String, String),
    pub token_duration: Option<Duration>,
    pub verify: bool,
    pub revoke_unseen: bool,
    pub wait: Duration,
    pub dry_run: DryRun,
    pub force_conflicts: bool,
}

/// The secrets that were asked for.
pub(crate) enum Selection {
    All,
    /// Names of Secrets, or of clusters.
    Named(Vec<String>),
}

/// Limits of age and end; a token that meets either is due, and every token where no limit was given.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Due {
    pub older_than: Option<Duration>,
    pub expiring_within: Option<Duration>,
}

/// A context that is to be read.
pub(crate) struct ContextToRead {
    pub context: String,
    /// True if secrets may be written there; another one is only read.
    pub is_writable: bool,
    /// The way to it, or the reason why there is none.
    pub target: Result<Target, Error>,
}

/// A cluster that was read.
pub(crate) struct ClusterState {
    pub cluster: Cluster,
    /// Its identity, which tells it from other clusters.
    pub identity: Identity,
    /// True if secrets may be written there.
    pub is_writable: bool,
    /// Its remote secrets.
    pub secrets: Vec<Secret>,
}

/// A context that could not be read.
pub(crate) struct Unread {
    pub context: String,
    /// True if secrets were to be written there.
    pub is_writable: bool,
    pub error: Error,
}

/// All that was read.
#[derive(Default)]
pub(crate) struct RotationState {
    pub clusters: Vec<ClusterState>,
    pub unread: Vec<Unread>,
    /// Notes on contexts that are left out, since another one is for the same cluster.
    pub duplicates: Vec<String>,
    /// Warnings on contexts that cannot be compared with others.
    pub not_compared: Vec<String>,
}

/// A token in a remote secret.
#[derive(Clone)]
pub(crate) struct TokenEntry {
    /// The holder's number among the clusters that were read.
    pub holder: usize,
    /// The whole Secret, as it was read.
    pub secret: Secret,
    /// The data key, which is the cluster's name to istiod.
    pub key: String,
    /// URL of the server in the kubeconfig.
    pub server: String,
    pub token: SecretString,
    pub facts: TokenFacts,
    pub backing: BackingSecret,
}

/// A token's Secret in the cluster that issued it, and the Secret of the token that replaces it.
pub(crate) struct Chain {
    /// The number of the cluster that issued the token.
    pub remote: usize,
    pub namespace: String,
    pub account: String,
    /// The Secret by whose deletion the old token is revoked.
    pub old: Secret,
    /// The name of the Secret of the new token.
    pub new_name: String,
    /// That Secret, where it exists.
    pub new: Option<Secret>,
    /// The Secret of the default name, where that is another one than `old`: `create` looks for a token there.
    pub default_secret: Option<Secret>,
}

/// One token that is replaced, and all secrets that hold it.
pub(crate) struct Rotation {
    pub chain: Chain,
    pub kind: TokenKind,
    pub holders: Vec<HolderSecret>,
}

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// The token of a token Secret, valid for as long as that Secret holds it.
    Secret,
    /// A token of a `TokenRequest`: it expires after this time, and is revoked with the Secret that it is bound to.
    TokenRequest(Duration),
}

/// A holder's secret with the old token, or with the new one already.
#[derive(Clone)]
pub(crate) struct HolderSecret {
    pub entry: TokenEntry,
    pub holds: Holds,
    pub entitlement: Entitlement,
}

/// The one of the two tokens that a holder's secret has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Old,
    New,
}

/// The reason why a holder gets a new token, or does not. That it has the old one is no reason: it may have been thrown out, and
/// have put back what it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entitlement {
    /// The remote cluster records it.
    Recorded,
    /// The operator named it for this cluster.
    Named,
    /// Nobody says so.
    Unknown,
    /// Its secret is for a cluster of another name.
    OtherName,
}

/// A reason why the old token cannot be revoked, and what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Obstacle {
    pub reason: String,
    pub fixes: Vec<Remedy>,
    /// The exit code that comes of it.
    pub exit: Exit,
}

impl ClusterState {
    pub(crate) fn context(&self) -> &str {
        self.cluster.context()
    }

    /// Returns the record that the remote cluster has of a secret of this one.
    pub(crate) fn record(&self, secret: &Secret) -> Option<HolderRecord> {
        HolderRecord::of(secret, self.cluster.target().server())
    }
}

impl TokenEntry {
    /// Returns the Secret's name.
    pub(crate) fn name(&self) -> &str {
        own_name(&self.secret)
    }

    /// Returns the kubeconfig as it was read.
    pub(crate) fn kubeconfig(&self) -> &[u8] {
        let data = self.secret.data.as_ref();
        data.and_then(|data| data.get(&self.key))
            .map_or(&[], |value| value.0.as_slice())
    }
}

impl Chain {
    /// Returns the name of the old token's Secret.
    pub(crate) fn old_name(&self) -> &str {
        own_name(&self.old)
    }

    /// Returns true where an earlier run has begun to replace the token.
    pub(crate) fn in_progress(&self) -> bool {
        next_secret(&self.old).is_some()
    }

    /// Returns true where both begin at the same Secret.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let begin = |one: &Self| (one.remote, one.namespace.clone(), one.old_name().to_owned());
        begin(self) == begin(other)
    }
}

impl HolderSecret {
    /// Returns true where it has the new token, or is to get it.
    pub(crate) fn is_entitled(&self) -> bool {
        match self.entitlement {
            Entitlement::Recorded | Entitlement::Named => true,
            Entitlement::Unknown | Entitlement::OtherName => self.holds == Holds::New,
        }
    }
}

impl Rotation {
    /// Returns the rotation of `chain`: every secret with one of its tokens is part of it, asked for or not.
    pub(crate) fn new(chain: Chain, holders: Vec<HolderSecret>) -> Self {
        let kind = if chain.old.type_.as_deref() == Some(SERVICE_ACCOUNT_TOKEN) {
            TokenKind::Secret
        } else {
            TokenKind::TokenRequest(longest_life(&holders))
        };
        Self {
            chain,
            kind,
            holders,
        }
    }

    /// Returns the secrets with the old token.
    pub(crate) fn with_old(&self) -> impl Iterator<Item = &HolderSecret> {
        let holders = self.holders.iter();
        holders.filter(|holder| holder.holds == Holds::Old)
    }

    /// Returns the secrets that may be written.
    pub(crate) fn writable<'a>(
        &'a self,
        clusters: &'a [ClusterState],
    ) -> impl Iterator<Item = &'a HolderSecret> {
        let holders = self.holders.iter();
        holders.filter(|holder| clusters[holder.entry.holder].is_writable && holder.is_entitled())
    }

    /// Returns the secrets that are written: those that may be and have the old token.
    pub(crate) fn to_update<'a>(
        &'a self,
        clusters: &'a [ClusterState],
    ) -> impl Iterator<Item = &'a HolderSecret> {
        self.writable(clusters)
            .filter(|holder| holder.holds == Holds::Old)
    }

    /// Returns true where the token was issued for one holder alone, and no other has it.
    pub(crate) fn is_for_one_holder(&self) -> bool {
        let [holder] = self.holders.as_slice() else {
            return false;
        };
        let backing = match holder.holds {
            Holds::Old => Some(&self.chain.old),
            Holds::New => self.chain.new.as_ref(),
        };
        backing.is_some_and(|backing| holder.entry.backing.is_for_one_holder(backing))
    }
}

impl Obstacle {
    /// Returns the obstacle of a secret that has the old token and is not to be written.
    pub(crate) fn still_used(secret: &str, context: &str) -> Self {
        Self {
            reason: format!("secret {secret} in context {context} has the old token"),
            fixes: vec![
                format!("{}, beside the others", Remedy::add(Knob::Context, context)).into(),
            ],
            exit: Exit::Partial,
        }
    }
}

fn longest_life(holders: &[HolderSecret]) -> Duration {
    let lives = holders.iter().filter_map(|holder| {
        let facts = &holder.entry.facts;
        let life = facts.expires_at?.duration_since(facts.issued_at?);
        Duration::try_from(life).ok()
    });
    lives.max().unwrap_or(Duration::from_hours(1))
}
