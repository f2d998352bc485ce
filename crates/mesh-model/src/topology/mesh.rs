//! A mesh as its file describes it, and the pairs of clusters of which one reads the other.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::suggest::close_names;

/// A mesh as its file describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The name of the file, for errors.
    pub origin: String,
    /// The name of the mesh, if the file has one.
    pub name: Option<String>,
    /// Istio's namespace, if the file names one.
    pub namespace: Option<String>,
    /// The clusters, in the order of the file.
    pub clusters: Vec<TopologyCluster>,
}

/// A cluster of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopologyCluster {
    /// Its name, which its istiod has as cluster ID.
    pub name: String,
    /// The context that gives access to it.
    pub context: String,
    /// Its role.
    pub role: Role,
    /// The names of the clusters whose istiods lead it; of a remote alone.
    pub control_planes: Vec<String>,
    /// Its network, if the file names one.
    pub network: Option<String>,
    /// The line of the file that names its context, or the cluster.
    pub line: u64,
}

/// The role of a cluster in the mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// An istiod runs in it, for itself and perhaps for remotes.
    Primary,
    /// Istiods of other clusters lead it.
    Remote,
    /// The istiod that runs in it leads other clusters only.
    External,
}

/// A cluster that reads another one, by a remote secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedPair {
    /// The context of the cluster that holds the secret.
    pub holder: String,
    /// The context of the cluster that it gives access to.
    pub remote: String,
}

impl Topology {
    /// Returns the pairs of clusters that need a remote secret: every primary reads every other primary and every remote. Of an
    /// external control plane none is expected, since the file does not say which cluster holds its secrets.
    pub fn expected_pairs(&self) -> Vec<ExpectedPair> {
        let holders = self.clusters.iter().filter(|one| one.role == Role::Primary);
        let pairs = holders.flat_map(|holder| {
            let others = self.clusters.iter();
            let others = others
                .filter(move |other| other.role != Role::External && other.name != holder.name);
            others.map(|other| ExpectedPair {
                holder: holder.context.clone(),
                remote: other.context.clone(),
            })
        });
        pairs.collect()
    }

    /// Checks that the kubeconfig has all contexts of the file.
    ///
    /// # Errors
    /// The first one that it does not have, with the line.
    pub fn check_contexts(&self, known: &[&str]) -> Result<(), Error> {
        let mut clusters = self.clusters.iter();
        let unknown = clusters.find(|one| !known.contains(&one.context.as_str()));
        let Some(cluster) = unknown else {
            return Ok(());
        };
        let (origin, line, name) = (&self.origin, cluster.line, &cluster.name);
        let sentence = format!(
            "{origin}:{line}: the kubeconfig has no context {:?}, which cluster {name:?} is read through",
            cluster.context
        );
        let close = close_names(&cluster.context, known.iter().copied());
        let hint = if close.is_empty() {
            format!("name its context in {origin}, or add it to the kubeconfig")
        } else {
            format!("did you mean {}?", close.join(", "))
        };
        Err(Error::usage(sentence).hint(hint))
    }
}
