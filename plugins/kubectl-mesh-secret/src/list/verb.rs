//! The verb from its arguments to its exit code.

use mesh_common::client::Interrupt;
use mesh_common::model::fleet::each_once;
use mesh_common::model::meant_for::Member;
use mesh_common::model::secret::{InspectOptions, MatrixInput, cells, missing};
use mesh_common::model::snapshot::ClusterSnapshot;
use mesh_common::model::{Error, Exit};
use mesh_common::ops::secret::remote::RemoteClusters;
use mesh_common::ops::snapshot::{self, Wanted, WantedSecrets};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::output::{Format, render};
use mesh_common::terminal::reading::read_contexts;
use mesh_common::terminal::{Environment, Streams};

use super::ListArgs;
use super::report::Matrix;
use super::skipped::skipped;
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
        secrets: WantedSecrets::Everywhere,
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
    let members = contexts.members(members(&read));
    let once = each_once(read, ClusterSnapshot::uid)?;
    for note in &once.notes {
        streams.say(note);
    }
    let input = MatrixInput {
        contexts,
        members: &members,
        namespace,
        options: InspectOptions {
            now: environment.now,
            reveal: false,
            allow_loopback: arguments.allow_loopback,
        },
    };
    let skipped = once.read.iter().flat_map(|(_, holder)| skipped(holder));
    let skipped = skipped.collect();
    let mut holders = once.read;
    let mut items: Vec<_> = holders
        .iter_mut()
        .flat_map(|(_, holder)| cells(holder, &input))
        .collect();
    let connected_only = arguments.contexts.all_contexts;
    items.extend(missing(&holders, &items, &input, connected_only));
    let matrix = Matrix::new(items, skipped, once.unreached);
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

/// Returns the cluster behind each context, those included that are read through another context already.
fn members(read: &[(String, Result<ClusterSnapshot, Error>)]) -> Vec<Member> {
    let read = read.iter().filter_map(|(_, holder)| holder.as_ref().ok());
    read.map(ClusterSnapshot::member).collect()
}
