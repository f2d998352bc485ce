//! A mesh that carries traffic: two real clusters on two networks, each with a real istiod, a client with its sidecar in east,
//! and in west an application with its sidecar behind an east-west gateway; every proxy a real Envoy, all of it on loopback.
//!
//! ```no_run
//! use mesh_testkit::data_path::DataPath;
//! # fn main() -> anyhow::Result<()> {
//! let mut path = DataPath::start()?;
//! path.west().apply("…the gateway's Service and Deployment, and what it exposes…")?;
//! path.start_gateway()?;
//! assert_eq!(path.await_status(200)?.status, 200);
//! # Ok(()) }
//! ```
//!
//! It owns the arrangement and the ways to break it. What the gateway is made of is up to the test, and so is what is claimed
//! about it. Nothing here knows the suite.
//!
//! What differs from a mesh on machines: Envoy is not Istio's build of it, so there is no telemetry and no exchange of metadata;
//! no traffic is captured, so the client's sidecar is asked as an HTTP proxy; and loopback is one flat network, on which
//! an address of a pod is within everybody's reach.

mod application;
mod arrange;
mod exclusive;
mod gateway;
mod path;
mod pods;
mod trust;

pub use path::{Answer, DataPath, GATEWAY, HOST};
