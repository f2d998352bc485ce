//! The kit's world, with Istio's namespace and Services to label.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use mesh_testkit::black_box;
use mesh_testkit::embedded::Cluster;
use serde_json::{Value, json};

/// East and west, and a folder with a kubeconfig that knows both.
pub(crate) struct World(black_box::World);

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
        Self(black_box::World::bare(env!(
            "CARGO_BIN_EXE_kubectl-mesh_label"
        )))
    }

    /// These clusters.
    pub(crate) fn of(east: Cluster, west: Cluster) -> Self {
        let plugin = env!("CARGO_BIN_EXE_kubectl-mesh_label");
        Self(black_box::World::of(plugin, east, west))
    }

    /// The labels of Istio's namespace there.
    pub(crate) fn labels(cluster: &Cluster) -> Value {
        cluster.get("namespaces", "", "istio-system").unwrap()["metadata"]["labels"].clone()
    }
}

impl Deref for World {
    type Target = black_box::World;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
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
