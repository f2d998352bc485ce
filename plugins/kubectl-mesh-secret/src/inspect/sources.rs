//! The clusters that secrets lead to, as the user's own kubeconfig knows them.

use std::collections::BTreeMap;

use mesh_common::cluster::{Cluster, Connector, Kubeconfig, Selection, Target};
use mesh_common::mesh::cluster_name::ClusterId;
use mesh_common::mesh::error::Error;
use mesh_common::mesh::istiod;
use mesh_common::mesh::names::KUBE_SYSTEM;
use mesh_common::terminal::{Environment, Streams};

use super::InspectArgs;
use crate::optional::optional;

/// What the kubeconfig offers to compare a secret with.
pub(super) struct Sources {
    /// By server address.
    by_server: BTreeMap<String, Target>,
    /// `--source-context`.
    named: Option<Target>,
    namespace: String,
}

/// A source, read through the user's own context.
pub(super) struct Source {
    pub context: String,
    pub uid: String,
    pub istiods: Vec<ClusterId>,
}

impl Sources {
    /// Reads the kubeconfig. Where there is none (a manifest from a pipe), nothing can be compared, and that is said.
    pub(super) fn load(
        arguments: &InspectArgs,
        environment: &Environment,
        streams: &mut Streams,
    ) -> Result<Self, Error> {
        let mut sources = Self {
            by_server: BTreeMap::new(),
            named: None,
            namespace: arguments.namespace.resolve().to_owned(),
        };
        let kubeconfig = match arguments.connect.load(environment) {
            Ok(kubeconfig) => kubeconfig,
            Err(error) if arguments.filename.is_some() && arguments.source_context.is_none() => {
                streams.say(&format!("no kubeconfig to compare with: {error}"));
                return Ok(sources);
            }
            Err(error) => return Err(error),
        };
        if let Some(context) = &arguments.source_context {
            sources.named = Some(target(&kubeconfig, arguments, context)?);
        }
        for context in kubeconfig.context_names() {
            if let Ok(target) = target(&kubeconfig, arguments, context) {
                sources
                    .by_server
                    .entry(normal(target.server()))
                    .or_insert(target);
            }
        }
        Ok(sources)
    }

    /// The source behind `server`, read now.
    pub(super) async fn find(&self, server: &str, connector: &Connector) -> Result<Source, String> {
        let target = self
            .named
            .as_ref()
            .or_else(|| self.by_server.get(&normal(server)));
        let target = target
            .ok_or("no context of the kubeconfig has this server; --source-context names one")?;
        self.read(target, connector)
            .await
            .map_err(|error| error.to_string())
    }

    async fn read(&self, target: &Target, connector: &Connector) -> Result<Source, Error> {
        let cluster: Cluster = connector.connect(target.clone()).await?;
        let selection = Selection {
            labels: Some(istiod::SELECTOR.to_owned()),
            fields: None,
        };
        let (space, deployments) = futures::join!(
            cluster.get::<k8s_openapi::api::core::v1::Namespace>(None, KUBE_SYSTEM),
            cluster.list(Some(&self.namespace), &selection),
        );
        Ok(Source {
            context: cluster.context().to_owned(),
            uid: space?
                .and_then(|space| space.metadata.uid)
                .unwrap_or_default(),
            istiods: istiod::cluster_ids(&optional(deployments)?),
        })
    }
}

fn target(
    kubeconfig: &Kubeconfig,
    arguments: &InspectArgs,
    context: &str,
) -> Result<Target, Error> {
    kubeconfig.target(&arguments.connect.holder_overrides(context))
}

/// Servers are compared without a closing slash and without regard to case.
fn normal(server: &str) -> String {
    server.trim_end_matches('/').to_ascii_lowercase()
}
