//! The socket side: TLS, HTTP, connections to pods.

pub(crate) mod forward;
pub(crate) mod frames;
pub(crate) mod line;
pub(crate) mod serve;
pub(crate) mod tls;
