//! How far a job goes with its changes.

/// Whether changes are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DryRun {
    /// They are written.
    #[default]
    None,
    /// Nothing is sent; the changes are printed.
    Client,
    /// Each server checks them and answers with the objects as they would become, without storing them.
    Server,
}

impl DryRun {
    /// Whether anything is to be written.
    pub fn writes(self) -> bool {
        match self {
            Self::None => true,
            Self::Client | Self::Server => false,
        }
    }

    /// Returns the words that kubectl puts behind what it says to have done.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Client => " (dry run)",
            Self::Server => " (server dry run)",
        }
    }
}
