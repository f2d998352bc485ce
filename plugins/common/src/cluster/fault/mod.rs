//! What failures mean: every error of the libraries below becomes a sentence, a typed cause and a hint.
//!
//! Nothing here connects or retries. No text of a response but a `Status` message reaches a person.

mod answer;
mod api;
mod attempt;
mod chain;
mod connect;
mod proxy;
mod unreachable;

pub use api::{ApiFault, FieldOwner};
pub use attempt::{Attempt, Verb};
pub use connect::ConnectFault;
pub use proxy::ProxyFault;

pub(super) use chain::{connect_fault_in, of_dial, of_handshake};
pub(super) use unreachable::unreachable;

use crate::mesh::Error;

/// The connection's fault, where that is what `error` is about.
pub fn connect_fault(error: &Error) -> Option<&ConnectFault> {
    std::error::Error::source(error)?.downcast_ref()
}

/// The API server's answer, where that is what `error` is about.
pub fn api_fault(error: &Error) -> Option<&ApiFault> {
    std::error::Error::source(error)?.downcast_ref()
}
