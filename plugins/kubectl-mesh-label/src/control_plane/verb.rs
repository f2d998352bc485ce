//! The verb from its arguments to its exit code.

use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::Interrupt;
use mesh_common::model::mark::Mark;
use mesh_common::model::names::CONTROL_PLANE_ANNOTATION;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::{Environment, Streams};

use super::ControlPlaneArgs;
use super::leaders::leaders;
use crate::cli::SELF;
use crate::mark::{Job, Named, Order, carry_out, targets};

pub(crate) async fn run(
    arguments: ControlPlaneArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let value = leaders(&arguments.clusters)?;
    let order = Order {
        mark: Mark::Annotation(CONTROL_PLANE_ANNOTATION),
        overwrite: arguments.write.overwrite,
        force_conflicts: arguments.write.force_conflicts,
        create: false,
        may_create: false,
        is_list: true,
        is_rehearsed: false,
        dry_run: arguments.write.dry_run.resolve(),
    };
    let kubeconfig = arguments.connect.load(environment)?;
    let targets = targets(
        &kubeconfig,
        &arguments.connect,
        &arguments.contexts.resolve(&kubeconfig),
    )?;
    let namespace = Named {
        namespace: None,
        name: arguments.namespace.resolve().to_owned(),
    };
    let jobs = targets
        .into_iter()
        .map(|target| Job {
            target,
            objects: vec![namespace.clone()],
            value: value.clone(),
        })
        .collect();
    let connector = connector(environment, SELF, streams.interactive);
    carry_out::<Namespace>(
        order,
        jobs,
        |_, _| Vec::new(),
        &connector,
        interrupt,
        streams,
    )
    .await
}
