//! ServiceAccount tokens: signing them, knowing whose they are, and filling token Secrets as a controller manager does.
//!
//! Claims: <https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/>. A token is known by its text; what it is
//! bound to is looked up at each use, so that it dies with its ServiceAccount or Secret.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use super::kinds::Kind;
use super::owners::{Owners, Writer};
use super::random;
use super::state::State;
use super::store::Key;
use super::user::{CREDENTIAL_ID, User};
use super::validate::{TOKEN_SECRET, TOKEN_SECRET_ACCOUNT};

/// Where the uid of the account is noted on its token Secrets.
pub(crate) const TOKEN_SECRET_UID: &str = "kubernetes.io/service-account.uid";

/// What a token stands for.
#[derive(Clone, Debug)]
pub(crate) enum Grant {
    /// A user that a test made up.
    User(User),
    /// A token from `TokenRequest`.
    Requested {
        namespace: String,
        account: String,
        account_uid: String,
        bound: Option<(Key, String)>,
        expires: Timestamp,
        id: String,
        audiences: Vec<String>,
    },
    /// A token that lives in a Secret.
    InSecret {
        account: String,
        account_uid: String,
        secret: Key,
    },
}

/// Signs tokens with a key made at start.
pub(crate) struct Signer {
    key: EcdsaKeyPair,
    id: String,
    pub(crate) issuer: String,
}

impl Signer {
    pub(crate) fn new(issuer: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .expect("the system gives random bytes");
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random)
                .expect("the key was just made");
        Self {
            key,
            id: URL_SAFE_NO_PAD.encode(random::bytes::<32>()),
            issuer: issuer.to_owned(),
        }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "ES256", "kid": self.id});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(claims));
        let signature = self
            .key
            .sign(&SystemRandom::new(), text.as_bytes())
            .expect("the system gives random bytes");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl State {
    /// Whose token this is, if it still is anybody's.
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

    pub(crate) fn uid_of(&self, key: &Key) -> Option<String> {
        self.store.get(key)?["metadata"]["uid"]
            .as_str()
            .map(ToOwned::to_owned)
    }

    /// What the token controller of kube-controller-manager would do now: fill the token Secrets of accounts that are
    /// there, and delete those of accounts that are not.
    pub(crate) fn run_token_controller(&mut self) {
        let secrets: Vec<(Key, Value)> = self
            .store
            .list("", "secrets", "")
            .into_iter()
            .filter(|(_, secret)| secret["type"] == TOKEN_SECRET)
            .map(|(key, secret)| (key.clone(), (**secret).clone()))
            .collect();
        for (key, secret) in secrets {
            let annotations = &secret["metadata"]["annotations"];
            let account = annotations[TOKEN_SECRET_ACCOUNT]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let wanted = annotations[TOKEN_SECRET_UID]
                .as_str()
                .map(ToOwned::to_owned);
            match self.uid_of(&Key::core("serviceaccounts", &key.namespace, &account)) {
                Some(uid) if wanted.as_ref().is_none_or(|wanted| *wanted == uid) => {
                    if secret["data"]["token"].is_null() {
                        self.fill_token_secret(key, &secret, account, uid);
                    }
                }
                Some(_) | None => {
                    self.store.remove(&key);
                }
            }
        }
    }

    fn fill_token_secret(&mut self, key: Key, old: &Value, account: String, uid: String) {
        let claims = json!({
            "iss": "kubernetes/serviceaccount",
            "kubernetes.io/serviceaccount/namespace": key.namespace,
            "kubernetes.io/serviceaccount/secret.name": key.name,
            "kubernetes.io/serviceaccount/service-account.name": account,
            "kubernetes.io/serviceaccount/service-account.uid": uid,
            "sub": format!("system:serviceaccount:{}:{account}", key.namespace),
        });
        let token = self.signer.sign(&claims);
        let mut new = old.clone();
        new["metadata"]["annotations"][TOKEN_SECRET_UID] = uid.as_str().into();
        for (field, value) in [
            ("ca.crt", self.ca_pem.as_str()),
            ("namespace", &key.namespace),
            ("token", &token),
        ] {
            new["data"][field] = STANDARD.encode(value).into();
        }
        let kind = self.kind("", "secrets").expect("secrets are built in");
        self.own_as_controller(&kind, old, &mut new);
        self.tokens.insert(
            token,
            Grant::InSecret {
                account,
                account_uid: uid,
                secret: key.clone(),
            },
        );
        self.store.put(key, new);
    }

    fn own_as_controller(&self, kind: &Kind, old: &Value, new: &mut Value) {
        let writer = Writer {
            apply: false,
            manager: "kube-controller-manager".to_owned(),
            api_version: kind.api_version(),
            subresource: String::new(),
        };
        let mut owners = Owners::of(old);
        owners.update(kind, &writer, old, new);
        owners.touch(&writer, &self.clock.text());
        owners.write_to(new);
    }
}
