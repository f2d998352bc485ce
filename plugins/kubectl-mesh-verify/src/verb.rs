//! The verification from its arguments to its exit code.

use mesh_common::client::Interrupt;
use mesh_common::model::verify::{MeshVerification, Selection, verify};
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::output::{OutputFlags, render};
use mesh_common::terminal::progress::Progress;
use mesh_common::terminal::{Environment, Streams};

use crate::args::VerifyArgs;
use crate::format::Format;
use crate::observe::{Observed, from_snapshot, observe, others_note};
use crate::report_lines::Shown;
use crate::report_short::short;
use crate::snapshot_file;

pub(crate) async fn run(
    arguments: VerifyArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let Observed {
        mut read,
        not_read,
        note,
    } = if let Some(file) = &arguments.from {
        from_snapshot(snapshot_file::read(file)?)
    } else {
        let progress = Progress::new(streams, arguments.output.is_for_people());
        let interactive = streams.interactive;
        let reading = observe(&arguments.read, environment, interactive, &progress);
        let reading = interrupt.or(Box::pin(reading));
        progress.during(reading).await?
    };
    read.mesh.asked.allow_loopback |= arguments.read.allow_loopback;
    let selection = Selection {
        only: arguments.only.clone(),
        skip: arguments.skip.clone(),
        deny: arguments.deny.clone(),
        no_ignore: arguments.no_ignore,
        no_fold: arguments.no_fold,
    };
    let verification = verify(read.mesh, &selection);
    for pattern in &verification.without_effect {
        streams.warn(&format!("{pattern} fits no finding"));
    }
    for unknown in &verification.unknown_ignores {
        streams.warn(unknown);
    }
    let shown = match &arguments.output {
        Format::Short => short(&verification),
        Format::Report(format) => {
            let output = OutputFlags {
                format: format.clone(),
                no_headers: arguments.no_headers,
            };
            render(&Shown(&verification), &output)?
        }
    };
    streams.data(&shown)?;
    let notes = note.into_iter().chain(others_note(not_read, "verified"));
    for note in notes.filter(|_| arguments.output.is_for_people()) {
        streams.say(&note);
    }
    match Error::all(read.lost) {
        Some(error) if !verification.clusters.iter().any(|one| one.reached) => Err(error),
        Some(_) | None => Ok(exit(&verification, &arguments, &selection)),
    }
}

fn exit(verification: &MeshVerification, arguments: &VerifyArgs, selection: &Selection) -> Exit {
    let mut findings = verification.findings.iter().map(|one| &one.finding);
    let found = findings.any(|one| arguments.fail_on.counts(one.severity) || selection.denies(one));
    let found = if found { Exit::Findings } else { Exit::Fine };
    let mut clusters = verification.clusters.iter();
    let reached = if clusters.all(|one| one.reached) {
        Exit::Fine
    } else {
        Exit::Partial
    };
    found.worse(reached)
}
