//! Sets or removes one label or annotation on objects of several clusters.
//!
//! Observe, plan (pure), carry out. It knows neither networks nor Services: the caller names the field and the objects.

mod field_change;
mod observe;
mod plan;
mod request;
mod run;
mod same_clusters;

pub use field_change::FieldChange;
pub use request::{ClusterTask, IfMissing, Object, ObjectName, Request};
pub use run::{prepare, run};
