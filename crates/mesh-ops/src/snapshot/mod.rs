//! Reads clusters into snapshots. Nothing is judged here.

mod dependents;
mod exposure;
mod gateways;
mod labels;
mod read;
mod secrets;
mod wanted;

pub use read::{ReadCluster, read};
pub use wanted::{Wanted, WantedExposure, WantedGateways, WantedSecrets};
