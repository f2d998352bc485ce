//! Two embedded clusters, a kubeconfig for both, and the plugin run beside them.

use std::path::{Path, PathBuf};

use mesh_testkit::command::{Output, Run};
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::Kubeconfig;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The binary under test.
const PLUGIN: &str = env!("CARGO_BIN_EXE_kubectl-mesh_label");

/// East and west, and a folder with a kubeconfig that knows both.
pub(crate) struct World {
    pub(crate) east: Cluster,
    pub(crate) west: Cluster,
    pub(crate) dir: TempDir,
}

impl World {
    /// Both clusters with Istio's namespace.
    pub(crate) fn new() -> Self {
        let world = Self::bare();
        for cluster in [&world.east, &world.west] {
            cluster.create(namespace(&json!({})));
        }
        world
    }

    /// Both clusters as Kubernetes makes them.
    pub(crate) fn bare() -> Self {
        let world = Self {
            east: Cluster::start("east"),
            west: Cluster::start("west"),
            dir: tempfile::tempdir().unwrap(),
        };
        world.write(&world.kubeconfig());
        world
    }

    /// Admin of both by token; west is the current context.
    pub(crate) fn kubeconfig(&self) -> Kubeconfig {
        let entry = |config: Kubeconfig, cluster: &Cluster| {
            config.entry(
                cluster.name(),
                cluster.kubeconfig_cluster(),
                cluster.kubeconfig_user(),
            )
        };
        let both = entry(entry(Kubeconfig::new(), &self.east), &self.west);
        both.current_context("west")
    }

    /// Puts `kubeconfig` where the plugin finds it.
    pub(crate) fn write(&self, kubeconfig: &Kubeconfig) {
        kubeconfig.write(&self.dir.path().join("config"));
    }

    /// A run of the plugin with the arguments of `line`, split at blanks.
    pub(crate) fn run(&self, line: &str) -> Run {
        Run::new(PLUGIN)
            .args(line.split_whitespace())
            .env("KUBECONFIG", self.dir.path().join("config"))
            .dir(self.dir.path())
    }

    /// What a run said, as one text without what varies from run to run.
    pub(crate) fn golden(&self, output: &Output) -> String {
        let mut text = output.golden();
        for cluster in [&self.east, &self.west] {
            let name = cluster.name().to_uppercase();
            let address = cluster.server_url().trim_start_matches("https://");
            text = text
                .replace(address, &name)
                .replace(&cluster.uid(), &format!("[UID of {name}]"));
        }
        text.replace(&self.dir.path().display().to_string(), "[DIR]")
    }

    /// Every request of a cluster that was not a GET.
    pub(crate) fn writes(cluster: &Cluster) -> Vec<String> {
        let requests = cluster.requests();
        let writes = requests.iter().filter(|request| request.method != "GET");
        writes.map(ToString::to_string).collect()
    }

    /// The labels of Istio's namespace there.
    pub(crate) fn labels(cluster: &Cluster) -> Value {
        cluster.get("namespaces", "", "istio-system").unwrap()["metadata"]["labels"].clone()
    }
}

/// Istio's namespace with these labels.
pub(crate) fn namespace(labels: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system", "labels": labels}})
}

/// A Service of the namespace shop.
pub(crate) fn service(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80}]}})
}

/// The file of the golden text called `name` in the folder `folder`.
pub(crate) fn golden_file(folder: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/black_box")
        .join(folder)
        .join(format!("{name}.txt"))
}
