//! What is asked of a source and its holders, checked and without gaps; nothing later looks at a raw flag.

use std::collections::BTreeMap;
use std::time::Duration;

use mesh_common::client::DryRun;
use mesh_common::model::Error;
use mesh_common::model::cluster_name::{ClusterKey, ClusterName};
use mesh_common::model::command::{Knob, Remedy};
use mesh_common::model::names::READER_ACCOUNT;
use mesh_common::model::remote_secret::SecretType;

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one decision of the user"
)]
#[derive(Clone)]
pub(crate) struct Options {
    pub name: Option<ClusterKey>,
    pub secret_type: SecretType,
    pub namespace: String,
    /// Whether the secret is applied in holders, and not only printed.
    pub applies: bool,
    /// The context that `--server` was limited to, and the URL.
    pub server: Option<(Option<String>, String)>,
    pub tls_server_name: Option<String>,
    pub proxy_url: Option<String>,
    pub authorities: Option<Vec<u8>>,
    pub insecure: bool,
    pub allow_loopback: bool,
    pub verify: bool,
    pub account: String,
    pub create_account: bool,
    pub token: TokenOptions,
    pub auth: Auth,
    pub dry_run: DryRun,
    pub force_conflicts: bool,
    /// Whether a secret that gives access to another cluster is replaced.
    pub replace: bool,
    /// Whether there are several sources, so that what is said of one of them names its context.
    pub several: bool,
}

/// Which token is given out.
#[derive(Clone)]
pub(crate) enum TokenOptions {
    /// The one in the account's usual token Secret, which all holders share.
    Shared,
    /// The one in this token Secret.
    Named(String),
    /// An unending one in a token Secret of this holder's own.
    OwnSecret(ClusterName),
    /// One that ends, bound to a Secret of the holder's own.
    Bound(Duration, Option<ClusterName>),
}

/// How the holders' istiod authenticates.
#[derive(Clone)]
pub(crate) enum Auth {
    Token,
    Provider {
        name: String,
        config: BTreeMap<String, String>,
    },
}

impl Options {
    /// What everybody wants who says nothing else: the reader's shared token, tried out, for control planes that live in
    /// this namespace.
    pub(crate) fn in_namespace(namespace: &str) -> Self {
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

    /// The URL that `--server` gives for this source, if any.
    pub(crate) fn server_for(&self, context: &str) -> Option<&str> {
        self.server
            .as_ref()
            .filter(|(limited, _)| limited.as_deref().is_none_or(|name| name == context))
            .map(|(_, url)| url.as_str())
    }

    /// A flag that says something of the source in `context`, as it is to be typed.
    pub(crate) fn flag(&self, knob: Knob, context: &str, value: &str) -> Remedy {
        if self.several {
            Remedy::add(knob, &format!("{context}={value}"))
        } else {
            Remedy::add(knob, value)
        }
    }

    /// The step to give a flag that only `create` has; `what` says which flag, with which value.
    pub(crate) fn flag_of_create(&self, what: &str, context: &str) -> Remedy {
        if self.several {
            let step =
                format!("for context {context} alone use kubectl mesh-secret create: {what}");
            step.into()
        } else {
            what.into()
        }
    }

    /// Refuses a `--server` that is limited to another context than the source's, which would go unheard.
    pub(crate) fn check_server(&self, source: &str) -> Result<(), Error> {
        match &self.server {
            Some((Some(context), url)) if context != source => Err(Error::usage(format!(
                "--server is for context {context}, and the source is context {source}"
            ))
            .hint(Remedy::add(Knob::Server, &format!("{source}={url}")))),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether each holder gets a token that no other holder has.
    pub(crate) fn has_own_token(&self) -> bool {
        match self.token {
            TokenOptions::Shared | TokenOptions::Named(_) => false,
            TokenOptions::OwnSecret(_) | TokenOptions::Bound(..) => true,
        }
    }

    /// Whether the holder is named whose token it is.
    pub(crate) fn names_holder(&self) -> bool {
        match &self.token {
            TokenOptions::Shared | TokenOptions::Named(_) => false,
            TokenOptions::OwnSecret(_) => true,
            TokenOptions::Bound(_, holder) => holder.is_some(),
        }
    }

    /// Whether the account is the one whose rights the suite knows how to make.
    pub(crate) fn is_reader(&self) -> bool {
        self.account == READER_ACCOUNT
    }
}
