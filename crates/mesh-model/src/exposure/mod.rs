//! The objects that expose a cluster's services, or its istiod for clusters without one, through an east-west gateway.
//!
//! Owns these objects and the valid values of their fields. Pure: objects are JSON values, in the order in which they
//! are applied.

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
pub use services::{SERVICES_GATEWAY, services};
pub use wanted::{HttpsExposure, IstiodExposure, ServicesExposure};

pub use crate::services_port::SERVICES_PORT;
