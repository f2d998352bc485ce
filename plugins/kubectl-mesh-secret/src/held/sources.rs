//! The clusters that secrets lead to, as the user's own kubeconfig knows them.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Namespace;
use mesh_common::cluster::{Cluster, Connector, Kubeconfig, Selection, Target};
use mesh_common::mesh::cluster_name::ClusterId;
use mesh_common::mesh::error::Error;
use mesh_common::mesh::istiod;
use mesh_common::mesh::names::KUBE_SYSTEM;
use mesh_common::mesh::read::Read;
use mesh_common::terminal::flags::ConnectFlags;

/// What the kubeconfig offers to compare a secret with.
pub(crate) struct Sources {
    /// By server address.
    by_server: BTreeMap<String, Target>,
    /// `--source-context`.
    named: Option<Target>,
    namespace: String,
}

/// A source, read through the user's own context.
pub(crate) struct Source {
    pub context: String,
    pub uid: Read<String>,
    pub istiods: Read<Vec<ClusterId>>,
}

impl Sources {
    /// The contexts of `kubeconfig` by their servers, unless one is `named`; without one (a manifest from a pipe) nothing can be compared.
    pub(crate) fn of(
        kubeconfig: Option<&Kubeconfig>,
        connect: &ConnectFlags,
        named: Option<&str>,
        namespace: &str,
    ) -> Result<Self, Error> {
        let mut by_server = BTreeMap::new();
        let contexts = kubeconfig
            .into_iter()
            .flat_map(|known| known.context_names().map(move |name| (known, name)));
        for (known, context) in contexts {
            // A context that cannot be used is no source; the command may well not be about it.
            if let Ok(target) = target(known, connect, context) {
                by_server
                    .entry(normal_server(target.server()))
                    .or_insert(target);
            }
        }
        let named = match (named, kubeconfig) {
            (Some(context), Some(known)) => Some(target(known, connect, context)?),
            (Some(_) | None, _) => None,
        };
        Ok(Self {
            by_server,
            named,
            namespace: namespace.to_owned(),
        })
    }

    /// The context that leads to `server`, as far as the kubeconfig's text tells.
    pub(crate) fn context_of(&self, server: &str) -> Option<&str> {
        self.target_of(server).map(Target::context)
    }

    fn target_of(&self, server: &str) -> Option<&Target> {
        self.named
            .as_ref()
            .or_else(|| self.by_server.get(&normal_server(server)))
    }

    /// The source behind `server`, read now.
    pub(crate) async fn find(&self, server: &str, connector: &Connector) -> Result<Source, String> {
        let target = self
            .target_of(server)
            .ok_or("no context of the kubeconfig has this server; --source-context names one")?;
        self.read(target, connector)
            .await
            .map_err(|error| error.in_one_line())
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
            uid: space.map(|space| {
                space
                    .and_then(|space| space.metadata.uid)
                    .unwrap_or_default()
            }),
            istiods: deployments.map(|found| istiod::cluster_ids(&found)),
        })
    }
}

fn target(kubeconfig: &Kubeconfig, connect: &ConnectFlags, context: &str) -> Result<Target, Error> {
    kubeconfig.target(&connect.holder_overrides(context))
}

/// A server's URL as it is compared with others: without a closing slash and without regard to case.
pub(crate) fn normal_server(server: &str) -> String {
    server.trim_end_matches('/').to_ascii_lowercase()
}
