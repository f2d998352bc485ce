//! Replaces the token in an existing kubeconfig, and leaves everything else as it was.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::access_facts::bearer_token;
use super::go;
use super::yaml::to_yaml;

/// Returns `kubeconfig` with `new` in place of the token `old`; `None` if the current context would not use `new` then.
pub fn with_token(kubeconfig: &[u8], old: &str, new: &str) -> Option<SecretString> {
    if old.is_empty() {
        return None;
    }
    let text = str::from_utf8(kubeconfig).ok()?;
    let replaced = if text.contains(old) {
        text.replace(old, new)
    } else {
        // It has another notation, such as folded over lines.
        rewritten(kubeconfig, old, new)?
    };
    let found = bearer_token(replaced.as_bytes())?;
    (found.expose_secret() == new).then(|| SecretString::from(replaced))
}

/// Returns `kubeconfig` with one line break more or less at its end: the meaning is the same, but istiod compares the
/// texts and reads it again. Source: `addRemoteConfig` in Istio's `pkg/kube/multicluster/secretcontroller.go`.
pub fn touched(kubeconfig: &[u8]) -> Vec<u8> {
    match kubeconfig.strip_suffix(b"\n\n") {
        Some(rest) => [rest, b"\n"].concat(),
        None => [kubeconfig, b"\n"].concat(),
    }
}

fn rewritten(kubeconfig: &[u8], old: &str, new: &str) -> Option<String> {
    let mut config = go::first_document(kubeconfig).ok()?;
    for user in config["users"].as_array_mut()? {
        let token = &mut user["user"]["token"];
        if *token == old {
            *token = Value::from(new);
        }
    }
    Some(to_yaml(&config))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
# by hand
current-context: a
contexts: [{name: a, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: 'https://h', proxy-url: 'http://p'}}]
users: [{name: u, user: {token: aaa.bbb.ccc}}]
";

    #[test]
    fn only_the_token_changes() {
        let swapped = with_token(CONFIG.as_bytes(), "aaa.bbb.ccc", "new").unwrap();
        assert_eq!(
            swapped.expose_secret(),
            CONFIG.replace("aaa.bbb.ccc", "new")
        );
        assert!(with_token(CONFIG.as_bytes(), "other", "new").is_none());
        assert!(with_token(CONFIG.as_bytes(), "", "new").is_none());
        assert!(with_token(b"\xff", "a", "b").is_none());
    }

    #[test]
    fn a_token_that_is_written_in_another_way_is_found_too() {
        let config = CONFIG.replace("aaa.bbb.ccc", "\"aaa.b\\x62b.ccc\"");
        let swapped = with_token(config.as_bytes(), "aaa.bbb.ccc", "new").unwrap();
        let facts = super::super::access_facts::read(swapped.expose_secret().as_bytes()).unwrap();
        assert_eq!(facts.proxy_url.as_deref(), Some("http://p"));
    }

    #[test]
    fn a_nudge_changes_the_text_and_not_its_meaning_and_does_not_grow() {
        let once = touched(CONFIG.as_bytes());
        assert_ne!(once, CONFIG.as_bytes());
        assert_eq!(touched(&once), CONFIG.as_bytes());
        let bare = touched(b"a: 1");
        assert_eq!(touched(&touched(&bare)), bare);
    }
}
