//! Reads the objects with the names of ours, and asks each server what an apply would do. The rehearsal changes nothing.

use mesh_client::{ApiFault, ApplyOptions, Cluster, api_fault};
use mesh_model::Error;
use mesh_model::change::{Action, DryRun, marked, marked_as};
use mesh_model::command::{Knob, Step};
use serde_json::Value;

use super::plan::refusal;
use super::{ObjectChange, Request};

/// Returns the change of each object, in their order.
///
/// # Errors
/// All that a server, or Kubernetes' rules, would refuse, joined.
pub(super) async fn rehearse(
    cluster: &Cluster,
    objects: &[Value],
    request: &Request,
    applied_by: &str,
) -> Result<Vec<ObjectChange>, Error> {
    let each = objects.iter().map(|object| async {
        let action = action(cluster, object, request, applied_by).await?;
        let manifest = marked(object, applied_by);
        let force = request.force_conflicts;
        Ok(ObjectChange::new(
            cluster.context(),
            manifest,
            action,
            force,
        ))
    });
    Error::gather(futures::future::join_all(each).await)
}

async fn action(
    cluster: &Cluster,
    object: &Value,
    request: &Request,
    applied_by: &str,
) -> Result<Action, Error> {
    let live = cluster.get_manifest(object).await.map_err(without_kind)?;
    let kubectl = cluster.target().kubectl();
    if let Some(live) = &live
        && let Some(error) = refusal(live, object, cluster.context(), kubectl)
    {
        return Err(error);
    }
    let object = marked_as(object, live.as_ref(), applied_by);
    let options = match request.dry_run {
        DryRun::Client => return Ok(Action::by_contents(live.as_ref(), &object)),
        DryRun::None | DryRun::Server => ApplyOptions {
            dry_run: DryRun::Server,
            force_conflicts: request.force_conflicts,
        },
    };
    let rehearsed = cluster.apply_manifest(&object, options).await?;
    Ok(Action::of(live.as_ref(), &rehearsed))
}

/// Adds hints where the server does not know a kind, which is one of Istio's or of the Gateway API's.
fn without_kind(error: Error) -> Error {
    match api_fault(&error) {
        Some(ApiFault::KindUnknown { .. }) => error
            .hint("install Istio first, with its CRDs, and for ambient gateways those of the Gateway API (https://gateway-api.sigs.k8s.io/guides/)")
            .hint(
                Step::new("add ")
                    .set(Knob::Expose, "none")
                    .text(", to install the gateway alone"),
            ),
        Some(_) | None => error,
    }
}
