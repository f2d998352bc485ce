//! The flags of all verbs that write, and how they become a request.

use clap::Args;
use mesh_common::model::metadata::MetadataField;
use mesh_common::ops::metadata::{IfMissing, Request};
use mesh_common::terminal::flags::DryRunFlags;

/// The options for writing the label or annotation.
#[derive(Debug, Clone, Args)]
pub(crate) struct WriteFlags {
    /// Replace an existing value
    #[arg(long, conflicts_with = "remove")]
    pub overwrite: bool,
    /// Remove the label or annotation
    #[arg(long)]
    pub remove: bool,
    /// Force the changes against conflicts with other field managers, such as Argo CD
    #[arg(long)]
    pub force_conflicts: bool,
    #[command(flatten)]
    pub dry_run: DryRunFlags,
}

impl WriteFlags {
    /// Returns the request for `field` as these flags want it.
    pub(crate) fn request(&self, field: MetadataField) -> Request {
        Request {
            field,
            overwrite: self.overwrite,
            force_conflicts: self.force_conflicts,
            if_missing: IfMissing::Refuse,
            is_list: false,
            rehearse: false,
            dry_run: self.dry_run.resolve(),
        }
    }
}
