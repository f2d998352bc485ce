//! Changes that are planned for several clusters: rehearsed by their servers, then written, and reported.
//!
//! The one owner of what follows a plan, whatever is written: what a server refuses before the first write, what a failure in
//! one cluster means for the others, and what is reported in the end. In a dry run no write is sent at all.

mod carry_out;
mod outcome;
mod planned;
mod run;

pub(crate) use carry_out::{Extent, carry_out};
pub use outcome::{Meaning, Outcome};
pub use planned::{ClusterPlan, Plan, Write};
pub use run::Applied;
