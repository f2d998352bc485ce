//! The remote clusters of secrets, read through the operator's own contexts.

use std::collections::BTreeMap;

use mesh_client::{Connector, Kubeconfig, Overrides, Target};
use mesh_model::Error;
use mesh_model::remote_cluster::Address;
use mesh_model::secret::Contexts;
use mesh_model::snapshot::ClusterSnapshot;

use crate::snapshot::{self, Wanted};

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
            in_order.filter_map(|name| Some((name.to_owned(), targets.get(name)?.address())));
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
    ) -> Result<Box<ClusterSnapshot>, String> {
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
    ) -> Option<Result<Box<ClusterSnapshot>, String>> {
        let called = self.targets.get(key).filter(|_| self.named.is_none())?;
        let found = self.contexts.at(address);
        if found.is_some_and(|found| found.address == called.address()) {
            return None;
        }
        let read = self.read(called, connector).await;
        Some(read.map_err(|error| error.in_one_line()))
    }

    async fn read(
        &self,
        target: &Target,
        connector: &Connector,
    ) -> Result<Box<ClusterSnapshot>, Error> {
        let cluster = connector.connect(target.clone()).await?;
        let read = snapshot::read(&cluster, Wanted::identity(&self.namespace)).await?;
        Ok(Box::new(read.snapshot))
    }
}
