//! What has to be made in the source cluster before there is a credential. Pure: it sees what was observed.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use mesh_common::mesh::command::{Command, Kubectl, named};
use mesh_common::mesh::error::{Error, Kind};
use mesh_common::mesh::reader;
use mesh_common::mesh::remote_secret::own_name;

use super::observe::{Account, Source, Token};
use super::options::{Auth, Options, TokenOptions};
use super::standing::{Replacement, Standing, TokenSecret};

/// Objects to make, in this order, and the credential that there is then.
pub(crate) struct Plan {
    pub makes: Vec<Make>,
    pub token: TokenPlan,
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
            authorities: seen.authorities.clone().unwrap_or_default(),
        },
    };
    Ok(Plan { makes, token })
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
    if !seen.namespace {
        makes.push(Make::Namespace(reader::namespace(namespace)));
    }
    if seen.reader.is_none() {
        makes.push(Make::Account(reader::account(namespace)));
    }
    if options.is_reader() && options.create_account {
        makes.extend(rights(seen, options));
    }
    Ok(makes)
}

/// A reader that some chart's binding already gives a role that exists needs nothing more.
fn rights(seen: &Account, options: &Options) -> Vec<Make> {
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
    use mesh_common::mesh::names::{CONFIG_ACCOUNT, READER_ACCOUNT, TOKEN_KEY};
    use mesh_common::mesh::succession::replacement_name;

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
            uid: None,
            istiods: Vec::new(),
            unnamed: false,
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
        Account {
            namespace: has(0) || has(1),
            reader: has(1).then(|| reader::account("istio-system")),
            roles: has(2)
                .then(|| reader::role("istio-system"))
                .into_iter()
                .collect(),
            bindings: has(3)
                .then(|| reader::binding("istio-system"))
                .into_iter()
                .collect(),
            ..Account::default()
        }
    }

    #[test]
    fn exactly_what_is_missing_is_made() {
        for bits in 0..16_u8 {
            let before = with(bits);
            let mut expected = Vec::new();
            expected.extend((!before.namespace).then_some("namespace"));
            expected.extend(before.reader.is_none().then_some("account"));
            expected.extend(before.roles.is_empty().then_some("role"));
            expected.extend(before.bindings.is_empty().then_some("binding"));
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
        let seen = || Account {
            bindings: vec![binding.clone()],
            ..with(0b0011)
        };
        let complete = Account {
            roles: vec![role],
            ..seen()
        };
        assert!(made(&plan_of(complete, "").expect("it is bound")).is_empty());
        // A binding to a role that is gone gives nothing.
        assert_eq!(
            made(&plan_of(seen(), "").expect("it can be made")),
            ["role", "binding"]
        );
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
