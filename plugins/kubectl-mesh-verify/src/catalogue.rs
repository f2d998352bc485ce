//! `checks`: all checks, with their usual severity; or the rights that they need.

use clap::Args;
use mesh_common::model::finding::{CheckId, Severity};
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::Streams;
use mesh_common::terminal::flags::NamespaceFlags;
use mesh_common::terminal::output::{OutputFlags, Report, Style, render};
use mesh_common::terminal::table::Table;
use serde::Serialize;

use crate::rights::Rights;

/// List all checks, by group, with their usual severity
///
/// With --rights the rights that reading a cluster needs are printed instead: a ClusterRole, and a Role for what only Istio's namespace
/// has. What is lost without a rule stands beside it: checks that need it are skipped, and the others are made.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # All checks, with their titles
  kubectl mesh-verify checks -o wide

  # Let user anna verify this cluster
  kubectl mesh-verify checks --rights | kubectl apply -f -
  kubectl create clusterrolebinding mesh-verify-anna --clusterrole kubectl-mesh-verify --user anna
  kubectl create rolebinding mesh-verify-anna -n istio-system --role kubectl-mesh-verify --user anna")]
pub(crate) struct ChecksArgs {
    /// Print the roles with which a cluster can be verified, and what is lost without each rule
    #[arg(long)]
    pub rights: bool,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub output: OutputFlags,
}

#[derive(Serialize)]
struct Entry {
    id: CheckId,
    severity: Severity,
    group: &'static str,
    title: &'static str,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Catalogue(Vec<Entry>);

pub(crate) fn run(arguments: &ChecksArgs, streams: &mut Streams) -> Result<Exit, Error> {
    if arguments.rights {
        let rights = Rights(arguments.namespace.resolve());
        streams.data(&render(&rights, &arguments.output)?)?;
        return Ok(Exit::Fine);
    }
    if arguments.namespace.named().is_some() {
        return Err(Error::usage("only the rights depend on a namespace").hint("add --rights"));
    }
    let entries = CheckId::ALL.iter().map(|check| Entry {
        id: *check,
        severity: check.severity(),
        group: check.group().heading(),
        title: check.title(),
    });
    streams.data(&render(&Catalogue(entries.collect()), &arguments.output)?)?;
    Ok(Exit::Fine)
}

impl Report for Catalogue {
    fn to_text(&self, style: Style) -> String {
        let heads: &[&str] = if style.wide {
            &["ID", "SEVERITY", "GROUP", "TITLE"]
        } else {
            &["ID", "SEVERITY", "GROUP"]
        };
        let mut table = Table::new(heads.iter().copied(), style);
        for entry in &self.0 {
            let mut row = vec![
                entry.id.to_string(),
                entry.severity.word().to_owned(),
                entry.group.to_owned(),
            ];
            if style.wide {
                row.push(entry.title.to_owned());
            }
            table.row(row);
        }
        table.to_text()
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|entry| entry.id.to_string()).collect()
    }
}
