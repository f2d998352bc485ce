//! A Kubernetes API server in memory, for what real ones cannot do: counting, failing, and being there by the hundred.
//!
//! It needs nothing but Rust. The behaviour suite of `tests/e2e` runs the same cases against a real API server; where
//! the two differ, this one is wrong, and requests outside of that suite are answered with 501. It must not be used to
//! prove how Kubernetes behaves, and it imports nothing of the suite.
//!
//! Each folder uses only those above it in this table:
//!
//! | folder | owns |
//! |---|---|
//! | `model` | kinds, users, requests, answers and refusals as plain data |
//! | `objects` | the rules by which objects are filled in, refused, merged, owned and selected |
//! | `state` | all that a cluster knows, behind one lock: objects, tokens, clock, faults, recordings |
//! | `access` | who asks, and what that user may do; token Secrets |
//! | `verbs` | one file for each thing that a request can do, and `dispatch`, which chooses among them |
//! | `server` | sockets, TLS, HTTP, and carrying out faults |
//! | `cluster` | the handle that tests hold |
//!
//! Beside them stand `pki` and `kubeconfig`, by which clients trust and reach a server, and `background`, the thread on
//! which all servers of a process run. They know none of the above.

#![expect(
    clippy::missing_panics_doc,
    reason = "test support stops the test where something is wrong with the test's own arrangement"
)]

mod access;
pub mod background;
mod cluster;
pub mod kubeconfig;
mod model;
mod objects;
pub mod pki;
mod server;
mod state;
mod verbs;

pub use cluster::{Builder, Cluster, Follower, News};
pub use model::forward::Listener;
pub use server::tls::server_config;
pub use state::faults::Fault;
pub use state::recording::{Connection, Recorded, most_at_once, render, waves};
pub use state::shared::TokenController;
