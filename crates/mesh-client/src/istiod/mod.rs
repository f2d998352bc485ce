//! Running istiods: each pod is asked separately, through a port-forward, as `istioctl remote-clusters` does, because
//! its debug pages answer clients on its own loopback interface without a credential.
//!
//! Only reads; `mesh::istiod_pages` has the meaning of the pages.

mod ask;
mod pods;

pub use ask::{Istiod, MONITORING_PORT};
pub use pods::{IstiodPod, istiod_pods};
