//! Two clusters, a kubeconfig that leads to both, and the programs on the search path.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use mesh_testkit::corpus::{Case, Loaded, case_files};
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use mesh_testkit::parts::{self, Part};
use mesh_testkit::real::{Kind, Lab};
use mesh_testkit::{embedded, real};
use serde_json::json;

use crate::repo;

/// The binaries behind `kubectl mesh-secret` and `kubectl mesh-verify`.
const PLUGINS: [&str; 2] = ["kubectl-mesh_secret", "kubectl-mesh_verify"];
/// The two clusters, which are also the contexts and what their istiods call themselves.
const NAMES: [&str; 2] = ["east", "west"];
/// Istio's namespace in both.
const NAMESPACE: &str = "istio-system";
/// The case of the corpus with a healthy mesh of these clusters.
const MESH: &str = "healthy-probed";
/// A stand-in for kubectl where nothing but Rust is there: it finds the plugins as kubectl does and knows no more.
const STAND_IN: &str = "#!/bin/sh\ncase \"$1\" in\n\
mesh-secret) shift; exec kubectl-mesh_secret \"$@\" ;;\n\
mesh-verify) shift; exec kubectl-mesh_verify \"$@\" ;;\n\
esac\n\
echo \"this stand-in for kubectl knows mesh-secret and mesh-verify alone\" >&2\nexit 2\n";

/// The stage of the demonstration.
pub(super) struct Stage {
    kubeconfig: PathBuf,
    path: Vec<PathBuf>,
    clusters: Clusters,
}

/// They end with this value.
enum Clusters {
    Embedded(Box<[embedded::Cluster; 2]>),
    Mesh(Box<Loaded>),
    Real(Box<[real::Cluster; 2]>),
}

