//! Which tokens end with the secrets that go, where, and whether anybody else lives by them. Pure.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::model::command::{Command, Knob, Remedy};
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::remote_cluster::normal_server;
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::secret::delete;
use mesh_common::model::token::TokenFacts;
use mesh_common::model::token_home::TokenHome;
use mesh_common::model::{access_facts, token};
use secrecy::{ExposeSecret as _, SecretString};

use super::names::Name;
use super::observe::{Place, Seen};
use super::plan::{Doomed, Order, on};

/// What is said to who may not revoke.
const WITHOUT: &str = "leave out --revoke, and the secrets alone are deleted";

/// A token that is to end.
pub(super) struct Token<'a> {
    pub text: SecretString,
    pub facts: TokenFacts,
    /// The cluster that accepts it, as the first secret with it calls it.
    pub cluster: &'a str,
    /// All secrets that go with it, each with what it calls the cluster.
    pub held_by: Vec<(Doomed<'a>, &'a str)>,
    /// The Secret that it lives with, if it is what it says.
    pub home: TokenHome,
    server: String,
}

/// What was found under the name of a token's home in one place.
pub(super) type Found = Result<Option<Secret>, Error>;

/// What the cluster with a token's home says of the token.
pub(super) struct Proof<'a> {
    /// Whether its API server accepts it, as the account that it claims.
    pub is_accepted: bool,
    /// The secrets with it that are for a cluster of another name.
    pub misnamed: Vec<(Doomed<'a>, &'a str)>,
}

/// How a token ends.
pub(super) enum End<'f> {
    /// With this Secret of that place.
    With(Doomed<'f>),
    /// The cluster of that place, which the secret leads to, does not accept it.
    NotAccepted { place: usize, cluster: String },
}

/// The tokens that the secrets hold, each once.
///
/// # Errors
/// Those that cannot be revoked, joined.
pub(super) fn tokens<'a>(
    doomed: &[Doomed<'a>],
    places: &[Place],
    account: (&str, &str),
) -> Result<Vec<Token<'a>>, Error> {
    let entries = doomed.iter().flat_map(|one| {
        let entries = one.secret.data.iter().flatten();
        entries.map(move |(cluster, kubeconfig)| (one, cluster, kubeconfig))
    });
    let all = Error::gather(entries.map(|(one, cluster, kubeconfig)| {
        of_entry(*one, cluster, &kubeconfig.0, account).map_err(|why| {
            let (name, context) = (own_name(one.secret), &places[one.place].context);
            Error::refused(format!(
                "the credential for {cluster} in secret {name} of context {context} {why}, so it cannot be revoked"
            ))
            .hint(WITHOUT)
        })
    }))?;
    let mut tokens: Vec<Token<'_>> = Vec::new();
    for token in all {
        // What a token says of the Secret that it ends with proves nothing, so each text is one of its own.
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

fn of_entry<'a>(
    one: Doomed<'a>,
    cluster: &'a str,
    kubeconfig: &[u8],
    account: (&str, &str),
) -> Result<Token<'a>, String> {
    let facts = access_facts::read(kubeconfig).ok_or("cannot be read")?;
    let text = access_facts::bearer_token(kubeconfig).ok_or("is no token")?;
    let token = token::read(text.expose_secret()).ok_or("is no token of a service account")?;
    let home = TokenHome::of(&token).ok_or("names no Secret that it lives with")?;
    if (home.namespace.as_str(), home.account()) != account {
        return Err(format!(
            "says that it is of service account {:?}, not of {}/{}",
            format!("{}/{}", home.namespace, home.account()),
            account.0,
            account.1
        ));
    }
    Ok(Token {
        text,
        facts: token,
        cluster,
        held_by: vec![(one, cluster)],
        home,
        server: facts.server,
    })
}

impl Token<'_> {
    /// Whether that token ends with this one.
    fn ends(&self, other: &str) -> bool {
        self.home.ends_both(self.text.expose_secret(), other)
    }

    fn is_in(&self, secret: &Secret) -> bool {
        let mut values = secret.data.iter().flat_map(|data| data.values());
        values.any(|value| {
            let token = access_facts::bearer_token(&value.0);
            token.is_some_and(|token| self.ends(token.expose_secret()))
        })
    }
}

