//! The verb from its arguments to its exit code.

use k8s_openapi::api::core::v1::Service;
use mesh_common::client::Interrupt;
use mesh_common::model::mark::Mark;
use mesh_common::model::names::GLOBAL_LABEL;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::flags::{connector, given};
use mesh_common::terminal::{Environment, Streams};

use super::GlobalArgs;
use super::services::services;
use crate::cli::SELF;
use crate::mark::{Job, Order, carry_out, targets};

pub(crate) async fn run(
    arguments: GlobalArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let order = Order {
        mark: Mark::Label(GLOBAL_LABEL),
        overwrite: arguments.write.overwrite,
        force_conflicts: arguments.write.force_conflicts,
        create: false,
        may_create: false,
        is_list: false,
        is_rehearsed: true,
        dry_run: arguments.write.dry_run.resolve(),
    };
    let kubeconfig = arguments.connect.load(environment)?;
    let targets = targets(
        &kubeconfig,
        &arguments.connect,
        &arguments.contexts.resolve(&kubeconfig),
    )?;
    let contexts: Vec<(&str, Option<&str>)> = targets
        .iter()
        .map(|target| (target.context(), target.namespace()))
        .collect();
    let namespace = given(arguments.namespace.as_deref());
    let services = services(&arguments.services, namespace.as_deref(), &contexts)?;
    let jobs = targets
        .into_iter()
        .map(|target| Job {
            target,
            objects: services.clone(),
            value: (!arguments.write.remove).then(|| "true".to_owned()),
        })
        .collect();
    let connector = connector(environment, SELF, streams.interactive);
    carry_out::<Service>(
        order,
        jobs,
        |_, _| Vec::new(),
        &connector,
        interrupt,
        streams,
    )
    .await
}
