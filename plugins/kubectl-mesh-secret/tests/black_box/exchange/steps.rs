//! What goes wrong between the first request and the last: each write refused, broken off or interrupted in turn, and two
//! people at once. Nothing is lost or doubled, and a second run completes it.

/// The golden files of this file's tests.
pub(super) const GOLDEN: &[&str] = &[];
