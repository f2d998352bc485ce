//! Two clusters, a kubeconfig that leads to both, and the programs on the search path.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use mesh_testkit::parts::{self, Part};
use mesh_testkit::real::{Kind, Lab};
use mesh_testkit::{embedded, real};
use serde_json::json;

use crate::repo;

/// The binary behind `kubectl mesh-secret`.
const PLUGIN: &str = "kubectl-mesh_secret";
/// The two clusters, which are also the contexts and what their istiods call themselves.
const NAMES: [&str; 2] = ["east", "west"];
/// Istio's namespace in both.
const NAMESPACE: &str = "istio-system";
/// A stand-in for kubectl where nothing but Rust is there: it finds the plugin as kubectl does and knows no more.
const STAND_IN: &str = "#!/bin/sh\n[ \"$1\" = mesh-secret ] || { echo \"this stand-in for kubectl knows mesh-secret alone\" >&2; exit 2; }\nshift\nexec kubectl-mesh_secret \"$@\"\n";

/// The stage of the demonstration.
pub(super) struct Stage {
    kubeconfig: PathBuf,
    path: Vec<PathBuf>,
    clusters: Clusters,
}

/// They end with this value.
enum Clusters {
    Embedded(Box<[embedded::Cluster; 2]>),
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
        let stand_in = folder.join("stand-in");
        fs::create_dir(&stand_in)?;
        let kubectl = stand_in.join("kubectl");
        fs::write(&kubectl, STAND_IN)?;
        fs::set_permissions(&kubectl, fs::Permissions::from_mode(0o755))?;
        Ok(Self {
            kubeconfig: written(&folder, &config)?,
            path: vec![folder.join("bin"), stand_in],
            clusters: Clusters::Embedded(Box::new(clusters)),
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
            Clusters::Embedded(_) => return Ok(()),
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

/// An empty folder with the plugin, and nothing else, in its `bin`.
fn prepare(folder: &str) -> Result<PathBuf> {
    eprintln!("demo: building the plugin where that is needed");
    let plugin = parts::plugin(PLUGIN)?;
    let folder = repo::folder()?.join(folder);
    repo::fresh_folder(&folder)?;
    let bin = folder.join("bin");
    fs::create_dir(&bin)?;
    symlink(plugin, bin.join(PLUGIN)).context("cannot link the plugin")?;
    Ok(folder)
}

fn written(folder: &Path, config: &Kubeconfig) -> Result<PathBuf> {
    let path = folder.join("kubeconfig");
    fs::write(&path, config.to_yaml())
        .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o600)))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
