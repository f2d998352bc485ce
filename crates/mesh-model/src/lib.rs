//! The domain: Istio's multi-cluster rules as plain data and pure functions.
//!
//! Nothing here reads a cluster, a file, a clock or the environment, and nothing writes to a terminal.

pub mod access;
pub mod access_facts;
pub mod certificate;
pub mod change;
pub mod cluster_name;
pub mod command;
pub mod container_env;
pub mod control_plane;
pub mod eastwest;
pub mod error;
pub mod event;
pub mod exit;
pub mod exposure;
pub mod finding;
pub mod fleet;
pub mod gateway;
mod go;
pub mod holding;
pub mod istio_version;
pub mod istiod;
pub mod istiod_pages;
pub mod istiod_rules;
pub mod kubeconfig;
pub mod kuberc;
pub mod meant_for;
pub mod metadata;
pub mod names;
pub mod network;
mod network_view;
pub mod origin;
pub mod owned_fields;
pub mod ownership;
pub mod probe;
pub mod read;
pub mod reader;
pub mod remote_cluster;
pub mod remote_secret;
pub mod required_rights;
pub mod resources;
pub mod secret;
pub mod server;
pub mod statements;
pub mod succession;
pub mod suggest;
pub mod token;
pub mod token_home;
pub mod token_swap;
pub mod visible;
pub mod whose;
pub mod x509;
pub mod yaml;

pub use error::Error;
pub use exit::Exit;
