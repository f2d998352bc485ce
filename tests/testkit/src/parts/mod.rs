//! The real parts (etcd, Kubernetes, istioctl, istiod, krew, Helm, KWOK): which there are, where they are kept, and how
//! they are built, each once, from the Go modules in `tests/tools`.
//!
//! It owns the per-user cache of built parts. It must not run any of them: that is the supervisor's and the tests' work.

mod build;
mod cache;
mod module;
mod part;
mod toolchain;
mod workspace;

pub use build::{ensure, path};
pub use cache::cache_dir;
pub use module::{Module, module_dir};
pub use part::Part;
pub use toolchain::check_toolchain;
pub use workspace::{plugin, workspace_binary, workspace_dir};
