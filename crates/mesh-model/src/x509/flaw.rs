//! The reasons why a certificate is refused, in words.

use jiff::Timestamp;

/// The reason why a certificate is refused. The text continues a sentence that begins with "the server's certificate".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It cannot be read as a certificate.
    #[error("cannot be read: {0}")]
    Malformed(&'static str),
    /// It has expired.
    #[error("has expired on {0}")]
    Expired(Timestamp),
    /// It is not valid yet.
    #[error("is not valid before {0}")]
    NotYetValid(Timestamp),
    /// It is for other names.
    #[error("is not valid for {expected}")]
    Name {
        /// The name or address that was requested.
        expected: String,
        /// The names that it is valid for.
        valid_for: Vec<String>,
        /// True if the name is only in the subject's common name, which clients ignore today.
        in_common_name: bool,
    },
    /// No trusted authority signed it.
    #[error("is signed by an authority that is not trusted{}", because(candidate.as_ref()))]
    UnknownAuthority {
        /// The authority with its issuer's name that does not count, if there is one.
        candidate: Option<Candidate>,
    },
    /// It is signed with another key than that of the authority of that name.
    #[error("did not make this signature: another authority of the same name did")]
    OtherKey,
    /// It breaks another rule.
    #[error("cannot be used: {0}")]
    Unfit(String),
}

/// An authority of the right name, and the reason why it does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("authority {title} {flaw}")]
pub struct Candidate {
    /// Its subject.
    pub title: String,
    /// Its flaw.
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
