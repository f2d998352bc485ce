//! One secret, and whether istiod gets through with it.

use mesh_testkit::kubeconfig::{Cluster, Kubeconfig, User};

/// A remote secret whose kubeconfig istiod reads, and what becomes of it.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) cluster: Cluster,
    pub(super) user: User,
    /// Istiod reaches `synced`.
    pub(super) syncs: bool,
}

impl Case {
    pub(super) fn new(name: &str, cluster: Cluster, user: User, syncs: bool) -> Self {
        Self {
            name: name.to_owned(),
            cluster,
            user,
            syncs,
        }
    }

    /// The data key of its secret, which is the cluster's name to istiod.
    pub(super) fn key(&self) -> String {
        format!("later-{}", self.name)
    }

    pub(super) fn kubeconfig(&self) -> String {
        Kubeconfig::single("c", self.cluster.clone(), self.user.clone()).to_yaml()
    }
}
