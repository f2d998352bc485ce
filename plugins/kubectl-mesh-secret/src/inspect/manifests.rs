//! Secrets out of manifests: YAML or JSON, one or many, alone or in lists.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::model::error::Error;
use mesh_common::model::yaml;
use serde_json::Value;

/// The name and the text of each file, or of standard input; as with kubectl each may be a comma list. A file whose own name
/// has a comma is named by that.
///
/// # Errors
/// All that cannot be read, joined.
pub(super) fn read(lists: &[String]) -> Result<Vec<(String, String)>, Error> {
    let mut seen = BTreeSet::new();
    let files = lists.iter().flat_map(|list| {
        if Path::new(list).exists() {
            vec![list.as_str()]
        } else {
            list.split(',').filter(|file| !file.is_empty()).collect()
        }
    });
    let once = files.filter(|file| *file != "-" || seen.insert(*file));
    Error::gather(once.map(read_one))
}

fn read_one(file: &str) -> Result<(String, String), Error> {
    let (origin, bytes) = if file == "-" {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|e| Error::usage("cannot read standard input").because(e))?;
        ("standard input", bytes)
    } else {
        let bytes = std::fs::read(file)
            .map_err(|e| Error::usage(format!("cannot read {file}")).because(e))?;
        (file, bytes)
    };
    let text =
        yaml::text(&bytes).ok_or_else(|| Error::usage(format!("{origin} is not a text file")))?;
    Ok((origin.to_owned(), text))
}

/// The contents of manifests.
#[derive(Default)]
pub(super) struct Manifests {
    /// Every Secret, in its order.
    pub secrets: Vec<Secret>,
    /// The kinds of the other objects, each once.
    pub passed_over: BTreeSet<String>,
}

/// Reads the Secrets of `text`; objects of other kinds are passed over.
///
/// # Errors
/// Text that is no manifest, a Secret that is none, and no Secret at all. No error shows what is in the text.
pub(super) fn secrets(origin: &str, text: &str) -> Result<Manifests, Error> {
    let mut found = Manifests::default();
    for document in yaml::documents(text, origin)? {
        collect(document, origin, &mut found)?;
    }
    if found.secrets.is_empty() {
        let others: Vec<String> = found.passed_over.into_iter().collect();
        let only = match others.as_slice() {
            [] => String::new(),
            kinds => format!(", only {}", kinds.join(", ")),
        };
        return Err(Error::usage(format!("{origin} holds no Secret{only}"))
            .hint("give it what kubectl mesh-secret create prints"));
    }
    Ok(found)
}

/// A document is a Secret, a list of objects or an object of another kind.
fn collect(mut document: Value, origin: &str, found: &mut Manifests) -> Result<(), Error> {
    let kind = document["kind"].as_str().unwrap_or_default().to_owned();
    match kind.as_str() {
        "Secret" => {
            let name = document["metadata"]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let refused = |what: String| {
                Error::usage(format!(
                    "secret {name} in {origin} is not a valid Secret{what}"
                ))
            };
            if let Some(wrong) = wrong_field(&document) {
                let error = refused(format!(": {}", wrong.what));
                return Err(match wrong.remedy {
                    Some(remedy) => error.hint(remedy),
                    None => error,
                });
            }
            // serde's own message would show the value that does not fit, which may be a token.
            let mut secret: Secret =
                serde_json::from_value(document).map_err(|_| refused(String::new()))?;
            fold_string_data(&mut secret);
            found.secrets.push(secret);
            Ok(())
        }
        "List" | "SecretList" => {
            let Value::Array(items) = document["items"].take() else {
                return Ok(());
            };
            items
                .into_iter()
                .try_for_each(|item| collect(item, origin, found))
        }
        "" => Err(Error::usage(format!(
            "{origin} holds a document without a kind"
        ))),
        other => {
            found.passed_over.insert(other.to_owned());
            Ok(())
        }
    }
}

/// A field of a Secret that cannot be what it is, and what to do.
struct WrongField {
    what: String,
    remedy: Option<&'static str>,
}

