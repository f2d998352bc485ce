//! What running istiods say: each pod is asked by itself, through a port-forward, as `istioctl remote-clusters` does, since
//! its debug pages answer callers on its own loopback without a credential.
//!
//! It reads and never judges: what a page means is `mesh::istiod_pages`.

mod ask;
mod pods;

pub use ask::{Istiod, MONITORING_PORT};
pub use pods::{IstiodPod, istiod_pods};
