//! The policy for credential plugins in kubectl's preferences file (`kuberc`).
//!
//! <https://kubernetes.io/docs/reference/kubectl/kuberc/>; the rules are those of `pkg/kuberc` in `k8s.io/kubectl` and of
//! `ValidatePluginPolicy` in `k8s.io/client-go/plugin/pkg/client/auth/exec`.

use std::path::{Component, Path};

use serde_json::Value;

use super::go;

const GROUP: &str = "kubectl.config.k8s.io/";

/// The credential plugins that may run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Policy {
    /// All of them, also if there is no policy.
    #[default]
    AllowAll,
    /// None.
    DenyAll,
    /// The listed ones, each by a name or a path.
    Allowlist(Vec<String>),
}

/// The reason why a file has no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Defect {
    /// It contains no preferences. kubectl ignores such a file unless it was named explicitly.
    NoPreferences,
    /// Its policy contradicts itself, which kubectl never ignores.
    Misconfigured(String),
}

/// Reads the policy of the first preferences in the file.
///
/// # Errors
/// A file of another kind, and a policy that contradicts itself.
pub fn policy(bytes: &[u8]) -> Result<Policy, Defect> {
    let mut is_empty = true;
    for document in documents(&String::from_utf8_lossy(bytes)) {
        is_empty = false;
        let Ok(root) = go::first_document(document.as_bytes()) else {
            continue;
        };
        let version = root["apiVersion"].as_str().unwrap_or_default();
        let Some(version) = version.strip_prefix(GROUP) else {
            continue;
        };
        if root["kind"] != "Preference" || !is_usable(&root) {
            continue;
        }
        match version {
            "v1beta1" => return of(&root),
            // The older version has no policy.
            "v1alpha1" => return Ok(Policy::AllowAll),
            _ => (),
        }
    }
    if is_empty {
        Ok(Policy::AllowAll)
    } else {
        Err(Defect::NoPreferences)
    }
}

