//! ServiceAccount tokens as they are kept: what each stands for, and the key that signs them.
//!
//! Whose a token is at a moment is decided in `access::tokens`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use super::random;
use super::store::Key;
use crate::model::user::User;

/// The meaning of a token.
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
