//! `show`: the network and the cluster name that the parts of each cluster use, and where they disagree.

use clap::Args;
use mesh_common::client::{Connector, Interrupt, Kubeconfig};
use mesh_common::model::snapshot::{ClusterSnapshot, MeshSnapshot};
use mesh_common::model::statements::{ClusterLabels, MeshLabels};
use mesh_common::model::{Error, Exit};
use mesh_common::ops::snapshot::{self, Wanted, WantedLabels};
use mesh_common::terminal::flags::{AllContextFlags, NamespaceFlags, connector};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::output::{Format, OutputFlags, Report, Style, render};
use mesh_common::terminal::reading::read_contexts;
use mesh_common::terminal::report_text::{finding, line, wrapped};
use mesh_common::terminal::table::Table;
use mesh_common::terminal::verdict::{Verdict, beside_findings};
use mesh_common::terminal::{Environment, Streams};
use serde::Serialize;

use crate::cli::SELF;

/// Compare the network and cluster name that the parts of each cluster use; drift is marked and exits with 1
///
/// The parts are Istio's namespace, istiod, the injector, gateways with the network label and their pods, ztunnel, and a
/// sample of the pods with a proxy.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # Compare two clusters
  kubectl mesh-label show --context east,west

  # Every cluster of the kubeconfig, for a script
  kubectl mesh-label show --all-contexts -o json

Exit codes: 0 success, 1 drift, 2 error, 3 a cluster was skipped.")]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub contexts: AllContextFlags,
    #[command(flatten)]
    pub output: OutputFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}

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
    let mesh = MeshSnapshot::join(environment.now, read)?;
    for note in mesh.notes() {
        streams.say(&note);
    }
    let labels = MeshLabels::judged(&mesh);
    let shown = Shown {
        labels: &labels,
        namespace: arguments.namespace.resolve(),
    };
    streams.data(&render(&shown, &arguments.output)?)?;
    let for_people = matches!(arguments.output.format, Format::Table | Format::Wide);
    if for_people && let Some(more) = arguments.contexts.could_be_more(&kubeconfig) {
        streams.say(more);
    }
    Ok(labels.exit(labels.drifts()))
}

/// Reads all clusters at once; one that cannot be read does not affect the others.
async fn read(
    arguments: &ShowArgs,
    kubeconfig: &Kubeconfig,
    connector: &Connector,
) -> Result<Vec<(String, Result<ClusterSnapshot, Error>)>, Error> {
    let wanted = Wanted {
        parts: &[&WantedLabels],
        ..Wanted::identity(arguments.namespace.resolve())
    };
    read_contexts(
        kubeconfig,
        &arguments.connect,
        &arguments.contexts,
        |target| async {
            let cluster = connector.connect(target).await?;
            let read = Box::pin(snapshot::read(&cluster, wanted)).await?;
            Ok(read.snapshot)
        },
    )
    .await
}

/// The report as it is shown.
#[derive(Serialize)]
#[serde(transparent)]
struct Shown<'a> {
    labels: &'a MeshLabels,
    /// The namespace in which Istio was looked for.
    #[serde(skip)]
    namespace: &'a str,
}

impl Report for Shown<'_> {
    fn to_text(&self, style: Style) -> String {
        let labels = self.labels;
        let mut text = String::new();
        for item in &labels.items {
            self.write_cluster(item, style, &mut text);
            text.push('\n');
        }
        for lost in &labels.unreached {
            line(&format!("context {}", lost.context), &mut text);
            wrapped("not read", &lost.reason, &mut text);
            text.push('\n');
        }
        self.verdict().write(&mut text);
        text
    }

    fn names(&self) -> Vec<String> {
        let statements = self.labels.items.iter().flat_map(|item| &item.statements);
        statements
            .map(|statement| statement.object.clone())
            .collect()
    }
}

impl Shown<'_> {
    fn verdict(&self) -> Verdict<'_> {
        let labels = self.labels;
        let statements = labels.items.iter().flat_map(|item| &item.statements);
        let drifting = statements.filter(|statement| statement.drift).count();
        let mut without: Vec<String> = labels
            .items
            .iter()
            .filter(|item| is_without_istio(item))
            .map(|item| self.no_istio(&format!(" of context {}", item.context)))
            .collect();
        let drift = match drifting {
            // Where there is no part, none drifts: that says nothing.
            0 if !without.is_empty() && without.len() == labels.items.len() => without.remove(0),
            0 => "no drift".to_owned(),
            1 => "1 part drifts".to_owned(),
            more => format!("{more} parts drift"),
        };
        if labels.items.iter().any(|item| item.is_partial) {
            without.push("some parts were not read".to_owned());
        }
        Verdict {
            read: Some(labels.items.len()),
            unreached: &labels.unreached,
            conclusion: beside_findings(
                &drift,
                labels
                    .items
                    .iter()
                    .flat_map(|item| &item.findings)
                    .map(|found| found.severity),
            ),
            gaps: without,
            ..Verdict::default()
        }
    }

    fn no_istio(&self, place: &str) -> String {
        format!("no Istio found in namespace {}{place}", self.namespace)
    }

    fn write_cluster(&self, item: &ClusterLabels, style: Style, text: &mut String) {
        line(&format!("context {}", item.context), text);
        if let Some(clusters) = &item.control_plane_clusters {
            line(
                &format!("  managed by the control plane of {clusters}"),
                text,
            );
        }
        let mut table = Table::new(["  PART", "NETWORK", "CLUSTER", "OBJECT"], style);
        for statement in &item.statements {
            let sign = if statement.drift { "! " } else { "  " };
            let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            table.row([
                format!("{sign}{}", statement.part.word()),
                or_none(&statement.network),
                or_none(&statement.cluster),
                match statement.more {
                    Some(more) => format!("{} and {more} more", statement.object),
                    None => statement.object.clone(),
                },
            ]);
        }
        text.push_str(&table.to_text());
        if is_without_istio(item) {
            let told = format!("  {} (-n names another one)", self.no_istio(""));
            line(&told, text);
        }
        for skipped in &item.skipped {
            wrapped(
                "skipped",
                &format!("{}: {}", skipped.part, skipped.reason),
                text,
            );
        }
        for found in &item.findings {
            finding(found, style.wide, text);
        }
    }
}

/// Returns whether everything was read, and nothing of Istio is there.
fn is_without_istio(item: &ClusterLabels) -> bool {
    item.statements.is_empty() && !item.is_partial
}