/// Returns the documents of a text, each without its separator line.
fn documents(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.lines() {
        if line.starts_with("---") {
            documents.push(String::new());
        } else if let Some(last) = documents.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    documents.retain(|document| !document.trim().is_empty());
    documents
}

/// Returns whether Go could decode the fields that matter here.
fn is_usable(root: &Value) -> bool {
    let entries = root["credentialPluginAllowlist"].as_array();
    let texts_are = |entry: &Value| {
        (entry.is_object() || entry.is_null())
            && ["name", "command"].iter().all(|key| is_text(&entry[*key]))
    };
    is_text(&root["credentialPluginPolicy"])
        && (entries.is_some() || root["credentialPluginAllowlist"].is_null())
        && entries.into_iter().flatten().all(texts_are)
        && entries.into_iter().flatten().all(|entry| {
            let [name, command] = ["name", "command"].map(|key| text(&entry[key]));
            name.is_empty() || command.is_empty() || name == command
        })
}

fn is_text(value: &Value) -> bool {
    value.is_string() || value.is_null()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn of(root: &Value) -> Result<Policy, Defect> {
    let name = text(&root["credentialPluginPolicy"]);
    let list = root["credentialPluginAllowlist"].as_array();
    match (name, list) {
        ("" | "AllowAll", None) => Ok(Policy::AllowAll),
        ("DenyAll", None) => Ok(Policy::DenyAll),
        ("" | "AllowAll" | "DenyAll", Some(_)) => Err(misconfigured(format!(
            "it has a credentialPluginAllowlist, and its credentialPluginPolicy is {name:?}"
        ))),
        ("Allowlist", Some(entries)) if !entries.is_empty() => {
            let commands = entries.iter().map(|entry| {
                let command = Some(text(&entry["command"])).filter(|text| !text.is_empty());
                allowed(command.unwrap_or(text(&entry["name"])))
            });
            commands.collect::<Result<_, _>>().map(Policy::Allowlist)
        }
        ("Allowlist", _) => Err(misconfigured(
            "its credentialPluginPolicy is Allowlist, and its credentialPluginAllowlist is empty"
                .to_owned(),
        )),
        (other, _) => Err(misconfigured(format!(
            "its credentialPluginPolicy {other:?} is neither AllowAll, DenyAll nor Allowlist"
        ))),
    }
}

fn allowed(command: &str) -> Result<String, Defect> {
    if command.is_empty() {
        return Err(misconfigured(
            "an entry of its credentialPluginAllowlist is empty".to_owned(),
        ));
    }
    if clean(command) != command {
        return Err(misconfigured(format!(
            "the path {command:?} in its credentialPluginAllowlist is not the shortest one: {:?}",
            clean(command)
        )));
    }
    Ok(command.to_owned())
}

fn misconfigured(why: String) -> Defect {
    Defect::Misconfigured(why)
}

/// Returns the shortest equivalent path, without access to the disk. Source: <https://pkg.go.dev/path/filepath#Clean>.
pub fn clean(path: &str) -> String {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in Path::new(path).components() {
        match (part, parts.last()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => (),
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let cleaned: std::path::PathBuf = parts.into_iter().collect();
    if cleaned.as_os_str().is_empty() {
        ".".to_owned()
    } else {
        cleaned.to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(rest: &str) -> String {
        let text = format!("apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n{rest}");
        match policy(text.as_bytes()) {
            Ok(policy) => format!("{policy:?}"),
            Err(Defect::NoPreferences) => "no preferences".to_owned(),
            Err(Defect::Misconfigured(why)) => why,
        }
    }

    #[test]
    fn policies_are_kubectls() {
        for (rest, expected) in [
            ("", "AllowAll"),
            ("credentialPluginPolicy: ''", "AllowAll"),
            ("credentialPluginPolicy: AllowAll", "AllowAll"),
            ("credentialPluginPolicy: DenyAll", "DenyAll"),
            ("credentialPluginPolicy: DenyAll\nunknown: 3", "DenyAll"),
            (
                "credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{name: a}, {command: /b}]",
                r#"Allowlist(["a", "/b"])"#,
            ),
            (
                "credentialPluginPolicy: Allowlist",
                "its credentialPluginPolicy is Allowlist, and its credentialPluginAllowlist is empty",
            ),
            (
                "credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{}]",
                "an entry of its credentialPluginAllowlist is empty",
            ),
            (
                "credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: /a/../b}]",
                r#"the path "/a/../b" in its credentialPluginAllowlist is not the shortest one: "/b""#,
            ),
            (
                "credentialPluginPolicy: DenyAll\ncredentialPluginAllowlist: []",
                r#"it has a credentialPluginAllowlist, and its credentialPluginPolicy is "DenyAll""#,
            ),
            (
                "credentialPluginPolicy: denyall",
                r#"its credentialPluginPolicy "denyall" is neither AllowAll, DenyAll nor Allowlist"#,
            ),
            ("credentialPluginPolicy: 3", "no preferences"),
            (
                "credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{name: a, command: b}]",
                "no preferences",
            ),
        ] {
            assert_eq!(said(rest), expected, "{rest}");
        }
    }

    #[test]
    fn the_first_document_with_preferences_counts() {
        let text = "kind: Other\n---\napiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ncredentialPluginPolicy: DenyAll\n";
        assert_eq!(policy(text.as_bytes()), Ok(Policy::DenyAll));
        assert_eq!(policy(b"# nothing\n---\n"), Err(Defect::NoPreferences));
        assert_eq!(policy(b""), Ok(Policy::AllowAll));
        assert_eq!(policy(b"a: ["), Err(Defect::NoPreferences));
        let older = "apiVersion: kubectl.config.k8s.io/v1alpha1\nkind: Preference\ncredentialPluginPolicy: DenyAll\n";
        assert_eq!(policy(older.as_bytes()), Ok(Policy::AllowAll));
    }

    #[test]
    fn paths_are_cleaned_as_go_cleans_them() {
        for (path, expected) in [
            ("aws", "aws"),
            ("./aws", "aws"),
            ("/a//b/./c/", "/a/b/c"),
            ("/a/../b", "/b"),
            ("/..", "/"),
            ("../a", "../a"),
            ("", "."),
        ] {
            assert_eq!(clean(path), expected, "{path:?}");
        }
    }
}
