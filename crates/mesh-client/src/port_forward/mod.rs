//! A connection to a port of a pod, led through the API server, as `kubectl port-forward` has it.
//!
//! It speaks Kubernetes' channel protocol over WebSocket, which every API server and kubelet knows since long before the lowest
//! version that the suite supports. Nothing here listens on this machine, and nothing knows what is said over it.

mod forward;
mod frame;

pub use forward::PortForward;
