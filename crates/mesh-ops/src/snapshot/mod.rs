//! Reads clusters into snapshots. Nothing is judged here.

mod ca_certs;
mod dependents;
mod exposure;
mod gateways;
mod istiod_pages;
mod labels;
mod read;
mod revision;
mod secret_pool;
mod secrets;
mod slim_reads;
mod values;
mod wanted;

pub use read::{ReadCluster, read};
pub(crate) use read::{istiods, only_if, uid};
pub use secret_pool::secret_pool;
pub use secrets::read_by_name;
pub(crate) use secrets::remote_secrets;
pub(crate) use slim_reads::SlimReads;
pub use values::ValuesOfSecrets;
pub use wanted::{
    KeptValues, Part, Secrets, Wanted, WantedCaCerts, WantedExposure, WantedGateways,
    WantedIstiodPages, WantedLabels, WantedRevision, WantedSecrets,
};
