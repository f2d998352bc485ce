//! The flags that all verbs that write have in common.

use clap::Args;
use mesh_common::terminal::flags::DryRunFlags;

/// Where.
#[derive(Debug, Clone, Args)]
pub(crate) struct ContextFlags {
    /// Kubeconfig context of the cluster; may be repeated or a comma list [default: the current context]
    #[arg(long = "context", value_name = "CONTEXT", value_delimiter = ',')]
    pub contexts: Vec<String>,
}

impl ContextFlags {
    /// The contexts asked for; `None` is the current one.
    pub(crate) fn resolve(&self) -> Vec<Option<String>> {
        if self.contexts.is_empty() {
            vec![None]
        } else {
            self.contexts.iter().cloned().map(Some).collect()
        }
    }
}

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
