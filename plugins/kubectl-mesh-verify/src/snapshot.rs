//! `snapshot`: reads and tests the mesh as the verification does, and writes that into a file.

use std::path::PathBuf;

use clap::Args;
use mesh_common::client::Interrupt;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::progress::Progress;
use mesh_common::terminal::{Environment, Streams};

use crate::args::ReadFlags;
use crate::input_file::is_standard;
use crate::observe::{observe, others_note};
use crate::snapshot_file;

/// Write everything that a verification reads into a file, to verify it later or elsewhere
///
/// The clusters are read and tested as kubectl mesh-verify does. The file holds no token, key or password: credentials are
/// replaced by marks, which only show where two secrets have the same one. It does hold names and addresses of the clusters.
/// kubectl mesh-verify --from FILE gives the report of that moment, and connects to nothing.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # Two clusters as they are now
  kubectl mesh-verify snapshot mesh.json --context east,west

  # Verify them again later, without access to them
  kubectl mesh-verify --from mesh.json

  # Through a pipe
  kubectl mesh-verify snapshot - --context east,west | gzip > mesh.json.gz

Exit codes: 0 success, 2 error and nothing is written, 3 a cluster was not read, 130 Ctrl-C.")]
pub(crate) struct SnapshotArgs {
    /// The file to write; - is standard output
    #[arg(value_name = "FILE", default_value = "-")]
    pub file: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub overwrite: bool,
    #[command(flatten)]
    pub read: ReadFlags,
}

pub(crate) async fn run(
    arguments: SnapshotArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let file = arguments.file.as_path();
    let is_file = !is_standard(file);
    if is_file {
        snapshot_file::check(file, arguments.overwrite)?;
    }
    let progress = Progress::new(streams, true);
    let interactive = streams.interactive;
    let reading = observe(&arguments.read, environment, interactive, &progress);
    let observed = progress.during(interrupt.or(Box::pin(reading))).await?;
    let read = observed.read;
    let clusters = read.mesh.clusters.len();
    if clusters == 0 {
        let nothing = || Error::refused("no cluster was read");
        return Err(Error::all(read.lost).unwrap_or_else(nothing));
    }
    let text = read.mesh.to_json()?;
    if is_file {
        snapshot_file::write(file, &text, arguments.overwrite)?;
    } else {
        streams.data(&text)?;
    }
    for error in &read.lost {
        streams.warn_of(error, "the snapshot has this cluster as not read");
    }
    if is_file {
        let s = if clusters == 1 { "" } else { "s" };
        streams.say(&format!(
            "snapshot of {clusters} cluster{s} written to {}",
            file.display()
        ));
    }
    let notes = observed.note.into_iter();
    for note in notes.chain(others_note(observed.not_read, "read")) {
        streams.say(&note);
    }
    Ok(if read.lost.is_empty() {
        Exit::Fine
    } else {
        Exit::Partial
    })
}
