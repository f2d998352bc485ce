//! What is asked of a remote cluster and its holders, checked and without gaps.

use std::collections::BTreeMap;
use std::time::Duration;

use mesh_model::change::DryRun;
use mesh_model::cluster_name::{ClusterKey, ClusterName};
use mesh_model::command::{Knob, Remedy, Step};
use mesh_model::names::READER_ACCOUNT;
use mesh_model::remote_secret::SecretType;

/// Options of the secrets for one remote cluster.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one decision of the user"
)]
#[derive(Clone)]
pub struct Options {
    /// The cluster's name; where there is none, its istiod's name for it.
    pub name: Option<ClusterKey>,
    /// Whom the secret is for.
    pub secret_type: SecretType,
    /// Istio's namespace, in the remote cluster and in the holders.
    pub namespace: String,
    /// Applies the secret in holders, and does not only return it.
    pub applies: bool,
    /// The URL of the API server, as the holders' istiods reach it, in place of the context's.
    pub server: Option<String>,
    /// The name to look for in the API server's certificate.
    pub tls_server_name: Option<String>,
    /// The proxy on the way to the API server.
    pub proxy_url: Option<String>,
    /// The authorities (PEM) in place of the cluster's own CA.
    pub authorities: Option<Vec<u8>>,
    /// Lets istiod accept any certificate.
    pub insecure: bool,
    /// Accepts a server address that only means something on one machine.
    pub allow_loopback: bool,
    /// Uses the secret once before it is applied.
    pub verify: bool,
    /// The service account that the secret authenticates as.
    pub account: String,
    /// Creates the reader's account and its rights where they are missing.
    pub create_account: bool,
    /// The token of the secret.
    pub token: TokenOptions,
    /// The way in which the holders' istiods authenticate.
    pub auth: Auth,
    /// The extent of the job: a dry run, or writes.
    pub dry_run: DryRun,
    /// Takes over a secret that another field manager owns.
    pub force_conflicts: bool,
    /// Replaces a secret that gives access to another cluster.
    pub replace: bool,
    /// There are several remote clusters, so that what is said of one of them names its context.
    pub several: bool,
}

/// The token that a holder gets.
#[derive(Clone)]
pub enum TokenOptions {
    /// The one in the account's default token Secret, which all holders share.
    Shared,
    /// The one in this token Secret.
    Named(String),
    /// One without an end, in a token Secret of this holder's own.
    OwnSecret(ClusterName),
    /// One that expires after this time, bound to a Secret of the holder's own; the holder's name where it is given.
    Bound(Duration, Option<ClusterName>),
}

/// The way in which the holders' istiods authenticate.
#[derive(Clone)]
pub enum Auth {
    /// By the account's token.
    Token,
    /// By a client-go auth provider of this name.
    Provider {
        /// Its name.
        name: String,
        /// Its configuration.
        config: BTreeMap<String, String>,
    },
}

impl Options {
    /// Returns the default: the reader's shared token, verified, for control planes that live in this namespace.
    pub fn in_namespace(namespace: &str) -> Self {
        Self {
            name: None,
            secret_type: SecretType::Remote,
            namespace: namespace.to_owned(),
            applies: true,
            server: None,
            tls_server_name: None,
            proxy_url: None,
            authorities: None,
            insecure: false,
            allow_loopback: false,
            verify: true,
            account: READER_ACCOUNT.to_owned(),
            create_account: true,
            token: TokenOptions::Shared,
            auth: Auth::Token,
            dry_run: DryRun::None,
            force_conflicts: false,
            replace: false,
            several: false,
        }
    }

    /// Returns the step to add a setting of the remote cluster in `context`.
    pub(crate) fn setting(&self, knob: Knob, context: &str, value: &str) -> Remedy {
        self.setting_step(knob, context, value).into()
    }

    /// Returns the same, for a sentence that goes on.
    pub(crate) fn setting_step(&self, knob: Knob, context: &str, value: &str) -> Step {
        if self.several {
            Step::add(knob, &format!("{context}={value}"))
        } else {
            Step::add(knob, value)
        }
    }

    /// Returns the beginning of a step that issues the secrets for `context` alone, which has settings that several do not have.
    pub(crate) fn step_for(&self, context: &str) -> Step {
        if self.several {
            Step::new(format!(
                "for context {context} alone use kubectl mesh-secret create: "
            ))
        } else {
            Step::new("")
        }
    }

    /// Returns true where each holder gets a token that no other holder has.
    pub(crate) fn has_own_token(&self) -> bool {
        match self.token {
            TokenOptions::Shared | TokenOptions::Named(_) => false,
            TokenOptions::OwnSecret(_) | TokenOptions::Bound(..) => true,
        }
    }

    /// Returns true where the remote cluster records the holders of its tokens.
    pub(super) fn records_holders(&self) -> bool {
        self.applies && self.secret_type == SecretType::Remote && matches!(self.auth, Auth::Token)
    }

    /// Returns true where the holder is named whose token it is.
    pub(crate) fn names_holder(&self) -> bool {
        match &self.token {
            TokenOptions::Shared | TokenOptions::Named(_) => false,
            TokenOptions::OwnSecret(_) => true,
            TokenOptions::Bound(_, holder) => holder.is_some(),
        }
    }

    /// Returns true where the account is the one whose rights the suite knows how to create.
    pub(crate) fn is_reader(&self) -> bool {
        self.account == READER_ACCOUNT
    }
}
