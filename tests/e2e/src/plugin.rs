//! Running the plugins the ways that users do: by kubectl, which finds them on its search path, or by themselves.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use mesh_testkit::command::{Output, Run};
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use mesh_testkit::parts::{self, Part};
use mesh_testkit::real::Cluster;
use serde_json::Value;
use tempfile::TempDir;

/// The program behind `kubectl mesh-secret`.
pub const MESH_SECRET: &str = "kubectl-mesh_secret";
/// The program behind `kubectl mesh-label`.
pub const MESH_LABEL: &str = "kubectl-mesh_label";
/// The program behind `kubectl mesh-verify`.
pub const MESH_VERIFY: &str = "kubectl-mesh_verify";
/// The program behind `kubectl mesh-eastwest`.
pub const MESH_EASTWEST: &str = "kubectl-mesh_eastwest";

/// Pastes a line into a shell that finds kubectl and the plugins which write, and says yes to what is asked. `bash` is a run of bash
/// without arguments.
pub fn paste(bash: Run, line: &str) -> Output {
    let plugins = [MESH_SECRET, MESH_LABEL, MESH_EASTWEST]
        .map(|name| parts::plugin(name).expect("the plugin can be built"));
    let kubectl = part(Part::Kubectl);
    let programs = plugins.iter().chain([&kubectl]);
    let folders = programs.filter_map(|program| program.parent());
    let run = folders.fold(bash.args(["-o", "pipefail", "-c", line]), Run::path_dir);
    let run = run.record();
    if !line.contains("mesh-secret delete") {
        return run.output();
    }
    let running = run.at_terminal().spawn();
    running.wait_for_stderr("? [y/N]");
    running.type_in("y\n");
    running.wait()
}

/// Reads the report that a plugin printed in JSON.
pub fn report(output: &Output) -> Value {
    serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", output.golden()))
}

/// A folder with one kubeconfig that leads to several clusters, each by a context of its name, as administrator.
#[derive(Debug)]
pub struct Workstation {
    dir: TempDir,
}

impl Workstation {
    /// Writes a kubeconfig of these real clusters; none is the current one.
    pub fn over(clusters: &[&Cluster]) -> Self {
        let config = clusters.iter().fold(Kubeconfig::new(), |config, cluster| {
            let admin = User::new().client_certificate(
                &cluster
                    .admin()
                    .expect("the lab has the administrator's key"),
            );
            config.entry(cluster.context(), cluster.entry(), admin)
        });
        Self::with(&config)
    }

    /// Writes this kubeconfig.
    pub fn with(kubeconfig: &Kubeconfig) -> Self {
        let dir = tempfile::tempdir().expect("the system has a folder for temporary files");
        kubeconfig.write(&dir.path().join("config"));
        Self { dir }
    }

    /// The folder, for further files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The real kubectl with the plugins on its search path, and this kubeconfig.
    pub fn kubectl<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> Run {
        let plugin = mesh_secret();
        let dir = plugin.parent().expect("a program lies in a folder");
        self.program(part(Part::Kubectl), args)
            .path_dir(dir)
            .record()
    }

    /// The plugin by itself, with this kubeconfig.
    pub fn mesh_secret<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> Run {
        self.program(mesh_secret(), args)
    }

    /// The plugin for labels by itself, with this kubeconfig.
    pub fn mesh_label<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> Run {
        let plugin = parts::plugin(MESH_LABEL).expect("the plugin can be built");
        self.program(plugin, args)
    }

    /// `mesh-verify` by itself, with the arguments of `line`, split at blanks, and this kubeconfig.
    pub fn mesh_verify(&self, line: &str) -> Run {
        let plugin = parts::plugin(MESH_VERIFY).expect("the plugin can be built");
        self.program(plugin, line.split(' ')).record()
    }

    /// A line as somebody pastes it into a shell that finds kubectl and the plugins, with this kubeconfig.
    pub fn paste(&self, line: &str) -> Run {
        let plugins = [MESH_SECRET, MESH_LABEL, MESH_EASTWEST]
            .map(|name| parts::plugin(name).expect("the plugin can be built"));
        let programs = [Part::Kubectl, Part::Istioctl].map(part);
        let run = self.program("/bin/bash", ["-o", "pipefail", "-c", line]);
        let dirs = plugins
            .iter()
            .chain(&programs)
            .filter_map(|program| program.parent());
        dirs.fold(run, Run::path_dir).record()
    }

    /// Any program, with this kubeconfig.
    pub fn program<I: IntoIterator<Item: AsRef<OsStr>>>(
        &self,
        program: impl AsRef<Path>,
        args: I,
    ) -> Run {
        Run::new(program.as_ref())
            .env("KUBECONFIG", self.dir.path().join("config"))
            .args(args)
    }
}

/// A real part, built where needed.
pub fn part(part: Part) -> PathBuf {
    parts::path(part).expect("the part can be built")
}

fn mesh_secret() -> PathBuf {
    parts::plugin(MESH_SECRET).expect("the plugin can be built")
}