/// How each token ends; `found` has for each place what there is under the name of each token's home.
///
/// # Errors
/// Somebody else holds a token, somebody may hold one and was not read, or the source of one is not known; joined.
pub(super) fn plan_revoke<'f>(
    tokens: &[Token<'_>],
    doomed: &[Doomed<'_>],
    seen: &Seen,
    found: &'f [Vec<Found>],
    proofs: Vec<Option<Result<Proof<'_>, Error>>>,
    order: &Order<'_>,
) -> Result<Vec<End<'f>>, Error> {
    let mut wrong = others(tokens, doomed, &seen.places, order);
    if !tokens.is_empty() {
        wrong.extend(unread(seen));
    }
    let mut ends = Vec::new();
    for ((number, token), proof) in tokens.iter().enumerate().zip(proofs) {
        let of_token: Vec<&Found> = found.iter().map(|of_place| &of_place[number]).collect();
        match end(token, &seen.places, &of_token, proof) {
            Ok(End::With(one)) if ends.iter().any(|known: &End<'_>| known.is_with(&one)) => {}
            Ok(end) => ends.push(end),
            // It may be where nobody could look, which is told already.
            Err(error) if error.kind() == Kind::NotFound && !seen.unread.is_empty() => {}
            Err(error) => wrong.push(error),
        }
    }
    let by_hand = ends.iter().filter_map(|end| match end {
        End::With(one) => Some(by_hand(one, &seen.places)),
        End::NotAccepted { .. } => None,
    });
    match Error::all(wrong) {
        Some(error) => Err(by_hand.fold(error.hint(WITHOUT), |error, step| {
            error.hint(format!("to end the token, whoever holds it: {step}"))
        })),
        None => Ok(ends),
    }
}

/// The step that ends the token without this verb.
pub(super) fn by_hand(one: &Doomed<'_>, places: &[Place]) -> String {
    let namespace = one.secret.metadata.namespace.as_deref().unwrap_or_default();
    format!(
        "delete secret {namespace}/{} in context {}",
        own_name(one.secret),
        places[one.place].context
    )
}

/// Secrets that stay and hold one of the tokens. The same Secret may be seen by several contexts.
fn others(
    tokens: &[Token<'_>],
    doomed: &[Doomed<'_>],
    places: &[Place],
    order: &Order<'_>,
) -> Vec<Error> {
    let mut known: BTreeSet<Option<&str>> = doomed
        .iter()
        .map(|one| one.secret.metadata.uid.as_deref())
        .collect();
    let mut wrong = Vec::new();
    for place in places {
        for secret in place.secrets.iter().chain(&place.elsewhere) {
            let holds = tokens.iter().find(|token| token.is_in(secret));
            let Some(token) = holds.filter(|_| known.insert(secret.metadata.uid.as_deref())) else {
                continue;
            };
            let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
            let name = own_name(secret);
            wrong.push(
                Error::new(
                    Kind::Conflict,
                    format!(
                        "secret {namespace}/{name} in context {} holds the token for {} too",
                        place.context, token.cluster
                    ),
                )
                .hint(with_it(place, secret, namespace, places, order)),
            );
        }
    }
    wrong
}

/// The command that deletes the other holder's secret, together with those that were named where one command does it.
fn with_it(
    place: &Place,
    secret: &Secret,
    namespace: &str,
    places: &[Place],
    order: &Order<'_>,
) -> Command {
    let name = own_name(secret);
    if namespace != order.namespace {
        return delete(&place.kubectl, &place.context, namespace, name);
    }
    let mut words: Vec<String> = order.names.iter().map(Name::word).collect();
    if !order.names.iter().any(|asked| asked.takes(secret)) {
        words.push(format!("secret/{name}"));
    }
    let holders = places
        .iter()
        .filter(|one| one.is_holder || one.context == place.context);
    let contexts: Vec<&str> = holders.map(|one| one.context.as_str()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let command = Command::new("kubectl mesh-secret delete").args(&words);
    on(command, &place.kubectl, &contexts, order.namespace).words("--revoke")
}

/// Contexts of which it cannot be told whether they hold a token.
fn unread(seen: &Seen) -> Vec<Error> {
    let contexts = seen.unread.iter().map(|one| {
        let sentence = format!(
            "context {} cannot be read, and may hold the token too",
            one.context
        );
        Error::refused(sentence).because(one.reason.clone())
    });
    let namespaces = seen.places.iter().filter_map(|place| {
        let sentence = format!(
            "other namespaces of context {} cannot be read, and may hold the token too",
            place.context
        );
        Some(Error::refused(sentence).because(place.skipped.clone()?))
    });
    contexts.chain(namespaces).collect()
}

impl End<'_> {
    fn is_with(&self, other: &Doomed<'_>) -> bool {
        match self {
            Self::With(one) => one.place == other.place && one.secret == other.secret,
            Self::NotAccepted { .. } => false,
        }
    }
}

/// The place that has the Secret which the token says that it lives with: the remote cluster that was named is looked at first,
/// then the one that the secret's server leads to. Also whether one of these two is meant at all, and which.
pub(super) fn home<'f>(
    token: &Token<'_>,
    places: &[Place],
    found: &[&'f Found],
) -> (Option<usize>, Option<Doomed<'f>>) {
    let is_home = |secret: &Secret| token.home.is(secret, token.text.expose_secret());
    let proven = |place: usize| {
        let secret = found[place].as_ref().ok()?.as_ref();
        secret.filter(|secret| is_home(secret))
    };
    let named = places.iter().position(|place| place.is_source);
    let by_server = |place: &Place| normal_server(&place.server) == normal_server(&token.server);
    let meant = named.or_else(|| places.iter().position(by_server));
    let mut order = meant.into_iter().chain(0..places.len());
    let home = order.find_map(|place| {
        Some(Doomed {
            place,
            secret: proven(place)?,
        })
    });
    (meant, home)
}

/// How one token ends: with the Secret that holds it or that it is bound to, in the cluster that accepts it.
fn end<'f>(
    token: &Token<'_>,
    places: &[Place],
    found: &[&'f Found],
    proof: Option<Result<Proof<'_>, Error>>,
) -> Result<End<'f>, Error> {
    let (meant, home) = home(token, places, found);
    let Some(Doomed { place, secret }) = home else {
        return nowhere(token, places, found, meant);
    };
    let context = &places[place].context;
    let named = places.iter().position(|place| place.is_source);
    if let Some(named) = named.filter(|named| *named != place) {
        return Err(Error::usage(format!(
            "the token for {} lives in context {context}, not in context {}",
            token.cluster, places[named].context
        ))
        .hint(Remedy::add(Knob::RemoteContext, context)));
    }
    let Some(proof) = proof.transpose()? else {
        return Err(Error::refused(format!(
            "the token for {} is not shown to context {context}, which its secret does not lead to",
            token.cluster
        ))
        .hint("name the cluster that it gives access to with --remote-context"));
    };
    if !proof.is_accepted {
        return Ok(End::NotAccepted {
            place,
            cluster: token.cluster.to_owned(),
        });
    }
    let misnamed = proof.misnamed.iter().map(|(one, key)| {
        Error::refused(format!(
            "secret {} in context {} is for cluster {key}, and its token gives access to the cluster of context {context}, which is not known by that name, so it is not revoked",
            own_name(one.secret),
            places[one.place].context
        ))
        .hint("find out why it is there, and if it is right, name the cluster that it gives access to with --remote-context")
    });
    if let Some(error) = Error::all(misnamed) {
        return Err(error);
    }
    // What a token is bound to may be anything, and is not there for the token alone.
    let is_more = !secret
        .data
        .iter()
        .flatten()
        .all(|(key, _)| OF_TOKENS.contains(&key.as_str()));
    if is_more || !token.home.may_end(secret) {
        return Err(Error::refused(format!(
            "the token for {} lives with secret {}/{} of context {context}, which was not made for it or holds other things too",
            token.cluster, token.home.namespace, token.home.name
        )));
    }
    Ok(End::With(Doomed { place, secret }))
}

/// The data keys of a token Secret.
/// Source: <https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets>.
const OF_TOKENS: [&str; 3] = ["ca.crt", "namespace", "token"];

/// What is to be said where no place has the home.
fn nowhere<'f>(
    token: &Token<'_>,
    places: &[Place],
    found: &[&Found],
    source: Option<usize>,
) -> Result<End<'f>, Error> {
    let home = format!("{}/{}", token.home.namespace, token.home.name);
    let failed = |place: usize| found[place].as_ref().err().map(Error::in_one_line);
    let unknown = || {
        Error::new(
            Kind::NotFound,
            format!(
                "no context holds secret {home}, which the token for {} lives with",
                token.cluster
            ),
        )
    };
    if let Some(place) = source {
        return match failed(place) {
            Some(reason) => Err(unknown().because(reason)),
            None => Ok(End::NotAccepted {
                place,
                cluster: token.cluster.to_owned(),
            }),
        };
    }
    let error = unknown().hint(format!(
        "it takes a context of the cluster at {}",
        token.server
    ));
    let error = match places.first() {
        Some(place) => error.hint(place.kubectl.config().words("get-contexts")),
        None => error,
    };
    Err(match (0..places.len()).find_map(failed) {
        Some(reason) => error.because(reason),
        None => error,
    })
}
