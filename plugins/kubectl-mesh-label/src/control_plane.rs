//! `control-plane`: the clusters whose control planes manage a cluster without one, as an annotation on Istio's namespace.

use clap::Args;
use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::Interrupt;
use mesh_common::model::control_plane::managing_clusters;
use mesh_common::model::metadata::MetadataField;
use mesh_common::model::names::CONTROL_PLANE_ANNOTATION;
use mesh_common::model::{Error, Exit};
use mesh_common::ops::Job;
use mesh_common::ops::metadata::{self, ClusterTask, ObjectName, Request};
use mesh_common::terminal::flags::{ContextFlags, NamespaceFlags, connector};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::reading::targets;
use mesh_common::terminal::{Environment, Streams};

use crate::cli::SELF;
use crate::write_flags::WriteFlags;

/// Set which clusters' control planes manage a remote cluster, one that has none of its own
///
/// Sets the annotation topology.istio.io/controlPlaneClusters of Istio's namespace. Without it no istiod
/// patches the CA of the remote cluster's webhooks or writes its root certificate (istio-ca-root-cert). The names of the
/// clusters are the cluster IDs of their istiods.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # East's control plane manages west
  kubectl mesh-label control-plane east --context west

  # Any control plane with a remote secret for west may manage it
  kubectl mesh-label control-plane '*' --context west

  # Remove the annotation
  kubectl mesh-label control-plane --remove --context west")]
pub(crate) struct ControlPlaneArgs {
    /// The clusters with the control planes, or '*' for any
    #[arg(
        value_name = "CLUSTER",
        value_delimiter = ',',
        required_unless_present = "remove",
        conflicts_with = "remove"
    )]
    pub clusters: Vec<String>,
    #[command(flatten)]
    pub contexts: ContextFlags,
    #[command(flatten)]
    pub write: WriteFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}

pub(crate) async fn run(
    arguments: ControlPlaneArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let value = managing_clusters(&arguments.clusters)?;
    let field = MetadataField::Annotation(CONTROL_PLANE_ANNOTATION);
    let request = Request {
        is_list: true,
        ..arguments.write.request(field)
    };
    let kubeconfig = arguments.connect.load(environment)?;
    let contexts = arguments.contexts.resolve(&kubeconfig);
    let targets = targets(&kubeconfig, &arguments.connect, &contexts)?;
    let namespace = ObjectName {
        namespace: None,
        name: arguments.namespace.resolve().to_owned(),
    };
    let tasks = targets
        .into_iter()
        .map(|target| ClusterTask {
            target,
            objects: vec![namespace.clone()],
            value: value.clone(),
        })
        .collect();
    let connector = connector(environment, SELF, streams.interactive);
    let no_warnings = |_: &Namespace, _: &_| Vec::new();
    let job = Job {
        connector: &connector,
        interrupt,
        events: &*streams,
        applied_by: SELF,
        now: environment.now,
    };
    metadata::run(&request, tasks, no_warnings, job).await
}
