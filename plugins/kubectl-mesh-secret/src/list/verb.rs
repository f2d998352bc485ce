//! The verb from its arguments to its exit code.

use mesh_common::client::Interrupt;
use mesh_common::model::fleet::each_once;
use mesh_common::model::meant_for::Member;
use mesh_common::model::secret::{HolderSecrets, InspectOptions, MatrixInput, cells, missing};
use mesh_common::model::{Error, Exit};
use mesh_common::ops::secret::remote::RemoteClusters;
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::output::{Format, render};
use mesh_common::terminal::reading::read_contexts;
use mesh_common::terminal::{Environment, Streams};

use super::ListArgs;
use super::observe::{Holder, observe};
use super::report::{Matrix, Skipped};
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
    let read = interrupt
        .or(read_contexts(
            &kubeconfig,
            &arguments.connect,
            &arguments.contexts,
            |target| async { observe(&connector.connect(target).await?, namespace).await },
        ))
        .await?;
    let members = contexts.members(members(&read));
    let once = each_once(read, |holder| holder.secrets.member.uid.as_deref())?;
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
    let skipped = skipped(&once.read);
    let read = once.read.into_iter();
    let mut holders: Vec<(String, HolderSecrets)> = read
        .map(|(context, holder)| (context, holder.secrets))
        .collect();
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
    Ok(exit(&matrix, &arguments))
}

/// The cluster behind each context, those included that are another's double.
fn members(read: &[(String, Result<Holder, Error>)]) -> Vec<Member> {
    let read = read.iter().filter_map(|(_, holder)| holder.as_ref().ok());
    read.map(|holder| holder.secrets.member.clone()).collect()
}

fn skipped(read: &[(String, Holder)]) -> Vec<Skipped> {
    let skipped = read.iter().flat_map(|(context, holder)| {
        holder.skipped.iter().map(|(check, reason)| Skipped {
            context: context.clone(),
            check: *check,
            reason: reason.clone(),
        })
    });
    skipped.collect()
}

fn exit(matrix: &Matrix, arguments: &ListArgs) -> Exit {
    let found = matrix
        .findings()
        .any(|finding| arguments.fail_on.counts(finding.severity));
    let findings = if found { Exit::Findings } else { Exit::Fine };
    let reached = if matrix.unreached.is_empty() {
        Exit::Fine
    } else {
        Exit::Partial
    };
    findings.worse(reached)
}
