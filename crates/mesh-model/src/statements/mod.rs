//! What the parts of a cluster say its network and its name are, where they disagree, and which command mends it.
//!
//! Pure: objects come in as they were read. The ids of findings are those of the suite's check catalog.

mod judge;
mod majority;
mod mend;
mod near_keys;
mod networks;
mod object;
mod part;
mod statement;

pub use judge::judge;
pub use majority::{Most, cluster, network};
pub use mend::Tools;
pub use near_keys::near_keys;
pub(crate) use object::workload_of;
pub use part::Part;
pub use statement::Statement;
