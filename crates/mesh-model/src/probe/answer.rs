//! The answers.

use serde::Serialize;

use super::Chain;

/// What came back. On a real gateway each of these means something else, so none is folded into another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "result")]
pub enum Answer {
    /// Nothing listens there.
    Refused,
    /// No network leads there.
    NoRoute,
    /// No TCP connection came about in time.
    TimedOut,
    /// The connection is open, and nothing was said in time.
    Silent,
    /// The connection was ended, by reset or by its end, after our greeting and without a word.
    Closed,
    /// What came back is no TLS.
    NotTls,
    /// TLS was refused by an alert.
    Alert {
        /// Its name as in the RFCs, such as `handshake_failure`.
        alert: String,
        /// What was shown before.
        #[serde(skip_serializing_if = "Option::is_none")]
        chain: Option<Chain>,
    },
    /// TLS was agreed on.
    Handshake(Box<Handshake>),
    /// An answer by HTTP.
    Http {
        /// Its status.
        status: u16,
    },
    /// Anything else.
    Other {
        /// What it was.
        reason: String,
    },
}

/// A handshake that came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Handshake {
    /// Who is there.
    pub chain: Chain,
    /// `1.3` or `1.2`.
    pub version: &'static str,
    /// The protocol chosen, where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// Whether the server asked for our certificate, as every proxy of a mesh does.
    pub wants_certificate: bool,
    /// What came then: in TLS 1.3 a missing certificate is complained of after the handshake.
    pub afterwards: Afterwards,
}

/// What came after a handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Afterwards {
    /// Nobody waited for anything: the server wanted nothing of us.
    NotRead,
    /// An alert of that name.
    Alert(String),
    /// The connection was ended without a word.
    Closed,
    /// Something was sent.
    Data,
    /// Nothing came in time.
    Silent,
}

impl Answer {
    /// The chain that was shown, if any was.
    pub fn chain(&self) -> Option<&Chain> {
        match self {
            Self::Handshake(handshake) => Some(&handshake.chain),
            Self::Alert { chain, .. } => chain.as_ref(),
            Self::Refused
            | Self::NoRoute
            | Self::TimedOut
            | Self::Silent
            | Self::Closed
            | Self::NotTls
            | Self::Http { .. }
            | Self::Other { .. } => None,
        }
    }

    /// Whether a server of a mesh spoke: it showed a SPIFFE ID, and missed our certificate.
    pub fn is_mesh(&self) -> bool {
        let missed = match self {
            Self::Handshake(handshake) => handshake.wants_certificate,
            Self::Alert { .. } => true,
            Self::Refused
            | Self::NoRoute
            | Self::TimedOut
            | Self::Silent
            | Self::Closed
            | Self::NotTls
            | Self::Http { .. }
            | Self::Other { .. } => false,
        };
        missed && self.chain().is_some_and(|chain| chain.spiffe().is_some())
    }
}
