//! Users, as authenticators make them and authorizers see them, and what a client certificate makes of its owner.
//!
//! How the user of a request is found is in `access::authentication`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(crate) const MASTERS: &str = "system:masters";
pub(crate) const AUTHENTICATED: &str = "system:authenticated";

/// The field that tells the credential of a user, by what it is and not by its secret.
pub(crate) const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";

/// A user, as authenticators make it and authorizers see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) groups: Vec<String>,
    pub(crate) extra: BTreeMap<String, Vec<String>>,
}

impl User {
    /// Somebody who authenticated.
    pub(crate) fn authenticated(name: &str, groups: &[&str]) -> Self {
        let groups = groups
            .iter()
            .chain([&AUTHENTICATED])
            .map(ToString::to_string)
            .collect();
        Self {
            name: name.to_owned(),
            groups,
            ..Self::default()
        }
    }

    pub(crate) fn anonymous() -> Self {
        Self {
            name: "system:anonymous".to_owned(),
            groups: vec!["system:unauthenticated".to_owned()],
            ..Self::default()
        }
    }

    pub(crate) fn service_account(namespace: &str, name: &str, uid: &str) -> Self {
        let mut user = Self::authenticated(
            &format!("system:serviceaccount:{namespace}:{name}"),
            &[
                "system:serviceaccounts",
                &format!("system:serviceaccounts:{namespace}"),
            ],
        );
        uid.clone_into(&mut user.uid);
        user
    }

    /// `userInfo` of reviews.
    pub(crate) fn to_json(&self) -> Value {
        let mut info = json!({"username": self.name});
        if !self.uid.is_empty() {
            info["uid"] = self.uid.as_str().into();
        }
        info["groups"] = json!(self.groups);
        if !self.extra.is_empty() {
            info["extra"] = json!(self.extra);
        }
        info
    }
}

/// The TLS layer's finding about the client.
#[derive(Clone, Debug, Default)]
pub(crate) enum Certificate {
    /// The client showed none.
    #[default]
    None,
    /// It is good for this user.
    Of(User),
    /// It is of another authority, expired, or not yet valid. The handshake goes through, as Go's `RequestClientCert` has
    /// it, and the request is refused with 401.
    Refused,
}
