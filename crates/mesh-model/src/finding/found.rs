//! One finding of a check, with the command that fixes it.

use serde::{Serialize, Serializer};

use super::CheckId;
use crate::change::ObjectRef;
use crate::command::Remedy;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Information; every healthy mesh has such findings.
    Info,
    /// It works today, but should be fixed.
    Warning,
    /// It does not work.
    Error,
}

impl Severity {
    /// Returns the word in a table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One problem that a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The id of the check, for example `secret-server-loopback`.
    pub id: CheckId,
    /// The severity.
    pub severity: Severity,
    /// The observed problem.
    pub message: String,
    /// Its place and evidence; boxed, because reports can have thousands of findings without any of it.
    details: Option<Box<Details>>,
    /// The command or step that fixes it.
    pub fix: Option<Remedy>,
}

/// A finding as JSON and YAML have it.
#[derive(Serialize)]
struct Written<'a> {
    id: CheckId,
    severity: Severity,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(flatten)]
    details: Option<&'a Details>,
    #[serde(flatten)]
    fix: Option<&'a Remedy>,
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            id: self.id,
            severity: self.severity,
            message: &self.message,
            why: self.why(),
            details: self.details(),
            fix: self.fix.as_ref(),
        };
        written.serialize(serializer)
    }
}

/// The place of a finding, and its evidence. Fields that are unknown, or that the report contains around the finding,
/// are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The context of the cluster that has the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The context of the other cluster that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The object that must be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
    /// The likely cause, with which the message ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Evidence from other sources, such as Events, one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// The place of the findings of one object, which stands once beside all of them.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// The context of the cluster.
    pub cluster: Option<&'a str>,
    /// The context of the other cluster that they concern.
    pub peer: Option<&'a str>,
    /// The object.
    pub object: Option<ObjectRef>,
}

impl Finding {
    /// Returns a finding without a remedy.
    pub fn new(id: CheckId, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            id,
            severity,
            message: message.into(),
            details: None,
            fix: None,
        }
    }

    /// Adds the command or step that fixes it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<Remedy>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Sets the context of the cluster that has the problem.
    #[must_use]
    pub fn in_cluster(mut self, context: impl Into<String>) -> Self {
        self.details_mut().cluster = Some(context.into());
        self
    }

    /// Sets the context of the other cluster that it concerns.
    #[must_use]
    pub fn with_peer(mut self, context: impl Into<String>) -> Self {
        self.details_mut().peer = Some(context.into());
        self
    }

    /// Sets the object that must be changed.
    #[must_use]
    pub fn about(mut self, object: ObjectRef) -> Self {
        self.details_mut().object = Some(object);
        self
    }

    /// Returns the finding with this place, as far as it has none of its own.
    #[must_use]
    pub fn placed(mut self, place: &Place<'_>) -> Self {
        let details = self.details_mut();
        let cluster = details.cluster.take();
        details.cluster = cluster.or_else(|| place.cluster.map(str::to_owned));
        let peer = details.peer.take();
        details.peer = peer.or_else(|| place.peer.map(str::to_owned));
        let object = details.object.take();
        details.object = object.or_else(|| place.object.clone());
        self
    }

    /// Appends the likely cause to the message.
    #[must_use]
    pub fn because(mut self, cause: &str) -> Self {
        self.message = format!("{}: {cause}", self.message);
        self.details_mut().cause = Some(cause.to_owned());
        self
    }

    /// Adds evidence from other sources.
    #[must_use]
    pub fn shown_by(mut self, evidence: impl IntoIterator<Item = String>) -> Self {
        let mut evidence = evidence.into_iter().peekable();
        if evidence.peek().is_some() {
            self.details_mut().evidence.extend(evidence);
        }
        self
    }

    /// Returns why it matters: the explanation of its check. What healthy meshes have as well needs none.
    pub fn why(&self) -> Option<&'static str> {
        (self.severity > Severity::Info).then(|| self.id.explanation())
    }

    /// Returns its place and evidence, if any of that is known.
    pub fn details(&self) -> Option<&Details> {
        self.details.as_deref()
    }

    fn details_mut(&mut self) -> &mut Details {
        self.details.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_added_where_a_finding_has_none_of_its_own() {
        let object = |name| Some(ObjectRef::secret("istio-system", name));
        let place = Place {
            cluster: Some("east"),
            peer: Some("west"),
            object: object("s"),
        };
        let finding = Finding::new(CheckId::SecretSelf, Severity::Error, "it is its own");
        let placed = finding.clone().placed(&place);
        let details = placed.details().expect("it has a place");
        assert_eq!(details.cluster.as_deref(), Some("east"));
        assert_eq!(details.peer.as_deref(), Some("west"));
        assert_eq!(details.object, object("s"));
        let own = finding.in_cluster("north").placed(&place);
        let details = own.details().expect("it has a place");
        assert_eq!(details.cluster.as_deref(), Some("north"));
        assert_eq!(details.peer.as_deref(), Some("west"));
    }

    fn json(finding: &Finding) -> String {
        serde_json::to_string(finding).expect("a finding is JSON")
    }

    #[test]
    fn only_what_is_known_is_written() {
        let finding = || Finding::new(CheckId::EwgPods, Severity::Error, "no pod is ready");
        let why = CheckId::EwgPods.explanation();
        assert_eq!(
            json(&finding()),
            format!(
                r#"{{"id":"ewg-pods","severity":"error","message":"no pod is ready","why":"{why}"}}"#
            )
        );
        assert!(finding().shown_by(None).details().is_none());
        let full = finding()
            .in_cluster("east")
            .with_peer("west")
            .about(ObjectRef::new("service", "gw").within("istio-system"))
            .because("the image is not there")
            .shown_by(["BackOff".to_owned()])
            .fix("push the image");
        let head = format!(
            r#"{{"id":"ewg-pods","severity":"error","message":"no pod is ready: the image is not there","why":"{why}","#
        );
        let rest = concat!(
            r#""cluster":"east","peer":"west","#,
            r#""object":{"kind":"service","namespace":"istio-system","name":"gw"},"#,
            r#""cause":"the image is not there","evidence":["BackOff"],"fix":"push the image","fixKind":"step"}"#
        );
        assert_eq!(json(&full), format!("{head}{rest}"));
    }

    #[test]
    fn no_error_or_warning_lacks_a_why_and_a_note_has_none() {
        for check in CheckId::ALL {
            for severity in [Severity::Error, Severity::Warning] {
                let finding = Finding::new(*check, severity, "seen");
                let written: serde_json::Value =
                    serde_json::from_str(&json(&finding)).expect("it is JSON");
                let why = written["why"].as_str().unwrap_or_default();
                assert!(why.ends_with('.') && why.contains(' '), "{check}: {why:?}");
                assert_ne!(why, finding.message);
            }
            let note = json(&Finding::new(*check, Severity::Info, "seen"));
            assert!(!note.contains("why"), "{note}");
        }
    }
}
