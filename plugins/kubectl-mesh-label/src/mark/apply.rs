//! Writes what was planned. The only writer of the plugin.

use mesh_common::client::{ApplyOptions, Cluster, DryRun};
use mesh_common::model::Error;

use super::order::{Kind, Named};
use super::plan::Change;

/// Makes one change.
pub(super) async fn make<K: Kind>(
    cluster: &Cluster,
    named: &Named,
    change: &Change<K>,
    dry_run: DryRun,
) -> Result<(), Error> {
    let options = |force_conflicts| ApplyOptions {
        dry_run,
        force_conflicts,
    };
    match change {
        Change::Nothing => Ok(()),
        Change::Create(object) => cluster
            .apply(object.as_ref(), options(false))
            .await
            .map(drop),
        Change::Apply { object, force } => cluster
            .apply(object.as_ref(), options(*force))
            .await
            .map(drop),
        Change::TakeAway(patch) => {
            cluster
                .merge_patch::<K>(named.namespace.as_deref(), &named.name, patch, dry_run)
                .await
        }
    }
}
