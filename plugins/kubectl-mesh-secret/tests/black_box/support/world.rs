//! Two embedded clusters, a kubeconfig for both, and the plugin run beside them.

use std::path::{Path, PathBuf};

use mesh_testkit::command::{Output, Run};
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::Kubeconfig;
use tempfile::TempDir;

use super::objects::{namespace, reader};
use super::steady::{VARYING, masked};

/// The binary under test.
pub(crate) const PLUGIN: &str = env!("CARGO_BIN_EXE_kubectl-mesh_secret");

/// East and west, and a folder with a kubeconfig that knows both.
pub(crate) struct World {
    pub(crate) east: Cluster,
    pub(crate) west: Cluster,
    pub(crate) dir: TempDir,
}

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
        Self::of(Cluster::start("east"), Cluster::start("west"))
    }

    /// These clusters.
    pub(crate) fn of(east: Cluster, west: Cluster) -> Self {
        let world = Self {
            east,
            west,
            dir: tempfile::tempdir().unwrap(),
        };
        world.write(&world.kubeconfig());
        world
    }

    /// West's reader: account, role, binding and token Secret.
    pub(crate) fn add_reader(&self) -> String {
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
    pub(crate) fn kubeconfig(&self) -> Kubeconfig {
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
    pub(crate) fn write(&self, kubeconfig: &Kubeconfig) {
        kubeconfig.write(&self.config());
    }

    /// The kubeconfig's path.
    pub(crate) fn config(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    /// A run of the plugin with the arguments of `line`, split at blanks.
    pub(crate) fn run(&self, line: &str) -> Run {
        Run::new(PLUGIN)
            .args(line.split_whitespace())
            .env("KUBECONFIG", self.config())
            .dir(self.dir.path())
    }

    /// What a run said, as one text without what varies from run to run.
    pub(crate) fn golden(&self, output: &Output) -> String {
        self.steady(&output.golden())
    }

    /// `text` without ports, UIDs, paths, digests and times.
    pub(crate) fn steady(&self, text: &str) -> String {
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

/// The file of the golden text called `name` in the folder `folder`.
pub(crate) fn golden_file(folder: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/black_box")
        .join(folder)
        .join(format!("{name}.txt"))
}
