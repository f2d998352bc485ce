//! The envelope around every report in JSON and YAML; fields may be added, but not removed.

use serde::Serialize;

use crate::Exit;
use crate::finding::CheckId;
use crate::fleet::Unreached;

/// The version of all reports.
pub(crate) const API_VERSION: &str = "mesh.istio-multicluster.dev/v1alpha1";

/// A report about several clusters.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope<T> {
    api_version: &'static str,
    kind: &'static str,
    /// The contents.
    pub items: Vec<T>,
    /// Checks that were skipped in clusters that were read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedCheck>,
    /// Clusters that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<Unreached>,
}

/// A skipped check.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SkippedCheck {
    /// The context of the cluster.
    pub context: String,
    /// The check.
    pub check: CheckId,
    /// The reason, in one line.
    pub reason: String,
}

impl<T> Envelope<T> {
    /// Returns the report of this kind.
    pub fn new(kind: &'static str, items: Vec<T>, unreached: Vec<Unreached>) -> Self {
        Self {
            api_version: API_VERSION,
            kind,
            items,
            skipped: Vec::new(),
            unreached,
        }
    }

    /// Adds the skipped checks.
    #[must_use]
    pub fn with_skipped(mut self, skipped: Vec<SkippedCheck>) -> Self {
        self.skipped = skipped;
        self
    }

    /// Returns the exit code of a command with this report; `found` is true if it has findings.
    pub fn exit(&self, found: bool) -> Exit {
        let found = if found { Exit::Findings } else { Exit::Fine };
        let reached = if self.unreached.is_empty() {
            Exit::Fine
        } else {
            Exit::Partial
        };
        found.worse(reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost() -> Unreached {
        Unreached {
            context: "west".to_owned(),
            reason: "it is away".to_owned(),
        }
    }

    #[test]
    fn what_is_empty_is_left_out_but_the_items() {
        let text = |report: &Envelope<u8>| serde_json::to_string(report).expect("it is JSON");
        let empty = Envelope::new("Numbers", Vec::new(), Vec::new());
        assert_eq!(
            text(&empty),
            r#"{"apiVersion":"mesh.istio-multicluster.dev/v1alpha1","kind":"Numbers","items":[]}"#
        );
        let skipped = SkippedCheck {
            context: "east".to_owned(),
            check: CheckId::SecretSelf,
            reason: "forbidden".to_owned(),
        };
        let full = Envelope::new("Numbers", vec![1], vec![lost()]).with_skipped(vec![skipped]);
        assert_eq!(
            text(&full),
            concat!(
                r#"{"apiVersion":"mesh.istio-multicluster.dev/v1alpha1","kind":"Numbers","items":[1],"#,
                r#""skipped":[{"context":"east","check":"secret-self","reason":"forbidden"}],"#,
                r#""unreached":[{"context":"west","reason":"it is away"}]}"#
            )
        );
    }

    #[test]
    fn a_lost_cluster_outweighs_what_was_found() {
        for (unreached, found, exit) in [
            (vec![], false, Exit::Fine),
            (vec![], true, Exit::Findings),
            (vec![lost()], false, Exit::Partial),
            (vec![lost()], true, Exit::Partial),
        ] {
            assert_eq!(
                Envelope::<u8>::new("Numbers", vec![], unreached).exit(found),
                exit
            );
        }
    }
}
