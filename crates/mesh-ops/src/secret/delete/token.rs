//! The tokens in the secrets that are deleted, and where each of them may be revoked. Pure.

use k8s_openapi::api::core::v1::Secret;
use mesh_model::backing_secret::BackingSecret;
use mesh_model::command::{Knob, Step};
use mesh_model::error::Error;
use mesh_model::remote_cluster::normal_server;
use mesh_model::remote_secret::own_name;
use mesh_model::token::TokenFacts;
use mesh_model::{access_facts, token};
use secrecy::{ExposeSecret as _, SecretString};

use super::observe::ClusterSecrets;
use super::plan::SecretToDelete;
use super::request::Revocation;

/// A token that is to be revoked.
// Without Debug: it holds a token.
pub(super) struct Token<'a> {
    pub text: SecretString,
    pub facts: TokenFacts,
    /// The cluster that it gives access to, as the first secret with it calls it.
    pub key: &'a str,
    /// All deleted secrets with it, each with what it calls the cluster.
    pub held_by: Vec<(SecretToDelete<'a>, &'a str)>,
    /// The Secret by whose deletion it is revoked, if it is what it says.
    pub backing: BackingSecret,
    /// The server of the kubeconfig with it.
    pub server: String,
}

/// The result of the read in one cluster under the name of a token's Secret.
pub(super) type Found = Result<Option<Secret>, Error>;

/// A cluster and Secret by which a token may be revoked.
#[derive(Clone, Copy)]
pub(super) struct TokenLocation<'f> {
    /// The cluster that was named, or the one with the server of the secret.
    pub meant: Option<usize>,
    /// The cluster that has the token's Secret, and that Secret.
    pub found: Option<(usize, &'f Secret)>,
}

/// Returns the tokens that the secrets hold, each once.
///
/// # Errors
/// Those that cannot be revoked, joined.
pub(super) fn tokens<'a>(
    secrets: &[SecretToDelete<'a>],
    clusters: &[ClusterSecrets],
    revocation: &Revocation,
) -> Result<Vec<Token<'a>>, Error> {
    let entries = secrets.iter().flat_map(|one| {
        let entries = one.secret.data.iter().flatten();
        entries.map(move |(key, kubeconfig)| (one, key, kubeconfig))
    });
    let all = Error::gather(entries.map(|(one, key, kubeconfig)| {
        read(*one, key, &kubeconfig.0, revocation).map_err(|why| {
            let (name, context) = (own_name(one.secret), &clusters[one.cluster].context);
            Error::refused(format!(
                "the credential for {key} in secret {name} of context {context} {why}, so it cannot be revoked"
            ))
            .hint(without_revoking())
        })
    }))?;
    let mut tokens: Vec<Token<'_>> = Vec::new();
    for token in all {
        // What a token says of the Secret that revokes it proves nothing, so each text is one of its own.
        let text = token.text.expose_secret();
        match tokens
            .iter_mut()
            .find(|known| known.text.expose_secret() == text)
        {
            Some(known) => known.held_by.extend(token.held_by),
            None => tokens.push(token),
        }
    }
    Ok(tokens)
}

/// Returns the step for those who may not revoke.
pub(super) fn without_revoking() -> Step {
    Step::new("omit ")
        .knob(Knob::Revoke)
        .text(" to delete only the secrets and keep the token")
}

fn read<'a>(
    one: SecretToDelete<'a>,
    key: &'a str,
    kubeconfig: &[u8],
    revocation: &Revocation,
) -> Result<Token<'a>, String> {
    let access = access_facts::read(kubeconfig).ok_or("cannot be read")?;
    let text = access_facts::bearer_token(kubeconfig).ok_or("is no token")?;
    let facts = token::read(text.expose_secret()).ok_or("is no token of a service account")?;
    let backing = BackingSecret::named_by(&facts).ok_or("names no Secret that it is bound to")?;
    if backing.namespace != revocation.namespace || backing.account() != revocation.account {
        return Err(format!(
            "says that it is of service account {:?}, not of {}/{}",
            format!("{}/{}", backing.namespace, backing.account()),
            revocation.namespace,
            revocation.account
        ));
    }
    Ok(Token {
        text,
        facts,
        key,
        held_by: vec![(one, key)],
        backing,
        server: access.server,
    })
}

impl Token<'_> {
    /// Returns true where `secret` holds this token, or another one that is revoked with it.
    pub(super) fn is_in(&self, secret: &Secret) -> bool {
        let mut values = secret.data.iter().flat_map(|data| data.values());
        values.any(|value| {
            let token = access_facts::bearer_token(&value.0);
            token.is_some_and(|token| {
                let text = self.text.expose_secret();
                self.backing.revokes_both(text, token.expose_secret())
            })
        })
    }

    /// Returns where it may be revoked, by what was `found` in each cluster: the remote cluster that was named is looked at
    /// first, then the one with the server of the secret.
    pub(super) fn locate<'f>(
        &self,
        clusters: &[ClusterSecrets],
        found: &[&'f Found],
    ) -> TokenLocation<'f> {
        let is_backing = |secret: &Secret| self.backing.matches(secret, self.text.expose_secret());
        let backing_in = |number: usize| {
            let secret = found[number].as_ref().ok()?.as_ref();
            Some((number, secret.filter(|secret| is_backing(secret))?))
        };
        let has_server =
            |one: &ClusterSecrets| normal_server(&one.server) == normal_server(&self.server);
        let meant = clusters
            .iter()
            .position(|one| one.is_remote)
            .or_else(|| clusters.iter().position(has_server));
        let mut order = meant.into_iter().chain(0..clusters.len());
        TokenLocation {
            meant,
            found: order.find_map(backing_in),
        }
    }
}
