//! A mesh as it was read and tested.

use std::collections::BTreeMap;

use crate::secret::Credentials;
use crate::snapshot::MeshSnapshot;

/// A mesh as it was read and tested: the input of [`super::verify`].
#[derive(Debug)]
pub struct ObservedMesh {
    /// The clusters as they were read, with the answers of their gateways.
    pub snapshot: MeshSnapshot,
    /// The results of using the credentials of remote secrets, by the context of the holder.
    pub credentials: BTreeMap<String, Credentials>,
    /// The reason why the gateways' ports were not tested, if they were not.
    pub gateways_unasked: Option<String>,
    /// The reason why credentials were not used, if some were not.
    pub credentials_unused: Option<String>,
}

#[cfg(test)]
pub(super) mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use serde_json::{from_value, json};

    use crate::command::Kubectl;
    use crate::read::Read;
    use crate::remote_cluster::Address;
    use crate::snapshot::ClusterSnapshot;

    /// Returns a cluster of which the istiods were read.
    pub(in crate::verify) fn cluster(context: &str, istiods: Vec<Deployment>) -> ClusterSnapshot {
        let address = Address::new(&format!("https://{context}:6443"), None);
        let kubectl = Kubectl::default().context(context);
        ClusterSnapshot {
            istiods: Read::Seen(istiods),
            ..ClusterSnapshot::new(context, address, kubectl, "istio-system")
        }
    }

    /// Returns the cluster with a namespace that is on this network.
    pub(in crate::verify) fn on_network(
        cluster: ClusterSnapshot,
        network: &str,
    ) -> ClusterSnapshot {
        let namespace = json!({"metadata": {"name": "istio-system",
            "labels": {"topology.istio.io/network": network}}});
        ClusterSnapshot {
            namespace: Read::Seen(Some(from_value(namespace).expect("it is a Namespace"))),
            ..cluster
        }
    }

    /// Returns an istiod with one ready replica.
    pub(in crate::verify) fn istiod(id: Option<&str>, version: &str) -> Deployment {
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
}
