//! Why no connection came about, or why it ended.

use std::time::Duration;

use jiff::Timestamp;

use super::ProxyFault;
use mesh_model::Error;

/// Why no connection came about, or why it ended. The text is the cause that a person reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectFault {
    /// The server's name does not resolve.
    #[error("the name {host} does not resolve")]
    UnknownHost {
        /// The name.
        host: String,
    },
    /// Nothing listens there.
    #[error("the connection to {address} was refused")]
    Refused {
        /// Host and port.
        address: String,
    },
    /// No network leads there.
    #[error("no route leads to {address}")]
    NoRoute {
        /// Host and port.
        address: String,
    },
    /// Nothing answered in time.
    #[error("no connection within {} s", seconds(*after))]
    TimedOut {
        /// The bound.
        after: Duration,
    },
    /// The other side ended the connection before it was set up.
    #[error("the connection was closed while it was being set up")]
    Reset,
    /// The server's certificate is from an authority that is not trusted.
    #[error("the server's certificate is signed by an authority that is not trusted{}", because(reason.as_deref()))]
    UnknownAuthority {
        /// Why the authority of that name does not count, where there is one.
        reason: Option<String>,
    },
    /// The server's certificate has expired.
    #[error("the server's certificate has expired on {not_after}")]
    CertificateExpired {
        /// When.
        not_after: Timestamp,
    },
    /// The server's certificate is not valid yet.
    #[error("the server's certificate is not valid before {not_before}")]
    CertificateNotYetValid {
        /// From when it will be.
        not_before: Timestamp,
    },
    /// The server's certificate is for other names.
    #[error(
        "the server's certificate is not valid for {expected}, only for {}{}",
        list(valid_for),
        if *in_common_name { ", and its common name does not count any more" } else { "" }
    )]
    NameMismatch {
        /// The name or address that was asked for.
        expected: String,
        /// What it is valid for.
        valid_for: Vec<String>,
        /// Whether the name asked for stands in its common name, which nobody looks at any more.
        in_common_name: bool,
    },
    /// The server's certificate cannot be used for another reason.
    #[error("the server's certificate cannot be used: {reason}")]
    CertificateUnusable {
        /// Which.
        reason: String,
    },
    /// The server does not speak TLS.
    #[error("the server does not speak TLS")]
    NotTls,
    /// The server refused our client certificate.
    #[error("the server refused the client certificate: {alert}")]
    ClientCertificateRefused {
        /// Why, as its alert says.
        alert: String,
    },
    /// TLS could not be agreed on.
    #[error("TLS could not be agreed on: {reason}")]
    TlsRefused {
        /// Why.
        reason: String,
    },
    /// It fails at the proxy.
    #[error("proxy {proxy} {fault}")]
    Proxy {
        /// The proxy's URL without its password.
        proxy: String,
        /// How.
        fault: Box<ProxyFault>,
    },
    /// A connection that worked ended in the middle of a request or an answer.
    #[error("the connection broke off in the middle")]
    BrokenOff,
    /// The server accepted the request and did not answer in time.
    #[error("no complete answer within {} s", seconds(*after))]
    NoAnswer {
        /// The bound.
        after: Duration,
    },
    /// The system refused for another reason.
    #[error("{reason}")]
    Other {
        /// What it said.
        reason: String,
    },
}

impl ConnectFault {
    /// Whether the server, or what stands before it, was not reached at all.
    ///
    /// Otherwise something answered, and what it answered is wrong.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::UnknownHost { .. }
            | Self::Refused { .. }
            | Self::NoRoute { .. }
            | Self::TimedOut { .. }
            | Self::Reset
            | Self::Proxy { .. }
            | Self::BrokenOff
            | Self::NoAnswer { .. }
            | Self::Other { .. } => true,
            Self::UnknownAuthority { .. }
            | Self::CertificateExpired { .. }
            | Self::CertificateNotYetValid { .. }
            | Self::NameMismatch { .. }
            | Self::CertificateUnusable { .. }
            | Self::NotTls
            | Self::ClientCertificateRefused { .. }
            | Self::TlsRefused { .. } => false,
        }
    }
}

/// The connection's fault, where that is what `error` is about.
pub fn connect_fault(error: &Error) -> Option<&ConnectFault> {
    std::error::Error::source(error)?.downcast_ref()
}

fn seconds(duration: Duration) -> String {
    if duration.subsec_nanos() == 0 {
        duration.as_secs().to_string()
    } else {
        format!("{:.1}", duration.as_secs_f64())
    }
}

fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

/// A certificate can be valid for many names; the first ones tell whose it is.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 8;
    match names {
        [] => "no name at all".to_owned(),
        names if names.len() <= SHOWN => names.join(", "),
        names => format!(
            "{} and {} more",
            names[..SHOWN].join(", "),
            names.len() - SHOWN
        ),
    }
}
