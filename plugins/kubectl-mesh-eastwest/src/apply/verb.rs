//! The verb from its arguments to its exit code.

use mesh_common::client::{
    Cluster, Connector, Interrupt, Target, concerns_one_cluster, each_alone, fan_out, with_lost,
};
use mesh_common::model::change::Action;
use mesh_common::model::fleet::{doubles, not_compared};
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::output::Format;
use mesh_common::terminal::{Environment, Streams};
use serde_json::Value;

use super::args::ApplyArgs;
use super::observe::{Surroundings, rehearse, surroundings};
use super::plan::{Wanted, wanted};
use super::resolve::Order;
use super::write::write;
use crate::cli::SELF;
use crate::wait::Within;

/// A cluster and what becomes of each object there.
struct Planned {
    cluster: Cluster,
    objects: Vec<(Value, Action)>,
}

pub(crate) async fn run(
    arguments: ApplyArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let order = Order::resolve(&arguments)?;
    let kubeconfig = arguments.connect.load(environment)?;
    let contexts = arguments.contexts.resolve(&kubeconfig);
    arguments.connect.for_one(contexts.len())?;
    let targets = Error::gather(
        contexts
            .iter()
            .map(|context| kubeconfig.target(&arguments.connect.overrides(context.as_deref()))),
    )?;
    let connector = connector(environment, SELF, streams.interactive);
    let (seen, mut lost) = interrupt.or(observe(targets, &connector, &order)).await?;
    for warning in seen
        .iter()
        .filter_map(|(_, one)| uncompared(one, seen.len()))
    {
        streams.warn(&warning);
    }
    different(&seen).map_err(|error| with_lost(error, &mut lost))?;
    let planned = interrupt.or(plan(seen, &order, streams)).await;
    let (planned, unfit) = planned.map_err(|error| with_lost(error, &mut lost))?;
    lost.extend(unfit);

    let results = fan_out(&planned, |one| {
        write(&one.cluster, &one.objects, &order, interrupt)
    })
    .await;
    let (mut done, mut broken, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (one, (lines, result)) in planned.iter().zip(results) {
        streams.data(&lines.concat())?;
        match result {
            Ok(()) => done.push(one),
            Err(error) if concerns_one_cluster(&error) => broken.push(error),
            Err(error) => failed.push(error),
        }
    }
    if done.is_empty() {
        failed.append(&mut lost);
        failed.append(&mut broken);
    }
    for error in &lost {
        streams.warn_of(error, "nothing was changed there");
    }
    for error in &broken {
        streams.warn_of(error, "what was not done there is done by another run");
    }
    if let Some(error) = Error::all(failed) {
        return Err(error);
    }
    let reached = if lost.is_empty() && broken.is_empty() {
        Exit::Fine
    } else {
        Exit::Partial
    };
    let Some(limit) = order.wait else {
        return Ok(reached);
    };
    let within = Within {
        namespace: order.istio_namespace(),
        name: Some(order.name()),
        limit,
        probes: true,
    };
    let streams = &*streams;
    let waiting = fan_out(done, |one| async move {
        let context = one.cluster.context().to_owned();
        (context, within.wait(&one.cluster, streams).await)
    });
    let waited = interrupt.or(async { Ok(waiting.await) }).await?;
    streams.data("\n")?;
    let waited = within.show(waited, &Format::Table.into(), environment, streams)?;
    Ok(reached.worse(waited))
}

/// Connects to all clusters and reads them at once; one that is not reached or does not let us costs
/// only itself.
async fn observe(
    targets: Vec<Target>,
    connector: &Connector,
    order: &Order,
) -> Result<(Vec<(Cluster, Surroundings)>, Vec<Error>), Error> {
    let results = fan_out(targets, |target| async {
        let cluster = connector.connect(target).await?;
        let seen = surroundings(&cluster, order).await?;
        Ok((cluster, seen))
    })
    .await;
    each_alone(results)
}

/// A warning where it is not known whether a cluster is another one of those named.
fn uncompared(one: &Surroundings, clusters: usize) -> Option<String> {
    let reason = one.uid.reason().filter(|_| clusters > 1)?;
    Some(not_compared(&one.context, reason))
}

/// Two contexts of one cluster would install the same gateway twice at once.
fn different(seen: &[(Cluster, Surroundings)]) -> Result<(), Error> {
    let uids = seen.iter().map(|(_, one)| one.uid.seen()?.as_deref());
    let uids: Vec<Option<&str>> = uids.collect();
    let errors = doubles(&uids).into_iter().map(|(double, first)| {
        Error::usage(format!(
            "contexts {} and {} are the same cluster",
            seen[first].1.context, seen[double].1.context
        ))
        .hint("name each cluster once")
    });
    Error::all(errors).map_or(Ok(()), Err)
}

/// What every cluster is to have, rehearsed; all that stands in the way anywhere is reported together, and a
/// server that does not let us costs only itself, whether in what was read before or in the rehearsal.
async fn plan(
    seen: Vec<(Cluster, Surroundings)>,
    order: &Order,
    streams: &Streams,
) -> Result<(Vec<Planned>, Vec<Error>), Error> {
    let wanted = seen.into_iter().map(|(cluster, seen)| {
        let Wanted { objects, warnings } = wanted(seen, order)?;
        for warning in warnings {
            streams.warn(&warning);
        }
        Ok((cluster, objects))
    });
    let (wanted, lost) = each_alone(wanted)?;
    let results = fan_out(wanted, |(cluster, objects)| async move {
        let changes = rehearse(&cluster, &objects, order).await?;
        Ok(Planned {
            cluster,
            objects: objects.into_iter().zip(changes).collect(),
        })
    });
    each_alone(results.await.into_iter().chain(lost.into_iter().map(Err)))
}
