//! East-west gateways as they are found in a cluster: their addresses, their configuration, and the answers of their
//! ports.
//!
//! Pure: objects and answers come in, facts and findings go out. The modules `gateway` and `exposure` own the objects
//! of a requested gateway.

mod address;
mod address_checks;
mod ambient_checks;
mod awaited;
mod candidate;
mod checks;
mod config_clusters;
mod cross_checks;
mod exposed;
mod family_checks;
mod gateway;
mod name_checks;
mod peer_authentication;
mod probe_plan;
mod probed;
mod remedies;
mod revision_checks;
mod status;
mod verdict;
mod verdict_tls;
mod warned;

pub use crate::snapshot::ClusterSnapshot;
pub use address::{Address, AddressKind};
pub use awaited::told;
pub use candidate::{Candidate, candidates};
pub use checks::{check, missing};
pub(crate) use config_clusters::trust_source;
pub use config_clusters::{ConfigClusters, config_clusters};
pub use cross_checks::{Beside, cross_check, duplicates};
pub use exposed::{Exposure, IstiodDoor, Passthrough};
pub use gateway::{Gateway, Pods};
pub use peer_authentication::disabled_for;
pub use probe_plan::{Check, Planned};
pub use probed::GatewayTests;
pub(crate) use revision_checks::istiod_of;
pub use status::{ClusterStatus, EastWestStatus, GatewayStatus, SkippedRead};
pub use verdict::{Outcome, Verdict};
pub use warned::About;
