//! The verb from its arguments to its exit code.

use mesh_common::client::{Interrupt, with_lost};
use mesh_common::model::event::Event;
use mesh_common::model::{Error, Exit};
use mesh_common::ops::Job;
use mesh_common::ops::secret::presenter::Presenter;
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::{Environment, Streams};

use super::args::RotateArgs;
use super::chain::{Entries, Registry, Rotations, conflicts, is_server_given, rotations};
use super::model::{Request, RotationState};
use super::observe::observe;
use super::resolve::{Contexts, possible_remotes, resolve};
use super::steps::{Planned, Work, dry_run, rotate};
use crate::cli::SELF;

pub(crate) async fn run(
    arguments: RotateArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    arguments.entry.refuse()?;
    let kubeconfig = arguments.connect.load(environment)?;
    let (request, contexts) = resolve(&arguments, &kubeconfig)?;
    let connector = connector(environment, SELF, streams.interactive);
    let job = Job {
        connector: &connector,
        interrupt,
        events: streams,
        applied_by: SELF,
        now: environment.now,
    };
    let mut state = read(contexts, &request, job).await?;
    let entries = Entries::new(&state.clusters);
    let selected = match entries.select(&request.selection, &state.clusters) {
        Ok(selected) => selected,
        // What was named may be in a cluster that could not be read.
        Err(error) => return Err(with_lost(error, &mut state.take_lost())),
    };
    let presenter = Presenter::new(&connector);
    let registry = Registry::new(&state, &request, &presenter, environment.now);
    let Rotations {
        due,
        mut skipped,
        is_some_not_due,
    } = rotations(&registry, &selected, &entries.tokens, interrupt).await?;
    if due.is_empty() && !skipped.is_empty() && !is_some_not_due {
        skipped.extend(state.take_lost());
        return Error::all(skipped).map_or(Ok(Exit::Fine), Err);
    }
    let mut exit = warn_of_skipped(&skipped, job)?;
    if due.is_empty() {
        job.note("no token is due")?;
        return Ok(exit.worse(warn_of_lost(&state, job)?));
    }
    let refused = due.iter().filter(|_| !request.force_conflicts);
    let refused = refused.flat_map(|rotation| conflicts(rotation, &state.clusters));
    if let Some(error) = Error::all(refused) {
        return Err(with_lost(error, &mut state.take_lost()));
    }

    let plan = due.into_iter();
    let plan: Vec<Planned> = plan
        .map(|rotation| Planned::new(rotation, &state, &request.namespace))
        .collect();
    let work = Work {
        job,
        request: &request,
        state: &state,
        registry: &registry,
    };
    let mut failed = Vec::new();
    // One after the other: an istiod's counter does not say which secret it has heard of.
    for planned in &plan {
        if !request.dry_run.writes() {
            exit = exit.worse(dry_run(planned, request.dry_run, &state, job.events)?);
            continue;
        }
        match Box::pin(rotate(work, planned)).await {
            Ok(one) => exit = exit.worse(one),
            Err(error) => {
                let stops = error.exit() == Exit::Interrupted;
                failed.push(error);
                if stops {
                    break;
                }
            }
        }
    }
    // Where a token may have other holders, that was said with it.
    if plan.iter().all(|one| one.rotation.is_for_one_holder()) {
        exit = exit.worse(warn_of_lost(&state, job)?);
    }
    Error::all(failed).map_or(Ok(exit), Err)
}

/// Reads the clusters that may hold secrets, and the remote clusters of these.
///
/// # Errors
/// Ctrl-C, and what kept every holder from being read.
async fn read(contexts: Contexts, request: &Request, job: Job<'_>) -> Result<RotationState, Error> {
    let Contexts { holders, others } = contexts;
    let reading = async { Ok(observe(holders, &request.namespace, job.connector).await) };
    let mut state = job.interrupt.or(reading).await?;
    let remotes = possible_remotes(others, request.remote_context.as_deref(), |server| {
        is_server_given(server, &state.clusters)
    });
    let reading = async { Ok(observe(remotes, &request.namespace, job.connector).await) };
    state.add(job.interrupt.or(reading).await?);
    for note in &state.duplicates {
        job.note(note)?;
    }
    for line in &state.not_compared {
        job.warn(line)?;
    }
    if state.clusters.iter().any(|cluster| cluster.is_writable) {
        return Ok(state);
    }
    let lost = Error::all(state.take_lost());
    Err(lost.unwrap_or_else(|| Error::usage("the kubeconfig has no context")))
}

/// Tells which tokens are left as they are, while others are replaced.
fn warn_of_skipped(skipped: &[Error], job: Job<'_>) -> Result<Exit, Error> {
    for error in skipped {
        job.warn_of(error, "it is left as it is")?;
    }
    Ok(if skipped.is_empty() {
        Exit::Fine
    } else {
        Exit::Partial
    })
}

/// Tells which holders could not be read.
fn warn_of_lost(state: &RotationState, job: Job<'_>) -> Result<Exit, Error> {
    let mut exit = Exit::Fine;
    for one in state.unread.iter().filter(|one| one.is_writable) {
        let text = format!(
            "{}; the remote secrets there are not rotated",
            one.error.in_one_line()
        );
        job.events.tell(Event::warning(text))?;
        exit = Exit::Partial;
    }
    Ok(exit)
}

impl RotationState {
    /// Takes out why holders could not be read.
    fn take_lost(&mut self) -> Vec<Error> {
        let unread = std::mem::take(&mut self.unread).into_iter();
        let lost = unread.filter(|one| one.is_writable);
        lost.map(|one| one.error).collect()
    }
}
