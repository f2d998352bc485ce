//! Support for tests: the fake API server with its certificates and kubeconfigs, real clusters from real parts, servers that
//! misbehave, and a runner of commands. It imports nothing of the suite, so that it can judge it.

#![expect(
    clippy::missing_panics_doc,
    reason = "test support stops the test where something is wrong with the test's own arrangement"
)]

pub mod black_box;
pub mod command;
pub mod condition;
pub mod corpus;
pub mod data_path;
pub mod environment;
pub mod forge;
pub mod gateway;
pub mod hostile;
pub mod http;
pub mod istiod;
pub mod parts;
pub mod proxy;
pub mod real;
pub mod shell;
pub mod supervisor;
pub mod terminator;
pub mod wire;

pub use mesh_fake_apiserver as embedded;
pub use mesh_fake_apiserver::{kubeconfig, pki};
