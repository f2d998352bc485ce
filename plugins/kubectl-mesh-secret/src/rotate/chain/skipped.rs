//! Tokens that stay as they are, and why. Pure.

use jiff::SignedDuration;
use mesh_common::model::command::{Command, Kubectl, suite};
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::names::READER_ACCOUNT;
use mesh_common::model::reader::token_secret_name;
use mesh_common::model::rotation_names::default_token_secret_name;
use mesh_common::model::secret::length;

use crate::rotate::model::TokenEntry;

/// The longest life that is proposed for a new token, since nobody has vouched for what the old one says.
const LONGEST: SignedDuration = SignedDuration::from_hours(365 * 24);

/// A token that is not replaced, with the secrets that hold it.
pub(super) struct Skipped {
    pub entries: Vec<TokenEntry>,
    pub reason: SkipReason,
}

/// The reason why a token is not replaced.
pub(super) enum SkipReason {
    /// It says to belong to another account than the one whose tokens are replaced.
    OtherAccount,
    /// No cluster that was read accepts it; with what stood in the way of asking.
    NotAccepted(Vec<String>),
    /// The cluster that it is said to be for could not be asked.
    NotAsked(Error),
    /// Another Secret has the name that the new token's Secret is to have.
    NameTaken { name: String, context: String },
    /// Looking failed.
    Failed(Error),
}

impl From<Error> for SkipReason {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The holder of an entry and the cluster that it is said to be for, as the kubeconfig knows them.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub holder: &'a str,
    pub remote: Option<&'a str>,
    pub namespace: &'a str,
    /// The way kubectl is called for the holder.
    pub kubectl: &'a Kubectl,
}

impl SkipReason {
    /// Returns the error of one of the secrets with the token.
    pub(super) fn to_error(&self, entry: &TokenEntry, at: At<'_>) -> Error {
        let which = format!("secret {} in context {}", entry.name(), at.holder);
        let key = &entry.key;
        match self {
            Self::OtherAccount => {
                let whose = format!("{}/{}", entry.backing.namespace, entry.backing.account());
                Error::refused(format!(
                    "{which}: its token for cluster {key} belongs to service account {whose:?}, and only tokens of {}/{READER_ACCOUNT} are rotated",
                    at.namespace
                ))
                .hint("if the clusters of this mesh read each other by that account, name it with --service-account")
            }
            Self::NotAccepted(not_asked) => {
                let mut error = Error::new(
                    Kind::NotFound,
                    format!("{which}: no cluster that was read accepts its token for cluster {key}, so it is not rotated"),
                );
                error = match at.remote {
                    Some(remote) => error.hint(again(entry, remote, at)),
                    None => error.hint(format!(
                        "if the secret is right, name the cluster that it gives access to with --remote-context, since no context has the server {:?}",
                        entry.server
                    )),
                };
                for one in not_asked {
                    error = error.hint(format!("not every cluster could be asked: {one}"));
                }
                error
            }
            Self::NotAsked(error) => Error::new(
                error.kind(),
                format!(
                    "{which}: the cluster of context {} could not be asked whether it accepts the token for cluster {key}: {}",
                    at.remote.unwrap_or("?"),
                    error.in_one_line()
                ),
            ),
            Self::NameTaken { name, context } => Error::new(
                Kind::Conflict,
                format!(
                    "{which}: the new token's Secret would be {}/{name} in context {context}, and a Secret of that name exists already, which was not created for this rotation",
                    at.namespace
                ),
            )
            .hint("delete or rename that Secret if nothing needs it"),
            Self::Failed(error) => Error::new(
                error.kind(),
                format!("{which}: {}", error.in_one_line()),
            ),
        }
    }
}

/// Returns the command that gives the holder a new secret, whatever became of the token that it has. Nothing in it comes from that
/// token but how long it lives.
fn again(entry: &TokenEntry, remote: &str, at: At<'_>) -> Command {
    let facts = &entry.facts;
    let life = facts.issued_at.zip(facts.expires_at);
    let life = life.map(|(from, to)| length(to.duration_since(from).min(LONGEST)));
    let own = format!(
        "{}-{}",
        token_secret_name(entry.backing.account()),
        at.holder
    );
    let is_own = default_token_secret_name(&entry.backing.name) == own;
    let name = Some(entry.key.as_str());
    suite::secret_create(at.kubectl, remote, name, at.namespace, at.holder)
        .flag_if("--token-duration", life.as_deref())
        .flag_if("--for", is_own.then_some(at.holder))
}
