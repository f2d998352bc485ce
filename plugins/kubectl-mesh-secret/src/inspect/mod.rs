//! `inspect`: what remote secrets hold, what istiod would refuse of it, and whether it works.
//!
//! Observe (a file, a pipe or clusters), check (pure), probe where asked, report.

mod args;
mod checks;
mod observe;
mod probe;
mod report;
mod report_text;
mod rights;
mod sources;

pub(crate) use args::InspectArgs;

use mesh_common::mesh::{Error, Exit};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::output::{Format, render};
use mesh_common::terminal::{Environment, Interrupt, Streams};

use self::report::{Inspection, SecretReport};
use crate::cli::SELF;

pub(crate) async fn run(
    arguments: InspectArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let connector = connector(environment, SELF, streams.interactive);
    let seen = interrupt
        .or(observe::observe(&arguments, environment, &connector))
        .await?;
    for note in &seen.notes {
        streams.say(note);
    }
    let mut items: Vec<SecretReport> = seen
        .held
        .iter()
        .map(|held| checks::check(held, environment.now, arguments.reveal))
        .collect();
    if arguments.probe {
        let sources = sources::Sources::load(&arguments, environment, streams)?;
        interrupt
            .or(Box::pin(probe::probe(
                &seen.held, &mut items, &sources, &connector,
            )))
            .await?;
    }
    let inspection = Inspection::new(items, seen.unreached);
    streams.data(&render(&inspection, &arguments.output)?)?;
    if inspection.items.is_empty() && matches!(arguments.output, Format::Table | Format::Wide) {
        streams.say(&seen.nothing);
    }
    if seen.could_be_more && matches!(arguments.output, Format::Table | Format::Wide) {
        streams.say("one context was read; --all-contexts reads every cluster of the kubeconfig");
    }
    let found = inspection
        .findings()
        .any(|finding| arguments.fail_on.counts(finding.severity));
    let reached = if inspection.unreached.is_empty() {
        Exit::Fine
    } else {
        Exit::Partial
    };
    Ok(if found {
        Exit::Findings.worse(reached)
    } else {
        reached
    })
}
