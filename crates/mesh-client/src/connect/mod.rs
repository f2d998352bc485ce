//! From a [`super::Target`] to a connection that requests can be sent over.
//!
//! The connection is opened first (TCP, proxy, TLS, and the HTTP version), so that parallel requests share it from the
//! start. Nothing here depends on the kind of request.

mod body;
mod connector;
mod dial;
mod fresh_token;
mod handshake;
mod headers;
mod last_words;
mod options;
mod proxy;
mod requests;
mod retry;
mod route;
mod server_clock;
mod session;
mod tls;
mod transport;
mod upgrade;
mod verifier;

pub use connector::Connector;
pub use options::{ConnectorOptions, ProxyEnvironment};
pub use session::Cluster;

pub(super) use verifier::{verify_tls12, verify_tls13};
