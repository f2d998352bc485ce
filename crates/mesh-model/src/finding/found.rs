//! One finding of a check, with the command that fixes it.

use serde::Serialize;

use super::CheckId;
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The id of the check, for example `secret-server-loopback`.
    pub id: CheckId,
    /// The severity.
    pub severity: Severity,
    /// The observed problem.
    pub message: String,
    /// The command or step that fixes it.
    #[serde(flatten)]
    pub fix: Option<Remedy>,
}

impl Finding {
    /// Returns a finding without a remedy.
    pub fn new(id: CheckId, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            id,
            severity,
            message: message.into(),
            fix: None,
        }
    }

    /// Adds the command or step that fixes it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<Remedy>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}
