//! The verb from its arguments to its exit code.

use mesh_common::client::{Interrupt, fan_out};
use mesh_common::model::change::DryRun;
use mesh_common::model::{Error, Exit};
use mesh_common::ops::Job;
use mesh_common::ops::gateway::AddressWait;
use mesh_common::ops::gateway::apply::{self, Request};
use mesh_common::terminal::flags::{connector, given};
use mesh_common::terminal::output::Format;
use mesh_common::terminal::reading::targets;
use mesh_common::terminal::{Environment, Streams};

use super::args::{ApplyArgs, ExposeArg};
use crate::cli::SELF;
use crate::wait;

pub(crate) async fn run(
    arguments: ApplyArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let request = request(&arguments)?;
    let kubeconfig = arguments.connect.load(environment)?;
    let contexts = arguments.contexts.resolve(&kubeconfig);
    let targets = targets(&kubeconfig, &arguments.connect, &contexts)?;
    let connector = connector(environment, SELF, streams.interactive);
    let streams = &*streams;
    let job = Job {
        connector: &connector,
        interrupt,
        events: streams,
        applied_by: SELF,
        now: environment.now,
    };
    let applied = apply::run(&request, targets, job).await?;
    let Some(limit) = arguments.wait.wait else {
        return Ok(applied.exit);
    };
    let wait = AddressWait {
        namespace: &request.istio_namespace,
        name: Some(request.spec.name()),
        limit,
        probes: true,
    };
    let waiting = fan_out(applied.done, |cluster| async move {
        let context = cluster.context().to_owned();
        (context, wait.wait(&cluster, streams).await)
    });
    let waited = interrupt.or(async { Ok(waiting.await) }).await?;
    streams.data("\n")?;
    let waited = wait::show(wait, waited, &Format::Table.into(), environment, streams)?;
    Ok(applied.exit.worse(waited))
}

/// Returns what the arguments ask for.
///
/// # Errors
/// All that is wrong with them, joined.
fn request(arguments: &ApplyArgs) -> Result<Request, Error> {
    let mut errors = Vec::new();
    let domain = given(arguments.cluster_domain.as_deref());
    let domain = domain.map(|domain| domain.parse()).transpose();
    let exposes = |what| arguments.expose.contains(&what);
    let flags = &arguments.gateway;
    let has_network = !flags.single_cluster && !flags.ambient;
    let istio_namespace = given(flags.namespace.istio_namespace.as_deref());
    let request = Request {
        istio_namespace: istio_namespace.unwrap_or_else(|| flags.namespace.resolve().to_owned()),
        spec: flags.spec(),
        expose_services: exposes(ExposeArg::Services)
            || (arguments.expose.is_empty() && has_network),
        expose_istiod: exposes(ExposeArg::Istiod),
        cluster_domain: domain.unwrap_or_else(|error| {
            errors.push(error);
            None
        }),
        force_conflicts: arguments.force_conflicts,
        dry_run: arguments.dry_run.resolve(),
    };
    if exposes(ExposeArg::None) && arguments.expose.len() > 1 {
        errors.push(
            Error::usage("--expose none cannot be combined with other values")
                .hint("add --expose services,istiod"),
        );
    }
    errors.extend(request.check().err());
    if arguments.wait.wait.is_some() && request.dry_run != DryRun::None {
        errors.push(Error::usage("--wait cannot be used with --dry-run"));
    }
    Error::all(errors).map_or(Ok(request), Err)
}
