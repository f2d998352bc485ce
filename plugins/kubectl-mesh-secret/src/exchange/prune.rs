//! The question before remote secrets are deleted that give access to none of the clusters named.

use mesh_common::client::{DryRun, Interrupt};
use mesh_common::model::Error;
use mesh_common::ops::secret::exchange::Leftover;
use mesh_common::terminal::Streams;
use mesh_common::terminal::prompt::ConfirmFlags;

/// Says what would be deleted, and returns once that was agreed to.
pub(super) async fn agree(
    leftovers: &[Leftover],
    confirm: ConfirmFlags,
    dry_run: DryRun,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<(), Error> {
    for one in leftovers {
        streams.say(&format!(
            "to delete: secret {} in context {}, which gives access to {} (not in --context, --primary or --remote)",
            one.name(),
            one.context(),
            one.clusters().join(", ")
        ));
        if let Some(warning) = one.comes_back() {
            streams.warn(&warning);
        }
    }
    if leftovers.is_empty() || !dry_run.writes() {
        return Ok(());
    }
    let plural = if leftovers.len() == 1 { "" } else { "s" };
    let deed = format!("delete {} remote secret{plural}", leftovers.len());
    confirm.agree(&deed, interrupt, streams).await
}
