//! East-west gateways: installing them with what they expose, waiting for their addresses, and asking their ports.

mod addresses;
pub mod apply;
mod ask;
mod events;
pub mod live;
mod observe;
mod probe;
mod wait;

pub use ask::{ANSWER, ask};
pub use observe::{Look, located, observe};
pub use wait::AddressWait;
