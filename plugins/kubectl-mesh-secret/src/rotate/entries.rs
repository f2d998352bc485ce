//! The tokens that holders have, each with the secret that it was found in. Pure.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::model::command::Command;
use mesh_common::model::names::CONFIG_SECRET;
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::token::TokenFacts;
use mesh_common::model::token_home::TokenHome;
use mesh_common::model::{Error, access_facts, token};
use secrecy::{ExposeSecret as _, SecretString};

use super::observe::Place;

/// Which secrets were asked for.
pub(super) enum Wanted {
    All,
    /// Names of Secrets, or of clusters.
    Named(Vec<String>),
}

/// A token in a holder.
#[derive(Clone)]
pub(super) struct Entry {
    /// The holder's number among the clusters that were read.
    pub place: usize,
    /// The whole Secret, as it was read.
    pub secret: Secret,
    /// The data key, which is the cluster's name to istiod.
    pub key: String,
    /// URL of the server that the kubeconfig leads to.
    pub server: String,
    pub token: SecretString,
    pub facts: TokenFacts,
    pub home: TokenHome,
}

impl Entry {
    /// The Secret's name.
    pub(super) fn name(&self) -> &str {
        own_name(&self.secret)
    }

    /// The kubeconfig as it was read.
    pub(super) fn kubeconfig(&self) -> &[u8] {
        let data = self.secret.data.as_ref();
        data.and_then(|data| data.get(&self.key))
            .map_or(&[], |value| value.0.as_slice())
    }
}

/// A data key that holds no token with a Secret to end with, such as a client certificate.
pub(super) struct Unfit {
    pub place: usize,
    pub name: String,
    pub key: String,
}

/// What the remote secrets of one cluster hold. A config secret is no remote one, although istioctl labels it so.
pub(super) fn entries(place: usize, secrets: &[Secret]) -> (Vec<Entry>, Vec<Unfit>) {
    let (mut fit, mut unfit) = (Vec::new(), Vec::new());
    for secret in secrets {
        let name = own_name(secret);
        if name == CONFIG_SECRET {
            continue;
        }
        for (key, kubeconfig) in secret.data.iter().flatten() {
            match entry(place, secret, key, &kubeconfig.0) {
                Some(entry) => fit.push(entry),
                None => unfit.push(Unfit {
                    place,
                    name: name.to_owned(),
                    key: key.clone(),
                }),
            }
        }
    }
    (fit, unfit)
}

fn entry(place: usize, secret: &Secret, key: &str, kubeconfig: &[u8]) -> Option<Entry> {
    let token = access_facts::bearer_token(kubeconfig)?;
    let facts = token::read(token.expose_secret())?;
    Some(Entry {
        place,
        secret: secret.clone(),
        key: key.to_owned(),
        server: access_facts::read(kubeconfig)?.server,
        home: TokenHome::of(&facts)?,
        token,
        facts,
    })
}

impl Wanted {
    pub(super) fn includes(&self, name: &str, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|one| one == name || one == key),
        }
    }

    /// The tokens asked for, among the holders that were named.
    ///
    /// # Errors
    /// Names that nothing has, and secrets that were named and hold no such token, joined.
    pub(super) fn select<'e>(
        &self,
        entries: &'e [Entry],
        unfit: &[Unfit],
        places: &[Place],
    ) -> Result<Vec<&'e Entry>, Error> {
        let is_named = |place: usize| places[place].named;
        let mut wrong = Vec::new();
        if let Self::Named(names) = self {
            let has = |wanted: &str| {
                let fit = entries
                    .iter()
                    .map(|one| (one.place, one.name(), one.key.as_str()));
                let unfit = unfit
                    .iter()
                    .map(|one| (one.place, one.name.as_str(), one.key.as_str()));
                fit.chain(unfit)
                    .any(|(place, name, key)| is_named(place) && (name == wanted || key == wanted))
            };
            wrong.extend(
                names
                    .iter()
                    .filter(|name| !has(name))
                    .map(|name| nothing(name, places)),
            );
            let of_these = unfit
                .iter()
                .filter(|one| is_named(one.place) && self.includes(&one.name, &one.key));
            wrong.extend(of_these.map(|one| no_token(one, &places[one.place])));
        }
        match Error::all(wrong) {
            Some(error) => Err(error),
            None => Ok(entries
                .iter()
                .filter(|one| is_named(one.place) && self.includes(one.name(), &one.key))
                .collect()),
        }
    }
}

fn nothing(name: &str, places: &[Place]) -> Error {
    let list = Command::new("kubectl mesh-secret list --all-contexts");
    Error::new(
        mesh_common::model::error::Kind::NotFound,
        format!("no remote secret called {name}, and none for a cluster called so, is in the clusters that were read"),
    )
    .hint(match places.first() {
        Some(place) => list.kubeconfig_of(place.cluster.target().kubectl()),
        None => list,
    })
}

fn no_token(unfit: &Unfit, place: &Place) -> Error {
    let context = place.context();
    Error::refused(format!(
        "secret {} in context {context} holds no service account's token for cluster {}, so there is nothing to rotate",
        unfit.name, unfit.key
    ))
    .hint(inspect(&unfit.name, place))
}

/// Tells what is in a holder's secret.
pub(super) fn inspect(name: &str, place: &Place) -> Command {
    Command::new("kubectl mesh-secret inspect")
        .arg(name)
        .kubeconfig_of(place.cluster.target().kubectl())
        .flag("--context", place.context())
}
