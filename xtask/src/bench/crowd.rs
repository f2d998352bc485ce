//! Clusters that `exchange` and the guides' loop wire, embedded or real, and the kubeconfig by which both reach them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use mesh_testkit::{embedded, real};

use super::arena::{admin_token, private};
use crate::repo;

/// The kind of the clusters.
pub(super) enum Kind {
    /// Of the test kit, which count what they are asked for.
    Embedded(Vec<embedded::Cluster>),
    /// Real API servers.
    Real(Vec<real::Cluster>),
}

/// Clusters that share a kubeconfig of administrators.
pub(super) struct Crowd {
    pub(super) kind: Kind,
    pub(super) names: Vec<String>,
    pub(super) kubeconfig: PathBuf,
}

/// The requests to all clusters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) connections: usize,
    pub(super) requests: usize,
}

impl Crowd {
    /// As many embedded clusters, each of which `start` starts by its name.
    pub(super) fn embedded(
        size: usize,
        start: impl FnMut(&String) -> embedded::Cluster,
    ) -> Result<Self> {
        let names: Vec<String> = (0..size).map(|number| format!("c{number:03}")).collect();
        let clusters: Vec<_> = names.iter().map(start).collect();
        let kubeconfig = clusters.iter().fold(Kubeconfig::new(), |config, cluster| {
            config.entry(
                cluster.name(),
                cluster.kubeconfig_cluster(),
                cluster.kubeconfig_user(),
            )
        });
        Self::with(Kind::Embedded(clusters), names, &kubeconfig, "embedded")
    }

    /// As many real API servers, of clusters of this kind.
    pub(super) fn real(size: usize, kind: real::Kind) -> Result<Self> {
        let lab = real::Lab::get()?;
        let names: Vec<String> = (0..size)
            .map(|number| format!("bench-{size}-{number}"))
            .collect();
        let (mut clusters, mut kubeconfig) = (Vec::new(), Kubeconfig::new());
        for name in &names {
            let cluster = lab.cluster(name, kind)?;
            cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}")?;
            let user = User::new().token(&admin_token(&cluster)?);
            kubeconfig = kubeconfig.entry(name, cluster.entry(), user);
            clusters.push(cluster);
        }
        Self::with(Kind::Real(clusters), names, &kubeconfig, "real")
    }

    fn with(kind: Kind, names: Vec<String>, kubeconfig: &Kubeconfig, what: &str) -> Result<Self> {
        let folder = repo::folder()?.join("bench");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{what}-{}.kubeconfig", names.len()));
        fs::write(&path, kubeconfig.to_yaml())?;
        private(&path)?;
        Ok(Self {
            kind,
            names,
            kubeconfig: path,
        })
    }

    pub(super) fn what(&self) -> &'static str {
        match self.kind {
            Kind::Embedded(_) => "embedded",
            Kind::Real(_) => "real",
        }
    }

    /// Takes every remote secret away, and forgets what was asked.
    pub(super) fn unwire(&self) -> Result<()> {
        match &self.kind {
            Kind::Embedded(clusters) => {
                for cluster in clusters {
                    for name in remote_secrets(&cluster.objects()) {
                        cluster.delete("secrets", "istio-system", &name);
                    }
                }
                self.forget();
            }
            Kind::Real(clusters) => {
                for cluster in clusters {
                    let path = "/api/v1/namespaces/istio-system/secrets?labelSelector=istio/multiCluster%3Dtrue";
                    let answer = cluster.request("DELETE", path, None)?;
                    ensure!(answer.is_success(), "DELETE {path}: {}", answer.status);
                }
            }
        }
        Ok(())
    }

    /// The number of remote secrets.
    pub(super) fn wired(&self) -> Result<usize> {
        match &self.kind {
            Kind::Embedded(clusters) => Ok(clusters
                .iter()
                .map(|cluster| remote_secrets(&cluster.objects()).len())
                .sum()),
            Kind::Real(clusters) => {
                let mut sum = 0;
                for cluster in clusters {
                    let path = "/api/v1/namespaces/istio-system/secrets?labelSelector=istio/multiCluster%3Dtrue";
                    let list = cluster.get(path)?;
                    sum += list["items"].as_array().context("a list has items")?.len();
                }
                Ok(sum)
            }
        }
    }

    pub(super) fn forget(&self) {
        if let Kind::Embedded(clusters) = &self.kind {
            clusters
                .iter()
                .for_each(embedded::Cluster::clear_recordings);
        }
    }

    /// The requests since the last clearing; real API servers do not say.
    pub(super) fn asked(&self) -> Option<Asked> {
        match &self.kind {
            Kind::Embedded(clusters) => Some(Asked {
                connections: clusters
                    .iter()
                    .map(|cluster| cluster.connections().len())
                    .sum(),
                requests: clusters
                    .iter()
                    .map(|cluster| cluster.requests().len())
                    .sum(),
            }),
            Kind::Real(_) => None,
        }
    }

    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        let all = || self.names.iter().map(String::as_str);
        let of = |source| {
            all()
                .filter(move |holder| *holder != source)
                .map(move |holder| (source, holder))
        };
        all().flat_map(of).collect()
    }

    /// The guides' loop over `pairs`, as a script.
    pub(super) fn script(
        &self,
        istioctl: &Path,
        kubectl: &Path,
        pairs: &[(&str, &str)],
    ) -> Result<PathBuf> {
        let mut lines = String::from("set -eu\n");
        for (source, holder) in pairs {
            let config = self.kubeconfig.display();
            let _ = writeln!(
                lines,
                "'{}' create-remote-secret --context {source} --name {source} --kubeconfig '{config}' \\\n  | '{}' --kubeconfig '{config}' --context {holder} apply -f -",
                istioctl.display(),
                kubectl.display(),
            );
        }
        let path = self.kubeconfig.with_extension("sh");
        fs::write(&path, lines)?;
        Ok(path)
    }
}

fn remote_secrets(objects: &[serde_json::Value]) -> Vec<String> {
    let secrets = objects.iter().filter(|object| {
        object["kind"] == "Secret" && object["metadata"]["labels"]["istio/multiCluster"] == "true"
    });
    let names = secrets.filter_map(|secret| secret["metadata"]["name"].as_str());
    names.map(str::to_owned).collect()
}