/// The first field that is of the wrong type; what it holds is never told.
fn wrong_field(secret: &Value) -> Option<WrongField> {
    let wrong = |what: String, remedy: Option<&'static str>| Some(WrongField { what, remedy });
    for path in [
        "/metadata",
        "/data",
        "/stringData",
        "/metadata/labels",
        "/metadata/annotations",
    ] {
        let value = secret.pointer(path).unwrap_or(&Value::Null);
        if !value.is_object() && !value.is_null() {
            let field = path[1..].replace('/', ".");
            return wrong(
                format!("{field} is {}, where a map is expected", kind_of(value)),
                None,
            );
        }
    }
    for field in ["name", "namespace"] {
        let value = &secret["metadata"][field];
        if !value.is_string() && !value.is_null() {
            return wrong(
                format!(
                    "metadata.{field} is {}, where a text is expected",
                    kind_of(value)
                ),
                Some("put the value in quotes"),
            );
        }
    }
    let maps = [
        "/metadata/labels",
        "/metadata/annotations",
        "/stringData",
        "/data",
    ];
    for path in maps {
        let map = secret.pointer(path).and_then(Value::as_object);
        for (key, value) in map.into_iter().flatten() {
            let field = format!("{}.{key}", path[1..].replace('/', "."));
            let Some(text) = value.as_str() else {
                // Kubernetes takes a null in `data` for nothing.
                if value.is_null() && path == "/data" {
                    continue;
                }
                return wrong(
                    format!("{field} is {}, where a text is expected", kind_of(value)),
                    Some("put the value in quotes, as in \"true\""),
                );
            };
            if path != "/data" {
                continue;
            }
            if text.starts_with("ENC[") || secret["sops"].is_object() {
                return wrong(
                    format!("{field} is encrypted by SOPS"),
                    Some(
                        "decrypt it first: sops --decrypt FILE, into kubectl mesh-secret inspect -f -",
                    ),
                );
            }
            if !is_base64(text) {
                return wrong(
                    format!("{field} is not base64, which data holds"),
                    Some("put plain text under stringData, not data"),
                );
            }
        }
    }
    None
}

/// Returns whether Kubernetes accepts it as base64: Go ignores line breaks.
fn is_base64(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    serde_json::from_value::<k8s_openapi::ByteString>(Value::String(plain)).is_ok()
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

/// Merges `stringData` into `data` as the API server does.
fn fold_string_data(secret: &mut Secret) {
    let texts = secret.string_data.take().unwrap_or_default();
    let data = secret.data.get_or_insert_default();
    data.extend(
        texts
            .into_iter()
            .map(|(key, text)| (key, k8s_openapi::ByteString(text.into_bytes()))),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(secret: &Value, expected: Option<&str>) {
        let found = wrong_field(secret).map(|wrong| wrong.what);
        assert_eq!(found.as_deref(), expected, "{secret}");
    }

    #[test]
    fn a_field_that_does_not_fit_is_named_and_its_value_is_not() {
        check(
            &json!({"metadata": {"name": "s"}, "data": {"west": "eA=="}}),
            None,
        );
        check(
            &json!({"data": {"west": "e\nA==\n", "none": null}, "stringData": {"a": "plain"}}),
            None,
        );
        check(
            &json!({"data": {"west": "apiVersion: v1"}}),
            Some("data.west is not base64, which data holds"),
        );
        check(
            &json!({"data": {"west": "ENC[AES256_GCM,data:x]"}}),
            Some("data.west is encrypted by SOPS"),
        );
        check(
            &json!({"data": {"west": "eA=="}, "sops": {"mac": "x"}}),
            Some("data.west is encrypted by SOPS"),
        );
        check(
            &json!({"data": {"west": {}}}),
            Some("data.west is a map, where a text is expected"),
        );
        check(
            &json!({"data": "x"}),
            Some("data is a text, where a map is expected"),
        );
        check(
            &json!({"stringData": {"west": 7}}),
            Some("stringData.west is a number, where a text is expected"),
        );
        check(
            &json!({"metadata": {"labels": {"istio/multiCluster": true}}}),
            Some("metadata.labels.istio/multiCluster is a boolean, where a text is expected"),
        );
        check(
            &json!({"metadata": {"name": 1}}),
            Some("metadata.name is a number, where a text is expected"),
        );
    }

    #[test]
    fn other_kinds_are_passed_over_and_never_taken_for_a_secret() {
        let text = "kind: Namespace\n---\nkind: List\nitems: [{kind: Secret}, {kind: ConfigMap}]\n";
        let found = secrets("a.yaml", text).unwrap();
        assert_eq!(found.secrets.len(), 1);
        assert_eq!(
            found.passed_over,
            ["ConfigMap".to_owned(), "Namespace".to_owned()].into()
        );
        let error = secrets("a.yaml", "kind: Namespace").err().unwrap();
        assert_eq!(error.to_string(), "a.yaml holds no Secret, only Namespace");
    }
}
