//! Installs an east-west gateway, and what it exposes, in several clusters, where they differ from what is there.
//!
//! Observe every cluster, decide its objects (pure), read the ones with their names, plan (pure), let every server rehearse every
//! object, and only then write.

mod object_change;
mod observe;
mod plan;
mod request;
mod run;

pub use object_change::ObjectChange;
pub use request::Request;
pub use run::{prepare, run};
