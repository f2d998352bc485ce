//! Finds the connection fault in a chain of library errors, by type and never by text.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use super::tls::of_tls;
use super::{ApiFault, ConnectFault};

/// Returns the first fault in the chain that explains why a connection failed or ended.
pub(crate) fn connect_fault_in(error: &(dyn StdError + 'static)) -> Option<ConnectFault> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<ConnectFault>() {
            return Some(fault.clone());
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(of_tls(error));
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            // An io::Error is transparent: `source` returns the source of the error that it wraps.
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
            // A TLS alert can be further down, and is more specific.
            let deeper = error.source().and_then(connect_fault_in);
            return Some(deeper.unwrap_or(ConnectFault::BrokenOff));
        }
        next = error.source();
    }
    None
}

/// Returns the first answer in the chain that was rejected here.
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

/// Returns the fault for a system error while a TCP connection to `address` is opened.
pub(crate) fn of_dial(error: &io::Error, address: &str, after: Duration) -> ConnectFault {
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

/// Returns the fault for an error during the TLS handshake.
pub(crate) fn of_handshake(error: &io::Error) -> ConnectFault {
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
