//! The reasons why no connection was established, or why it ended.

use std::time::Duration;

use jiff::Timestamp;

use super::ProxyFault;
use mesh_model::Error;

/// The reason why no connection was established, or why it ended. The text is the cause that is printed.
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
    /// There is no route to the host.
    #[error("no route to {address}")]
    NoRoute {
        /// Host and port.
        address: String,
    },
    /// The connection timed out.
    #[error("no connection within {} s", seconds(*after))]
    TimedOut {
        /// The timeout.
        after: Duration,
    },
    /// The other side closed the connection during the handshake.
    #[error("the connection was closed while it was being set up")]
    Reset,
    /// The server's certificate is from an authority that is not trusted.
    #[error("the server's certificate is signed by an authority that is not trusted{}", because(reason.as_deref()))]
    UnknownAuthority {
        /// The reason why the authority of that name does not count, if there is one.
        reason: Option<String>,
    },
    /// The server's certificate has expired.
    #[error("the server's certificate has expired on {not_after}")]
    CertificateExpired {
        /// The time of expiry.
        not_after: Timestamp,
    },
    /// The server's certificate is not valid yet.
    #[error("the server's certificate is not valid before {not_before}")]
    CertificateNotYetValid {
        /// The time from which it is valid.
        not_before: Timestamp,
    },
    /// The server's certificate is for other names.
    #[error(
        "the server's certificate is not valid for {expected}, only for {}{}",
        list(valid_for),
        if *in_common_name { ", and its common name does not count any more" } else { "" }
    )]
    NameMismatch {
        /// The name or address that was requested.
        expected: String,
        /// The names that it is valid for.
        valid_for: Vec<String>,
        /// True if the requested name is only in the subject's common name, which clients ignore today.
        in_common_name: bool,
    },
    /// The server's certificate cannot be used for another reason.
    #[error("the server's certificate cannot be used: {reason}")]
    CertificateUnusable {
        /// The reason.
        reason: String,
    },
    /// The server does not use TLS.
    #[error("the server does not speak TLS")]
    NotTls,
    /// The server refused our client certificate.
    #[error("the server refused the client certificate: {alert}")]
    ClientCertificateRefused {
        /// The reason in its alert.
        alert: String,
    },
    /// The TLS handshake failed.
    #[error("the TLS handshake failed: {reason}")]
    TlsRefused {
        /// The reason.
        reason: String,
    },
    /// The connection failed at the proxy.
    #[error("proxy {proxy} {fault}")]
    Proxy {
        /// The proxy's URL without its password.
        proxy: String,
        /// The proxy's fault.
        fault: Box<ProxyFault>,
    },
    /// An established connection ended in the middle of a request or an answer.
    #[error("the connection was closed unexpectedly")]
    BrokenOff,
    /// The server accepted the request and did not answer in time.
    #[error("no complete answer within {} s", seconds(*after))]
    NoAnswer {
        /// The timeout.
        after: Duration,
    },
    /// Another error of the system.
    #[error("{reason}")]
    Other {
        /// Its message.
        reason: String,
    },
}

impl ConnectFault {
    /// Returns whether the server, or what is in front of it, was not reached at all.
    ///
    /// Otherwise something answered, and the answer is wrong.
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

/// Returns the connection's fault, if it is the cause of `error`.
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

/// Lists names. A certificate can be valid for many; the first ones show whose it is.
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
