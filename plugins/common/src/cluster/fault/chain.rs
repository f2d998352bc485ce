//! Finding the connection's fault in a chain of library errors, by type and never by text.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::{ApiFault, ConnectFault};

/// The first error of the chain that tells why a connection failed or ended.
pub(in crate::cluster) fn connect_fault_in(
    error: &(dyn StdError + 'static),
) -> Option<ConnectFault> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<ConnectFault>() {
            return Some(fault.clone());
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(of_tls(error));
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            // An io::Error hides the error that it wraps from `source`, which skips it.
            if let Some(inner) = error.get_ref()
                && let Some(fault) = connect_fault_in(inner)
            {
                return Some(fault);
            }
            if let Some(fault) = of_broken_io(error.kind()) {
                return Some(fault);
            }
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>()
            && (error.is_incomplete_message()
                || error.is_closed()
                || error.is_canceled()
                || error.is_body_write_aborted())
        {
            // A TLS alert can be further down, and says more.
            let deeper = error.source().and_then(connect_fault_in);
            return Some(deeper.unwrap_or(ConnectFault::BrokenOff));
        }
        next = error.source();
    }
    None
}

/// The first error of the chain that is an answer which we turned down ourselves.
pub(super) fn api_fault_in(error: &(dyn StdError + 'static)) -> Option<ApiFault> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<ApiFault>() {
            return Some(fault.clone());
        }
        next = error.source();
    }
    None
}

/// What an error of the system means while a TCP connection to `address` is opened.
pub(in crate::cluster) fn of_dial(
    error: &io::Error,
    address: &str,
    after: Duration,
) -> ConnectFault {
    let address = address.to_owned();
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectFault::Refused { address },
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => ConnectFault::NoRoute { address },
        io::ErrorKind::TimedOut => ConnectFault::TimedOut { after },
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => ConnectFault::Reset,
        _ => ConnectFault::Other {
            reason: error.to_string(),
        },
    }
}

/// What an error means while TLS is agreed on.
pub(in crate::cluster) fn of_handshake(error: &io::Error) -> ConnectFault {
    if let Some(error) = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    {
        return of_tls(error);
    }
    match of_broken_io(error.kind()) {
        Some(_) => ConnectFault::Reset,
        None => ConnectFault::Other {
            reason: error.to_string(),
        },
    }
}

fn of_broken_io(kind: io::ErrorKind) -> Option<ConnectFault> {
    matches!(
        kind,
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::TimedOut
    )
    .then_some(ConnectFault::BrokenOff)
}

fn of_tls(error: &rustls::Error) -> ConnectFault {
    match error {
        rustls::Error::InvalidCertificate(error) => of_certificate(error),
        rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::InvalidEmptyPayload,
        ) => ConnectFault::NotTls,
        rustls::Error::AlertReceived(alert) if is_about_client_certificate(*alert) => {
            ConnectFault::ClientCertificateRefused {
                alert: format!("{alert:?}"),
            }
        }
        rustls::Error::AlertReceived(alert) => ConnectFault::TlsRefused {
            reason: format!("the server sent the alert {alert:?}"),
        },
        other => ConnectFault::TlsRefused {
            reason: other.to_string(),
        },
    }
}

/// The alerts by which a server rejects its client's certificate (RFC 8446, 6.2).
fn is_about_client_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
    )
}

fn of_certificate(error: &CertificateError) -> ConnectFault {
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            ConnectFault::UnknownAuthority
        }
        CertificateError::Expired => ConnectFault::CertificateExpired { not_after: None },
        CertificateError::ExpiredContext { not_after, .. } => ConnectFault::CertificateExpired {
            not_after: timestamp(*not_after),
        },
        CertificateError::NotValidYet => ConnectFault::CertificateNotYetValid { not_before: None },
        CertificateError::NotValidYetContext { not_before, .. } => {
            ConnectFault::CertificateNotYetValid {
                not_before: timestamp(*not_before),
            }
        }
        CertificateError::NotValidForName => ConnectFault::NameMismatch {
            expected: "the name asked for".to_owned(),
            valid_for: Vec::new(),
        },
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => ConnectFault::NameMismatch {
            expected: expected.to_str().into_owned(),
            valid_for: names_first(presented),
        },
        other => ConnectFault::CertificateUnusable {
            reason: other.to_string(),
        },
    }
}

/// Names before addresses, since a name is what a person would give as `tls-server-name`.
fn names_first(presented: &[String]) -> Vec<String> {
    let mut all: Vec<String> = presented.iter().map(|name| plain_name(name)).collect();
    all.sort_by_key(|name| name.parse::<std::net::IpAddr>().is_ok());
    all
}

/// `DnsName("east.example")` and `IpAddress(10.0.0.1)`, as rustls writes them, without the wrapping.
fn plain_name(presented: &str) -> String {
    let inner = presented
        .split_once('(')
        .map_or(presented, |(_, rest)| rest.trim_end_matches(')'));
    inner.trim_matches('"').to_owned()
}

fn timestamp(time: UnixTime) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(time.as_secs()).ok()?).ok()
}
