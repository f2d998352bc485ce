//! Findings of secrets with their places. They are placed when they are shown: there may be thousands, and all that says where a
//! finding is stands once beside it.

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use super::matrix::MatrixCell;
use super::report::{ClusterReport, SecretReport};
use crate::change::ObjectRef;
use crate::finding::{Finding, Place};

/// Findings beside their place; each is placed only while it is written.
pub(super) struct Placed<'a> {
    findings: &'a [Finding],
    place: Place<'a>,
}

impl<'a> Placed<'a> {
    /// Returns the findings of a cell.
    pub(super) fn of_cell(cell: &'a MatrixCell) -> Self {
        Self {
            findings: &cell.findings,
            place: cell.place(),
        }
    }

    /// Returns the findings about a Secret as a whole.
    pub(super) fn of_secret(report: &'a SecretReport) -> Self {
        Self {
            findings: &report.findings,
            place: place(report, report.peer.as_deref()),
        }
    }

    /// Returns the findings about one data key of a Secret.
    pub(super) fn of_key(report: &'a SecretReport, key: &'a ClusterReport) -> Self {
        Self {
            findings: &key.findings,
            place: place(report, key.peer.as_deref()),
        }
    }

    fn all(&self) -> impl Iterator<Item = Finding> {
        self.findings
            .iter()
            .map(|one| one.clone().placed(&self.place))
    }
}

impl Serialize for Placed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.findings.len()))?;
        for finding in self.all() {
            list.serialize_element(&finding)?;
        }
        list.end()
    }
}

fn place<'a>(report: &'a SecretReport, peer: Option<&'a str>) -> Place<'a> {
    Place {
        cluster: report.context.as_deref(),
        peer,
        object: Some(object(report.namespace.as_deref(), &report.name)),
    }
}

fn object(namespace: Option<&str>, name: &str) -> ObjectRef {
    match namespace {
        Some(namespace) => ObjectRef::secret(namespace, name),
        None => ObjectRef::new("secret", name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json, to_value};

    use super::*;
    use crate::finding::{CheckId, Severity};

    #[test]
    fn the_findings_of_a_secret_say_where_they_are() {
        let finding = || Finding::new(CheckId::SecretLabel, Severity::Error, "no label");
        let report = SecretReport {
            context: Some("east".to_owned()),
            namespace: Some("istio-system".to_owned()),
            peer: None,
            name: "s".to_owned(),
            created_at: None,
            age_seconds: None,
            clusters: vec![ClusterReport {
                name: "west".to_owned(),
                access: None,
                accepted: true,
                refusal: None,
                probe: None,
                kubeconfig: None,
                peer: Some("west-1".into()),
                findings: vec![finding()],
            }],
            findings: vec![finding()],
        };
        let written = to_value(&report).expect("it is JSON");
        let own = &written["findings"][0];
        let of_key = &written["clusters"][0]["findings"][0];
        for one in [own, of_key] {
            assert_eq!(one["cluster"], "east");
            assert_eq!(
                one["object"],
                json!({"kind": "secret", "namespace": "istio-system", "name": "s"})
            );
        }
        assert_eq!(
            (&own["peer"], &of_key["peer"]),
            (&Value::Null, &json!("west-1"))
        );
        assert_eq!(written["clusters"][0]["name"], "west");
    }
}
