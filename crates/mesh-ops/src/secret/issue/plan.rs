//! Where the credential comes from, and what has to be made for it in the remote cluster. Pure: it sees what was read.

use std::rc::Rc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use mesh_model::backing_secret::borrowed_from;
use mesh_model::command::{Command, Kubectl};
use mesh_model::error::{Error, Kind};
use mesh_model::reader;
use mesh_model::remote_secret::own_name;

use super::observe::{Account, RemoteState, TokenState};
use super::options::{Auth, Options, TokenOptions};
use super::surroundings::{Missing, missing};
use super::token_status::{Replacement, TokenSecret, TokenStatus};

/// The objects to create, in this order, and the credential that there is then.
pub(crate) struct Plan {
    pub missing: Vec<Missing>,
    pub token: TokenPlan,
    /// The Secret behind that token, as it was read, which records the token's holders.
    pub backing: Option<Rc<Secret>>,
    /// Lines about what was not looked at, since it may not be read.
    pub skipped: Vec<String>,
}

/// The origin of the token.
pub(crate) enum TokenPlan {
    /// From this Secret, which is there.
    Existing(Rc<Secret>),
    /// From a Secret that is to be created, for this holder alone where one is named.
    NewSecret(Option<String>),
    /// From one that replaces a token that was revoked.
    Replacement(Box<Replacement>),
    /// It is requested, bound to a Secret of its own; with the cluster's CA (PEM).
    Minted {
        duration: Duration,
        holder: Option<String>,
        authorities: String,
    },
}

/// A cluster, as messages name it and as kubectl is told about it.
#[derive(Clone, Copy)]
pub(crate) struct ClusterRef<'a> {
    pub context: &'a str,
    pub kubectl: &'a Kubectl,
}

/// Compares what is asked for with what is there.
pub(crate) fn plan(
    seen: &RemoteState,
    options: &Options,
    remote: ClusterRef<'_>,
) -> Result<Plan, Error> {
    match &seen.token {
        TokenState::There(found) => existing(found, options, remote),
        TokenState::Missing(account) => absent(account, options, remote),
    }
}

fn existing(found: &TokenSecret, options: &Options, remote: ClusterRef<'_>) -> Result<Plan, Error> {
    let ClusterRef { context, kubectl } = remote;
    let asked = &found.secret;
    let (used, token) = match found.status() {
        TokenStatus::Revoked { name, replacement } if matches!(options.auth, Auth::Token) => {
            let revoked = asked.clone();
            let made = replacement.cloned();
            let planned = Replacement {
                revoked,
                name,
                made,
            };
            (replacement, TokenPlan::Replacement(Box::new(planned)))
        }
        TokenStatus::Valid(secret) => (Some(secret), TokenPlan::Existing(Rc::new(secret.clone()))),
        // Where no token is wanted, only its CA is used.
        TokenStatus::Revoked { .. } | TokenStatus::NeedsRead(_) => {
            (None, TokenPlan::Existing(Rc::new(asked.clone())))
        }
    };
    let mut touched = std::iter::once(asked).chain(used);
    if let Some(other) = touched.find(|one| !reader::is_token_of(one, &options.account)) {
        let name = own_name(other);
        return Err(Error::refused(format!(
            "secret {}/{name} in context {context} is not a token of service account {}",
            options.namespace, options.account
        ))
        .hint(token_secrets(kubectl, &options.namespace)));
    }
    let backing = backing(&token, |name| found.read.get(name)?.as_ref());
    Ok(Plan {
        missing: Vec::new(),
        token,
        backing,
        skipped: Vec::new(),
    })
}

fn absent(seen: &Account, options: &Options, remote: ClusterRef<'_>) -> Result<Plan, Error> {
    let ClusterRef { context, kubectl } = remote;
    if let TokenOptions::Named(name) = &options.token {
        return Err(Error::new(
            Kind::NotFound,
            format!(
                "secret {}/{name} does not exist in context {context}",
                options.namespace
            ),
        )
        .hint(token_secrets(kubectl, &options.namespace)));
    }
    let missing = missing(seen, options, remote)?;
    let token = match &options.token {
        TokenOptions::Shared => seen
            .tokens
            .iter()
            .find(|secret| reader::is_token_of(secret, &options.account))
            .map_or(TokenPlan::NewSecret(None), |secret| {
                TokenPlan::Existing(Rc::new(secret.clone()))
            }),
        TokenOptions::Named(_) => TokenPlan::NewSecret(None),
        TokenOptions::OwnSecret(holder) => TokenPlan::NewSecret(Some(holder.to_string())),
        TokenOptions::Bound(duration, holder) => TokenPlan::Minted {
            duration: *duration,
            holder: holder.as_ref().map(ToString::to_string),
            authorities: seen
                .authorities
                .seen()
                .cloned()
                .flatten()
                .unwrap_or_default(),
        },
    };
    let skipped = skipped(seen, options, context);
    let backing = backing(&token, |name| {
        let mut tokens = seen.tokens.iter();
        tokens.find(|secret| own_name(secret) == name)
    });
    Ok(Plan {
        missing,
        token,
        backing,
        skipped,
    })
}

/// Returns the Secret behind a token that exists; `read` has those that were read beside its own.
fn backing<'s>(
    token: &TokenPlan,
    read: impl FnOnce(&str) -> Option<&'s Secret>,
) -> Option<Rc<Secret>> {
    match token {
        TokenPlan::Existing(secret) => match borrowed_from(secret) {
            None => Some(Rc::clone(secret)),
            Some(backing) => read(&backing.name).cloned().map(Rc::new),
        },
        TokenPlan::Replacement(replacement) => replacement.made.clone().map(Rc::new),
        TokenPlan::NewSecret(_) | TokenPlan::Minted { .. } => None,
    }
}

