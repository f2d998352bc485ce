//! Explanations of a secret that does not work, for whoever wants it applied.

use mesh_client::{ConnectFault, connect_fault};
use mesh_model::access::Access;
use mesh_model::command::{Knob, Remedy, Step};
use mesh_model::error::Kind;
use mesh_model::{Error, server, token};
use secrecy::ExposeSecret as _;

use super::credential::Credential;
use super::plan::token_secrets;
use super::remote::Remote;
use super::verify::same_cluster;

/// Explains why a secret does not work, with the setting that fixes it.
pub(super) fn explain(
    error: Error,
    remote: &Remote<'_>,
    access: &Access,
    credential: &Credential,
) -> Error {
    let context = remote.cluster.context();
    let kubectl = remote.cluster.target().kubectl();
    let server = &access.server;
    let (namespace, account) = (&remote.options.namespace, &remote.options.account);
    let is_refused = !connect_fault(&error).is_some_and(ConnectFault::is_unreachable);
    if server::is_rancher(server) && is_refused {
        return Error::refused(format!(
            "server {server} of context {context} is Rancher's proxy, which accepts only Rancher's own tokens, not those of a service account"
        ))
        .hint(Step::new("add ").knob(Knob::Server).text(
            " with the address of the API server itself, such as Rancher's authorized cluster endpoint of that cluster",
        ))
        .because(error);
    }
    match (connect_fault(&error), error.kind()) {
        (Some(ConnectFault::UnknownAuthority { .. }), _) => Error::refused(format!(
            "server {server} of context {context} presents a certificate that the CA in the secret did not sign"
        ))
        .hint(
            remote
                .options
                .step_for(context)
                .text("add ")
                .knob(Knob::CaFile)
                .text(", with the CA of the proxy or load balancer in front of the API server"),
        )
        .because(error),
        (Some(ConnectFault::NameMismatch { valid_for, .. }), _) => {
            let step = match valid_for.first() {
                Some(name) => Step::add(Knob::TlsServerName, name),
                None => Step::new("add ")
                    .knob(Knob::TlsServerName)
                    .text(", with a name that its certificate has"),
            };
            Error::refused(format!("the certificate of server {server} of context {context} is for other names"))
                .hint(remote.options.step_for(context).step(step))
                .because(error)
        }
        (Some(fault), _) if fault.is_unreachable() => {
            Error::new(Kind::Unreachable, format!("server {server} of context {context} cannot be reached from here"))
                .hint(
                    Step::new("add ")
                        .knob(Knob::NoVerify)
                        .text(", if only the other clusters can reach it"),
                )
                .because(error)
        }
        (_, Kind::Unauthenticated | Kind::Forbidden) if server.starts_with("http://") => Error::new(
            error.kind(),
            format!("server {server} of context {context} requires a credential, and istiod sends none without TLS"),
        )
        .hint(
            Step::new("give ")
                .knob(Knob::Server)
                .text(" the address at which the API server speaks TLS"),
        )
        .because(error),
        (_, Kind::Unauthenticated) => unauthenticated(error, remote, server, credential),
        (_, Kind::Forbidden) => Error::new(
            Kind::Forbidden,
            format!("service account {namespace}/{account} of context {context} is not allowed to read the cluster"),
        )
        .hint(
            kubectl
                .command()
                .words("auth can-i list pods -A")
                .flag("--as", &format!("system:serviceaccount:{namespace}:{account}")),
        )
        .because(error),
        (_, _) => error,
    }
}

fn unauthenticated(
    error: Error,
    remote: &Remote<'_>,
    server: &str,
    credential: &Credential,
) -> Error {
    let context = remote.cluster.context();
    let kubectl = remote.cluster.target().kubectl();
    let namespace = &remote.options.namespace;
    let facts = token::read(credential.token.expose_secret());
    let home = facts.as_ref().and_then(|facts| facts.secret.clone());
    let again: Remedy = match home {
        Some(name) => format!(
            "delete secret {namespace}/{name} in context {context}, whose token was revoked, and run this command again"
        )
        .into(),
        None => token_secrets(kubectl, namespace).into(),
    };
    let expired = facts
        .filter(|facts| facts.has_expired(remote.job.now))
        .and_then(|facts| facts.expires_at);
    // The token may be good where it comes from: deleting it is then the wrong advice.
    if expired.is_none() && remote.options.server.is_some() {
        return Error::new(
            Kind::Unauthenticated,
            format!("server {server} does not accept the token of context {context}: it is another cluster, or the token was revoked"),
        )
        .hint(same_cluster())
        .because(error);
    }
    let sentence = match expired {
        Some(end) => format!("the token for context {context} expired at {end}"),
        None => format!(
            "the API server of context {context} does not accept the token: it was revoked, or the signing key of the API server changed"
        ),
    };
    Error::new(Kind::Unauthenticated, sentence)
        .hint(again)
        .because(error)
}
