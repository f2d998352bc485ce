//! What `apply` was asked to do, as far as no cluster is needed to check it.

use std::time::Duration;

use mesh_common::client::DryRun;
use mesh_common::model::Error;
use mesh_common::model::exposure::ClusterDomain;
use mesh_common::model::gateway::{EastWestGateway, Form};
use mesh_common::model::names::EAST_WEST_GATEWAY;
use mesh_common::model::network::NetworkName;
use mesh_common::terminal::flags::given;

use super::args::{ApplyArgs, ExposeArg};
use crate::generate::GatewayFlags;

/// All that was asked for.
pub(super) struct Order {
    flags: GatewayFlags,
    form: Form,
    pub services: bool,
    pub istiod: bool,
    pub cluster_domain: Option<ClusterDomain>,
    pub force_conflicts: bool,
    pub dry_run: DryRun,
    /// How long its address is waited for.
    pub wait: Option<Duration>,
}

impl Order {
    /// Checks every argument; all that is wrong is reported together.
    pub(super) fn resolve(arguments: &ApplyArgs) -> Result<Self, Error> {
        let flags = arguments.gateway.clone();
        let form = if flags.ambient {
            Form::Ambient
        } else {
            Form::Manifest
        };
        let domain = given(arguments.cluster_domain.as_deref());
        let domain = domain.map(|domain| domain.parse()).transpose();
        let (domain, mut errors) = match domain {
            Ok(domain) => (domain, Vec::new()),
            Err(error) => (None, vec![error]),
        };
        let exposes = |what| arguments.expose.contains(&what);
        let has_network = !flags.single_cluster && !flags.ambient;
        let order = Self {
            form,
            services: exposes(ExposeArg::Services) || (arguments.expose.is_empty() && has_network),
            istiod: exposes(ExposeArg::Istiod),
            cluster_domain: domain,
            force_conflicts: arguments.force_conflicts,
            dry_run: arguments.dry_run.resolve(),
            wait: arguments.wait.wait,
            flags,
        };
        if exposes(ExposeArg::None) && arguments.expose.len() > 1 {
            errors.push(
                Error::usage("--expose none does not go with anything else")
                    .hint("add --expose services,istiod"),
            );
        }
        if order.flags.ambient && (order.services || order.istiod) {
            errors.push(
                Error::usage("an ambient gateway hands on what is labelled istio.io/global, and --expose says what else")
                    .hint("leave --expose away, and label the Services with kubectl mesh-label global"),
            );
        }
        if order.wait.is_some() && order.dry_run != DryRun::None {
            errors.push(Error::usage(
                "--wait does not go with --dry-run, which makes nothing to wait for",
            ));
        }
        // The rest is checked with a network that is certainly one, where none was named.
        let checked = match order.flags.network {
            Some(_) => order.gateway(None).err(),
            None => "network"
                .parse()
                .ok()
                .and_then(|any| order.gateway(Some(&any)).err()),
        };
        errors.extend(checked);
        Error::all(errors).map_or(Ok(order), Err)
    }

    /// The network that was named, whatever the clusters say.
    pub(super) fn network(&self) -> Option<String> {
        given(self.flags.network.as_deref()).filter(|_| self.needs_network())
    }

    /// Whether the gateway leads into a network.
    pub(super) fn needs_network(&self) -> bool {
        self.flags.ambient || !self.flags.single_cluster
    }

    /// The revision that was named.
    pub(super) fn revision(&self) -> Option<String> {
        given(self.flags.revision.as_deref())
    }

    /// The gateway's namespace.
    pub(super) fn namespace(&self) -> &str {
        self.flags.namespace.resolve()
    }

    /// Istio's namespace, which is the gateway's unless both are named.
    pub(super) fn istio_namespace(&self) -> &str {
        let named = self.flags.namespace.istio_namespace.as_deref();
        let named = named.filter(|name| !name.is_empty());
        named.unwrap_or_else(|| self.namespace())
    }

    /// The gateway's name.
    pub(super) fn name(&self) -> &str {
        let named = self.flags.name.as_deref();
        named
            .filter(|name| !name.is_empty())
            .unwrap_or(EAST_WEST_GATEWAY)
    }

    /// The gateway with the cluster's own network where none was named.
    ///
    /// # Errors
    /// All that is wrong with the flags, joined.
    pub(super) fn gateway(&self, network: Option<&NetworkName>) -> Result<EastWestGateway, Error> {
        let mut flags = self.flags.clone();
        if let Some(network) = network.filter(|_| self.needs_network()) {
            flags.network = Some(network.to_string());
        }
        flags.resolve(self.form)
    }

    /// Whether istiod runs the gateway itself.
    pub(super) fn is_ambient(&self) -> bool {
        self.flags.ambient
    }
}
