//! The requested east-west gateway, and its objects in each form of installation.
//!
//! Pure: objects are JSON values, in the order in which they are applied. [`GatewaySpec`] validates user input;
//! [`unexpressed`] returns the settings that a form of installation cannot express.

mod chart;
mod gateway_api;
mod iop;
mod limits;
mod manifest;
mod node_values;
mod ports;
mod scheduling;
mod service;
mod spec;
mod values;
mod wanted;

pub use chart::{helm_values, is_text_in_yaml};
pub use gateway_api::{ambient, gateway_api};
pub use iop::iop;
pub use limits::{Form, unexpressed};
pub use manifest::manifest;
pub use ports::{GatewayPort, Ports};
pub use scheduling::{Scheduling, Toleration};
pub use service::{GatewayService, IpFamily, IpFamilyPolicy, ServiceType, TrafficPolicy};
pub use spec::GatewaySpec;
pub use wanted::EastWestGateway;
