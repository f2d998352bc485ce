//! The answers of a port.

use serde::{Deserialize, Serialize};

use super::Chain;

/// The answer of a port. Each variant has a different meaning on a real gateway, so they are kept apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "result")]
pub enum Answer {
    /// Nothing listens there.
    Refused,
    /// There is no route to the host.
    NoRoute,
    /// The TCP connection timed out.
    TimedOut,
    /// The connection is open, and nothing was received in time.
    Silent,
    /// The connection was closed or reset after our first message, without an answer.
    Closed,
    /// The answer is not TLS.
    NotTls,
    /// TLS was refused with an alert.
    Alert {
        /// Its name as in the RFCs, such as `handshake_failure`.
        alert: String,
        /// The certificate chain that was presented before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chain: Option<Chain>,
    },
    /// The TLS handshake succeeded.
    Handshake(Box<Handshake>),
    /// An HTTP answer.
    Http {
        /// Its status.
        status: u16,
    },
    /// Any other failure.
    Other {
        /// The reason.
        reason: String,
    },
}

/// A completed handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handshake {
    /// The certificate chain of the server.
    pub chain: Chain,
    /// `1.3` or `1.2`.
    pub version: String,
    /// The chosen protocol (ALPN), if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// True if the server requested a client certificate, as every proxy of a mesh does.
    pub wants_certificate: bool,
    /// The event after the handshake: in TLS 1.3 a missing certificate is rejected only then.
    pub afterwards: Afterwards,
}

/// The event after a handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Afterwards {
    /// Not read: the server requested no certificate.
    NotRead,
    /// An alert of that name.
    Alert(String),
    /// The connection was closed without an alert.
    Closed,
    /// Data was received.
    Data,
    /// Nothing was received in time.
    Silent,
}

impl Answer {
    /// Returns the certificate chain that was presented, if any.
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

    /// Returns the place of the certificate chain that was presented, if any.
    pub(super) fn chain_mut(&mut self) -> Option<&mut Chain> {
        match self {
            Self::Handshake(handshake) => Some(&mut handshake.chain),
            Self::Alert { chain, .. } => chain.as_mut(),
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

    /// Returns whether a server of a mesh answered: it presented a SPIFFE ID, and rejected the missing client
    /// certificate.
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
