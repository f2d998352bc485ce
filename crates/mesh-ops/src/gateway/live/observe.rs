//! Reads the gateways and control planes of a cluster. Nothing is decided here.

use mesh_client::Cluster;
use mesh_model::Error;
use mesh_model::command::{Knob, Kubectl, Remedy};
use mesh_model::eastwest::Gateway;
use mesh_model::exposure::facts::{InjectorFacts, IstiodFacts};
use mesh_model::names::ISTIO_SYSTEM;
use mesh_model::read::Read;
use mesh_model::resources::Deployment;
use mesh_model::snapshot::ClusterSnapshot;

use crate::snapshot::{self, Wanted, WantedExposure};

/// The gateways and control planes of a cluster; what could not be read is its error.
#[derive(Debug)]
pub struct IstioState {
    /// The cluster as messages describe it.
    pub described: String,
    /// The kubectl that printed commands name the cluster with.
    pub kubectl: Kubectl,
    /// East-west gateways of all namespaces, in the order of namespace and name.
    pub gateways: Result<Vec<Gateway>, Error>,
    /// The istiods of the namespace asked for, or of all.
    pub istiods: Result<Vec<IstiodFacts>, Error>,
    /// The namespaces that have an istiod, where the one that was asked for has none.
    pub istiods_elsewhere: Vec<String>,
    /// The injectors of the namespace asked for, or of all.
    pub injectors: Result<Vec<InjectorFacts>, Error>,
}

/// Reads one cluster; `namespace` is Istio's where it is known. A read that failed is part of the state: only what depends on it
/// fails.
///
/// # Errors
/// A cluster of which nothing could be read, unless it is that nothing may be read.
pub async fn observe(cluster: &Cluster, namespace: Option<&str>) -> Result<IstioState, Error> {
    let wanted = Wanted {
        parts: &[&WantedExposure {
            everywhere: namespace.is_none(),
            identity: false,
        }],
        ..Wanted::identity(namespace.unwrap_or(ISTIO_SYSTEM))
    };
    let read = Box::pin(snapshot::read(cluster, wanted)).await?;
    Ok(IstioState::of(read.snapshot, namespace))
}

impl IstioState {
    /// Returns the state in a snapshot; `namespace` is Istio's where it is known.
    pub(in crate::gateway) fn of(snapshot: ClusterSnapshot, namespace: Option<&str>) -> Self {
        let gateways = Gateway::of_services(&snapshot);
        let gateways = snapshot.services.map(|_| gateways);
        let elsewhere = snapshot.istiods_elsewhere;
        let (istiods, istiods_elsewhere) = match namespace {
            Some(_) => (snapshot.istiods, namespaces(elsewhere.items())),
            None => (Read::all([snapshot.istiods, elsewhere]), Vec::new()),
        };
        let istiods = istiods.map(|found| found.iter().map(IstiodFacts::of_deployment).collect());
        let injectors = snapshot.injectors.map(|found| {
            let injectors = found.iter().filter_map(InjectorFacts::of_config_map);
            injectors.collect()
        });
        Self {
            described: format!("context {}", snapshot.context),
            kubectl: snapshot.kubectl,
            gateways: gateways.into_result(),
            istiods: istiods.into_result(),
            istiods_elsewhere,
            injectors: injectors.into_result(),
        }
    }

    /// Returns a warning for each part that could not be read.
    pub fn warnings(&self) -> Vec<String> {
        let unread = [
            ("gateways", self.gateways.as_ref().err()),
            ("istiods", self.istiods.as_ref().err()),
            ("injectors", self.injectors.as_ref().err()),
        ];
        let unread = unread.into_iter().filter_map(|(what, error)| {
            let reason = error?.in_one_line();
            Some(format!(
                "skipped reading the {what} of {}: {reason}",
                self.described
            ))
        });
        unread.collect()
    }

    /// Returns an error if istiod runs in another namespace than the one that was asked for.
    pub(in crate::gateway) fn in_another_namespace(&self, asked: &str) -> Option<Error> {
        let first = self.istiods_elsewhere.first()?;
        let error = Error::refused(format!(
            "{} has no istiod in namespace {asked}: istiod runs in namespace {}",
            self.described,
            self.istiods_elsewhere.join(", ")
        ));
        Some(error.hint(Remedy::add(Knob::IstioNamespace, first)))
    }
}

/// Returns the namespaces of these istiods, each once.
fn namespaces(istiods: &[Deployment]) -> Vec<String> {
    let namespaces = istiods.iter();
    let mut namespaces: Vec<String> = namespaces
        .filter_map(|istiod| istiod.metadata.namespace.clone())
        .collect();
    namespaces.sort();
    namespaces.dedup();
    namespaces
}
