//! A source in memory, a context that leads to it, and what `create` says.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use mesh_e2e::plugin::Workstation;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::{self, Kubeconfig};
use serde_json::{Value, json};
use snapbox::assert_data_eq;
use snapbox::data::Inline;

/// A port of loopback on which nobody listens.
pub(crate) const NOBODY: &str = "https://127.0.0.1:1";

/// The token Secret that istioctl would make.
pub(crate) const TOKEN: &str = "istio-reader-service-account-istio-remote-secret-token";

/// A source, and how its context reaches it.
pub(crate) struct Scene {
    pub(crate) source: Arc<Cluster>,
    context: kubeconfig::Cluster,
}

impl Scene {
    /// The reader is complete, and the context is the usual one.
    pub(crate) fn whole() -> Self {
        let scene = Self::of(Cluster::start("west"));
        let rules =
            json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]);
        let source = &scene.source;
        source.create(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": "reader"}, "rules": rules,
        }));
        source.create(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": "reader"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "istio-reader-service-account", "namespace": "istio-system"}],
        }));
        scene
    }

    /// The reader has its token and no right at all.
    pub(crate) fn without_rights() -> Self {
        Self::of(Cluster::start("west"))
    }

    fn of(source: Cluster) -> Self {
        source.service_account_with_token("istio-system", "istio-reader-service-account", TOKEN);
        let context = source.kubeconfig_cluster();
        Self {
            source: Arc::new(source),
            context,
        }
    }

    /// The token Secret holds this token instead.
    pub(crate) fn with_token(self, token: &str) -> Self {
        self.source
            .edit("secrets", "istio-system", TOKEN, |secret| {
                secret["data"]["token"] = BASE64_STANDARD.encode(token).into();
            });
        self
    }

    /// The context is another way to the source.
    pub(crate) fn by(self, context: kubeconfig::Cluster) -> Self {
        Self { context, ..self }
    }

    pub(crate) fn authority(&self) -> &str {
        self.source.server_url().trim_start_matches("https://")
    }

    /// Returns the outcome of `create`: standard error and exit code, and the cluster entry of the secret where there is one.
    pub(crate) fn create(&self, more: &[&str]) -> Said {
        let user = self.source.kubeconfig_user();
        let workstation =
            Workstation::with(&Kubeconfig::single("west", self.context.clone(), user));
        let output = workstation
            .mesh_secret(["create", "--name", "west", "--allow-loopback"])
            .args(more)
            .manifest_requested()
            .output();
        let entry = (!output.stdout.is_empty()).then(|| {
            let secrets: Vec<Value> = serde_saphyr::from_multiple(&output.stdout).unwrap();
            let kubeconfig = secrets[0]["stringData"]["west"].as_str().unwrap();
            let kubeconfig: Value = serde_saphyr::from_str(kubeconfig).unwrap();
            kubeconfig["clusters"][0]["cluster"].clone()
        });
        let text = format!("{}[exit {}]\n", output.stderr, output.code)
            .replace(self.source.server_url(), "SOURCE")
            .replace(&self.source.uid(), "SOURCE-UID");
        Said { text, entry }
    }
}

/// The output of a run.
pub(crate) struct Said {
    text: String,
    entry: Option<Value>,
}

impl Said {
    /// It ended with this text and gave no secret.
    pub(crate) fn fails(&self, expected: Inline) {
        assert_data_eq!(self.text.as_str(), expected);
        assert!(self.entry.is_none(), "no secret is given out");
    }

    /// It ended with this text and gave a secret, whose cluster entry this is.
    pub(crate) fn gives(&self, expected: Inline) -> &Value {
        assert_data_eq!(self.text.as_str(), expected);
        self.entry.as_ref().expect("a secret is given out")
    }

    pub(crate) fn naming(mut self, what: &str, name: &str) -> Self {
        self.text = self.text.replace(what, name);
        self
    }
}

pub(crate) fn token(claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(claims))
}
