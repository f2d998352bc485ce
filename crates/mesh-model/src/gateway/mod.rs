//! East-west gateways: what one is to be, and the objects that make it so in each of the ways to install one.
//!
//! Pure: objects are JSON values in the order in which they are to be applied. What a person may type is the plugin's
//! to check; what a way to install cannot express is said in [`unexpressed`].

mod chart;
mod gateway_api;
mod iop;
mod limits;
mod manifest;
mod ports;
mod scheduling;
mod service;
mod wanted;

pub use chart::{helm_values, is_text_in_yaml};
pub use gateway_api::{ambient, gateway_api};
pub use iop::iop;
pub use limits::{Form, unexpressed};
pub use manifest::manifest;
pub use ports::{DEFAULT_TLS_PORT, GatewayPort, Ports};
pub use scheduling::{Scheduling, Toleration};
pub use service::{GatewayService, IpFamily, IpFamilyPolicy, ServiceType, TrafficPolicy};
pub use wanted::EastWestGateway;
