//! Why a certificate is refused, in words.

use jiff::Timestamp;

/// Why a certificate is refused. The text goes on where "the server's certificate" begins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It cannot be read as a certificate.
    #[error("cannot be read: {0}")]
    Malformed(&'static str),
    /// It is over.
    #[error("has expired on {0}")]
    Expired(Timestamp),
    /// It is not valid yet.
    #[error("is not valid before {0}")]
    NotYetValid(Timestamp),
    /// It is for other names.
    #[error("is not valid for {expected}")]
    Name {
        /// The name or address asked for.
        expected: String,
        /// What it is valid for.
        valid_for: Vec<String>,
        /// Whether the name stands in the subject's common name alone, where nobody looks any more.
        in_common_name: bool,
    },
    /// No trusted authority signed it.
    #[error("is signed by an authority that is not trusted{}", because(candidate.as_ref()))]
    UnknownAuthority {
        /// The authority of its issuer's name that does not count, where there is one.
        candidate: Option<Candidate>,
    },
    /// Another key signed than the one that an authority of that name has.
    #[error("did not make this signature: another authority of the same name did")]
    OtherKey,
    /// It breaks another rule.
    #[error("cannot be used: {0}")]
    Unfit(String),
}

/// An authority of the right name, and why it does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("authority {title} {flaw}")]
pub struct Candidate {
    /// Its subject.
    pub title: String,
    /// What is wrong with it.
    pub flaw: Box<Flaw>,
}

fn because(candidate: Option<&Candidate>) -> String {
    candidate.map_or_else(String::new, |candidate| format!(": {candidate}"))
}

impl Flaw {
    pub(super) fn unfit(reason: impl Into<String>) -> Self {
        Self::Unfit(reason.into())
    }
}
