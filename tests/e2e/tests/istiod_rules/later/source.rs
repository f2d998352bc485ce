//! The cluster that all secrets are for: a real API server, ports before it, and who may read it.

use std::fs;

use mesh_testkit::forge::{Forged, Key, Kind as KeyKind, Recipe};
use mesh_testkit::real::{Cluster, Kind, Lab, Options};
use serde_json::json;
use tempfile::TempDir;

use super::clients::USER;

/// Its name, which is that of the operator's context for it.
pub(super) const SOURCE: &str = "later";

/// The API server and what it trusts.
pub(super) struct Source {
    pub(super) api: Cluster,
    /// Signs clients that the API server knows.
    pub(super) clients: Forged,
    /// Signs tokens that the API server takes.
    pub(super) issuer: Key,
    _files: TempDir,
}

impl Source {
    pub(super) fn start() -> Self {
        let clients = Recipe::new("clients")
            .key(KeyKind::P256, 11)
            .authority_or_not(true)
            .by_itself();
        let issuer = Key::of(KeyKind::P256, 21);
        let files = tempfile::tempdir().unwrap();
        let public = files.path().join("issuer.pub");
        fs::write(&public, issuer.public_pem()).unwrap();
        let options = Options {
            client_authorities: clients.pem(),
            api_server_flags: vec![format!("--service-account-key-file={}", public.display())],
            ..Options::default()
        };
        let api = Lab::get()
            .unwrap()
            .cluster_with(SOURCE, Kind::Bare, options)
            .unwrap();
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "later"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [
                {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": USER},
                {"kind": "ServiceAccount", "name": "default", "namespace": "default"},
            ],
        });
        api.apply(&binding.to_string()).unwrap();
        Self {
            api,
            clients,
            issuer,
            _files: files,
        }
    }

    /// kubectl's answer, as an administrator.
    pub(super) fn kubectl(&self, line: &str) -> String {
        let output = self.api.kubectl(line.split_whitespace()).unwrap().output();
        output.expect_success().stdout.trim().to_owned()
    }

    /// A token of the account that may do anything.
    pub(super) fn token(&self) -> String {
        self.kubectl("create token default")
    }
}
