//! Real clusters for tests, from real parts, owned by a supervisor process ([`crate::supervisor`]).
//!
//! ```no_run
//! use mesh_testkit::real::{Kind, Lab};
//! # fn main() -> anyhow::Result<()> {
//! let lab = Lab::get()?;
//! let east = lab.cluster("east", Kind::Istiod)?;
//! let seen = east.debug("/debug/clusterz")?;
//! # Ok(()) }
//! ```
//!
//! A cluster of the same name and kind is the same cluster for all tests of a process, and of the processes beside it; it ends
//! with the last of them. A test that stops servers or wants an empty cluster takes a name of its own. This module owns no process but the supervisor that it
//! starts where `cargo xtask test` did not start one already.

mod cluster;
mod lab;
mod line;

pub use crate::supervisor::protocol::{Kind, Options, Proxy, ProxyInfo, Role};
pub use cluster::Cluster;
pub use lab::{Lab, Supervisor};
