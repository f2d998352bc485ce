//! The tokens that holders have, each with the secret that it was found in. Pure.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::model::backing_secret::BackingSecret;
use mesh_common::model::command::suite;
use mesh_common::model::error::Kind;
use mesh_common::model::names::{CONFIG_SECRET, ISTIO_SYSTEM};
use mesh_common::model::remote_cluster::normal_server;
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::{Error, access_facts, token};
use secrecy::ExposeSecret as _;

use crate::rotate::model::{ClusterState, Selection, TokenEntry};

/// A data key without a token that a Secret revokes, such as one with a client certificate.
struct WithoutToken {
    holder: usize,
    name: String,
    key: String,
}

/// All that the remote secrets of several clusters hold.
pub(crate) struct Entries {
    pub tokens: Vec<TokenEntry>,
    without: Vec<WithoutToken>,
}

impl Entries {
    /// Returns what the secrets of `clusters` hold.
    pub(crate) fn new(clusters: &[ClusterState]) -> Self {
        let mut all = Self {
            tokens: Vec::new(),
            without: Vec::new(),
        };
        for (number, state) in clusters.iter().enumerate() {
            let (tokens, without) = of_cluster(number, &state.secrets);
            all.tokens.extend(tokens);
            all.without.extend(without);
        }
        all
    }

    /// Returns the tokens asked for, among the holders that may be written.
    ///
    /// # Errors
    /// Names that nothing has, and secrets that were named and hold no such token, joined.
    pub(crate) fn select<'e>(
        &'e self,
        selection: &Selection,
        clusters: &[ClusterState],
    ) -> Result<Vec<&'e TokenEntry>, Error> {
        let is_writable = |holder: usize| clusters[holder].is_writable;
        let mut wrong = Vec::new();
        if let Selection::Named(names) = selection {
            let tokens = self.tokens.iter();
            let tokens = tokens.map(|one| (one.holder, one.name(), one.key.as_str()));
            let without = self.without.iter();
            let without = without.map(|one| (one.holder, one.name.as_str(), one.key.as_str()));
            let found: Vec<_> = tokens
                .chain(without)
                .filter(|(holder, ..)| is_writable(*holder))
                .collect();
            let is_missing = |wanted: &str| {
                let mut found = found.iter();
                !found.any(|(_, name, key)| *name == wanted || *key == wanted)
            };
            let missing = names.iter().filter(|name| is_missing(name));
            wrong.extend(missing.map(|name| not_found(name, clusters)));
            let selected = self
                .without
                .iter()
                .filter(|one| is_writable(one.holder) && selection.includes(&one.name, &one.key));
            wrong.extend(selected.map(|one| no_token(one, &clusters[one.holder])));
        }
        let selected = self
            .tokens
            .iter()
            .filter(|one| is_writable(one.holder) && selection.includes(one.name(), &one.key));
        Error::all(wrong).map_or_else(|| Ok(selected.collect()), Err)
    }
}

/// Returns the tokens in the remote secrets of one cluster.
pub(crate) fn tokens_of(holder: usize, secrets: &[Secret]) -> Vec<TokenEntry> {
    of_cluster(holder, secrets).0
}

/// Returns what the remote secrets of one cluster hold. A config secret is no remote one, although istioctl labels it so.
fn of_cluster(holder: usize, secrets: &[Secret]) -> (Vec<TokenEntry>, Vec<WithoutToken>) {
    let (mut tokens, mut without) = (Vec::new(), Vec::new());
    for secret in secrets {
        let name = own_name(secret);
        if name == CONFIG_SECRET {
            continue;
        }
        for (key, kubeconfig) in secret.data.iter().flatten() {
            match entry(holder, secret, key, &kubeconfig.0) {
                Some(entry) => tokens.push(entry),
                None => without.push(WithoutToken {
                    holder,
                    name: name.to_owned(),
                    key: key.clone(),
                }),
            }
        }
    }
    (tokens, without)
}

/// Returns true where some secret of these clusters gives this server.
pub(crate) fn is_server_given(server: &str, clusters: &[ClusterState]) -> bool {
    let server = normal_server(server);
    let mut all = clusters
        .iter()
        .enumerate()
        .flat_map(|(number, state)| tokens_of(number, &state.secrets));
    all.any(|entry| normal_server(&entry.server) == server)
}

fn entry(holder: usize, secret: &Secret, key: &str, kubeconfig: &[u8]) -> Option<TokenEntry> {
    let token = access_facts::bearer_token(kubeconfig)?;
    let facts = token::read(token.expose_secret())?;
    Some(TokenEntry {
        holder,
        secret: secret.clone(),
        key: key.to_owned(),
        server: access_facts::read(kubeconfig)?.server,
        backing: BackingSecret::named_by(&facts)?,
        token,
        facts,
    })
}

impl Selection {
    /// Returns true where the Secret called `name` was asked for, or the cluster called `key`.
    pub(super) fn includes(&self, name: &str, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|one| one == name || one == key),
        }
    }
}

fn not_found(name: &str, clusters: &[ClusterState]) -> Error {
    let kubectl = clusters
        .first()
        .map(|state| state.cluster.target().kubectl());
    let kubectl = kubectl.cloned().unwrap_or_default();
    Error::new(
        Kind::NotFound,
        format!("no remote secret named {name} or for a cluster named {name} was found in the clusters that were read"),
    )
    .hint(suite::secret_list(&kubectl, &[], ISTIO_SYSTEM))
}

fn no_token(without: &WithoutToken, holder: &ClusterState) -> Error {
    let context = holder.context();
    Error::refused(format!(
        "secret {} in context {context} holds no service account's token for cluster {}, so there is nothing to rotate",
        without.name, without.key
    ))
    .hint(suite::secret_inspect(
        &without.name,
        holder.cluster.target().kubectl(),
        context,
        ISTIO_SYSTEM,
    ))
}