/// Returns what is told of the account where not all that surrounds it may be read.
fn skipped(seen: &Account, options: &Options, context: &str) -> Vec<String> {
    let (namespace, account) = (&options.namespace, &options.account);
    let parts = [
        (
            seen.namespace.reason(),
            format!("checking that namespace {namespace} exists in context {context}"),
        ),
        (
            seen.rights.reason(),
            format!(
                "checking the permissions of service account {namespace}/{account} in context {context}"
            ),
        ),
        (
            seen.authorities.reason(),
            format!("reading the cluster's own CA, so that of context {context} is used"),
        ),
    ];
    let parts = parts.into_iter();
    parts
        .filter_map(|(reason, what)| Some(format!("skipped {what}: {}", reason?)))
        .collect()
}

/// Returns the command that shows the token Secrets of a namespace.
pub(super) fn token_secrets(kubectl: &Kubectl, namespace: &str) -> Command {
    kubectl
        .in_namespace(namespace)
        .words("get secrets --field-selector type=kubernetes.io/service-account-token")
}

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;
    use mesh_model::names::{READER_ACCOUNT, TOKEN_KEY};
    use mesh_model::read::Read;
    use mesh_model::rotation_names::replacement_secret_name;

    use super::super::super::identity::tests::identity;
    use super::super::surroundings::tests::{options, west, with};
    use super::super::token_status::tests::token_of;
    use super::*;

    fn plan_of(account: Account, line: &str) -> Result<Plan, Error> {
        plan_with(TokenState::Missing(Box::new(account)), &options(line))
    }

    fn plan_with(token: TokenState, options: &Options) -> Result<Plan, Error> {
        let seen = RemoteState {
            identity: identity("https://west:6443", None),
            istiods: Read::NotAsked,
            token,
        };
        plan(&seen, options, west())
    }

    #[test]
    fn what_may_not_be_read_is_told_and_not_made() {
        let denied = || "not allowed".into();
        let seen = Account {
            namespace: Read::Denied(denied()),
            rights: Read::Denied(denied()),
            authorities: Read::Denied(denied()),
            ..with(0b0011)
        };
        let plan = plan_of(seen, "").expect("the account is there");
        assert!(plan.missing.is_empty());
        let skipped = plan.skipped.iter();
        let told: Vec<_> = skipped
            .filter_map(|line| line.strip_prefix("skipped ")?.split_once(": "))
            .collect();
        assert_eq!(
            told.iter().map(|(_, reason)| *reason).collect::<Vec<_>>(),
            ["not allowed"; 3],
            "{told:?}"
        );
        let plan = plan_of(with(0b1111), "").expect("all is there");
        assert_eq!(plan.skipped, Vec::<String>::new());
    }

    #[test]
    fn a_token_secret_under_another_name_is_used_and_none_of_another_account() {
        let token = |account: &str| reader::token_secret("istio-system", account, "by-hand");
        for (tokens, expected) in [
            (vec![token("other"), token(READER_ACCOUNT)], true),
            (vec![token("other")], false),
        ] {
            let plan = plan_of(
                Account {
                    tokens,
                    ..with(0b1111)
                },
                "",
            )
            .expect("it is there");
            assert_eq!(matches!(plan.token, TokenPlan::Existing(_)), expected);
        }
    }

    #[test]
    fn a_token_secret_must_be_of_the_account() {
        let there = |account: &str| {
            let secret = reader::token_secret("istio-system", account, "t");
            let found = TokenSecret {
                secret,
                ..TokenSecret::default()
            };
            TokenState::There(Box::new(found))
        };
        let named = options("--secret-name t");
        assert!(plan_with(there(READER_ACCOUNT), &named).is_ok());
        assert!(plan_with(there("other"), &named).is_err());
    }

    #[test]
    fn a_revoked_token_is_replaced_where_a_token_is_wanted() {
        let gone = "t.0a1b2c3d";
        let name = replacement_secret_name("t", gone);
        let found = |account: &str, of_made: Option<&str>| {
            let mut secret = reader::token_secret("istio-system", account, "t");
            let token = token_of("istio-system", gone).into_bytes();
            secret.data = Some([(TOKEN_KEY.to_owned(), ByteString(token))].into());
            let made = of_made.map(|account| reader::token_secret("istio-system", account, &name));
            let read = [(gone.to_owned(), None), (name.clone(), made)].into();
            TokenState::There(Box::new(TokenSecret { secret, read }))
        };
        for of_made in [None, Some(READER_ACCOUNT)] {
            let plan = plan_with(found(READER_ACCOUNT, of_made), &options(""));
            let TokenPlan::Replacement(one) = plan.expect("it can be created").token else {
                panic!("the revoked token would be given out");
            };
            assert_eq!(
                (one.name, one.made.is_some()),
                (name.clone(), of_made.is_some())
            );
        }
        // What would be written must be the account's, and what is there too.
        assert!(plan_with(found("other", None), &options("")).is_err());
        assert!(plan_with(found(READER_ACCOUNT, Some("other")), &options("")).is_err());
        let mut tokenless = options("");
        tokenless.auth = Auth::Provider {
            name: "oidc".to_owned(),
            config: std::collections::BTreeMap::new(),
        };
        let plan = plan_with(found(READER_ACCOUNT, None), &tokenless).expect("it is there");
        assert!(matches!(plan.token, TokenPlan::Existing(_)));
    }

    #[test]
    fn a_remedy_leads_to_the_same_kubeconfig() {
        let error = plan_of(with(0b0011), "--secret-name gone")
            .err()
            .expect("it is not there");
        assert!(
            error.hints()[0]
                .to_string()
                .starts_with("kubectl --kubeconfig other --context west -n")
        );
    }
}
