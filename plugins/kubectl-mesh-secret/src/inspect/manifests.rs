//! Secrets out of manifests: YAML or JSON, one or many, alone or in lists.

use std::io::Read as _;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::mesh::error::Error;
use mesh_common::mesh::yaml;

/// The name and the text of a file, or of standard input.
pub(super) fn read(file: &str) -> Result<(String, String), Error> {
    if file == "-" {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|e| Error::usage("cannot read standard input").because(e))?;
        return Ok(("standard input".to_owned(), text));
    }
    let text = std::fs::read_to_string(file)
        .map_err(|e| Error::usage(format!("cannot read {file}")).because(e))?;
    Ok((file.to_owned(), text))
}

/// Every Secret of `text`, in its order.
///
/// # Errors
/// Text that is no manifest, anything but Secrets, and none at all. No error shows what is in the text.
pub(super) fn secrets(origin: &str, text: &str) -> Result<Vec<Secret>, Error> {
    let mut secrets = Vec::new();
    for document in yaml::documents(text, origin)? {
        collect(document, origin, &mut secrets)?;
    }
    if secrets.is_empty() {
        return Err(Error::usage(format!("{origin} holds no Secret"))
            .hint("give it what kubectl mesh-secret create prints"));
    }
    Ok(secrets)
}

/// A document is a Secret or a list of objects; every other kind is refused by its name.
fn collect(
    mut document: serde_json::Value,
    origin: &str,
    secrets: &mut Vec<Secret>,
) -> Result<(), Error> {
    let kind = document["kind"].as_str().unwrap_or_default().to_owned();
    match kind.as_str() {
        "Secret" => {
            let name = document["metadata"]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            // serde's own message would show the value that does not fit, which may be a token.
            let mut secret: Secret = serde_json::from_value(document).map_err(|_| {
                Error::usage(format!("secret {name} in {origin} is not a valid Secret"))
            })?;
            fold_string_data(&mut secret);
            secrets.push(secret);
            Ok(())
        }
        "List" | "SecretList" => {
            let serde_json::Value::Array(items) = document["items"].take() else {
                return Ok(());
            };
            items
                .into_iter()
                .try_for_each(|item| collect(item, origin, secrets))
        }
        "" => Err(Error::usage(format!(
            "{origin} holds a document without a kind"
        ))),
        other => Err(Error::usage(format!(
            "{origin} holds a {other}, not a Secret"
        ))),
    }
}

/// What the API server does with `stringData` on its way in.
fn fold_string_data(secret: &mut Secret) {
    let texts = secret.string_data.take().unwrap_or_default();
    let data = secret.data.get_or_insert_default();
    data.extend(
        texts
            .into_iter()
            .map(|(key, text)| (key, k8s_openapi::ByteString(text.into_bytes()))),
    );
}
