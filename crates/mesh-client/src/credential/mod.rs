//! Authentication: the user entry of a kubeconfig, and the credential that results from it.

mod exec;
mod exec_fault;
mod policy;
mod provider;
mod resolve;
mod source;

pub use exec_fault::ExecFault;
pub use policy::Preferences;
pub use source::{Credential, CredentialKind};

pub(super) use exec::ExecCache;
pub(super) use resolve::{Identity, read_token, resolve};
pub(super) use source::{AuthProvider, Bearer, ClientCertificate, ExecPlugin, Interactive, Pem};
