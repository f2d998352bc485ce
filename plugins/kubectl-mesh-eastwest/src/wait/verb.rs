//! The verb from its arguments to its exit code.

use mesh_common::client::Interrupt;
use mesh_common::model::{Error, Exit};
use mesh_common::ops::gateway::AddressWait;
use mesh_common::terminal::flags::{connector, given};
use mesh_common::terminal::output::Format;
use mesh_common::terminal::reading::read_contexts;
use mesh_common::terminal::{Environment, Streams};

use super::{WaitArgs, show};
use crate::cli::SELF;

pub(crate) async fn run(
    arguments: WaitArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let kubeconfig = arguments.connect.load(environment)?;
    let connector = connector(environment, SELF, streams.interactive);
    let name = given(arguments.name.as_deref());
    let wait = AddressWait {
        namespace: arguments.namespace.resolve(),
        name: name.as_deref(),
        limit: arguments.timeout,
        probes: !arguments.no_probes,
    };
    let waiting = read_contexts(
        &kubeconfig,
        &arguments.connect,
        &arguments.contexts,
        |target| async {
            let cluster = connector.connect(target).await?;
            wait.wait(&cluster, streams).await
        },
    );
    let waited = interrupt.or(waiting).await?;
    let shown = show(wait, waited, &arguments.output, environment, streams);
    let for_people = matches!(arguments.output.format, Format::Table | Format::Wide);
    if for_people
        && shown.is_ok()
        && let Some(more) = arguments.contexts.could_be_more(&kubeconfig)
    {
        streams.say(more);
    }
    shown
}
