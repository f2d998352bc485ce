//! The dry-run modes of a job.

/// The dry-run mode: whether changes are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DryRun {
    /// Changes are written.
    #[default]
    None,
    /// Nothing is sent; changes are only printed.
    Client,
    /// Each server validates the changes and answers with the resulting objects, without storing them.
    Server,
}

impl DryRun {
    /// Returns whether anything is stored.
    pub fn writes(self) -> bool {
        match self {
            Self::None => true,
            Self::Client | Self::Server => false,
        }
    }

    /// Returns kubectl's suffix for result lines, such as ` (dry run)`.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Client => " (dry run)",
            Self::Server => " (server dry run)",
        }
    }
}
