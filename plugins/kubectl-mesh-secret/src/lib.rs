//! `kubectl mesh-secret`: the secrets by which one cluster's Istio control plane reads another cluster.
//!
//! Each verb is a room: `options` resolves arguments, `observe` reads, `plan` decides, `apply` writes, `report` is
//! what is shown.

mod cli;
mod create;
mod delete;
mod exchange;
mod inspect;
mod list;
mod rotate;
mod service_account;
mod token_duration;

pub use cli::Cli;
