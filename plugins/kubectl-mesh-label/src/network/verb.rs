//! The verb from its arguments to its exit code.

use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::{Interrupt, Target};
use mesh_common::model::mark::Mark;
use mesh_common::model::names::NETWORK_LABEL;
use mesh_common::model::network::misspelled;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::{Environment, Streams};

use super::NetworkArgs;
use super::wanted::wanted;
use crate::cli::SELF;
use crate::mark::{Job, Named, Order, carry_out, targets};

pub(crate) async fn run(
    arguments: NetworkArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let kubeconfig = arguments.connect.load(environment)?;
    let contexts = &arguments.contexts;
    let wanted = wanted(
        &arguments.networks,
        contexts.resolve(&kubeconfig),
        !contexts.is_empty(),
    )?;
    let order = Order {
        mark: Mark::Label(NETWORK_LABEL),
        overwrite: arguments.write.overwrite,
        force_conflicts: arguments.write.force_conflicts,
        create: arguments.create_namespace,
        may_create: true,
        is_list: false,
        is_rehearsed: false,
        dry_run: arguments.write.dry_run.resolve(),
    };
    let (contexts, values): (Vec<_>, Vec<_>) = wanted.into_iter().unzip();
    let targets = targets(&kubeconfig, &arguments.connect, &contexts)?;
    let namespace = Named {
        namespace: None,
        name: arguments.namespace.resolve().to_owned(),
    };
    let jobs = targets
        .into_iter()
        .zip(values)
        .map(|(target, value)| Job {
            target,
            objects: vec![namespace.clone()],
            value,
        })
        .collect();
    let connector = connector(environment, SELF, streams.interactive);
    carry_out::<Namespace>(order, jobs, near_keys, &connector, interrupt, streams).await
}

/// A warning for each label that somebody took for the right one.
fn near_keys(namespace: &Namespace, target: &Target) -> Vec<String> {
    let labels = namespace.metadata.labels.iter().flatten();
    let name = namespace.metadata.name.as_deref().unwrap_or_default();
    misspelled(labels.map(|(key, _)| key.as_str()))
        .into_iter()
        .map(|key| {
            format!(
                "namespace {name} in {} has label {key}, which Istio does not read; kubectl mesh-label show tells how to take it away",
                target.described()
            )
        })
        .collect()
}
