//! What has to be made in the source cluster before there is a credential. Pure: it sees what was observed.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use mesh_common::model::command::{Command, Kubectl, named};
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::reader;
use mesh_common::model::remote_secret::own_name;

use super::observe::{Account, Rights, Source, Token};
use super::options::{Auth, Options, TokenOptions};
use super::standing::{Replacement, Standing, TokenSecret};

/// Objects to make, in this order, and the credential that there is then.
pub(crate) struct Plan {
    pub makes: Vec<Make>,
    pub token: TokenPlan,
    /// What was not looked at, since it may not be read.
    pub skipped: Vec<String>,
}

/// One object that is missing.
pub(crate) enum Make {
    Namespace(Namespace),
    Account(ServiceAccount),
    Role(Box<ClusterRole>),
    Binding(ClusterRoleBinding),
}

/// Where the token comes from.
pub(crate) enum TokenPlan {
    /// From this Secret, which is there.
    Existing(Box<Secret>),
    /// From a Secret that is to be made.
    NewSecret(Option<String>),
    /// From one that takes the place of a token that ended.
    Replacement(Box<Replacement>),
    /// It is minted, bound to a Secret of its own; with the cluster's CA (PEM).
    Minted {
        duration: Duration,
        holder: Option<String>,
        authorities: String,
    },
}

/// The source cluster, as messages name it and as kubectl is told about it.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub context: &'a str,
    pub kubectl: &'a Kubectl,
}

/// Compares what is asked for with what is there.
pub(crate) fn plan(seen: &Source, options: &Options, source: Place<'_>) -> Result<Plan, Error> {
    match &seen.token {
        Token::There(found) => existing(found, options, source),
        Token::Missing(account) => missing(account, options, source),
    }
}

