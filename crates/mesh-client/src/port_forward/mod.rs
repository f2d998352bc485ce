//! A connection to a port of a pod through the API server, like `kubectl port-forward`.
//!
//! It uses Kubernetes' channel protocol over WebSocket, which every supported API server and kubelet has. Nothing here
//! listens on this machine, and nothing depends on the data.

mod forward;
mod frame;

pub use forward::PortForward;
