//! Reads clusters into snapshots. Nothing is judged here.

mod dependents;
mod exposure;
mod gateways;
mod labels;
mod read;
mod salt;
mod secrets;
mod slim_reads;
mod wanted;

pub use read::{ReadCluster, read};
pub use salt::salt;
pub(crate) use slim_reads::SlimReads;
pub use wanted::{Wanted, WantedExposure, WantedGateways, WantedSecrets};
