//! Verification of a whole mesh: the findings of all checks, each with the findings that it explains, and the checks that were
//! skipped.
//!
//! Everything is a function of what was read ([`crate::snapshot::MeshSnapshot`]); nothing is read here.

mod causes;
mod checks;
mod counts;
mod cut;
mod fold;
mod ignore;
mod judge;
mod majority;
mod needs;
mod pairs;
mod parts;
mod relation;
mod report;
mod rights;
#[cfg(test)]
pub(crate) mod samples;
mod select;

pub use causes::{CAUSES, Cause};
pub use counts::Counts;
pub use fold::{RootCause, fold};
pub use ignore::IgnoredFinding;
pub use judge::verify;
pub use pairs::{Pair, PairState};
pub use parts::{Part, needs};
pub use relation::Relation;
pub use report::{Follower, MeshVerification, RootCauseReport, VerifiedCluster};
pub use rights::{READ_RULES, ReadRule, roles};
pub use select::{Pattern, Selection, UnknownPattern};
