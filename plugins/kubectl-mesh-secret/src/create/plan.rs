//! What has to be made in the source cluster before there is a credential. Pure: it sees what was observed.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use mesh_common::mesh::error::{Error, Kind};
use mesh_common::mesh::reader;

use super::observe::{Account, Source, Token};
use super::options::{Options, TokenOptions};

/// Objects to make, in this order, and the credential that there is then.
pub(super) struct Plan {
    pub makes: Vec<Make>,
    pub token: TokenPlan,
}

/// One object that is missing.
pub(super) enum Make {
    Namespace(Namespace),
    Account(ServiceAccount),
    Role(Box<ClusterRole>),
    Binding(ClusterRoleBinding),
}

/// Where the token comes from.
pub(super) enum TokenPlan {
    /// From this Secret, which is there.
    Existing(Box<Secret>),
    /// From a Secret that is to be made.
    NewSecret(Option<String>),
    /// It is minted, bound to a Secret of its own; with the cluster's CA (PEM).
    Minted {
        duration: Duration,
        holder: Option<String>,
        authorities: String,
    },
}

/// Compares what is asked for with what is there.
pub(super) fn plan(seen: &Source, options: &Options, context: &str) -> Result<Plan, Error> {
    match &seen.token {
        Token::There(secret) => existing(secret, options, context),
        Token::Missing(account) => missing(account, options, context),
    }
}

fn existing(secret: &Secret, options: &Options, context: &str) -> Result<Plan, Error> {
    if !reader::is_token_of(secret, &options.account) {
        let name = secret.metadata.name.as_deref().unwrap_or_default();
        return Err(Error::refused(format!(
            "secret {}/{name} in context {context} is not a token of service account {}",
            options.namespace, options.account
        ))
        .hint(format!(
            "kubectl --context {context} -n {} get secrets --field-selector type=kubernetes.io/service-account-token",
            options.namespace
        )));
    }
    Ok(Plan {
        makes: Vec::new(),
        token: TokenPlan::Existing(Box::new(secret.clone())),
    })
}

fn missing(seen: &Account, options: &Options, context: &str) -> Result<Plan, Error> {
    if let TokenOptions::Named(name) = &options.token {
        return Err(Error::new(
            Kind::NotFound,
            format!("secret {}/{name} does not exist in context {context}", options.namespace),
        )
        .hint(format!(
            "kubectl --context {context} -n {} get secrets --field-selector type=kubernetes.io/service-account-token",
            options.namespace
        )));
    }
    let makes = surroundings(seen, options, context)?;
    let token = match &options.token {
        TokenOptions::Shared => seen
            .tokens
            .iter()
            .find(|secret| reader::is_token_of(secret, &options.account))
            .map_or(TokenPlan::NewSecret(None), |secret| {
                TokenPlan::Existing(Box::new(secret.clone()))
            }),
        TokenOptions::Named(_) => TokenPlan::NewSecret(None),
        TokenOptions::OwnSecret(holder) => {
            TokenPlan::NewSecret(holder.as_ref().map(ToString::to_string))
        }
        TokenOptions::Bound(duration, holder) => TokenPlan::Minted {
            duration: *duration,
            holder: holder.as_ref().map(ToString::to_string),
            authorities: seen.authorities.clone().unwrap_or_default(),
        },
    };
    Ok(Plan { makes, token })
}

/// Namespace, account, role and binding, as far as they are missing and the suite knows how to make them.
fn surroundings(seen: &Account, options: &Options, context: &str) -> Result<Vec<Make>, Error> {
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
                "kubectl --context {context} -n {namespace} create serviceaccount {}",
                options.account
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
