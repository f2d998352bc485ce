//! The chain of token Secrets in the remote cluster: the next one after each rotation.
//!
//! A token Secret that is created again under its old name may contain the very token that was revoked: its claims are
//! only the name and the UID of the account, and an RSA signature is always the same. So a new token gets a Secret with
//! a new name, which a second run finds again because it contains part of the old Secret's UID. Source:
//! `legacyPrivateClaims` and `legacyValidator` in Kubernetes' `pkg/serviceaccount/legacy.go`.

use k8s_openapi::api::core::v1::Secret;
use sha2::{Digest as _, Sha256};

use super::names::{MADE_FOR, PREDECESSOR, SUCCESSOR};
use super::remote_secret::own_name;

/// The number of digits of a UID in a name.
const DIGITS: usize = 8;

/// Returns the name of the Secret for the next token after the one of `backing`: the default name and the beginning of the
/// UID of `backing`. The dot separates it from the Secrets for single holders, whose names have a DNS label behind a dash.
pub fn next_secret_name(backing: &Secret) -> String {
    let uid = backing.metadata.uid.as_deref().unwrap_or_default();
    let digits: String = uid
        .chars()
        .filter(char::is_ascii_hexdigit)
        .take(DIGITS)
        .collect();
    let usual = default_token_secret_name(own_name(backing));
    format!("{usual}.{}", digits.to_ascii_lowercase())
}

/// Returns the name of the Secret for the next token if the previous one was revoked because `gone`, its backing
/// Secret, was deleted. `gone` itself may not be created again: its token could be the revoked one. Its UID is unknown,
/// so the name is all from which every run can derive the same next Secret.
pub fn replacement_secret_name(usual: &str, gone: &str) -> String {
    let digest = Sha256::digest(gone.as_bytes());
    let bytes = digest.iter().take(DIGITS / 2);
    let digits: Vec<String> = bytes.map(|byte| format!("{byte:02x}")).collect();
    format!("{}.{}", default_token_secret_name(usual), digits.concat())
}

/// Returns the name of the first Secret of the chain, in which `create` looks for a token.
pub fn default_token_secret_name(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((usual, digits))
            if digits.len() == DIGITS && digits.chars().all(|c| c.is_ascii_hexdigit()) =>
        {
            usual
        }
        Some(_) | None => name,
    }
}

/// Returns the Secret of the next token after the one of `backing`, if a rotation was begun and not finished.
pub fn next_secret(backing: &Secret) -> Option<&str> {
    annotation(backing, SUCCESSOR)
}

/// Returns the Secret of the previous token, which the one of `backing` replaces or has replaced.
pub fn previous_secret(backing: &Secret) -> Option<&str> {
    annotation(backing, PREDECESSOR)
}

/// Marks `new` as the next Secret after `old`, for the same holder if it was created for one.
pub fn linked_to_previous(old: &Secret, mut new: Secret) -> Secret {
    let annotations = new.metadata.annotations.get_or_insert_default();
    annotations.insert(PREDECESSOR.to_owned(), own_name(old).to_owned());
    if let Some(holder) = annotation(old, MADE_FOR) {
        annotations.insert(MADE_FOR.to_owned(), holder.to_owned());
    }
    new
}

fn annotation<'a>(secret: &'a Secret, key: &str) -> Option<&'a str> {
    let annotations = secret.metadata.annotations.as_ref()?;
    annotations.get(key).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret(name: &str, uid: &str) -> Secret {
        serde_json::from_value(json!({"metadata": {"name": name, "uid": uid,
            "annotations": {MADE_FOR: "east"}}}))
        .unwrap()
    }

    #[test]
    fn names_of_a_line_differ_by_the_uid_alone_and_do_not_grow() {
        let first = secret("reader-token", "0A1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9");
        assert_eq!(next_secret_name(&first), "reader-token.0a1b2c3d");
        let second = secret("reader-token.0a1b2c3d", "99999999-aaaa");
        assert_eq!(next_secret_name(&second), "reader-token.99999999");
        assert_eq!(
            default_token_secret_name("reader-token.0a1b2c3d"),
            "reader-token"
        );
        for name in ["reader.account-token", "a.0a1b2c3", "a.0a1b2c3dd", "plain"] {
            assert_eq!(default_token_secret_name(name), name);
        }
    }

    #[test]
    fn what_replaces_a_secret_that_is_gone_is_of_its_line_and_never_called_as_it_was() {
        let first = replacement_secret_name("reader-token", "reader-token.0a1b2c3d");
        assert_eq!(default_token_secret_name(&first), "reader-token");
        let again = replacement_secret_name("reader-token.0a1b2c3d", "reader-token.0a1b2c3d");
        assert_eq!(first, again);
        // If each of them is revoked in turn, no name occurs twice.
        let mut names = vec!["reader-token.0a1b2c3d".to_owned()];
        for _ in 0..1000 {
            let next = replacement_secret_name("reader-token", names.last().unwrap());
            assert!(!names.contains(&next), "{next}");
            names.push(next);
        }
    }

    #[test]
    fn a_successor_knows_whom_it_follows_and_whom_it_is_for() {
        let old = secret("a", "0a1b2c3d");
        let new = linked_to_previous(&old, Secret::default());
        assert_eq!(previous_secret(&new), Some("a"));
        assert_eq!(annotation(&new, MADE_FOR), Some("east"));
        assert_eq!(next_secret(&new), None);
    }
}
