//! The verb from its arguments to its exit code.

use mesh_common::cluster::{Connector, Kubeconfig};
use mesh_common::mesh::{Error, Exit};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::output::{Format, render};
use mesh_common::terminal::reading::read_contexts;
use mesh_common::terminal::{Environment, Interrupt, Streams};

use super::ShowArgs;
use super::observe::{Seen, observe};
use super::report::{Labels, Unreached};
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
    let (seen, unreached) = each_once(read, streams)?;
    let labels = Labels::new(seen, unreached);
    streams.data(&render(&labels, &arguments.output)?)?;
    let for_people = matches!(arguments.output, Format::Table | Format::Wide);
    let alone = arguments.contexts.contexts.is_empty() && !arguments.all_contexts;
    if for_people && alone && kubeconfig.context_names().count() > 1 {
        streams.say("one context was read; --all-contexts reads every cluster of the kubeconfig");
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
    let named = arguments.contexts.resolve();
    read_contexts(
        kubeconfig,
        &arguments.connect,
        arguments.all_contexts,
        named,
        |target| async { observe(&connector.connect(target).await?, namespace).await },
    )
    .await
}

/// Each cluster once, whatever the number of its contexts, and those that could not be read.
///
/// # Errors
/// None could be read.
fn each_once(
    read: Vec<(String, Result<Seen, Error>)>,
    streams: &mut Streams,
) -> Result<(Vec<Seen>, Vec<Unreached>), Error> {
    let (mut seen, mut unreached, mut lost) = (Vec::<Seen>::new(), Vec::new(), Vec::new());
    for (context, result) in read {
        match result {
            Ok(one) => {
                let same = |other: &&Seen| one.uid.is_some() && other.uid == one.uid;
                if let Some(first) = seen.iter().find(same) {
                    streams.say(&format!(
                        "context {context} is the same cluster as {} and is left out",
                        first.context
                    ));
                } else {
                    seen.push(one);
                }
            }
            Err(error) => {
                unreached.push(Unreached {
                    context,
                    reason: error.in_one_line(),
                });
                lost.push(error);
            }
        }
    }
    match Error::all(lost) {
        Some(error) if seen.is_empty() => Err(error),
        Some(_) | None => Ok((seen, unreached)),
    }
}
