//! The verb from its arguments to its exit code.

use mesh_common::client::{Connector, Interrupt, Kubeconfig};
use mesh_common::model::fleet::each_once;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::output::{Format, render};
use mesh_common::terminal::reading::read_contexts;
use mesh_common::terminal::{Environment, Streams};

use super::ShowArgs;
use super::observe::{Seen, observe};
use super::report::Labels;
use crate::cli::SELF;

pub(crate) async fn run(
    arguments: ShowArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let kubeconfig = arguments.connect.load(environment)?;
    let connector = connector(environment, SELF, streams.interactive);
    let read = interrupt
        .or(read(&arguments, &kubeconfig, &connector))
        .await?;
    let once = each_once(read, |seen: &Seen| seen.uid.as_deref())?;
    for note in &once.notes {
        streams.say(note);
    }
    let labels = Labels::new(once);
    streams.data(&render(&labels, &arguments.output)?)?;
    let for_people = matches!(arguments.output.format, Format::Table | Format::Wide);
    if for_people && let Some(more) = arguments.contexts.could_be_more(&kubeconfig) {
        streams.say(more);
    }
    let drift = if labels.drifts() {
        Exit::Findings
    } else {
        Exit::Fine
    };
    let reach = if labels.unreached.is_empty() {
        Exit::Fine
    } else {
        Exit::Partial
    };
    Ok(drift.worse(reach))
}

/// Reads all clusters at once; one that cannot be read costs only itself.
async fn read(
    arguments: &ShowArgs,
    kubeconfig: &Kubeconfig,
    connector: &Connector,
) -> Result<Vec<(String, Result<Seen, Error>)>, Error> {
    let namespace = arguments.namespace.resolve();
    read_contexts(
        kubeconfig,
        &arguments.connect,
        &arguments.contexts,
        |target| async { Box::pin(observe(&connector.connect(target).await?, namespace)).await },
    )
    .await
}
