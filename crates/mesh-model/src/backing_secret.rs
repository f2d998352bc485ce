//! The backing Secret of a token in the remote cluster: deleting it revokes the token.
//!
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/>.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;

use super::names::{APPLIED_BY, FIELD_MANAGER, MADE_FOR, TOKEN_KEY};
use super::reader::{is_token_of, token_secret_name};
use super::remote_secret::own_name;
use super::token::{self, TokenFacts};

/// The backing Secret of a token: the token Secret that contains it, or the Secret that it is bound to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BackingSecret {
    /// The namespace of the Secret and of the account.
    pub namespace: String,
    /// The Secret's name.
    pub name: String,
    account: String,
    uid: Option<String>,
}

impl BackingSecret {
    /// Returns the backing Secret by the token's claims; `None` if they name no Secret, so that deleting a Secret
    /// cannot revoke the token.
    pub fn named_by(token: &TokenFacts) -> Option<Self> {
        let (namespace, account) = token.account()?;
        Some(Self {
            namespace: namespace.to_owned(),
            name: token.secret.clone()?,
            account: account.to_owned(),
            uid: token.secret_uid.clone(),
        })
    }

    /// Returns the name of the ServiceAccount.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Returns the UID of the Secret, which is only in the claims of a bound token.
    pub fn uid(&self) -> Option<&str> {
        self.uid.as_deref()
    }

    /// Returns whether the Secret contains the token itself. Otherwise the token is only bound to it, and cannot be
    /// read from it.
    pub fn holds_token(&self) -> bool {
        self.uid.is_none()
    }

    /// Returns whether `secret`, which has the right name, is the backing Secret of `token`. The default name is the
    /// same in every cluster, so that the name proves nothing. Only the API server can verify the token itself: anyone
    /// can write a token without a signature, with any UID in it.
    pub fn matches(&self, secret: &Secret, token: &str) -> bool {
        if let Some(uid) = &self.uid {
            return secret.metadata.uid.as_ref() == Some(uid);
        }
        held_token(secret) == Some(token)
    }

    /// Returns whether `secret` may be deleted or reused as a backing Secret: a token Secret of its own account, or a
    /// Secret that was created for a bound token and contains nothing else.
    pub fn may_be_deleted(&self, secret: &Secret) -> bool {
        if self.uid.is_some() {
            is_bound_secret(secret)
        } else {
            is_token_of(secret, &self.account)
        }
    }

    /// Returns whether deleting the backing Secret of `token`, which this is, also revokes `other`: it is the same
    /// token, or bound to the same Secret.
    pub fn revokes_both(&self, token: &str, other: &str) -> bool {
        let of_other = || token::read(other).as_ref().and_then(Self::named_by);
        token == other || (self.uid.is_some() && of_other().as_ref() == Some(self))
    }

    /// Returns whether the token was created for one holder alone, according to `secret`, its backing Secret.
    pub fn is_for_one_holder(&self, secret: &Secret) -> bool {
        let annotations = secret.metadata.annotations.as_ref();
        let is_said = annotations.is_some_and(|all| all.contains_key(MADE_FOR));
        let shared = token_secret_name(&self.account);
        is_said || self.name.starts_with(&format!("{shared}-"))
    }
}

/// Returns whether the suite created `secret` for a token to be bound to: it has our annotation, and no data.
pub fn is_bound_secret(secret: &Secret) -> bool {
    let annotations = secret.metadata.annotations.as_ref();
    let mark = annotations.and_then(|all| all.get(APPLIED_BY));
    let is_empty = secret.data.as_ref().is_none_or(BTreeMap::is_empty);
    is_empty && mark.is_some_and(|mark| mark.starts_with(FIELD_MANAGER))
}

/// Returns the token in a token Secret, its own or another one's; `None` until Kubernetes has filled it.
pub fn held_token(secret: &Secret) -> Option<&str> {
    let held = secret.data.as_ref()?.get(TOKEN_KEY)?;
    str::from_utf8(&held.0)
        .ok()
        .filter(|token| !token.is_empty())
}

