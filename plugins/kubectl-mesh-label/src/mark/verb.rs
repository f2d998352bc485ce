//! An order from the clusters it names to the exit code: observe, plan for all of them, write, say what was done.

use mesh_common::client::{
    Connector, DryRun, Interrupt, Kubeconfig, Target, concerns_one_cluster, each_alone, fan_out,
    with_lost,
};
use mesh_common::model::fleet::{left_out, not_compared, without};
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::Streams;
use mesh_common::terminal::flags::ConnectFlags;

use super::apply::make;
use super::observe::{Job, Seen, observe};
use super::order::{Kind, Named, Order};
use super::plan::{Change, Known, Place, done, plan, same_clusters};

/// The contexts as clusters that can be connected to; all that are wrong are reported together.
pub(crate) fn targets(
    kubeconfig: &Kubeconfig,
    connect: &ConnectFlags,
    contexts: &[Option<String>],
) -> Result<Vec<Target>, Error> {
    connect.for_one(contexts.len())?;
    let contexts = contexts.iter();
    Error::gather(contexts.map(|context| kubeconfig.target(&connect.overrides(context.as_deref()))))
}

/// A cluster and what its objects need.
struct Planned<K> {
    seen: Seen<K>,
    changes: Vec<Change<K>>,
}

/// Carries the order out: every cluster is checked before the first write. `remark` says what else is worth a warning about
/// an object, given the start of a kubectl command line for it.
pub(crate) async fn carry_out<K: Kind>(
    order: Order,
    jobs: Vec<Job>,
    remark: impl Fn(&K, &Target) -> Vec<String>,
    connector: &Connector,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let read = interrupt
        .or(async { Ok(observe::<K>(connector, jobs).await) })
        .await?;
    let (seen, mut lost) = each_alone(read)?;
    let seen = one_of_each(seen, streams).map_err(|error| with_lost(error, &mut lost))?;
    for one in &seen {
        for object in one.objects.iter().filter_map(|(_, found)| found.as_ref()) {
            for warning in remark(object, one.cluster.target()) {
                streams.warn(&warning);
            }
        }
    }
    let mut planned = planned(seen, &order).map_err(|error| with_lost(error, &mut lost))?;
    if order.is_rehearsed && order.dry_run.writes() {
        let rehearsed = rehearse(planned, interrupt).await;
        let (good, unfit) = rehearsed.map_err(|error| with_lost(error, &mut lost))?;
        planned = good;
        lost.extend(unfit);
    }
    let results = fan_out(&planned, |planned| write(planned, &order, interrupt)).await;
    let (mut failed, mut broken, mut reached) = (Vec::new(), Vec::new(), false);
    for (lines, result) in results {
        for line in lines {
            streams.data(&line)?;
        }
        match result {
            Ok(()) => reached = true,
            Err(error) if concerns_one_cluster(&error) => broken.push(error),
            Err(error) => failed.push(error),
        }
    }
    if !reached {
        failed.append(&mut lost);
        failed.append(&mut broken);
    }
    for error in &lost {
        streams.warn_of(error, "nothing was changed there");
    }
    for error in &broken {
        streams.warn_of(error, "what was not done there is done by another run");
    }
    match Error::all(failed) {
        Some(error) => Err(error),
        None if lost.is_empty() && broken.is_empty() => Ok(Exit::Fine),
        None => Ok(Exit::Partial),
    }
}

/// Each cluster once, whatever the number of its contexts.
fn one_of_each<K>(seen: Vec<Seen<K>>, streams: &mut Streams) -> Result<Vec<Seen<K>>, Error> {
    let known: Vec<Known<'_>> = seen
        .iter()
        .map(|one| Known {
            context: one.cluster.context(),
            uid: one.uid.seen().and_then(Option::as_deref),
            value: one.value.as_deref(),
        })
        .collect();
    for one in &seen {
        if let Some(reason) = one.uid.reason().filter(|_| seen.len() > 1) {
            streams.warn(&not_compared(one.cluster.context(), reason));
        }
    }
    let doubles = same_clusters(&known)?;
    for (double, first) in &doubles {
        streams.say(&left_out(known[*double].context, known[*first].context));
    }
    Ok(without(&doubles, seen))
}

/// What every object of every cluster needs; all that is in the way is reported together.
fn planned<K: Kind>(seen: Vec<Seen<K>>, order: &Order) -> Result<Vec<Planned<K>>, Error> {
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for one in seen {
        let place = Place {
            context: one.cluster.context(),
            kubectl: one.cluster.target().kubectl(),
        };
        let value = one.value.as_deref();
        let mut changes = Vec::new();
        for (named, found) in &one.objects {
            match plan(order, &place, named, found.as_ref(), value) {
                Ok(change) => changes.push(change),
                Err(error) => wrong.push(error),
            }
        }
        good.push(Planned { seen: one, changes });
    }
    Error::all(wrong).map_or(Ok(good), Err)
}

/// Lets every server check every write, so that what one of them finds wrong is written in none; gives the clusters that may be
/// written to and the errors of those that do not let us.
async fn rehearse<K: Kind>(
    planned: Vec<Planned<K>>,
    interrupt: &Interrupt,
) -> Result<(Vec<Planned<K>>, Vec<Error>), Error> {
    let results = interrupt
        .or(async {
            let rehearsed = fan_out(planned, |planned| async {
                for (named, change) in planned.named_changes() {
                    make(&planned.seen.cluster, named, change, DryRun::Server).await?;
                }
                Ok(planned)
            });
            Ok(rehearsed.await)
        })
        .await?;
    each_alone(results)
}

/// Writes to one cluster; gives a line for each object that is as wanted now, and what stopped it.
async fn write<K: Kind>(
    planned: &Planned<K>,
    order: &Order,
    interrupt: &Interrupt,
) -> (Vec<String>, Result<(), Error>) {
    let cluster = &planned.seen.cluster;
    let mut lines = Vec::new();
    for (named, change) in planned.named_changes() {
        let is_write = !matches!(change, Change::Nothing);
        let made = match interrupt.check() {
            Ok(()) => make(cluster, named, change, order.dry_run).await,
            Err(interrupted) if is_write => Err(interrupted),
            Err(_) => Ok(()),
        };
        if let Err(error) = made {
            return (lines, Err(error));
        }
        let word = done(change, order.mark, planned.seen.value.as_deref());
        let suffix = if is_write { order.dry_run.suffix() } else { "" };
        let told = named.told::<K>(word, cluster.context());
        lines.push(format!("{told}{suffix}\n"));
    }
    (lines, Ok(()))
}

impl<K> Planned<K> {
    fn named_changes(&self) -> impl Iterator<Item = (&Named, &Change<K>)> {
        let names = self.seen.objects.iter().map(|(named, _)| named);
        names.zip(&self.changes)
    }
}
