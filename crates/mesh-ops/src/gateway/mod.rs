//! East-west gateways: installing them with what they expose, waiting for their addresses, and asking their ports.

pub mod apply;
mod ask;
pub mod live;
mod wait;

pub use ask::{ANSWER, ask};
pub use wait::AddressWait;
