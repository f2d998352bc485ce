//! The request for a gateway, and the checks that need no cluster.

use mesh_model::Error;
use mesh_model::change::DryRun;
use mesh_model::command::{Knob, Step};
use mesh_model::exposure::ClusterDomain;
use mesh_model::gateway::{EastWestGateway, Form, GatewaySpec};
use mesh_model::network::NetworkName;

/// The gateway, what it exposes, and how both are written.
#[derive(Debug, Clone)]
pub struct Request {
    /// The gateway. A network or a revision that is not given is read from each cluster.
    pub spec: GatewaySpec,
    /// Istio's namespace, which can be another one than the gateway's.
    pub istio_namespace: String,
    /// True if the services of the cluster are exposed.
    pub expose_services: bool,
    /// True if istiod is exposed.
    pub expose_istiod: bool,
    /// The domain of the cluster's Services; `None` is read from each cluster.
    pub cluster_domain: Option<ClusterDomain>,
    /// True if fields of other field managers are taken over.
    pub force_conflicts: bool,
    /// The extent of the request: a dry run, or writes.
    pub dry_run: DryRun,
}

impl Request {
    /// Checks all that needs no cluster.
    ///
    /// # Errors
    /// All that is wrong, joined.
    pub fn check(&self) -> Result<(), Error> {
        let mut errors = Vec::new();
        if self.spec.ambient && (self.expose_services || self.expose_istiod) {
            errors.push(
                Error::usage("nothing is exposed through ambient gateways: they forward Services labelled istio.io/global=true")
                    .hint(
                        Step::new("omit ")
                            .knob(Knob::Expose)
                            .text(", and label the Services with kubectl mesh-label global"),
                    ),
            );
        }
        // Where no network is given, the rest is checked with a valid one.
        let checked = match self.spec.network {
            Some(_) => self.gateway(None).err(),
            None => "network"
                .parse()
                .ok()
                .and_then(|any| self.gateway(Some(&any)).err()),
        };
        errors.extend(checked);
        Error::all(errors).map_or(Ok(()), Err)
    }

    /// Returns the network that was given, if the gateway needs one.
    pub(super) fn network(&self) -> Option<&str> {
        let network = self.spec.network.as_deref();
        network.filter(|_| self.spec.needs_network())
    }

    /// Returns the gateway, with `network` in place of the one that was given.
    ///
    /// # Errors
    /// All that is wrong with it, joined.
    pub(super) fn gateway(&self, network: Option<&NetworkName>) -> Result<EastWestGateway, Error> {
        let mut spec = self.spec.clone();
        if let Some(network) = network.filter(|_| spec.needs_network()) {
            spec.network = Some(network.to_string());
        }
        spec.resolve(if spec.ambient {
            Form::Ambient
        } else {
            Form::Manifest
        })
    }
}
