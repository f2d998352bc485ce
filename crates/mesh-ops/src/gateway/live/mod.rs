//! The gateways and control planes of a cluster as they are, and the exposure that follows from them.
//!
//! `observe` is the only one that reads, the others are pure, and nothing here writes.

mod choose;
mod control_plane;
mod derive;
mod observe;
mod request;

pub use derive::{istiod, services};
pub use observe::{IstioState, observe};
pub use request::{ExposureRequest, IstiodRequest};
