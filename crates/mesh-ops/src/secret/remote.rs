//! The remote clusters of secrets, read through the operator's own contexts.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Namespace;
use mesh_client::{Cluster, Connector, Kubeconfig, Overrides, Selection, Target};
use mesh_model::Error;
use mesh_model::istiod;
use mesh_model::names::KUBE_SYSTEM;
use mesh_model::remote_cluster::Address;
use mesh_model::secret::{ClusterIdentity, Contexts};

/// The clusters that the kubeconfig offers to compare secrets with.
#[derive(Debug)]
pub struct RemoteClusters {
    targets: BTreeMap<String, Target>,
    contexts: Contexts,
    /// The context that the operator named as the remote cluster of all secrets.
    named: Option<Target>,
    namespace: String,
}

impl RemoteClusters {
    /// Returns the contexts of `kubeconfig`, and `remote_context` as the one of all secrets, where it is named; without a kubeconfig (a manifest from a pipe) there is
    /// none.
    ///
    /// # Errors
    /// A context that is named and cannot be used.
    pub fn new(
        kubeconfig: Option<&Kubeconfig>,
        overrides: impl Fn(&str) -> Overrides,
        remote_context: Option<&str>,
        namespace: &str,
    ) -> Result<Self, Error> {
        let contexts = kubeconfig
            .into_iter()
            .flat_map(|known| known.context_names().map(move |name| (known, name)));
        // A context that cannot be used gives access to nothing; the command may well not be about it.
        let targets: BTreeMap<String, Target> = contexts
            .filter_map(|(known, context)| {
                let target = known.target(&overrides(context)).ok()?;
                Some((context.to_owned(), target))
            })
            .collect();
        let named = match (remote_context, kubeconfig) {
            (Some(context), Some(known)) => Some(known.target(&overrides(context))?),
            (Some(_) | None, _) => None,
        };
        // In the order of the kubeconfig, as the first of two contexts for one address counts.
        let in_order = kubeconfig.into_iter().flat_map(Kubeconfig::context_names);
        let addresses =
            in_order.filter_map(|name| Some((name.to_owned(), address(targets.get(name)?))));
        let contexts = Contexts::new(
            addresses,
            named.as_ref().map(|target| target.context().to_owned()),
        );
        Ok(Self {
            contexts,
            targets,
            named,
            namespace: namespace.to_owned(),
        })
    }

    /// Returns the contexts by their addresses, without the way to connect to them.
    pub fn contexts(&self) -> &Contexts {
        &self.contexts
    }

    /// Reads the cluster at `address` by its context.
    ///
    /// # Errors
    /// No such context, or one that is not reached, in one line.
    pub async fn find(
        &self,
        address: &Address,
        connector: &Connector,
    ) -> Result<ClusterIdentity, String> {
        let by_address = || self.targets.get(self.contexts.context_of(address)?);
        let target = self.named.as_ref().or_else(by_address);
        let target = target.ok_or(
            "no context of the kubeconfig has this server; name the context of the remote cluster",
        )?;
        self.read(target, connector)
            .await
            .map_err(|error| error.in_one_line())
    }

    /// Reads the cluster of the context that is called `key`, where that is another one than [`Self::find`] reads.
    pub async fn find_called(
        &self,
        key: &str,
        address: &Address,
        connector: &Connector,
    ) -> Option<Result<ClusterIdentity, String>> {
        let called = self.targets.get(key).filter(|_| self.named.is_none())?;
        let found = self.contexts.at(address);
        if found.is_some_and(|found| found.address == self::address(called)) {
            return None;
        }
        let read = self.read(called, connector).await;
        Some(read.map_err(|error| error.in_one_line()))
    }

    async fn read(&self, target: &Target, connector: &Connector) -> Result<ClusterIdentity, Error> {
        let cluster: Cluster = connector.connect(target.clone()).await?;
        let selection = Selection::labelled(istiod::SELECTOR);
        let reads = cluster.reads();
        let (space, deployments) = futures::join!(
            reads.get::<Namespace>(None, KUBE_SYSTEM),
            reads.list::<Deployment>(Some(&self.namespace), &selection),
        );
        reads.checked()?;
        Ok(ClusterIdentity {
            context: cluster.context().to_owned(),
            address: address(target),
            uid: space.map(|space| space.and_then(|space| space.metadata.uid)),
            istiods: deployments.map(|found| istiod::cluster_ids(&found)),
        })
    }
}

/// Returns the address of an API server as a context has it.
pub fn address(target: &Target) -> Address {
    Address::new(target.server(), target.tls_server_name())
}
