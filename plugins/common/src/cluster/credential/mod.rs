//! Who we are to a cluster: what a kubeconfig's user entry says, and what becomes of it.

/// The credential of a kubeconfig's user entry. Its `Debug` shows no secret.
#[derive(Clone, Debug, Default)]
pub struct Credential {}
