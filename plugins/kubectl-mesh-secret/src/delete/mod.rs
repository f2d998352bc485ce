//! `delete`: remote secrets out of their holders, with the clusters that they lead to there or gone.
//!
//! Names (which secrets each takes), observe (all holders at once), plan (pure: which secrets go),
//! `prove` (asks the remote clusters), `plan_revoke` (pure: which tokens end, and where), apply.

mod apply;
mod args;
mod names;
mod observe;
mod plan;
mod plan_revoke;
mod prove;
mod report;
mod staying;
mod verb;

pub(crate) use args::DeleteArgs;
pub(crate) use verb::run;
