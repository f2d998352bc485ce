//! `generate` beside Istio's script, the real Helm, istioctl, API server and istiod.
//!
//! What differs on purpose is listed in `docs/eastwest.md`, line by line as here.

mod accepted;
mod differences;
mod helm;
mod installs;
mod page;
mod plugin;
mod rendering;
mod script;
mod seen;
mod world;
