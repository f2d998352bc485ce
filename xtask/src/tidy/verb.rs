//! The verb itself: reads the repository, applies every rule, prints what there is to repair.

use std::process::ExitCode;

use anyhow::{Context as _, Result};

use super::file::{File, Finding};
use super::{borders, catalogue, content, layout, manifests};
use crate::repo;

/// `tidy` takes no arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

const RULES: &[fn(&File) -> Vec<Finding>] = &[
    borders::check,
    borders::real_parts,
    layout::says_what_it_owns,
    layout::declares_only,
    layout::too_long,
    content::machine_paths,
    content::registry_hosts,
    content::credentials,
    content::too_large,
    content::trailing_blanks,
    content::left_open,
    content::printed_commands,
];

/// Prints one line per finding on stdout; code 1 where there is one.
pub(crate) fn run(_: &Args) -> Result<ExitCode> {
    let files = read()?;
    let mut findings = manifests::check(&files);
    findings.extend(catalogue::check(&files));
    findings.extend(
        files
            .iter()
            .flat_map(|file| RULES.iter().flat_map(move |rule| rule(file))),
    );
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    for long in files.iter().filter_map(layout::long) {
        eprintln!("note: {long}; would a newcomer know what it owns?");
    }
    eprintln!("tidy: {} files, {} to repair", files.len(), findings.len());
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}

/// Every file of the repository, with bytes that are no text as replacement characters.
fn read() -> Result<Vec<File>> {
    let read = |path: String| {
        let bytes = std::fs::read(repo::root().join(&path))
            .with_context(|| format!("cannot read {path}"))?;
        Ok(File {
            text: String::from_utf8_lossy(&bytes).into_owned(),
            path,
        })
    };
    repo::files()?.into_iter().map(read).collect()
}
