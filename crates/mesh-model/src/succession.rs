//! How one token's Secret follows another in the source cluster when a token is replaced.
//!
//! A token Secret that is made again under its old name may hold the very token that was revoked: its claims are the name
//! and the UID of the account and nothing else, and an RSA signature is the same each time. So a new token gets a Secret of a
//! new name, which a second run finds again because the old Secret's UID is in it.
//! Source: `legacyPrivateClaims` and `legacyValidator` in Kubernetes' `pkg/serviceaccount/legacy.go`.

use k8s_openapi::api::core::v1::Secret;
use sha2::{Digest as _, Sha256};

use super::names::{MADE_FOR, PREDECESSOR, SUCCESSOR};
use super::remote_secret::own_name;

/// How many digits of a UID are in a name.
const DIGITS: usize = 8;

/// The name of the Secret whose token replaces the one of `home`: the usual name and the beginning of the UID of `home`.
/// The dot keeps it apart from the Secret of any holder, whose name is a DNS label behind a dash.
pub fn successor_name(home: &Secret) -> String {
    let uid = home.metadata.uid.as_deref().unwrap_or_default();
    let digits: String = uid
        .chars()
        .filter(char::is_ascii_hexdigit)
        .take(DIGITS)
        .collect();
    let usual = usual_name(own_name(home));
    format!("{usual}.{}", digits.to_ascii_lowercase())
}

/// The name of the Secret whose token replaces one that ended because `gone`, the Secret that it lived with, was deleted.
/// `gone` itself may not be made again: its token could be the one that was revoked. Its UID went with it, so that the name
/// is all that everybody who finds it gone can start from, to come to the same successor.
pub fn replacement_name(usual: &str, gone: &str) -> String {
    let digest = Sha256::digest(gone.as_bytes());
    let bytes = digest.iter().take(DIGITS / 2);
    let digits: Vec<String> = bytes.map(|byte| format!("{byte:02x}")).collect();
    format!("{}.{}", usual_name(usual), digits.concat())
}

/// The name that the first Secret of the line has, which is the one where `create` looks for a token.
pub fn usual_name(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((usual, digits))
            if digits.len() == DIGITS && digits.chars().all(|c| c.is_ascii_hexdigit()) =>
        {
            usual
        }
        Some(_) | None => name,
    }
}

/// The Secret whose token is to replace the one of `home`, where that was begun and not finished.
pub fn successor(home: &Secret) -> Option<&str> {
    annotation(home, SUCCESSOR)
}

/// The Secret whose token the one of `home` replaces, or has replaced.
pub fn predecessor(home: &Secret) -> Option<&str> {
    annotation(home, PREDECESSOR)
}

/// `new` as the successor of `old`, made for the same holder if for any.
pub fn following(old: &Secret, mut new: Secret) -> Secret {
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
        assert_eq!(successor_name(&first), "reader-token.0a1b2c3d");
        let second = secret("reader-token.0a1b2c3d", "99999999-aaaa");
        assert_eq!(successor_name(&second), "reader-token.99999999");
        assert_eq!(usual_name("reader-token.0a1b2c3d"), "reader-token");
        for name in ["reader.account-token", "a.0a1b2c3", "a.0a1b2c3dd", "plain"] {
            assert_eq!(usual_name(name), name);
        }
    }

    #[test]
    fn what_replaces_a_secret_that_is_gone_is_of_its_line_and_never_called_as_it_was() {
        let first = replacement_name("reader-token", "reader-token.0a1b2c3d");
        assert_eq!(usual_name(&first), "reader-token");
        let again = replacement_name("reader-token.0a1b2c3d", "reader-token.0a1b2c3d");
        assert_eq!(first, again);
        // Whoever ends each of them in turn meets no name for a second time.
        let mut names = vec!["reader-token.0a1b2c3d".to_owned()];
        for _ in 0..1000 {
            let next = replacement_name("reader-token", names.last().unwrap());
            assert!(!names.contains(&next), "{next}");
            names.push(next);
        }
    }

    #[test]
    fn a_successor_knows_whom_it_follows_and_whom_it_is_for() {
        let old = secret("a", "0a1b2c3d");
        let new = following(&old, Secret::default());
        assert_eq!(predecessor(&new), Some("a"));
        assert_eq!(annotation(&new, MADE_FOR), Some("east"));
        assert_eq!(successor(&new), None);
    }
}
