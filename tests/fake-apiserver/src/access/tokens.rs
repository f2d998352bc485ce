//! ServiceAccount tokens: whose each of them is at this moment.
//!
//! A token is known by its text; what it is bound to is looked up at each use, so that it dies with its ServiceAccount or Secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::user::{CREDENTIAL_ID, User};
use crate::state::grants::Grant;
use crate::state::shared::State;
use crate::state::store::Key;

impl State {
    /// Returns the user of a token, if it still is anybody's.
    pub(crate) fn user_of_token(&self, token: &str) -> Option<User> {
        match self.tokens.get(token)? {
            Grant::User(user) => Some(user.clone()),
            Grant::Requested {
                namespace,
                account,
                account_uid,
                bound,
                expires,
                id,
                audiences,
            } => {
                let meant = audiences.contains(&self.signer.issuer);
                let alive = bound
                    .as_ref()
                    .is_none_or(|(key, uid)| self.uid_of(key).as_ref() == Some(uid));
                let fresh = self.clock.now() < *expires;
                let there = self
                    .uid_of(&Key::core("serviceaccounts", namespace, account))
                    .as_ref()
                    == Some(account_uid);
                (alive && fresh && there && meant).then(|| {
                    let mut user = User::service_account(namespace, account, account_uid);
                    user.extra
                        .insert(CREDENTIAL_ID.to_owned(), vec![format!("JTI={id}")]);
                    user
                })
            }
            Grant::InSecret {
                account,
                account_uid,
                secret,
            } => {
                let stored = self.store.get(secret)?;
                let held = stored["data"]["token"]
                    .as_str()
                    .and_then(|text| STANDARD.decode(text).ok())?;
                let key = Key::core("serviceaccounts", &secret.namespace, account);
                (held == token.as_bytes() && self.uid_of(&key).as_ref() == Some(account_uid))
                    .then(|| User::service_account(&secret.namespace, account, account_uid))
            }
        }
    }

    /// The audiences of a token, for `TokenReview`.
    pub(crate) fn audiences_of_token(&self, token: &str) -> Vec<String> {
        match self.tokens.get(token) {
            Some(Grant::Requested { audiences, .. }) => audiences.clone(),
            Some(Grant::User(_) | Grant::InSecret { .. }) | None => {
                vec![self.signer.issuer.clone()]
            }
        }
    }
}
