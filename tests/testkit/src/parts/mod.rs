//! The real parts (etcd, Kubernetes, istioctl, istiod, krew, Helm, KWOK, Envoy): which there are, where they are kept, and how
//! they are made, each once: built from the Go modules in `tests/tools`, or taken from the Python package pinned there. One is a
//! small program of our own: nothing but Go serves every certificate that Go's clients meet.
//!
//! It owns the per-user cache of parts. It must not run any of them: that is the supervisor's and the tests' work.

mod build;
mod cache;
mod ensure;
mod module;
mod part;
mod source;
mod toolchain;
mod wheel;
mod workspace;

pub use cache::cache_dir;
pub use ensure::{ensure, path};
pub use module::{Module, module_dir};
pub use part::Part;
pub use source::Source;
pub use toolchain::check_toolchain;
pub use wheel::Wheel;
pub use workspace::{plugin, workspace_binary, workspace_dir};
