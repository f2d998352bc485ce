//! The verb from its arguments to its exit code.

use mesh_common::cluster::fan_out;
use mesh_common::mesh::error::Kind;
use mesh_common::mesh::{Error, Exit};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::report_text::counted;
use mesh_common::terminal::{Environment, Interrupt, Streams};

use super::apply;
use super::args::DeleteArgs;
use super::names::Name;
use super::observe::{Seen, observe};
use super::plan::{Doomed, Order, own_name, plan};
use super::report::{goes, went};
use crate::cli::SELF;

pub(crate) async fn run(
    arguments: DeleteArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let names = Name::all(&arguments.names)?;
    let kubeconfig = arguments.connect.load(environment)?;
    let connector = connector(environment, SELF, streams.interactive);
    let seen = interrupt
        .or(observe(&arguments, &names, &kubeconfig, &connector))
        .await?;
    let order = Order {
        names: &names,
        namespace: arguments.namespace.resolve(),
        ignore_not_found: arguments.ignore_not_found,
        is_partial: !seen.lost.is_empty(),
    };
    let plan = plan(&order, &seen.places)?;
    for note in &plan.notes {
        streams.say(note);
    }
    agree(&plan.doomed, &seen, &arguments, interrupt, streams).await?;
    let tally = delete(&plan.doomed, &seen, &arguments, interrupt, streams).await?;
    tally.end(seen.lost, streams)
}

/// Says what would go, and returns once that was agreed to.
async fn agree(
    doomed: &[Doomed<'_>],
    seen: &Seen,
    arguments: &DeleteArgs,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<(), Error> {
    if doomed.is_empty() || arguments.confirm.yes || !arguments.dry_run.resolve().writes() {
        return Ok(());
    }
    for one in doomed {
        streams.say(&goes(one.secret, &seen.places[one.place].context));
    }
    let deed = format!("delete {}", counted(doomed.len(), "remote secret"));
    arguments.confirm.agree(&deed, interrupt, streams).await
}

/// What came of the deletions.
#[derive(Default)]
struct Tally {
    done: bool,
    failed: Vec<Error>,
    /// Requests that may have arrived though the answer did not.
    unsure: Vec<Error>,
}

/// Deletes all of them at once; one that fails costs only itself.
async fn delete(
    doomed: &[Doomed<'_>],
    seen: &Seen,
    arguments: &DeleteArgs,
    interrupt: &Interrupt,
    streams: &Streams,
) -> Result<Tally, Error> {
    let dry_run = arguments.dry_run.resolve();
    let results = fan_out(doomed, |one| async move {
        interrupt.check()?;
        apply::delete(&seen.clusters[one.place], one.secret, dry_run).await
    })
    .await;
    let nothing_to_do = doomed.is_empty() && arguments.ignore_not_found;
    let (mut tally, mut interrupted) = (
        Tally {
            done: nothing_to_do,
            ..Tally::default()
        },
        None,
    );
    for (one, result) in doomed.iter().zip(results) {
        let context = &seen.places[one.place].context;
        match result {
            Ok(true) => {
                tally.done = true;
                streams.data(&went(
                    one.secret,
                    context,
                    dry_run.suffix(),
                    arguments.output,
                ))?;
            }
            Ok(false) => {
                tally.done = true;
                let name = own_name(one.secret);
                streams.say(&format!(
                    "secret {name} was gone from context {context} already"
                ));
            }
            Err(error) if error.kind() == Kind::Unreachable => tally.unsure.push(error),
            // One Ctrl-C stops all that was to come.
            Err(error) if error.kind() == Kind::Interrupted => interrupted = Some(error),
            Err(error) => tally.failed.push(error),
        }
    }
    tally.failed.extend(interrupted);
    Ok(tally)
}

impl Tally {
    /// The exit code; `lost` are the holders that were not read.
    fn end(mut self, mut lost: Vec<Error>, streams: &Streams) -> Result<Exit, Error> {
        if !self.done {
            self.failed.append(&mut lost);
            self.failed.append(&mut self.unsure);
        }
        for error in &lost {
            streams.warn(&format!("{}; what it holds stays", error.in_one_line()));
        }
        for error in &self.unsure {
            streams.warn(&format!(
                "{}; whether the secret is gone there is not known, so run this again",
                error.in_one_line()
            ));
        }
        match Error::all(self.failed) {
            Some(error) => Err(error),
            None if lost.is_empty() && self.unsure.is_empty() => Ok(Exit::Fine),
            None => Ok(Exit::Partial),
        }
    }
}
