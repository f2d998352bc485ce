//! East-west gateways: what one is to be, and the objects that make it so in each of the ways to install one.
//!
//! Pure: objects are JSON values in the order in which they are to be applied.

mod gateway_api;
mod wanted;

pub use gateway_api::ambient;
pub use wanted::EastWestGateway;
