//! East-west gateways: reading what a cluster has of them, waiting for their addresses, and asking their ports.
//!
//! The only reader of what `mesh::eastwest` judges. Nothing is judged and nothing is written here.

mod dependents;
mod events;
mod observe;
mod probe;
mod wait;

pub use events::events;
pub use observe::{Look, observe};
pub use probe::probe;
pub use wait::wait_for_addresses;
