//! The cluster of the pod that the suite runs in, with the pod's own service account.
//!
//! The rules are those of `InClusterConfig` in `k8s.io/client-go/rest/config.go` and of `inClusterClientConfig` in
//! `k8s.io/client-go/tools/clientcmd/client_config.go`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use mesh_model::kubeconfig::{Config, Entry};
use mesh_model::x509::authorities;

/// The name of the context, its cluster and its user.
const NAME: &str = "in-cluster";

/// The access of a pod to its own API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCluster {
    host: String,
    port: String,
    namespace: Option<String>,
    pub(super) folder: PathBuf,
}

impl InCluster {
    /// Returns the access that `$KUBERNETES_SERVICE_HOST` and `$KUBERNETES_SERVICE_PORT` describe, with the token, the
    /// CA and the namespace in `folder`; `None` outside of a pod. `namespace` is `$POD_NAMESPACE`, which takes
    /// precedence over the file.
    pub fn find(
        host: Option<&str>,
        port: Option<&str>,
        namespace: Option<&str>,
        folder: &Path,
    ) -> Option<Self> {
        let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let (host, port) = (given(host)?, given(port)?);
        folder.join("token").is_file().then(|| Self {
            host,
            port,
            namespace: given(namespace),
            folder: folder.to_path_buf(),
        })
    }

    /// Returns the same as a kubeconfig of one context, with paths relative to the folder.
    pub(super) fn config(&self) -> Config {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let server = format!("https://{host}:{}", self.port);
        let mut cluster = json!({ "server": server });
        // Without a CA, client-go uses the system's authorities.
        if self.has_authority() {
            cluster["certificate-authority"] = json!("ca.crt");
        }
        let namespace = self.namespace.clone().or_else(|| {
            let text = fs::read_to_string(self.folder.join("namespace")).ok()?;
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        });
        let context = json!({ "cluster": NAME, "user": NAME, "namespace": namespace });
        Config {
            current: NAME.to_owned(),
            clusters: vec![entry(cluster)],
            users: vec![entry(json!({ "tokenFile": "token" }))],
            contexts: vec![entry(context)],
        }
    }

    fn has_authority(&self) -> bool {
        fs::read(self.folder.join("ca.crt")).is_ok_and(|pem| !authorities(&pem).is_empty())
    }
}

fn entry(fields: Value) -> Entry {
    Entry {
        name: NAME.to_owned(),
        fields: match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubeconfig::tests::{EAST, Files};
    use crate::{CredentialKind, Kubeconfig, Overrides, Trust};

    fn pod(files: &Files) -> Option<InCluster> {
        InCluster::find(Some("10.96.0.1"), Some("443"), None, &files.path(""))
    }

    #[test]
    fn a_pod_without_a_kubeconfig_reaches_its_own_cluster() {
        let files = Files::new(&[("token", "s3cret"), ("namespace", "mesh\n"), ("empty", "")]);
        let pod = pod(&files);
        let list = files.list(&["missing", "empty"]);
        for variable in [None, Some(list.as_os_str())] {
            let found = Kubeconfig::load_in_pod(None, variable, None, pod.as_ref()).unwrap();
            assert_eq!(found.context_names().collect::<Vec<_>>(), ["in-cluster"]);
            let target = found.target(&Overrides::default()).unwrap();
            assert_eq!(target.context(), "in-cluster");
            assert_eq!(target.server(), "https://10.96.0.1:443");
            assert_eq!(target.namespace(), Some("mesh"));
            assert_eq!(target.credential().kind(), CredentialKind::TokenFile);
            assert_eq!(*target.trust(), Trust::System);
            // kubectl finds the same without flags, and has no context of that name.
            assert_eq!(target.kubectl().to_string(), "kubectl");
        }
    }

    #[test]
    fn a_kubeconfig_goes_before_the_pod() {
        let files = Files::new(&[("token", "s3cret"), ("config", EAST), ("empty", "")]);
        let pod = pod(&files);
        let list = files.list(&["config"]);
        let found = Kubeconfig::load_in_pod(None, Some(&list), None, pod.as_ref()).unwrap();
        assert_eq!(found.context_names().collect::<Vec<_>>(), ["east"]);
        // A file that is named must be valid.
        let named = files.path("empty");
        assert!(Kubeconfig::load_in_pod(Some(&named), None, None, pod.as_ref()).is_err());
    }

    #[test]
    fn outside_of_a_pod_there_is_none() {
        let files = Files::new(&[("token", "s3cret"), ("folder/token/x", "")]);
        let find =
            |host, port, folder: &str| InCluster::find(host, port, None, &files.path(folder));
        assert!(find(Some("h"), Some("1"), "").is_some());
        assert!(find(None, Some("1"), "").is_none());
        assert!(find(Some("h"), Some(""), "").is_none());
        assert!(find(Some("h"), Some("1"), "nowhere").is_none());
        assert!(find(Some("h"), Some("1"), "folder").is_none());
        let wide = find(Some("fd00::1"), Some("443"), "").unwrap();
        let config = wide.config();
        assert_eq!(config.clusters[0].text("server"), "https://[fd00::1]:443");
    }
}