impl Stage {
    /// Two clusters in this process, and a stand-in for kubectl.
    pub(super) fn embedded(folder: &str) -> Result<Self> {
        let folder = prepare(folder)?;
        let clusters = NAMES.map(embedded::Cluster::start);
        for cluster in &clusters {
            cluster.create(
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}),
            );
        }
        let config = clusters.iter().fold(Kubeconfig::new(), |config, cluster| {
            config.entry(
                cluster.name(),
                cluster.kubeconfig_cluster(),
                cluster.kubeconfig_user(),
            )
        });
        Ok(Self {
            kubeconfig: written(&folder, &config)?,
            path: vec![folder.join("bin"), stand_in(&folder)?],
            clusters: Clusters::Embedded(Box::new(clusters)),
        })
    }

    /// A healthy mesh of the corpus in this process but for its remote secrets, and a stand-in for kubectl.
    pub(super) fn mesh(folder: &str) -> Result<Self> {
        let folder = prepare(folder)?;
        let mut files = case_files().into_iter();
        let file = files.find(|file| file.file_stem().is_some_and(|name| name == MESH));
        let file = file.with_context(|| format!("the corpus has no case {MESH}"))?;
        let loaded = Loaded::new(&Case::read(&file));
        let [east, west] = NAMES;
        for (holder, remote) in [(east, west), (west, east)] {
            let secret = format!("istio-remote-secret-{remote}");
            let holder = loaded.cluster(holder);
            holder.delete("secrets", NAMESPACE, &secret);
        }
        Ok(Self {
            kubeconfig: loaded.kubeconfig(),
            path: vec![folder.join("bin"), stand_in(&folder)?],
            clusters: Clusters::Mesh(Box::new(loaded)),
        })
    }

    /// Two real API servers, each with a real istiod, and the real kubectl and istioctl.
    pub(super) fn real(folder: &str) -> Result<Self> {
        let folder = prepare(folder)?;
        let programs = [Part::Kubectl, Part::Istioctl]
            .map(|part| parts::path(part).map(|path| path.parent().map(Path::to_owned)));
        eprintln!("demo: starting two clusters, each with an API server, controllers and istiod");
        let clusters = Lab::get()?.clusters(NAMES, Kind::Istiod)?;
        let mut config = Kubeconfig::new();
        for cluster in &clusters {
            let admin = User::new().client_certificate(&cluster.admin()?);
            config = config.entry(cluster.context(), cluster.entry(), admin);
        }
        let mut path = vec![folder.join("bin")];
        for program in programs {
            path.extend(program?);
        }
        path.dedup();
        Ok(Self {
            kubeconfig: written(&folder, &config)?,
            path,
            clusters: Clusters::Real(Box::new(clusters)),
        })
    }

    /// The variables that a command sees.
    pub(super) fn variables(&self) -> Result<[(&'static str, OsString); 2]> {
        let system = repo::variable("PATH").unwrap_or_default();
        let path = self
            .path
            .iter()
            .cloned()
            // kubectl complains of folders that are named and not there.
            .chain(std::env::split_paths(&system).filter(|folder| folder.is_dir()));
        Ok([
            ("KUBECONFIG", self.kubeconfig.clone().into()),
            ("PATH", std::env::join_paths(path)?),
        ])
    }

    /// Returns what to type for using the clusters by hand.
    pub(super) fn lines_to_type(&self) -> [String; 2] {
        let folders: Vec<_> = self
            .path
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        [
            format!("export KUBECONFIG={}", self.kubeconfig.display()),
            format!("export PATH={}:$PATH", folders.join(":")),
        ]
    }

    /// Deletes the Secret that west's token lives in, as somebody might who tidies up.
    pub(super) fn delete_token_of_west(&self) -> Result<()> {
        const SECRET: &str = "istio-reader-service-account-istio-remote-secret-token";
        match &self.clusters {
            Clusters::Embedded(embedded) => embedded[1].delete("secrets", NAMESPACE, SECRET),
            Clusters::Mesh(mesh) => mesh.cluster(NAMES[1]).delete("secrets", NAMESPACE, SECRET),
            Clusters::Real(real) => {
                let path = format!("/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}");
                real[1].request("DELETE", &path, None)?;
            }
        }
        Ok(())
    }

    /// Waits until each istiod says that it is in step with the other cluster. Embedded clusters have none.
    pub(super) fn await_istiods(&self) -> Result<()> {
        let [east, west] = match &self.clusters {
            Clusters::Real(clusters) => clusters.as_ref(),
            Clusters::Embedded(_) | Clusters::Mesh(_) => return Ok(()),
        };
        for (holder, source) in [(east, west), (west, east)] {
            let synced = || {
                let status = holder.sync_status(source.name()).ok().flatten();
                (status.as_deref() == Some("synced")).then_some(())
            };
            mesh_testkit::condition::wait_until(std::time::Duration::from_mins(1), synced)
                .with_context(|| {
                    format!("{}'s istiod did not take {}", holder.name(), source.name())
                })?;
        }
        Ok(())
    }
}

/// An empty folder with the plugins, and nothing else, in its `bin`.
fn prepare(folder: &str) -> Result<PathBuf> {
    eprintln!("demo: building the plugins where that is needed");
    let plugins = PLUGINS.map(|plugin| (plugin, parts::plugin(plugin)));
    let folder = repo::folder()?.join(folder);
    repo::fresh_folder(&folder)?;
    let bin = folder.join("bin");
    fs::create_dir(&bin)?;
    for (name, plugin) in plugins {
        symlink(plugin?, bin.join(name)).with_context(|| format!("cannot link {name}"))?;
    }
    Ok(folder)
}

/// A folder with the stand-in for kubectl.
fn stand_in(folder: &Path) -> Result<PathBuf> {
    let folder = folder.join("stand-in");
    fs::create_dir(&folder)?;
    let kubectl = folder.join("kubectl");
    fs::write(&kubectl, STAND_IN)?;
    fs::set_permissions(&kubectl, fs::Permissions::from_mode(0o755))?;
    Ok(folder)
}

fn written(folder: &Path, config: &Kubeconfig) -> Result<PathBuf> {
    let path = folder.join("kubeconfig");
    fs::write(&path, config.to_yaml())
        .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o600)))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
