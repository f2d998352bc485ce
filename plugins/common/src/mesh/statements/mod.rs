//! What the parts of a cluster say its network and its name are, where they disagree, and which command mends it.
//!
//! Pure: objects come in as they were read. The ids of findings are those of the suite's check catalog.

mod judge;
mod mend;
mod object;
mod part;
mod statement;

pub use judge::{cluster, judge, near_keys, network};
pub use mend::Tools;
pub use part::Part;
pub use statement::Statement;
