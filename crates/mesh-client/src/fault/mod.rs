//! Explanations of failures: every error of the libraries becomes a sentence, a typed cause and a hint.
//!
//! Nothing here connects or retries. Of an error answer, only the message of a `Status` is shown to a person.

mod answer;
mod api;
mod attempt;
mod chain;
mod connect;
mod proxy;
mod scope;
mod tls;
mod unreachable;

pub use api::{ApiFault, FieldOwner, api_fault};
pub use attempt::{Attempt, Verb};
pub use connect::{ConnectFault, connect_fault};
pub use proxy::ProxyFault;
pub use scope::{concerns_one_cluster, each_alone, is_refused, may_pass, with_lost};

pub(super) use chain::{connect_fault_in, of_dial, of_handshake};
pub(super) use scope::lost_read;
pub(super) use unreachable::unreachable;
