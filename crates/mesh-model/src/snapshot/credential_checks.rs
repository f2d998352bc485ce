//! The results of using the credentials of remote secrets, each distinct one once. A mark stands for each of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::secret::{Credentials, ProbeFacts};

/// A credential that was used, and the secrets that it is in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckedCredential {
    /// The mark in place of the credential ([`crate::secret::JudgedKey::mark`]), if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// The data keys that it is under.
    pub held_in: Vec<CredentialPlace>,
    /// The answers to it.
    pub answer: ProbeFacts,
}

/// A data key of a secret in Istio's namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialPlace {
    /// The context of the holder.
    pub context: String,
    /// The name of the Secret.
    pub secret: String,
    /// The data key.
    pub key: String,
}

/// Returns the results by the context of the holder, then by the name of the Secret and the data key.
pub(crate) fn by_holder(checked: &[CheckedCredential]) -> BTreeMap<&str, Credentials<'_>> {
    let mut by_holder: BTreeMap<&str, Credentials<'_>> = BTreeMap::new();
    for one in checked {
        for place in &one.held_in {
            let of_holder = by_holder.entry(&place.context).or_default();
            of_holder.insert((&place.secret, &place.key), &one.answer);
        }
    }
    by_holder
}
