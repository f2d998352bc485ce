//! One thing that a check found, with the command that mends it.

use serde::Serialize;

use super::CheckId;
use crate::command::Remedy;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; every healthy mesh has some.
    Info,
    /// It works today.
    Warning,
    /// It does not work.
    Error,
}

impl Severity {
    /// The word that a table shows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Which check, for example `secret-server-loopback`.
    pub id: CheckId,
    /// How much it matters.
    pub severity: Severity,
    /// What was seen.
    pub message: String,
    /// The command or step that mends it.
    #[serde(flatten)]
    pub fix: Option<Remedy>,
}

impl Finding {
    /// A finding without a remedy.
    pub fn new(id: CheckId, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            id,
            severity,
            message: message.into(),
            fix: None,
        }
    }

    /// Adds the command or step that mends it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<Remedy>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}
