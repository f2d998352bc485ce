//! Reads the gateways and control planes of a cluster, in one wave. Nothing is decided here.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use mesh_client::{Cluster, Selection};
use mesh_model::command::{Knob, Kubectl, Remedy};
use mesh_model::error::{Error, Kind};
use mesh_model::exposure::facts::{GatewayFacts, InjectorFacts, IstiodFacts};
use mesh_model::istiod;
use mesh_model::names::{EAST_WEST_GATEWAY, NETWORK_LABEL, REVISION_LABEL};

/// The gateways and control planes of a cluster; what could not be read is its error.
#[derive(Debug)]
pub struct IstioState {
    /// The cluster as messages describe it.
    pub described: String,
    /// The kubectl that printed commands name the cluster with.
    pub kubectl: Kubectl,
    /// East-west gateways of all namespaces, in the order of namespace and name.
    pub gateways: Result<Vec<GatewayFacts>, Error>,
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
    let [on_network, of_istiod, of_revision] =
        [NETWORK_LABEL, istiod::SELECTOR, REVISION_LABEL].map(Selection::labelled);
    let named = Selection {
        labels: None,
        fields: Some(format!("metadata.name={EAST_WEST_GATEWAY}")),
    };
    let (labelled, named, istiods, maps) = futures::join!(
        cluster.list::<Service>(None, &on_network),
        cluster.list::<Service>(None, &named),
        cluster.list::<Deployment>(namespace, &of_istiod),
        cluster.list::<ConfigMap>(namespace, &of_revision),
    );
    let labelled = match labelled {
        Err(error)
            if error.kind() != Kind::Forbidden
                && named.is_err()
                && istiods.is_err()
                && maps.is_err() =>
        {
            return Err(error);
        }
        other => other,
    };
    let services = labelled.and_then(|labelled| Ok([labelled, named?].concat()));
    let istiods_elsewhere = match (&istiods, namespace) {
        (Ok(found), Some(_)) if found.is_empty() => elsewhere(cluster, &of_istiod).await,
        _ => Vec::new(),
    };
    Ok(IstioState {
        istiods_elsewhere,
        described: cluster.target().described(),
        kubectl: cluster.target().kubectl().clone(),
        gateways: services.map(|services| gateways(&services)),
        istiods: istiods.map(|found| found.iter().map(IstiodFacts::of_deployment).collect()),
        injectors: maps.map(|found| {
            found
                .iter()
                .filter_map(InjectorFacts::of_config_map)
                .collect()
        }),
    })
}

impl IstioState {
    /// Returns a warning for each part that could not be read.
    pub fn warnings(&self) -> Vec<String> {
        let unread = [
            ("gateways", self.gateways.as_ref().err()),
            ("istiods", self.istiods.as_ref().err()),
            ("injectors", self.injectors.as_ref().err()),
        ];
        let unread = unread.into_iter().filter_map(|(what, error)| {
            let reason = error?.in_one_line();
            Some(format!("{what} of {} skipped: {reason}", self.described))
        });
        unread.collect()
    }
}

/// Reads the namespaces that have an istiod; none where that cannot be read.
async fn elsewhere(cluster: &Cluster, of_istiod: &Selection) -> Vec<String> {
    let istiods = cluster.list::<Deployment>(None, of_istiod).await;
    let istiods = istiods.unwrap_or_default().into_iter();
    let mut namespaces: Vec<String> = istiods
        .filter_map(|istiod| istiod.metadata.namespace)
        .collect();
    namespaces.sort();
    namespaces.dedup();
    namespaces
}

impl IstioState {
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

/// Returns each gateway once, whichever list it was in.
fn gateways(services: &[Service]) -> Vec<GatewayFacts> {
    let mut found: Vec<GatewayFacts> = services
        .iter()
        .filter_map(GatewayFacts::of_service)
        .collect();
    let key = |gateway: &GatewayFacts| (gateway.namespace.clone(), gateway.name.clone());
    found.sort_by_key(key);
    found.dedup_by_key(|gateway| key(gateway));
    found
}
