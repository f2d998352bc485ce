//! Two embedded clusters, a kubeconfig for both, and the plugin run beside them.

use std::any::Any;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::steady::steady;
use crate::command::{Output, Run};
use crate::embedded::Cluster;
use crate::kubeconfig::Kubeconfig;

/// East and west, and a folder with a kubeconfig that knows both as administrator; west is the current context.
pub struct World {
    /// The cluster called east.
    pub east: Cluster,
    /// The cluster called west.
    pub west: Cluster,
    /// The folder that the plugin is run in.
    pub dir: TempDir,
    program: PathBuf,
    loud: bool,
    /// Things such as a proxy that are ended with the world.
    guests: Vec<Box<dyn Any + Send + Sync>>,
    /// Further texts that vary from run to run, and what stands for them.
    names: Vec<(String, String)>,
}

impl World {
    /// Both clusters as Kubernetes makes them, beside the plugin at `program`.
    pub fn bare(program: impl Into<PathBuf>) -> Self {
        Self::of(program, Cluster::start("east"), Cluster::start("west"))
    }

    /// These clusters, which need not be called so.
    pub fn of(program: impl Into<PathBuf>, east: Cluster, west: Cluster) -> Self {
        let world = Self {
            east,
            west,
            dir: tempfile::tempdir().expect("the system has a folder for temporary files"),
            program: program.into(),
            loud: false,
            guests: Vec::new(),
            names: Vec::new(),
        };
        world.write(&world.kubeconfig());
        world
    }

    /// Adds `-vvv` to every run from now on.
    pub fn loud(&mut self) {
        self.loud = true;
    }

    /// Keeps a guest of the clusters, such as a proxy, for as long as the world is; `address` is called `name`.
    pub fn keep(&mut self, guest: impl Any + Send + Sync, address: &str, name: &str) {
        self.guests.push(Box::new(guest));
        self.names.push((address.to_owned(), name.to_owned()));
    }

    /// Admin of both by token; west is the current context.
    pub fn kubeconfig(&self) -> Kubeconfig {
        let entry = |config: Kubeconfig, name: &str, cluster: &Cluster| {
            config.entry(
                name,
                cluster.kubeconfig_cluster(),
                cluster.kubeconfig_user(),
            )
        };
        let both = entry(
            entry(Kubeconfig::new(), "east", &self.east),
            "west",
            &self.west,
        );
        both.current_context("west")
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
        let run = Run::new(&self.program)
            .args(line.split_whitespace())
            .env("KUBECONFIG", self.config())
            .dir(self.dir.path());
        if self.loud { run.arg("-vvv") } else { run }
    }

    /// Returns the output of a run as one text, without what varies from run to run.
    pub fn golden(&self, output: &Output) -> String {
        self.steady(&output.golden())
    }

    /// `text` without ports, UIDs, paths, digests and times.
    pub fn steady(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, cluster) in [("EAST", &self.east), ("WEST", &self.west)] {
            let address = cluster.server_url().trim_start_matches("https://");
            text = text
                .replace(address, name)
                .replace(&cluster.uid(), &format!("[UID of {name}]"));
        }
        for (varying, name) in &self.names {
            text = text.replace(varying, name);
        }
        steady(text.replace(&path_text(self.dir.path()), "[DIR]"))
    }

    /// The texts that must never be shown unasked: the administrators' tokens, and what the rows of faults call secret.
    pub fn secrets(&self) -> [&str; 3] {
        let clusters = [&self.east, &self.west];
        let [east, west] = clusters.map(Cluster::admin_token);
        [east, west, "very-secret"]
    }
}

/// Every request to a cluster that was not a GET.
pub fn writes(cluster: &Cluster) -> Vec<String> {
    let requests = cluster.requests();
    // Asking who somebody is, or what they may do, writes nothing.
    let is_review = |path: &str| {
        path.starts_with("/apis/authentication.k8s.io/")
            || path.starts_with("/apis/authorization.k8s.io/")
    };
    let writes = requests
        .iter()
        .filter(|request| request.method != "GET" && !is_review(&request.path));
    writes.map(ToString::to_string).collect()
}

/// The objects that requests were to write, such as `secrets istio-system/a`, whatever came of it. What is only rehearsed is none of
/// them, nor is a token that is requested.
pub fn written_objects(cluster: &Cluster) -> BTreeSet<String> {
    let requests = cluster.requests().into_iter();
    let writes =
        requests.filter(|request| request.method != "GET" && !request.path.contains("dryRun=All"));
    writes.filter_map(|request| request.object).collect()
}

fn path_text(path: &Path) -> String {
    path.display().to_string()
}
