//! The network and the cluster name in each part of a cluster, the differences, and the commands that fix them.
//!
//! Pure: objects come in as they were read.

mod drift;
mod fixes;
mod labels;
mod majority;
mod near_keys;
mod networks;
mod object;
mod observation;
mod part;
mod statement;

pub use drift::find_drift;
pub use fixes::FixCommands;
pub use labels::{ClusterLabels, IdentityObservation, MeshLabels, SkippedPart};
pub use majority::{Most, cluster, network};
pub use near_keys::near_keys;
pub(crate) use networks::network_views;
pub(crate) use object::workload_of;
pub use observation::is_own_gateway;
pub use part::Part;
pub use statement::Statement;
