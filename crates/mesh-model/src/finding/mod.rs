//! Findings of checks, and the catalogue of the checks that report them.

mod catalogue;
mod check_id;
mod found;

pub use check_id::{CheckId, Group, UnknownCheck};
pub use found::{Details, Finding, Place, Severity};
