//! Events about gateways without an address or pods; they are the only source for the reasons.

use futures::future::join_all;
use k8s_openapi::api::core::v1::Event;

use mesh_client::{Cluster, Selection};
use mesh_model::Error;
use mesh_model::eastwest::{About, Gateway};
use mesh_model::read::Read;

use crate::snapshot::SlimReads;

/// The maximum number of Events of one kind in a namespace, and of pods whose Events are read.
const ENOUGH: u32 = 100;
const PODS: usize = 3;

/// Reads the Events about these gateways; nothing is requested if nothing is missing.
///
/// # Errors
/// A cluster that is no longer reachable.
pub(super) async fn events(
    cluster: &Cluster,
    gateways: &[Gateway],
) -> Result<Read<Vec<Event>>, Error> {
    let wanted: Vec<(&str, String)> = gateways.iter().flat_map(wanted).collect();
    if wanted.is_empty() {
        return Ok(Read::NotAsked);
    }
    let reads = SlimReads::new(cluster);
    let asked = wanted.into_iter().map(|(namespace, fields)| {
        let selection = Selection {
            labels: None,
            fields: Some(fields),
        };
        let reads = &reads;
        async move { reads.list_some(Some(namespace), &selection, ENOUGH).await }
    });
    let events = Read::all(join_all(asked).await);
    reads.reached()?;
    Ok(events)
}

/// Returns namespace and field selector of each list to request.
fn wanted(gateway: &Gateway) -> Vec<(&str, String)> {
    let of = |kind: &str, name: Option<&str>| {
        let name = name.map_or_else(String::new, |name| format!(",involvedObject.name={name}"));
        (
            gateway.namespace.as_str(),
            format!("involvedObject.kind={kind}{name}"),
        )
    };
    let mut wanted = Vec::new();
    if gateway.lacks_what_events_explain(About::Service) {
        let service = gateway.service.as_ref();
        let name = service.and_then(|service| service.metadata.name.as_deref());
        wanted.extend(name.map(|name| of("Service", Some(name))));
    }
    if gateway.lacks_what_events_explain(About::Pods) {
        let pods = gateway.unready_pods();
        if pods.is_empty() {
            wanted.push(of("ReplicaSet", None));
        }
        wanted.extend(
            pods.into_iter()
                .take(PODS)
                .map(|name| of("Pod", Some(name))),
        );
    }
    wanted
}
