//! The flags that all verbs that write have in common.

use clap::Args;
use mesh_common::terminal::flags::DryRunFlags;

/// How.
#[derive(Debug, Clone, Args)]
pub(crate) struct WriteFlags {
    /// Replace another value that is there
    #[arg(long, conflicts_with = "remove")]
    pub overwrite: bool,
    /// Take it away
    #[arg(long)]
    pub remove: bool,
    /// Take it over from somebody who applies it, such as Argo CD or Flux
    #[arg(long)]
    pub force_conflicts: bool,
    #[command(flatten)]
    pub dry_run: DryRunFlags,
}
