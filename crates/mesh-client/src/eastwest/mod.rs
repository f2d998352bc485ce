//! East-west gateways: reading their objects, waiting for their addresses, and testing their ports.
//!
//! The only reader for `mesh::eastwest`, which has the checks. Nothing is judged and nothing is written here.

mod dependents;
mod events;
mod observe;
mod probe;
mod wait;

pub use events::events;
pub use observe::{Look, observe};
pub use probe::probe;
pub use wait::wait_for_addresses;
