//! `checks`: all checks, with their usual severity.

use clap::Args;
use mesh_common::model::finding::{CheckId, Severity};
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::Streams;
use mesh_common::terminal::output::{OutputFlags, Report, Style, render};
use mesh_common::terminal::table::Table;
use serde::Serialize;

/// List all checks, by group, with their usual severity
#[derive(Debug, Clone, Args)]
pub(crate) struct ChecksArgs {
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
