//! What a mesh has to show at the end of a guide, as its istiods say it.

use std::time::Duration;

use mesh_e2e::cloud::Hosted;
use mesh_testkit::condition::wait_until;
use mesh_testkit::parts::{Module, module_dir};
use mesh_testkit::real::Cluster;
use serde_json::Value;

use crate::pair::NAMES;

const WITHIN: Duration = Duration::from_secs(30);

/// Each istiod goes by its cluster's name and has read the other.
pub(crate) fn istiods_read_each_other(clusters: &[Hosted; 2]) {
    for (holder, name) in clusters.iter().zip(NAMES) {
        is_so(holder.cluster(), "/debug/clusterz", |page| {
            let read = |cluster| {
                let is_read =
                    |entry: &Value| entry["id"] == cluster && entry["syncStatus"] == "synced";
                page.as_array()
                    .is_some_and(|entries| entries.iter().any(is_read))
            };
            page[0]["id"] == name && NAMES.into_iter().all(read)
        });
    }
}

/// Waits until a debug page of a cluster's istiod is as it has to be.
pub(crate) fn is_so(cluster: &Cluster, path: &str, good: impl Fn(&Value) -> bool) {
    let mut last = String::new();
    let found = wait_until(WITHIN, || {
        last = cluster
            .debug(path)
            .unwrap_or_else(|error| format!("{error:#}"));
        let page = serde_json::from_str(&last).unwrap_or_default();
        good(&page).then_some(())
    });
    assert!(
        found.is_some(),
        "{path} of {}'s istiod: {last}",
        cluster.name()
    );
}

/// The custom resources of the Gateway API, as many providers' clusters have them from the start.
pub(crate) fn install_gateway_api(cluster: &Cluster) {
    let istio = module_dir(Module::Istio, "istio.io/istio").unwrap();
    let file = istio.join("tests/integration/pilot/testdata/gateway-api-crd.yaml");
    cluster
        .kubectl(["apply", "--server-side", "-f"])
        .unwrap()
        .arg(file)
        .output()
        .expect_success();
}