fn existing(found: &TokenSecret, options: &Options, source: Place<'_>) -> Result<Plan, Error> {
    let Place { context, kubectl } = source;
    let asked = &found.secret;
    let (used, token) = match found.standing() {
        Standing::Ended { name, replacement } if matches!(options.auth, Auth::Token) => {
            let ended = asked.clone();
            let made = replacement.cloned();
            let wanted = Replacement { ended, name, made };
            (replacement, TokenPlan::Replacement(Box::new(wanted)))
        }
        Standing::Good(secret) => (Some(secret), TokenPlan::Existing(Box::new(secret.clone()))),
        // Who wants no token takes its CA.
        Standing::Ended { .. } | Standing::Ask(_) => {
            (None, TokenPlan::Existing(Box::new(asked.clone())))
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
    Ok(Plan {
        makes: Vec::new(),
        token,
        skipped: Vec::new(),
    })
}

fn missing(seen: &Account, options: &Options, source: Place<'_>) -> Result<Plan, Error> {
    let Place { context, kubectl } = source;
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
    let makes = surroundings(seen, options, source)?;
    let token = match &options.token {
        TokenOptions::Shared => seen
            .tokens
            .iter()
            .find(|secret| reader::is_token_of(secret, &options.account))
            .map_or(TokenPlan::NewSecret(None), |secret| {
                TokenPlan::Existing(Box::new(secret.clone()))
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
    Ok(Plan {
        makes,
        token,
        skipped,
    })
}

/// What is said of the account where not all that surrounds it may be read.
fn skipped(seen: &Account, options: &Options, context: &str) -> Vec<String> {
    let (namespace, account) = (&options.namespace, &options.account);
    let parts = [
        (
            seen.namespace.reason(),
            format!("looking for namespace {namespace} in context {context}"),
        ),
        (
            seen.rights.reason(),
            format!(
                "checking the rights of service account {namespace}/{account} in context {context}"
            ),
        ),
        (
            seen.authorities.reason(),
            format!("reading the cluster's own CA in place of that of context {context}"),
        ),
    ];
    let parts = parts.into_iter();
    parts
        .filter_map(|(reason, what)| Some(format!("{what} skipped: {}", reason?)))
        .collect()
}

/// Shows the token Secrets of a namespace.
pub(super) fn token_secrets(kubectl: &Kubectl, namespace: &str) -> Command {
    kubectl
        .in_namespace(namespace)
        .words("get secrets --field-selector type=kubernetes.io/service-account-token")
}

/// Namespace, account, role and binding, as far as they are missing and the suite knows how to make them.
pub(crate) fn surroundings(
    seen: &Account,
    options: &Options,
    source: Place<'_>,
) -> Result<Vec<Make>, Error> {
    let Place { context, .. } = source;
    let namespace = &options.namespace;
    if seen.reader.is_none() && !(options.create_account && options.is_reader()) {
        let error = Error::new(
            Kind::NotFound,
            format!(
                "service account {namespace}/{} does not exist in context {context}",
                options.account
            ),
        );
        return Err(if options.is_reader() {
            error.hint("leave out --create-service-account=false, or install Istio there first")
        } else {
            error.hint(format!(
                "make it in context {}, with the rights to read the cluster, or name another one with --service-account",
                named(context)
            ))
        });
    }
    let mut makes = Vec::new();
    if seen.namespace.seen() == Some(&false) {
        makes.push(Make::Namespace(reader::namespace(namespace)));
    }
    if seen.reader.is_none() {
        makes.push(Make::Account(reader::account(namespace)));
    }
    if options.is_reader()
        && options.create_account
        && let Some(known) = seen.rights.seen()
    {
        makes.extend(rights(known, options));
    }
    Ok(makes)
}

/// A reader that some chart's binding already gives a role that exists needs nothing more.
fn rights(seen: &Rights, options: &Options) -> Vec<Make> {
    let role_exists = |name: &str| {
        seen.roles
            .iter()
            .any(|role| role.metadata.name.as_deref() == Some(name))
    };
    let bound = seen
        .bindings
        .iter()
        .filter(|binding| reader::binds(binding, &options.namespace, &options.account))
        .any(|binding| role_exists(&binding.role_ref.name));
    if bound {
        return Vec::new();
    }
    let name = reader::role_name(&options.namespace);
    let mut makes = Vec::new();
    if !role_exists(&name) {
        makes.push(Make::Role(Box::new(reader::role(&options.namespace))));
    }
    let binding_exists = seen.bindings.iter().any(|binding| {
        binding.metadata.name.as_deref() == Some(&name)
            && reader::binds(binding, &options.namespace, &options.account)
    });
    if !binding_exists {
        makes.push(Make::Binding(reader::binding(&options.namespace)));
    }
    makes
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use k8s_openapi::ByteString;
    use mesh_common::model::names::{CONFIG_ACCOUNT, READER_ACCOUNT, TOKEN_KEY};
    use mesh_common::model::read::Read;
    use mesh_common::model::succession::replacement_name;

    use super::super::identity::tests::identity;
    use super::super::standing::tests::token_of;
    use super::*;

    static OTHER: LazyLock<Kubectl> =
        LazyLock::new(|| Kubectl::new(Some("other".to_owned())).context("west"));

    fn west() -> Place<'static> {
        Place {
            context: "west",
            kubectl: &OTHER,
        }
    }

    /// What is asked for by words of `create`'s flags.
    fn options(line: &str) -> Options {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut options = Options::in_namespace("istio-system");
        match words[..] {
            [] => {}
            ["--service-account", account] => account.clone_into(&mut options.account),
            ["--type", "config"] => CONFIG_ACCOUNT.clone_into(&mut options.account),
            ["--create-service-account=false"] => options.create_account = false,
            ["--secret-name", name] => options.token = TokenOptions::Named(name.to_owned()),
            _ => panic!("{line} is not known here"),
        }
        options
    }

    fn plan_of(account: Account, line: &str) -> Result<Plan, Error> {
        plan_with(Token::Missing(Box::new(account)), &options(line))
    }

    fn plan_with(token: Token, options: &Options) -> Result<Plan, Error> {
        let seen = Source {
            identity: identity("https://west:6443", None),
            istiods: Read::NotAsked,
            token,
        };
        plan(&seen, options, west())
    }

    fn made(plan: &Plan) -> Vec<&'static str> {
        let kind = |make: &Make| match make {
            Make::Namespace(_) => "namespace",
            Make::Account(_) => "account",
            Make::Role(_) => "role",
            Make::Binding(_) => "binding",
        };
        plan.makes.iter().map(kind).collect()
    }

    /// What is there once the objects in `bits` were made.
    fn with(bits: u8) -> Account {
        let has = |bit: u8| bits & (1 << bit) != 0;
        let role = has(2).then(|| reader::role("istio-system"));
        let binding = has(3).then(|| reader::binding("istio-system"));
        Account {
            namespace: Read::Seen(has(0) || has(1)),
            reader: has(1).then(|| reader::account("istio-system")),
            rights: Read::Seen(Rights {
                roles: role.into_iter().collect(),
                bindings: binding.into_iter().collect(),
            }),
            ..Account::default()
        }
    }

    #[test]
    fn exactly_what_is_missing_is_made() {
        for bits in 0..16_u8 {
            let before = with(bits);
            let mut expected = Vec::new();
            let lacks = |bit: u8| bits & (1 << bit) == 0;
            expected.extend((lacks(0) && lacks(1)).then_some("namespace"));
            expected.extend(lacks(1).then_some("account"));
            expected.extend(lacks(2).then_some("role"));
            expected.extend(lacks(3).then_some("binding"));
            assert_eq!(
                made(&plan_of(before, "").expect("it can be made")),
                expected,
                "{bits:04b}"
            );
        }
        assert!(made(&plan_of(with(0b1111), "").expect("it is there")).is_empty());
    }

    #[test]
    fn a_reader_that_another_revision_gave_its_role_needs_no_second_one() {
        let mut role = reader::role("istio-system");
        role.metadata.name = Some("istio-reader-clusterrole-canary-istio-system".to_owned());
        let mut binding = reader::binding("istio-system");
        binding.metadata.name = role.metadata.name.clone();
        binding.role_ref.name = "istio-reader-clusterrole-canary-istio-system".to_owned();
        let seen = |roles: Vec<ClusterRole>| Account {
            rights: Read::Seen(Rights {
                roles,
                bindings: vec![binding.clone()],
            }),
            ..with(0b0011)
        };
        let complete = seen(vec![role]);
        assert!(made(&plan_of(complete, "").expect("it is bound")).is_empty());
        // A binding to a role that is gone gives nothing.
        assert_eq!(
            made(&plan_of(seen(Vec::new()), "").expect("it can be made")),
            ["role", "binding"]
        );
    }

    #[test]
    fn what_may_not_be_read_is_told_and_not_made() {
        let denied = || "not allowed".to_owned();
        let seen = Account {
            namespace: Read::Denied(denied()),
            rights: Read::Denied(denied()),
            authorities: Read::Denied(denied()),
            ..with(0b0011)
        };
        let plan = plan_of(seen, "").expect("the account is there");
        assert!(made(&plan).is_empty());
        let skipped = plan.skipped.iter();
        let told: Vec<_> = skipped
            .filter_map(|line| line.split_once(" skipped: "))
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
    fn only_the_readers_own_account_is_made() {
        for (bits, line, expected) in [
            (0b0000, "--service-account other", None),
            (0b0000, "--type config", None),
            (0b0000, "--create-service-account=false", None),
            (0b0001, "--create-service-account=false", None),
            (0b0011, "--create-service-account=false", Some(vec![])),
            (0b0011, "--service-account other", Some(vec![])),
            (0b0011, "", Some(vec!["role", "binding"])),
        ] {
            let plan = plan_of(with(bits), line);
            assert_eq!(plan.ok().map(|plan| made(&plan)), expected, "{line}");
        }
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
            Token::There(Box::new(found))
        };
        let named = options("--secret-name t");
        assert!(plan_with(there(READER_ACCOUNT), &named).is_ok());
        assert!(plan_with(there("other"), &named).is_err());
    }

    #[test]
    fn a_token_that_ended_is_replaced_for_who_wants_one() {
        let gone = "t.0a1b2c3d";
        let name = replacement_name("t", gone);
        let found = |account: &str, of_made: Option<&str>| {
            let mut secret = reader::token_secret("istio-system", account, "t");
            let token = token_of("istio-system", gone).into_bytes();
            secret.data = Some([(TOKEN_KEY.to_owned(), ByteString(token))].into());
            let made = of_made.map(|account| reader::token_secret("istio-system", account, &name));
            let read = [(gone.to_owned(), None), (name.clone(), made)].into();
            Token::There(Box::new(TokenSecret { secret, read }))
        };
        for of_made in [None, Some(READER_ACCOUNT)] {
            let plan = plan_with(found(READER_ACCOUNT, of_made), &options(""));
            let TokenPlan::Replacement(one) = plan.expect("it can be made").token else {
                panic!("the token that ended would be given out");
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