/// Returns the backing Secret of the token in a token Secret, if that is another Secret in the same namespace: a
/// rotation leaves the new token in the Secret with the default name, while its backing Secret has another name.
pub fn borrowed_from(secret: &Secret) -> Option<BackingSecret> {
    let backing = BackingSecret::named_by(&token::read(held_token(secret)?)?)?;
    let is_beside = secret.metadata.namespace.as_ref() == Some(&backing.namespace);
    (is_beside && backing.name != own_name(secret)).then_some(backing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token(secret: Option<&str>, uid: Option<&str>) -> TokenFacts {
        TokenFacts {
            subject: Some("system:serviceaccount:n:reader".to_owned()),
            issuer: None,
            audience: Vec::new(),
            issued_at: None,
            expires_at: None,
            secret: secret.map(str::to_owned),
            secret_uid: uid.map(str::to_owned),
            account_uid: None,
        }
    }

    fn secret(value: &serde_json::Value) -> Secret {
        serde_json::from_value(value.clone()).unwrap()
    }

    #[test]
    fn a_home_is_proven_by_what_it_holds_or_by_its_uid() {
        let kept = BackingSecret::named_by(&token(Some("s"), None)).unwrap();
        // The base64 of `t`.
        let full = secret(&json!({"metadata": {"uid": "u"}, "data": {"token": "dA=="}}));
        assert!(kept.matches(&full, "t") && !kept.matches(&full, "other"));
        let bound = BackingSecret::named_by(&token(Some("s"), Some("u"))).unwrap();
        assert!(bound.matches(&full, "t"));
        assert!(!bound.matches(&secret(&json!({"metadata": {"uid": "v"}})), "t"));
        assert!(!kept.matches(&secret(&json!({})), ""));
        assert_eq!(BackingSecret::named_by(&token(None, None)), None);
    }

    #[test]
    fn only_what_was_made_for_a_token_ends_with_it() {
        let anchor =
            json!({"metadata": {"annotations": {APPLIED_BY: "kubectl-mesh-secret/1.0.0"}}});
        let mut full = anchor.clone();
        full["data"] = json!({"root-cert.pem": "eA=="});
        let token_secret = json!({"type": "kubernetes.io/service-account-token",
            "metadata": {"annotations": {"kubernetes.io/service-account.name": "reader"}}});
        let mut of_another = token_secret.clone();
        of_another["metadata"]["annotations"]["kubernetes.io/service-account.name"] =
            "other".into();
        let bound = BackingSecret::named_by(&token(Some("s"), Some("u"))).unwrap();
        let kept = BackingSecret::named_by(&token(Some("s"), None)).unwrap();
        for (value, ends_bound, ends_kept) in [
            (anchor, true, false),
            (full, false, false),
            (json!({}), false, false),
            (
                json!({"metadata": {"annotations": {APPLIED_BY: "somebody/1"}}}),
                false,
                false,
            ),
            (token_secret, false, true),
            (of_another, false, false),
        ] {
            let found = secret(&value);
            assert_eq!(bound.may_be_deleted(&found), ends_bound, "{value}");
            assert_eq!(kept.may_be_deleted(&found), ends_kept, "{value}");
        }
    }

    #[test]
    fn two_tokens_of_one_bound_home_end_together_and_two_of_one_name_do_not() {
        use base64::Engine as _;
        let part = |text: &str| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(text);
        let bound = |uid: &str, end: i64| {
            let claims = json!({"sub": "system:serviceaccount:n:reader", "exp": end,
                "kubernetes.io": {"secret": {"name": "s", "uid": uid}}});
            format!("{}.{}.c2ln", part("{}"), part(&claims.to_string()))
        };
        let backing = |text: &str| BackingSecret::named_by(&token::read(text).unwrap()).unwrap();
        let one = bound("u", 1);
        assert!(backing(&one).revokes_both(&one, &bound("u", 2)));
        assert!(!backing(&one).revokes_both(&one, &bound("v", 1)));
        let kept = BackingSecret::named_by(&token(Some("s"), None)).unwrap();
        assert!(kept.revokes_both("t", "t") && !kept.revokes_both("t", "other"));
    }

    #[test]
    fn a_token_of_ones_own_is_told_by_annotation_or_name() {
        let backing = |name| BackingSecret::named_by(&token(Some(name), None)).unwrap();
        let bare = secret(&json!({}));
        assert!(!backing("reader-istio-remote-secret-token").is_for_one_holder(&bare));
        assert!(backing("reader-istio-remote-secret-token-east").is_for_one_holder(&bare));
        let said = secret(&json!({"metadata": {"annotations": {MADE_FOR: "east"}}}));
        assert!(backing("reader-token-for-east").is_for_one_holder(&said));
    }
}
