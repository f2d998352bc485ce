//! What is exposed through an east-west gateway: the services of a cluster, or its istiod for clusters without one.
//!
//! Owns the objects and what may stand in them. Pure: objects are JSON values in the order in which they are to be applied.

mod domain;
pub mod facts;
mod istiod;
mod revision;
mod selector;
mod services;
mod wanted;

pub use domain::{ClusterDomain, HostName, is_dns_name};
pub use istiod::istiod;
pub use revision::Revision;
pub use selector::GatewaySelector;
pub use services::services;
pub use wanted::{HttpsExposure, IstiodExposure, SERVICES_PORT, ServicesExposure};
