//! A snapshot as a file holds it: JSON, with the version of its format.

use serde::Deserialize;

use super::MeshSnapshot;
use super::mesh::KIND;
use crate::Error;
use crate::report::API_VERSION;
use crate::visible::{escaped, in_one_line};

/// The fields by which the format of a file is known.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Header {
    kind: Option<String>,
    api_version: Option<String>,
    taken_by: Option<String>,
}

impl MeshSnapshot {
    /// Returns the text of a file with it.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub fn to_json(&self) -> Result<String, Error> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::refused("cannot write the snapshot").because(error))?;
        Ok(escaped(text + "\n"))
    }

    /// Reads the text of a file, which is called `origin` in errors. Fields that this version does not know are ignored, and parts that
    /// the file lacks were not requested.
    ///
    /// # Errors
    /// Anything but a snapshot in the format of this version. No error shows the text.
    pub fn from_json(text: &str, origin: &str) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Err(not_one(format!("{origin} is empty")));
        }
        let header: Header = serde_json::from_slice(text.as_bytes()).map_err(|error| {
            not_one(if error.is_data() {
                format!("{origin} is not a {KIND}")
            } else {
                format!("{origin} is not JSON{}", place(&error))
            })
        })?;
        match header.kind.as_deref() {
            Some(KIND) => (),
            Some(kind) => {
                let kind = in_one_line(kind);
                return Err(not_one(format!("{origin} is a {kind}, not a {KIND}")));
            }
            None => return Err(not_one(format!("{origin} is not a {KIND}"))),
        }
        let version = header.api_version.unwrap_or_default();
        if version != API_VERSION {
            return Err(of_another_version(origin, &version, header.taken_by));
        }
        serde_json::from_slice(text.as_bytes()).map_err(|error| {
            let place = place(&error);
            not_one(format!(
                "{origin} is not a {KIND} as this version writes it{place}"
            ))
        })
    }
}

fn not_one(sentence: String) -> Error {
    Error::usage(sentence).hint("give it a file that kubectl mesh-verify snapshot wrote")
}

fn of_another_version(origin: &str, version: &str, taken_by: Option<String>) -> Error {
    let error = Error::usage(format!(
        "{origin} has apiVersion {:?}, and this version of kubectl mesh-verify reads {API_VERSION}",
        in_one_line(version)
    ));
    match taken_by.filter(|program| !program.is_empty()) {
        Some(program) => error.hint(format!(
            "use the version that took it: {}",
            in_one_line(&program)
        )),
        None => error.hint("use the version that took it"),
    }
}

/// Returns the place of an error in the text, without the text itself.
fn place(error: &serde_json::Error) -> String {
    format!(", line {}, column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let error = MeshSnapshot::from_json(text, "f").expect_err("it is no snapshot");
        assert_eq!(error.hints().len(), 1, "{error}");
        error.to_string()
    }

    #[test]
    fn anything_else_is_refused_without_showing_it() {
        let header = format!("\"apiVersion\": \"{API_VERSION}\", \"kind\": \"{KIND}\"");
        let now = "\"takenAt\": \"2026-11-28T00:00:00Z\"";
        for (text, expected) in [
            (" \n", "f is empty"),
            ("{\"kind\": \"MeshSn", "f is not JSON, line 1, column 16"),
            ("token: hidden", "f is not JSON, line 1, column 2"),
            ("[]", "f is not a MeshSnapshot"),
            ("7", "f is not a MeshSnapshot"),
            ("{}", "f is not a MeshSnapshot"),
            ("{\"kind\": 7}", "f is not a MeshSnapshot"),
            (
                "{\"kind\": \"Mesh\\nVerification\"}",
                "f is a Mesh Verification, not a MeshSnapshot",
            ),
            (
                "{\"kind\": \"MeshSnapshot\", \"apiVersion\": \"mesh.istio-multicluster.dev/v2\"}",
                "f has apiVersion \"mesh.istio-multicluster.dev/v2\", and this version of kubectl mesh-verify reads mesh.istio-multicluster.dev/v1alpha1",
            ),
            (
                &format!("{{{header}, {now}, \"clusters\": [{{\"uid\": \"hidden\"}}]}}"),
                "f is not a MeshSnapshot as this version writes it, line 1, column 143",
            ),
            (
                &format!("{{{header}}}"),
                "f is not a MeshSnapshot as this version writes it, line 1, column 78",
            ),
        ] {
            assert_eq!(refusal(text), expected);
        }
        let text = "{\"kind\": \"MeshSnapshot\", \"takenBy\": \"kubectl-mesh-verify/9\"}";
        let error = MeshSnapshot::from_json(text, "f").expect_err("it has no version");
        assert!(format!("{:?}", error.hints()).contains("kubectl-mesh-verify/9"));
    }

    #[test]
    fn a_file_of_a_newer_tool_is_read_and_is_the_same_again() {
        let text = format!(
            "\u{feff}{{\"apiVersion\": \"{API_VERSION}\", \"kind\": \"{KIND}\", \"takenAt\": \"2026-11-28T00:00:00Z\", \
             \"later\": {{\"a\": [1]}}, \"clusters\": [{{\"context\": \"a\\u001bb\", \"later\": 1}}]}}"
        );
        let text = text.trim_start_matches('\u{feff}');
        let snapshot = MeshSnapshot::from_json(text, "f").expect("it is a snapshot");
        assert_eq!(snapshot.clusters[0].context, "a\u{1b}b");
        assert_eq!(snapshot.asked, super::super::Asked::default());
        let again = snapshot.to_json().expect("it is JSON");
        assert!(!again.contains('\u{1b}') && again.ends_with("}\n"));
        let again = MeshSnapshot::from_json(&again, "f").expect("it is a snapshot");
        assert_eq!(again, snapshot);
    }
}
