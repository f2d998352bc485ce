//! Clusters for the tests of the checks.

use serde_json::{from_value, json};

use crate::command::Kubectl;
use crate::read::Read;
use crate::remote_cluster::Address;
use crate::resources::Deployment;
use crate::snapshot::ClusterSnapshot;

/// Returns a cluster of which the istiods were read.
pub(crate) fn cluster(context: &str, istiods: Vec<Deployment>) -> ClusterSnapshot {
    let address = Address::new(&format!("https://{context}:6443"), None);
    let kubectl = Kubectl::default().context(context);
    ClusterSnapshot {
        istiods: Read::Seen(istiods),
        ..ClusterSnapshot::new(context, address, kubectl, "istio-system")
    }
}

/// Returns the cluster with a namespace that is on this network.
pub(crate) fn on_network(cluster: ClusterSnapshot, network: &str) -> ClusterSnapshot {
    let namespace = json!({"metadata": {"name": "istio-system",
        "labels": {"topology.istio.io/network": network}}});
    ClusterSnapshot {
        namespace: Read::Seen(Some(from_value(namespace).expect("it is a Namespace"))),
        ..cluster
    }
}

/// Returns an istiod with one ready replica.
pub(crate) fn istiod(id: Option<&str>, version: &str) -> Deployment {
    let env = id.map(|id| json!([{"name": "CLUSTER_ID", "value": id}]));
    let deployment = json!({
        "metadata": {"name": "istiod", "namespace": "istio-system"},
        "spec": {"replicas": 1, "selector": {}, "template": {"spec": {"containers": [{
            "name": "discovery", "image": format!("pilot:{version}"), "env": env.unwrap_or(json!([])),
        }]}}},
        "status": {"readyReplicas": 1},
    });
    from_value(deployment).expect("it is a Deployment")
}
