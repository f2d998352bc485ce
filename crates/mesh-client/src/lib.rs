//! Kubernetes: kubeconfigs, credentials, connections, reads, writes, waits, and explanations of failures.
//!
//! Never uses the terminal, the environment or the clock: their values are parameters. No error of the Kubernetes
//! library leaves this crate: every failure is a [`mesh_model::Error`].

mod answers;
mod apply;
mod bounds;
mod connect;
mod credential;
mod fan_out;
mod fault;
mod interrupt;
pub mod istiod;
mod kubeconfig;
mod lists;
mod manifests;
mod objects;
mod paths;
mod port_forward;
pub mod probe;
mod reads;
mod room;
mod target;
mod tokens;
mod wait;

pub use apply::ApplyOptions;
pub use connect::{Cluster, Connector, ConnectorOptions, ProxyEnvironment};
pub use credential::{Credential, CredentialKind, ExecFault, Preferences};
pub use fan_out::{CLUSTERS_AT_ONCE, fan_out};
pub use fault::{
    ApiFault, Attempt, ConnectFault, FieldOwner, ProxyFault, Verb, api_fault, concerns_one_cluster,
    connect_fault, each_alone, is_refused, may_pass, with_lost,
};
pub use interrupt::Interrupt;
pub use kubeconfig::{Direct, InCluster, Kubeconfig, Overrides};
pub use mesh_model::change::DryRun;
pub use objects::Selection;
pub use port_forward::PortForward;
pub use reads::Reads;
pub use target::{FileReference, Impersonation, Target, Trust};
pub use wait::{Seen, wait_for};
