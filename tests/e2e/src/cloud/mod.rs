//! Parts that a cluster at a provider has and one of the lab lacks: an address that means the same everywhere, a way from its API
//! server to its pods, an istiod that works as soon as one is installed, and a load balancer.
//!
//! It changes nothing that an installation made, but for the addresses in the status of Services, which are a provider's to give.

mod hosted;
mod istiod;
mod keeper;
mod load_balancer;

pub use hosted::Hosted;
pub use keeper::Keeper;
