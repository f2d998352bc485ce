//! The verb from its arguments to its exit code.

use mesh_common::client::Interrupt;
use mesh_common::model::secret::{MatrixOptions, SecretMatrix};
use mesh_common::model::snapshot::MeshSnapshot;
use mesh_common::model::{Error, Exit};
use mesh_common::ops::secret::remote::RemoteClusters;
use mesh_common::ops::snapshot::{self, Wanted, WantedSecrets};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::output::{Format, render};
use mesh_common::terminal::reading::read_contexts;
use mesh_common::terminal::{Environment, Streams};

use super::ListArgs;
use super::report::Matrix;
use crate::cli::SELF;

pub(crate) async fn run(
    arguments: ListArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let connector = connector(environment, SELF, streams.interactive);
    let kubeconfig = arguments.connect.load(environment)?;
    let namespace = arguments.namespace.resolve();
    let overrides = |context: &str| arguments.connect.holder_overrides(context);
    let remotes = RemoteClusters::new(Some(&kubeconfig), overrides, None, namespace)?;
    let contexts = remotes.contexts();
    let wanted = Wanted {
        secrets: Some(&WantedSecrets::Everywhere),
        ..Wanted::identity(namespace)
    };
    let read = interrupt
        .or(read_contexts(
            &kubeconfig,
            &arguments.connect,
            &arguments.contexts,
            |target| async {
                let cluster = connector.connect(target).await?;
                Ok(snapshot::read(&cluster, wanted).await?.snapshot)
            },
        ))
        .await?;
    let mesh = MeshSnapshot::join(environment.now, read)?;
    for note in mesh.notes() {
        streams.say(&note);
    }
    let options = MatrixOptions {
        namespace,
        allow_loopback: arguments.allow_loopback,
        connected_only: arguments.contexts.all_contexts,
    };
    let matrix = Matrix {
        read: mesh.clusters.len(),
        report: SecretMatrix::judged(mesh, contexts, options),
    };
    streams.data(&render(&matrix, &arguments.output)?)?;
    if matches!(arguments.output.format, Format::Table | Format::Wide) {
        if matrix.items.is_empty() && matrix.unreached.is_empty() {
            streams.say(&format!("no remote secret in namespace {namespace}"));
        }
        if let Some(more) = arguments.contexts.could_be_more(&kubeconfig) {
            streams.say(more);
        }
    }
    let mut findings = matrix.findings();
    let found = findings.any(|finding| arguments.fail_on.counts(finding.severity));
    Ok(matrix.exit(found))
}
