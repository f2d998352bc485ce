//! The kit's world, with the reader that remote secrets are about.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::black_box;
use mesh_testkit::embedded::Cluster;
use serde_json::Value;

use super::objects::{namespace, reader};

/// The binary under test.
pub(crate) const PLUGIN: &str = env!("CARGO_BIN_EXE_kubectl-mesh_secret");

/// East and west, and a folder with a kubeconfig that knows both.
pub(crate) struct World(black_box::World);

impl World {
    /// Both clusters with the Istio namespace; west with its reader and its token.
    pub(crate) fn new() -> Self {
        let world = Self::bare();
        for cluster in [&world.east, &world.west] {
            cluster.create(namespace("istio-system"));
        }
        world.add_reader();
        world
    }

    /// Both clusters as Kubernetes makes them.
    pub(crate) fn bare() -> Self {
        Self(black_box::World::bare(PLUGIN))
    }

    /// These clusters.
    pub(crate) fn of(east: Cluster, west: Cluster) -> Self {
        Self(black_box::World::of(PLUGIN, east, west))
    }

    /// West's reader: account, role, binding and token Secret.
    pub(crate) fn add_reader(&self) -> String {
        add_reader(&self.west)
    }
}

/// A cluster's reader: account, role, binding and token Secret; gives the token.
pub(crate) fn add_reader(cluster: &Cluster) -> String {
    for object in reader("istio-system") {
        cluster.create(object);
    }
    cluster.service_account_with_token(
        "istio-system",
        "istio-reader-service-account",
        "istio-reader-service-account-istio-remote-secret-token",
    )
}

/// The token that the reader's token Secret of this cluster holds.
pub(crate) fn reader_token(cluster: &Cluster) -> String {
    let name = "istio-reader-service-account-istio-remote-secret-token";
    let secret = cluster.get("secrets", "istio-system", name).unwrap();
    decoded(&secret["data"]["token"])
}

/// A value of a Secret's data as text.
pub(crate) fn decoded(value: &Value) -> String {
    let bytes = BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
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

/// The file of the golden text called `name` in the folder `folder`.
pub(crate) fn golden_file(folder: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/black_box")
        .join(folder)
        .join(format!("{name}.txt"))
}
