//! All that is going to be written for one remote cluster, before the first write. Pure.

use std::rc::Rc;

use mesh_model::change::{Action, Change, ObjectRef};
use mesh_model::reader;
use mesh_model::remote_secret::{RemoteSecret, own_name};

use super::credential::Credential;
use super::mint::anchor_name;
use super::observe::own_secret_name;
use super::plan::TokenPlan;
use super::surroundings::Missing;
use super::write::PendingSecret;

/// The plan for one remote cluster and its holders.
pub(crate) struct RemotePlan {
    pub context: String,
    pub namespace: String,
    pub account: String,
    /// True if the Secrets behind tokens record who holds these.
    pub records_holders: bool,
    /// The objects that are missing in the remote cluster beside the token.
    pub missing: Vec<Missing>,
    pub token: TokenPlan,
    /// The secret that all holders share.
    pub shared: SecretText,
    /// The secret of each holder.
    pub secrets: Vec<PendingSecret>,
}

/// The text of a secret, as far as it is known.
#[derive(Clone)]
pub(crate) enum SecretText {
    /// The secret was used once.
    Verified(Rc<RemoteSecret>),
    /// The secret has a token that exists, of an account that does not have its rights yet.
    Unverified(Rc<RemoteSecret>, Rc<Credential>),
    /// Its token is created first.
    Unknown,
}

impl SecretText {
    /// Returns the secret, as far as it is known.
    pub(crate) fn secret(&self) -> Option<&Rc<RemoteSecret>> {
        match self {
            Self::Verified(secret) | Self::Unverified(secret, _) => Some(secret),
            Self::Unknown => None,
        }
    }
}

impl RemotePlan {
    /// Returns the changes in the remote cluster, in their order.
    pub(crate) fn remote_changes(&self) -> impl Iterator<Item = Change> {
        let missing = self.missing.iter();
        missing
            .map(|object| Change::new(&self.context, object.named(), Action::Create))
            .chain(self.token_changes())
    }

    /// Returns the changes to Secrets that tokens are bound to.
    pub(crate) fn token_changes(&self) -> Vec<Change> {
        let change = |name: String, action| {
            let object = ObjectRef::secret(&self.namespace, name);
            Change::new(&self.context, object, action)
        };
        match &self.token {
            TokenPlan::Existing(_) => Vec::new(),
            TokenPlan::NewSecret(holder) => {
                let name = new_secret_name(&self.account, holder.as_deref());
                vec![
                    change(name, Action::Create)
                        .because(self.with_records("it contains the token")),
                ]
            }
            TokenPlan::Replacement(replacement) => {
                let name = replacement.name.clone();
                let made = replacement.made.is_none();
                let revoked = own_name(&replacement.revoked).to_owned();
                let reason = self.with_records("it contains the token");
                made.then(|| change(name, Action::Create).because(reason))
                    .into_iter()
                    .chain([change(revoked, Action::Configure)
                        .because("the token that it holds was revoked")])
                    .collect()
            }
            TokenPlan::Minted { holder, .. } => {
                let anchor = |own: Option<&str>| match holder.as_deref().or(own) {
                    Some(holder) => {
                        let reason = self.with_records("a token is bound to it");
                        change(anchor_name(&self.account, holder), Action::Create)
                            .because(format!("{reason}; it stays where it exists already"))
                    }
                    None => change(format!("{}-token-", self.account), Action::Create)
                        .because("a token is bound to it; the server completes its name"),
                };
                if self.secrets.is_empty() {
                    return vec![anchor(None)];
                }
                let each = self.secrets.iter().filter_map(|one| match &one.text {
                    SecretText::Unknown => Some(anchor(Some(&one.holder.name()))),
                    SecretText::Unverified(..) => {
                        let own = one.holder.name();
                        let name = anchor_name(&self.account, holder.as_deref().unwrap_or(&own));
                        Some(change(name, Action::Keep).because(
                            "a new token is bound to it only if that of the holder is not accepted",
                        ))
                    }
                    SecretText::Verified(_) => None,
                });
                each.collect()
            }
        }
    }

    /// Returns the reason of a Secret behind a token, with what else is written to it.
    fn with_records(&self, reason: &str) -> String {
        if self.records_holders {
            format!("{reason}, and it records the holders of the token")
        } else {
            reason.to_owned()
        }
    }
}

/// Returns the name of the token Secret that is created for all holders, or for this one.
pub(super) fn new_secret_name(account: &str, holder: Option<&str>) -> String {
    holder.map_or_else(
        || reader::token_secret_name(account),
        |holder| own_secret_name(account, holder),
    )
}
