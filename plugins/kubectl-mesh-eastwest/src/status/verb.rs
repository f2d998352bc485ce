//! The verb from its arguments to its exit code.

use mesh_common::client::{Connector, Interrupt, Kubeconfig};
use mesh_common::model::eastwest::EastWestStatus;
use mesh_common::model::snapshot::{ClusterSnapshot, MeshSnapshot};
use mesh_common::model::{Error, Exit};
use mesh_common::ops::gateway::{Look, ask, observe};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::output::{Format, render};
use mesh_common::terminal::reading::read_contexts;
use mesh_common::terminal::{Environment, Streams};

use super::StatusArgs;
use super::report_lines::Shown;
use crate::cli::SELF;

pub(crate) async fn run(
    arguments: StatusArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let kubeconfig = arguments.connect.load(environment)?;
    let connector = connector(environment, SELF, streams.interactive);
    let read = interrupt
        .or(read(&arguments, &kubeconfig, &connector))
        .await?;
    let mesh = MeshSnapshot::join(environment.now, read)?;
    for note in mesh.notes() {
        streams.say(&note);
    }
    let status = EastWestStatus::judged(&mesh, None);
    drop(mesh);
    let shown = Shown {
        status: &status,
        probes: !arguments.no_probes,
    };
    streams.data(&render(&shown, &arguments.output)?)?;
    let for_people = matches!(arguments.output.format, Format::Table | Format::Wide);
    if for_people && let Some(more) = arguments.contexts.could_be_more(&kubeconfig) {
        streams.say(more);
    }
    Ok(status.exit(status.has_errors()))
}

/// Reads and asks all clusters at once; one that cannot be read does not affect the others.
async fn read(
    arguments: &StatusArgs,
    kubeconfig: &Kubeconfig,
    connector: &Connector,
) -> Result<Vec<(String, Result<ClusterSnapshot, Error>)>, Error> {
    let look = Look {
        namespace: arguments.namespace.resolve(),
        name: None,
        dns: arguments.timeout,
    };
    let probes = (!arguments.no_probes).then_some(arguments.timeout);
    read_contexts(
        kubeconfig,
        &arguments.connect,
        &arguments.contexts,
        |target| async {
            let cluster = connector.connect(target).await?;
            let seen = observe(&cluster, look).await?;
            ask(&cluster, seen, probes).await
        },
    )
    .await
}
