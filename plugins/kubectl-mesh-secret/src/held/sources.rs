//! The clusters that secrets give access to, as the user's own kubeconfig knows them.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::{Cluster, Connector, Kubeconfig, Selection, Target};
use mesh_common::model::cluster_name::ClusterId;
use mesh_common::model::error::Error;
use mesh_common::model::istiod;
use mesh_common::model::meant_for::{Member, Members};
use mesh_common::model::names::KUBE_SYSTEM;
use mesh_common::model::read::Read;
use mesh_common::model::remote_cluster::Address;
use mesh_common::terminal::flags::ConnectFlags;

/// What the kubeconfig offers to compare a secret with.
pub(crate) struct Sources {
    targets: BTreeMap<String, Target>,
    /// The clusters of all contexts, unread.
    members: Members,
    /// `--source-context`.
    named: Option<Target>,
    namespace: String,
}

/// A source, read through the user's own context.
pub(crate) struct Source {
    pub context: String,
    pub uid: Read<String>,
    pub istiods: Read<Vec<ClusterId>>,
    address: Address,
}

impl Source {
    /// What is known of it as a cluster of the mesh.
    pub(crate) fn member(&self) -> Member {
        Member {
            context: self.context.clone(),
            address: self.address.clone(),
            uid: self.uid.seen().filter(|uid| !uid.is_empty()).cloned(),
            ids: self.istiods.items().to_vec(),
        }
    }
}

impl Sources {
    /// The contexts of `kubeconfig`, and the one that is `named`; without a kubeconfig (a manifest from a pipe) nothing can be
    /// compared.
    pub(crate) fn of(
        kubeconfig: Option<&Kubeconfig>,
        connect: &ConnectFlags,
        named: Option<&str>,
        namespace: &str,
    ) -> Result<Self, Error> {
        let contexts = kubeconfig
            .into_iter()
            .flat_map(|known| known.context_names().map(move |name| (known, name)));
        // A context that cannot be used is no source; the command may well not be about it.
        let usable: Vec<(&str, Target)> = contexts
            .filter_map(|(known, context)| Some((context, target(known, connect, context).ok()?)))
            .collect();
        let named = match (named, kubeconfig) {
            (Some(context), Some(known)) => Some(target(known, connect, context)?),
            (Some(_) | None, _) => None,
        };
        let members = usable
            .iter()
            .map(|(context, target)| Member::unread(context, address(target)));
        Ok(Self {
            members: Members::new(members),
            targets: usable
                .into_iter()
                .map(|(context, target)| (context.to_owned(), target))
                .collect(),
            named,
            namespace: namespace.to_owned(),
        })
    }

    /// The clusters of all contexts, with what was read of some.
    pub(crate) fn members(&self, read: impl IntoIterator<Item = Member>) -> Members {
        Members::new(self.members.all().iter().cloned().chain(read))
    }

    /// The context that the operator named as the source of all secrets.
    pub(crate) fn named(&self) -> Option<&str> {
        self.named.as_ref().map(Target::context)
    }

    /// The context that gives access to `address`, as far as the kubeconfig's text tells.
    pub(crate) fn context_of(&self, address: &Address) -> Option<&str> {
        self.named().or_else(|| {
            self.members
                .at(address)
                .map(|member| member.context.as_str())
        })
    }

    /// The source at `address`, read now.
    pub(crate) async fn find(
        &self,
        address: &Address,
        connector: &Connector,
    ) -> Result<Source, String> {
        let by_address = || self.targets.get(self.context_of(address)?);
        let target = self.named.as_ref().or_else(by_address);
        let target = target
            .ok_or("no context of the kubeconfig has this server; --source-context names one")?;
        self.read(target, connector)
            .await
            .map_err(|error| error.in_one_line())
    }

    /// The cluster of the context that is called `key`, read now, where that is another one than [`Self::find`] reads.
    pub(crate) async fn find_called(
        &self,
        key: &str,
        address: &Address,
        connector: &Connector,
    ) -> Option<Result<Source, String>> {
        let called = self.targets.get(key).filter(|_| self.named.is_none())?;
        let found = self.members.at(address);
        if found.is_some_and(|found| found.address == self::address(called)) {
            return None;
        }
        let read = self.read(called, connector).await;
        Some(read.map_err(|error| error.in_one_line()))
    }

    async fn read(&self, target: &Target, connector: &Connector) -> Result<Source, Error> {
        let cluster: Cluster = connector.connect(target.clone()).await?;
        let selection = Selection::labelled(istiod::SELECTOR);
        let reads = cluster.reads();
        let (space, deployments) = futures::join!(
            reads.get::<Namespace>(None, KUBE_SYSTEM),
            reads.list::<Deployment>(Some(&self.namespace), &selection),
        );
        reads.checked()?;
        Ok(Source {
            context: cluster.context().to_owned(),
            address: address(target),
            uid: space.map(|space| {
                space
                    .and_then(|space| space.metadata.uid)
                    .unwrap_or_default()
            }),
            istiods: deployments.map(|found| istiod::cluster_ids(&found)),
        })
    }
}

/// The address of an API server as a context has it.
pub(crate) fn address(target: &Target) -> Address {
    Address::new(target.server(), target.tls_server_name())
}

fn target(kubeconfig: &Kubeconfig, connect: &ConnectFlags, context: &str) -> Result<Target, Error> {
    kubeconfig.target(&connect.holder_overrides(context))
}
