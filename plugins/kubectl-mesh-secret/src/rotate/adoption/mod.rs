//! Which istiods of a holder have picked up the new token.
//!
//! `watch` asks them before and after the secret is written, `progress` judges what one of them says, and `verdict` words what came
//! of it; both are pure. Nothing is written but the same kubeconfig once more, where an istiod needs a reason to read it again.

mod progress;
mod verdict;
mod watch;

pub(super) use verdict::Notice;
pub(super) use watch::Watch;
