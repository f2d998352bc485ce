//! Writes what was planned. The only writer of the plugin.

use mesh_common::client::Interrupt;
use mesh_common::client::{ApplyOptions, Cluster};
use mesh_common::model::Error;
use mesh_common::model::change::{Action, marked};
use serde_json::Value;

use super::resolve::Order;
use crate::cli::SELF;

/// Applies each object that is not as wanted, in their order; gives a line for every one that is as wanted now, and what
/// stopped it.
pub(super) async fn write(
    cluster: &Cluster,
    objects: &[(Value, Action)],
    order: &Order,
    interrupt: &Interrupt,
) -> (Vec<String>, Result<(), Error>) {
    let mut lines = Vec::new();
    for (object, change) in objects {
        let suffix = if change.is_write() {
            let written = match interrupt.check() {
                Ok(()) => apply(cluster, object, order).await,
                Err(interrupted) => Err(interrupted),
            };
            if let Err(error) = written {
                return (lines, Err(error));
            }
            order.dry_run.suffix()
        } else {
            ""
        };
        lines.push(format!(
            "{} {} in context {}{suffix}\n",
            told(object),
            change.word(),
            cluster.context()
        ));
    }
    (lines, Ok(()))
}

async fn apply(cluster: &Cluster, object: &Value, order: &Order) -> Result<(), Error> {
    let options = ApplyOptions {
        dry_run: order.dry_run,
        force_conflicts: order.force_conflicts,
    };
    let object = marked(object, SELF);
    cluster.apply_manifest(&object, options).await.map(drop)
}

/// As kubectl calls an object: `deployment.apps/NAME`.
fn told(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kind = text(&object["kind"]).to_lowercase();
    let name = text(&object["metadata"]["name"]);
    match text(&object["apiVersion"]).split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{name}"),
        None => format!("{kind}/{name}"),
    }
}
