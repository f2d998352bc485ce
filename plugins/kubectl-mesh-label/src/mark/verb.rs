//! An order from the clusters it names to the exit code: observe, plan for all of them, write, say what was done.

use mesh_common::cluster::{Connector, DryRun, Kubeconfig, Target, fan_out};
use mesh_common::mesh::error::Kind as ErrorKind;
use mesh_common::mesh::{Error, Exit};
use mesh_common::terminal::flags::ConnectFlags;
use mesh_common::terminal::reading::{left_out, without};
use mesh_common::terminal::{Interrupt, Streams};

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
    let (seen, mut lost) = reached(read, &order)?;
    let seen = one_of_each(seen, streams)?;
    for one in &seen {
        for object in one.objects.iter().filter_map(|(_, found)| found.as_ref()) {
            for warning in remark(object, one.cluster.target()) {
                streams.warn(&warning);
            }
        }
    }
    let planned = planned(seen, &order)?;
    if order.all_or_none && order.dry_run.writes() {
        rehearse(&planned, interrupt).await?;
    }
    let results = fan_out(&planned, |planned| write(planned, &order, interrupt)).await;
    let (mut failed, mut reached) = (Vec::new(), false);
    for (lines, result) in results {
        for line in lines {
            streams.data(&line)?;
        }
        match result {
            Ok(()) => reached = true,
            Err(error) if error.kind() == ErrorKind::Unreachable && !order.all_or_none => {
                lost.push(error);
            }
            Err(error) => failed.push(error),
        }
    }
    if !reached {
        failed.append(&mut lost);
    }
    for error in &lost {
        streams.warn(&format!(
            "{}; nothing was changed there",
            error.in_one_line()
        ));
    }
    match Error::all(failed) {
        Some(error) => Err(error),
        None if lost.is_empty() => Ok(Exit::Fine),
        None => Ok(Exit::Partial),
    }
}

/// The clusters that could be read, and the errors of those that are not there; those cost only themselves, unless it
/// is to happen everywhere.
fn reached<K>(
    read: Vec<Result<Seen<K>, Error>>,
    order: &Order,
) -> Result<(Vec<Seen<K>>, Vec<Error>), Error> {
    let (mut seen, mut lost, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for result in read {
        match result {
            Ok(one) => seen.push(one),
            Err(error) if error.kind() == ErrorKind::Unreachable && !order.all_or_none => {
                lost.push(error);
            }
            Err(error) => wrong.push(error),
        }
    }
    if seen.is_empty() {
        wrong.append(&mut lost);
    }
    Error::all(wrong).map_or(Ok((seen, lost)), Err)
}

/// Each cluster once, whatever the number of its contexts.
fn one_of_each<K>(seen: Vec<Seen<K>>, streams: &mut Streams) -> Result<Vec<Seen<K>>, Error> {
    let known: Vec<Known<'_>> = seen
        .iter()
        .map(|one| Known {
            context: one.cluster.context(),
            uid: one.uid.as_deref(),
            value: one.value.as_deref(),
        })
        .collect();
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

/// Lets every server check every write, so that what one of them refuses is written in none.
async fn rehearse<K: Kind>(planned: &[Planned<K>], interrupt: &Interrupt) -> Result<(), Error> {
    let results = interrupt
        .or(async {
            let rehearsed = fan_out(planned, |planned| async {
                for (named, change) in planned.named_changes() {
                    make(&planned.seen.cluster, named, change, DryRun::Server).await?;
                }
                Ok(())
            });
            Ok(rehearsed.await)
        })
        .await?;
    Error::all(results.into_iter().filter_map(Result::err)).map_or(Ok(()), Err)
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
