//! The verb from its arguments to its exit code.

use mesh_common::client::{Interrupt, with_lost};
use mesh_common::model::{Error, Exit};
use mesh_common::ops::Job;
use mesh_common::ops::change::Outcome;
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
        skipped,
        is_some_not_due,
    } = rotations(&registry, &selected, &entries.tokens, interrupt).await?;
    let mut outcome = Outcome::default();
    outcome.skip(skipped, "it is left as it is");
    if due.is_empty() {
        if is_some_not_due || outcome.is_clean() {
            outcome.done();
            job.note("no token is due")?;
        }
        outcome.skip(state.take_lost(), NOT_READ);
        return outcome.end(&job);
    }
    let refused = due.iter().filter(|_| !request.force_conflicts);
    let refused = refused.flat_map(|rotation| conflicts(rotation, &state.clusters));
    if let Some(error) = Error::all(refused) {
        outcome.skip(state.take_lost(), NOT_READ);
        return Err(outcome.stopped_by(error));
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
    let mut exit = Exit::Fine;
    // One after the other: an istiod's counter does not say which secret it has heard of.
    for planned in &plan {
        let one = if request.dry_run.writes() {
            Box::pin(rotate(work, planned, &mut outcome)).await?
        } else {
            outcome.done();
            dry_run(planned, request.dry_run, &state, job.events)?
        };
        exit = exit.worse(one);
        if outcome.is_interrupted() {
            break;
        }
    }
    // Where a token may have other holders, that was said with it.
    if plan.iter().all(|one| one.rotation.is_for_one_holder()) {
        outcome.skip(state.take_lost(), NOT_READ);
    }
    Ok(outcome.end(&job)?.worse(exit))
}

/// The meaning of a holder that could not be read.
const NOT_READ: &str = "the remote secrets there are not rotated";

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

impl RotationState {
    /// Takes out why holders could not be read.
    fn take_lost(&mut self) -> Vec<Error> {
        let unread = std::mem::take(&mut self.unread).into_iter();
        let lost = unread.filter(|one| one.is_writable);
        lost.map(|one| one.error).collect()
    }
}
