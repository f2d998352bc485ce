//! The status of the token that a token Secret holds: valid, about to be replaced by the next one, or revoked with the Secret that
//! it was bound to. Pure: it says what has to be read for the answer, and sees what was.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use mesh_model::backing_secret::{borrowed_from, held_token};
use mesh_model::remote_secret::own_name;
use mesh_model::rotation_names::{next_secret, replacement_secret_name};

/// A token Secret, and those of its namespace that were read because of it, by name.
#[derive(Clone, Default)]
pub(crate) struct TokenSecret {
    pub secret: Secret,
    pub read: BTreeMap<String, Option<Secret>>,
}

/// The status of a token.
pub(crate) enum TokenStatus<'s> {
    /// The token of this Secret is the one to use.
    Valid(&'s Secret),
    /// It was revoked: the Secret that it was bound to is gone, or holds another one.
    Revoked {
        /// The name of the Secret whose token replaces it.
        name: String,
        /// That Secret, where it exists already.
        replacement: Option<&'s Secret>,
    },
    /// The Secret of this name has to be looked for first.
    NeedsRead(String),
}

/// The change that a Secret with a revoked token needs to hold one that is accepted again.
pub(crate) struct Replacement {
    /// The Secret with the revoked token.
    pub revoked: Secret,
    /// The name of the Secret that the new token is bound to.
    pub name: String,
    /// That Secret, where it exists already.
    pub made: Option<Secret>,
}

impl TokenSecret {
    /// Follows the token to the Secret that it is bound to. A token that is used now must not be the one that is revoked in a
    /// moment, so the next token of a rotation goes before the one that it replaces.
    pub(crate) fn status(&self) -> TokenStatus<'_> {
        if let Some(ahead) = self.ahead_of(&self.secret) {
            return ahead;
        }
        let Some(backing) = borrowed_from(&self.secret) else {
            return TokenStatus::Valid(&self.secret);
        };
        let token = held_token(&self.secret).unwrap_or_default();
        match self.read.get(&backing.name) {
            None => TokenStatus::NeedsRead(backing.name),
            Some(Some(found)) if backing.matches(found, token) => self
                .ahead_of(found)
                .unwrap_or(TokenStatus::Valid(&self.secret)),
            Some(_) => {
                let name = replacement_secret_name(own_name(&self.secret), &backing.name);
                match self.read.get(&name) {
                    None => TokenStatus::NeedsRead(name),
                    Some(replacement) => TokenStatus::Revoked {
                        name,
                        replacement: replacement.as_ref(),
                    },
                }
            }
        }
    }

    /// Returns the status that the Secret of the next token gives, if there is any; one that is gone again gives none.
    fn ahead_of(&self, secret: &Secret) -> Option<TokenStatus<'_>> {
        let next = next_secret(secret)?;
        match self.read.get(next) {
            None => Some(TokenStatus::NeedsRead(next.to_owned())),
            Some(next) => next.as_ref().map(TokenStatus::Valid),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use base64::Engine as _;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
    use mesh_model::names::SUCCESSOR;
    use serde_json::json;

    use super::*;

    /// Returns a token that is bound to this Secret.
    pub(in crate::secret) fn token_of(namespace: &str, backing: &str) -> String {
        let claims = json!({"sub": format!("system:serviceaccount:{namespace}:reader"),
            "kubernetes.io/serviceaccount/secret.name": backing});
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2ln", part("{}"), part(&claims.to_string()))
    }

    /// Returns a Secret that holds the token of `backing`, and names `next` as the Secret of the next token.
    fn secret(name: &str, backing: &str, next: Option<&str>) -> Secret {
        let annotations = next.map(|next| json!({SUCCESSOR: next}));
        serde_json::from_value(json!({
            "metadata": {"name": name, "namespace": "n", "annotations": annotations},
            "data": {"token": BASE64_STANDARD.encode(token_of("n", backing))},
        }))
        .unwrap()
    }

    const CARRIER: &str = "usual.0a1b2c3d";

    /// Returns in words, with the Secrets of a namespace at hand, what is read in its order, and what comes of it.
    fn told(asked: &Secret, there: &[Secret]) -> String {
        let mut found = TokenSecret {
            secret: asked.clone(),
            ..TokenSecret::default()
        };
        let mut words = Vec::new();
        loop {
            let word = match found.status() {
                TokenStatus::Valid(secret) => format!("good {}", own_name(secret)),
                TokenStatus::Revoked { name, replacement } => {
                    let is_there = replacement.map(own_name) == Some(name.as_str());
                    let end = if is_there { "made" } else { "missing" };
                    format!("ended, {end}")
                }
                TokenStatus::NeedsRead(name) => {
                    words.push("ask".to_owned());
                    let one = there.iter().find(|one| own_name(one) == name);
                    assert!(found.read.insert(name, one.cloned()).is_none());
                    continue;
                }
            };
            words.push(word);
            return words.join(", ");
        }
    }

    #[test]
    fn a_token_is_followed_to_where_it_lives() {
        let own = secret("usual", "usual", None);
        let lent = secret("usual", CARRIER, None);
        let carrier = secret(CARRIER, CARRIER, None);
        let begun = secret(CARRIER, CARRIER, Some("usual.99999999"));
        let next = secret("usual.99999999", "usual.99999999", None);
        let name = replacement_secret_name("usual", CARRIER);
        let made = secret(&name, &name, None);
        // Some signatures differ each time, and such a token does not come back.
        let mut anew = carrier.clone();
        anew.data.as_mut().unwrap().get_mut("token").unwrap().0 = token_of("n", "x").into_bytes();
        for (asked, there, expected) in [
            (&own, vec![], "good usual"),
            (&lent, vec![carrier.clone()], "ask, good usual"),
            (&lent, vec![begun.clone()], "ask, ask, good usual"),
            (
                &lent,
                vec![begun, next.clone()],
                "ask, ask, good usual.99999999",
            ),
            (&lent, vec![], "ask, ask, ended, missing"),
            (&lent, vec![made], "ask, ask, ended, made"),
            (&lent, vec![anew], "ask, ask, ended, missing"),
            (
                &secret("usual", "usual", Some(CARRIER)),
                vec![carrier],
                "ask, good usual.0a1b2c3d",
            ),
            (
                &secret("usual", "usual", Some(CARRIER)),
                vec![],
                "ask, good usual",
            ),
            (
                &secret("usual", CARRIER, Some(CARRIER)),
                vec![],
                "ask, ask, ended, missing",
            ),
        ] {
            assert_eq!(told(asked, &there), expected, "{}", own_name(asked));
        }
    }

    #[test]
    fn a_secret_that_nobody_filled_or_that_holds_something_else_is_taken_as_it_is() {
        let mut other = secret("usual", "elsewhere", None);
        other.metadata.namespace = Some("m".to_owned());
        let mut empty = secret("usual", "usual", None);
        empty.data = None;
        let mut opaque = secret("usual", "usual", None);
        let data = opaque.data.as_mut().unwrap();
        data.get_mut("token").unwrap().0 = b"opaque".to_vec();
        for secret in [other, empty, opaque] {
            assert_eq!(told(&secret, &[]), "good usual");
        }
    }
}
