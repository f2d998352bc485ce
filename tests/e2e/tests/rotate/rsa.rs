//! A cluster whose tokens are signed with RSA, as kubeadm and most providers do it: the same words get the same signature each
//! time. Go has such a key at hand in istiod's own certificate authority.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::real::{Cluster, Kind, Lab, Options};
use serde_json::{Value, json};

/// An account that may do everything.
pub(crate) const ACCOUNT: &str = "reader";
const ROOT: &str = "/api/v1/namespaces/istio-system/secrets/istio-ca-secret";

/// A cluster where tokens of accounts are signed with RSA, and an account that may read.
pub(crate) fn cluster(name: &str, dir: &Path) -> Cluster {
    let lab = Lab::get().unwrap();
    let other = lab.cluster("east", Kind::Istiod).unwrap();
    let root = other.wait_for(ROOT, |_| true).unwrap();
    let file = |key: &str| {
        let path = dir.join(key);
        fs::write(&path, decoded(&root["data"][key])).unwrap();
        path.display().to_string()
    };
    let options = Options {
        api_server_flags: vec![format!(
            "--service-account-key-file={}",
            file("ca-cert.pem")
        )],
        controller_flags: vec![format!(
            "--service-account-private-key-file={}",
            file("ca-key.pem")
        )],
        ..Options::default()
    };
    let cluster = lab.cluster_with(name, Kind::Bare, options).unwrap();
    let objects = [
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT, "namespace": "default"}}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": ACCOUNT},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": "default"}]}),
    ];
    for object in objects {
        cluster.apply(&object.to_string()).unwrap();
    }
    cluster
}

/// A value of a Secret's data as text.
pub(crate) fn decoded(value: &Value) -> String {
    let bytes = BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}
