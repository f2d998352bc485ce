//! Two embedded clusters, a kubeconfig for both, and the plugin run beside them; what varies is taken out of its output.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::path::{Path, PathBuf};

use mesh_testkit::command::{Output, Run};
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::Kubeconfig;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The binary under test.
pub const PLUGIN: &str = env!("CARGO_BIN_EXE_kubectl-mesh_secret");

/// East and west, and a folder with a kubeconfig that knows both.
pub struct World {
    pub east: Cluster,
    pub west: Cluster,
    pub dir: TempDir,
}

impl World {
    /// Both clusters with the Istio namespace; west with its reader and its token.
    pub fn new() -> Self {
        let world = Self::bare();
        for cluster in [&world.east, &world.west] {
            cluster.create(namespace("istio-system"));
        }
        world.add_reader();
        world
    }

    /// Both clusters as Kubernetes makes them.
    pub fn bare() -> Self {
        Self::of(Cluster::start("east"), Cluster::start("west"))
    }

    /// These clusters.
    pub fn of(east: Cluster, west: Cluster) -> Self {
        let world = Self {
            east,
            west,
            dir: tempfile::tempdir().unwrap(),
        };
        world.write(&world.kubeconfig());
        world
    }

    /// West's reader: account, role, binding and token Secret.
    pub fn add_reader(&self) -> String {
        for object in reader("istio-system") {
            self.west.create(object);
        }
        self.west.service_account_with_token(
            "istio-system",
            "istio-reader-service-account",
            "istio-reader-service-account-istio-remote-secret-token",
        )
    }

    /// Admin of both by token; west is the current context.
    pub fn kubeconfig(&self) -> Kubeconfig {
        Kubeconfig::new()
            .entry(
                "east",
                self.east.kubeconfig_cluster(),
                self.east.kubeconfig_user(),
            )
            .entry(
                "west",
                self.west.kubeconfig_cluster(),
                self.west.kubeconfig_user(),
            )
            .current_context("west")
    }

    /// Puts `kubeconfig` where the plugin finds it.
    pub fn write(&self, kubeconfig: &Kubeconfig) {
        kubeconfig.write(&self.config());
    }

    /// The kubeconfig's path.
    pub fn config(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    /// A run of the plugin with the arguments of `line`, split at blanks.
    pub fn run(&self, line: &str) -> Run {
        Run::new(PLUGIN)
            .args(line.split_whitespace())
            .env("KUBECONFIG", self.config())
            .dir(self.dir.path())
    }

    /// What a run said, as one text without what varies from run to run.
    pub fn golden(&self, output: &Output) -> String {
        self.steady(&output.golden())
    }

    /// `text` without ports, UIDs, paths, digests and times.
    pub fn steady(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, cluster) in [("EAST", &self.east), ("WEST", &self.west)] {
            text = text.replace(cluster.server_url(), &format!("https://{name}"));
            let address = cluster.server_url().trim_start_matches("https://");
            text = text
                .replace(address, name)
                .replace(&cluster.uid(), &format!("[UID of {name}]"));
        }
        let text = text.replace(&self.dir.path().display().to_string(), "[DIR]");
        VARYING
            .iter()
            .fold(text, |text, (shape, word)| masked(&text, shape, word))
    }
}

/// What varies from run to run, by its shape (`d` a digit, `x` a hexadecimal one), and what stands for it.
const VARYING: [(&str, &str); 7] = [
    ("dddd-dd-ddTdd:dd:ddZ", "[TIME]"),
    ("dddd-dd-dd dd:dd UTC", "[TIME]"),
    ("dddd-dd-dd", "[DATE]"),
    ("xx:xx:xx:xx:xx:xx:xx:xx", "[DIGEST]"),
    ("age ds", "age [AGE]"),
    ("\"ageSeconds\": d", "\"ageSeconds\": [AGE]"),
    ("ageSeconds: d", "ageSeconds: [AGE]"),
];

fn masked(text: &str, shape: &str, word: &str) -> String {
    let fits = |window: &[u8]| {
        window
            .iter()
            .zip(shape.as_bytes())
            .all(|(c, shape)| match shape {
                b'd' => c.is_ascii_digit(),
                b'x' => c.is_ascii_hexdigit(),
                exact => c == exact,
            })
    };
    let mut rest = text;
    let mut steady = String::new();
    while let Some(at) = rest.as_bytes().windows(shape.len()).position(fits) {
        steady.push_str(&rest[..at]);
        steady.push_str(word);
        rest = &rest[at + shape.len()..];
    }
    steady + rest
}

/// A namespace.
pub fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

/// The reader's role and binding with what the try-out and a probe need.
pub fn reader(namespace: &str) -> Vec<Value> {
    let name = format!("istio-reader-clusterrole-{namespace}");
    let labels = json!({"app": "istio-reader"});
    vec![
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name, "labels": labels},
            "rules": mesh_rules()}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": name, "labels": labels},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "istio-reader-service-account", "namespace": namespace}]}),
    ]
}

fn mesh_rules() -> Value {
    let role = mesh_common::mesh::reader::role("istio-system");
    serde_json::to_value(role.rules).unwrap()
}

/// A Deployment of istiod that calls its cluster `id`.
pub fn istiod(id: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "istiod", "namespace": "istio-system", "labels": {"app": "istiod"}},
        "spec": {"selector": {"matchLabels": {"app": "istiod"}}, "template": {
            "metadata": {"labels": {"app": "istiod"}},
            "spec": {"containers": [{"name": "discovery", "image": "pilot",
                "env": [{"name": "CLUSTER_ID", "value": id}]}]}}}})
}

/// The file of the golden text called `name` in the folder `folder`.
pub fn golden_file(folder: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder)
        .join(format!("{name}.txt"))
}
