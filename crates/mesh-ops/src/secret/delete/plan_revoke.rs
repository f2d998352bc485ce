//! Which tokens are revoked with the secrets that are deleted, where, and whether any other secret holds one of them. Pure.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Secret;
use mesh_model::change::{Action, Change};
use mesh_model::command::{Command, Knob, Remedy, Step, suite};
use mesh_model::error::{Error, Kind};
use mesh_model::remote_secret::own_name;
use mesh_model::secret;

use super::backing::Acceptance;
use super::observe::{ClusterSecrets, DeleteState};
use super::plan::{SecretToDelete, object};
use super::request::Request;
use super::selector::Selector;
use super::token::{Found, Token, TokenLocation, without_revoking};

/// The end of one token.
pub(super) enum TokenEnd {
    /// It is revoked by deleting this Secret of that cluster.
    Revoked { cluster: usize, secret: Box<Secret> },
    /// The cluster, which the secret calls `key`, does not accept it.
    NotAccepted { cluster: usize, key: String },
}

/// The data keys of a token Secret.
/// Source: <https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets>.
const TOKEN_SECRET_KEYS: [&str; 3] = ["ca.crt", "namespace", "token"];

/// Returns how each token ends; `found` has for each cluster what there is under the name of each token's Secret.
///
/// # Errors
/// Another secret holds a token, one that was not read may hold it, or it is not known where one is revoked; joined.
pub(super) fn plan_revoke(
    tokens: &[Token<'_>],
    secrets: &[SecretToDelete<'_>],
    state: &DeleteState,
    found: &[Vec<Found>],
    acceptance: Vec<Option<Result<Acceptance<'_>, Error>>>,
    request: &Request,
) -> Result<Vec<TokenEnd>, Error> {
    let clusters = &state.clusters;
    let mut wrong = other_holders(tokens, secrets, clusters, request);
    if !tokens.is_empty() {
        wrong.extend(unread(state));
    }
    let mut ends = Vec::new();
    for ((number, token), acceptance) in tokens.iter().enumerate().zip(acceptance) {
        let of_token: Vec<&Found> = found.iter().map(|cluster| &cluster[number]).collect();
        match end(token, clusters, &of_token, acceptance) {
            Ok(end) if ends.iter().any(|known| is_same(known, &end)) => {}
            Ok(end) => ends.push(end),
            // It may be where nobody could look, which is told already.
            Err(error) if error.kind() == Kind::NotFound && !state.unread.is_empty() => {}
            Err(error) => wrong.push(error),
        }
    }
    let Some(error) = Error::all(wrong) else {
        return Ok(ends);
    };
    let by_hand = ends.iter().filter_map(|end| match end {
        TokenEnd::Revoked { cluster, secret } => Some(by_hand(secret, &clusters[*cluster])),
        TokenEnd::NotAccepted { .. } => None,
    });
    Err(by_hand.fold(error.hint(without_revoking()), |error, step| {
        error.hint(format!(
            "to revoke the token for every cluster that uses it, which all lose access: {step}"
        ))
    }))
}

/// Returns the change by which a token is revoked.
pub(super) fn revoked(secret: &Secret, cluster: &ClusterSecrets) -> Change {
    Change::new(&cluster.context, object(secret), Action::Revoke)
        .because("revokes the token in these remote secrets")
}

/// Returns the step that revokes the token without this job.
pub(super) fn by_hand(secret: &Secret, cluster: &ClusterSecrets) -> String {
    let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
    format!(
        "delete secret {namespace}/{} in context {}",
        own_name(secret),
        cluster.context
    )
}

/// Returns an error for each secret that is not deleted and holds one of the tokens. Several contexts may show the same Secret.
fn other_holders(
    tokens: &[Token<'_>],
    secrets: &[SecretToDelete<'_>],
    clusters: &[ClusterSecrets],
    request: &Request,
) -> Vec<Error> {
    let uid = |secret: &'_ Secret| secret.metadata.uid.clone();
    let mut known: BTreeSet<Option<String>> = secrets.iter().map(|one| uid(one.secret)).collect();
    let mut wrong = Vec::new();
    for cluster in clusters {
        for secret in cluster.secrets.iter().chain(cluster.elsewhere.items()) {
            let held = tokens.iter().find(|token| token.is_in(secret));
            let Some(token) = held.filter(|_| known.insert(uid(secret))) else {
                continue;
            };
            let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
            let sentence = format!(
                "secret {namespace}/{} in context {} contains the token for {} too",
                own_name(secret),
                cluster.context,
                token.key
            );
            wrong.push(
                Error::new(Kind::Conflict, sentence)
                    .hint(delete_with(cluster, secret, namespace, clusters, request)),
            );
        }
    }
    wrong
}

/// Returns the command that deletes the other holder's secret, together with those that were named where one command does it.
fn delete_with(
    cluster: &ClusterSecrets,
    secret: &Secret,
    namespace: &str,
    clusters: &[ClusterSecrets],
    request: &Request,
) -> Command {
    let name = own_name(secret);
    if namespace != request.namespace {
        return secret::delete(&cluster.kubectl, &cluster.context, namespace, name);
    }
    let mut words: Vec<String> = request.selectors.iter().map(Selector::word).collect();
    if !request.selectors.iter().any(|one| one.selects(secret)) {
        words.push(format!("secret/{name}"));
    }
    let holders = clusters
        .iter()
        .filter(|one| one.is_holder || one.context == cluster.context);
    let contexts: Vec<&str> = holders.map(|one| one.context.as_str()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    suite::secret_delete(&words, &cluster.kubectl, &contexts, &request.namespace).words("--revoke")
}

/// Returns an error for each context of which it cannot be told whether it holds a token.
fn unread(state: &DeleteState) -> Vec<Error> {
    let contexts = state.unread.iter().map(|one| {
        let sentence = format!(
            "context {} cannot be read, and a remote secret there may contain the token as well",
            one.context
        );
        Error::refused(sentence).because(one.reason.clone())
    });
    let namespaces = state.clusters.iter().filter_map(|cluster| {
        let sentence = format!(
            "other namespaces of context {} cannot be read, and a remote secret there may contain the token as well",
            cluster.context
        );
        let reason = cluster.elsewhere.reason()?;
        Some(Error::refused(sentence).because(reason.to_owned()))
    });
    contexts.chain(namespaces).collect()
}

/// Returns true where both revoke by the same Secret.
fn is_same(one: &TokenEnd, other: &TokenEnd) -> bool {
    match (one, other) {
        (
            TokenEnd::Revoked { cluster, secret },
            TokenEnd::Revoked {
                cluster: other_cluster,
                secret: other_secret,
            },
        ) => cluster == other_cluster && secret == other_secret,
        (TokenEnd::NotAccepted { .. }, _) | (_, TokenEnd::NotAccepted { .. }) => false,
    }
}

/// Returns how one token ends: by the Secret that holds it or that it is bound to, in the cluster that accepts it.
fn end(
    token: &Token<'_>,
    clusters: &[ClusterSecrets],
    found: &[&Found],
    acceptance: Option<Result<Acceptance<'_>, Error>>,
) -> Result<TokenEnd, Error> {
    let location = token.locate(clusters, found);
    let Some((number, secret)) = location.found else {
        return without_backing(token, clusters, found, location);
    };
    let context = &clusters[number].context;
    let named = clusters.iter().position(|one| one.is_remote);
    if let Some(named) = named.filter(|named| *named != number) {
        return Err(Error::usage(format!(
            "the Secret of the token for {} is in context {context}, not in context {}",
            token.key, clusters[named].context
        ))
        .hint(Remedy::add(Knob::RemoteContext, context)));
    }
    let Some(acceptance) = acceptance.transpose()? else {
        return Err(Error::refused(format!(
            "the token for {} is not shown to context {context}, whose server is not the one in its secret",
            token.key
        ))
        .hint(Step::new("name the cluster that it gives access to with ").knob(Knob::RemoteContext)));
    };
    if !acceptance.is_accepted {
        return Ok(TokenEnd::NotAccepted {
            cluster: number,
            key: token.key.to_owned(),
        });
    }
    let misnamed = acceptance.misnamed.iter().map(|(one, key)| {
        Error::refused(format!(
            "secret {} in context {} is for cluster {key}, and its token gives access to the cluster of context {context}, which does not have that name, so it is not revoked",
            own_name(one.secret),
            clusters[one.cluster].context
        ))
        .hint(
            Step::new("if the secret is meant to give access to that cluster, name its context with ")
                .knob(Knob::RemoteContext),
        )
    });
    if let Some(error) = Error::all(misnamed) {
        return Err(error);
    }
    // What a token is bound to may be anything, and is not there for the token alone.
    let is_more = !secret
        .data
        .iter()
        .flatten()
        .all(|(key, _)| TOKEN_SECRET_KEYS.contains(&key.as_str()));
    if is_more || !token.backing.may_be_deleted(secret) {
        return Err(Error::refused(format!(
            "the token for {} is bound to secret {}/{} of context {context}, which was not created for it or contains other data",
            token.key, token.backing.namespace, token.backing.name
        )));
    }
    Ok(TokenEnd::Revoked {
        cluster: number,
        secret: Box::new(secret.clone()),
    })
}

/// Returns how a token ends whose Secret no cluster has.
fn without_backing(
    token: &Token<'_>,
    clusters: &[ClusterSecrets],
    found: &[&Found],
    location: TokenLocation<'_>,
) -> Result<TokenEnd, Error> {
    let backing = format!("{}/{}", token.backing.namespace, token.backing.name);
    let failed = |number: usize| found[number].as_ref().err().map(Error::in_one_line);
    let unknown = || {
        let sentence = format!(
            "secret {backing}, which the token for {} is bound to, was not found in any context",
            token.key
        );
        Error::new(Kind::NotFound, sentence)
    };
    if let Some(number) = location.meant {
        return match failed(number) {
            Some(reason) => Err(unknown().because(reason)),
            None => Ok(TokenEnd::NotAccepted {
                cluster: number,
                key: token.key.to_owned(),
            }),
        };
    }
    let error = unknown().hint(format!(
        "add a context for the cluster at {} to the kubeconfig",
        token.server
    ));
    let error = match clusters.first() {
        Some(cluster) => error.hint(cluster.kubectl.config().words("get-contexts")),
        None => error,
    };
    Err(match (0..clusters.len()).find_map(failed) {
        Some(reason) => error.because(reason),
        None => error,
    })
}
