//! The check of namespaces that the istiods of other clusters do not read.

use std::collections::BTreeMap;

use crate::finding::{CheckId, Finding, Severity};
use crate::snapshot::ClusterSnapshot;

/// Reports clusters whose istiod does not read Istio's namespace of a cluster on another network, since its own
/// `discoverySelectors` do not select it: it sees neither the network nor the gateways there.
pub(in crate::verify) fn hidden_namespaces(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for holder in clusters.iter().filter(|cluster| cluster.has_istiod()) {
        let others = clusters
            .iter()
            .filter(|other| other.context != holder.context);
        findings.extend(others.filter_map(|other| hidden(holder, other)));
    }
    findings
}

fn hidden(holder: &ClusterSnapshot, remote: &ClusterSnapshot) -> Option<Finding> {
    let network = remote.network()?;
    let namespace = remote.namespace.seen()?.as_ref()?;
    let none = BTreeMap::new();
    let labels = namespace.metadata.labels.as_ref().unwrap_or(&none);
    if holder.network() == Some(network) {
        return None;
    }
    let mut configs = holder.configs().iter();
    let hiding = configs.find(|one| !one.config.reads(labels))?;
    let of_revision = holder.of_revision(&hiding.revision);
    let (name, context) = (&remote.istio_namespace, &remote.context);
    let message = format!(
        "meshConfig.discoverySelectors{of_revision} do not select namespace {name} of context {context}, so istiod sees no network and no gateway there"
    );
    let fix = format!(
        "label namespace {name} of context {context} as meshConfig.discoverySelectors of context {} have it",
        holder.context
    );
    let finding = Finding::new(
        CheckId::DiscoverySelectorsHideGateway,
        Severity::Error,
        message,
    );
    Some(
        finding
            .in_cluster(&holder.context)
            .with_peer(context)
            .fix(fix),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::exposure::Revision;
    use crate::mesh_config::{MeshConfig, RevisionConfig};
    use crate::read::Read;
    use crate::verify::samples::{cluster, istiod};

    fn of(context: &str, labels: &Value, selectors: Value) -> ClusterSnapshot {
        let namespace = json!({"metadata": {"name": "istio-system", "labels": labels}});
        ClusterSnapshot {
            namespace: Read::Seen(Some(from_value(namespace).expect("it is a Namespace"))),
            mesh_configs: Read::Seen(vec![
                MeshConfig {
                    discovery_selectors: from_value(selectors).expect("they are selectors"),
                    ..MeshConfig::default()
                }
                .into(),
            ]),
            ..cluster(context, vec![istiod(Some(context), "1.31.0")])
        }
    }

    fn found(clusters: &[&ClusterSnapshot]) -> Vec<String> {
        let found = hidden_namespaces(clusters).into_iter();
        found.map(|one| one.message).collect()
    }

    #[test]
    fn an_istiod_has_to_read_the_namespaces_of_other_networks() {
        let network = "topology.istio.io/network";
        let nothing: [&str; 0] = [];
        let east = of(
            "east",
            &json!({network: "net-a", "mesh": "yes"}),
            json!([{"matchLabels": {"mesh": "yes"}}]),
        );
        let bare = of("west", &json!({network: "net-b"}), json!([]));
        assert_eq!(
            found(&[&east, &bare]),
            [
                "meshConfig.discoverySelectors do not select namespace istio-system of context west, so istiod sees no network and no gateway there"
            ]
        );
        let labelled = of("west", &json!({network: "net-b", "mesh": "yes"}), json!([]));
        assert_eq!(found(&[&east, &labelled]), nothing);
        // On one network no gateway is needed, and a cluster without a network has a finding of its own.
        assert_eq!(
            found(&[&east, &of("west", &json!({network: "net-a"}), json!([]))]),
            nothing
        );
        assert_eq!(found(&[&east, &of("west", &json!({}), json!([]))]), nothing);
        let without_istiod = ClusterSnapshot {
            istiods: Read::Seen(Vec::new()),
            ..east.clone()
        };
        assert_eq!(found(&[&without_istiod, &bare]), nothing);
        let mut two = east.clone();
        let hiding = two.configs()[0].config.clone();
        two.mesh_configs = Read::Seen(vec![
            MeshConfig::default().into(),
            RevisionConfig {
                revision: Revision::of_label(Some("canary")),
                config: hiding,
            },
        ]);
        assert_eq!(
            found(&[&two, &bare]),
            [
                "meshConfig.discoverySelectors of revision canary do not select namespace istio-system of context west, so istiod sees no network and no gateway there"
            ]
        );
        for unread in [
            ClusterSnapshot {
                mesh_configs: Read::Denied("no".into()),
                ..east.clone()
            },
            ClusterSnapshot {
                mesh_configs: Read::Seen(Vec::new()),
                ..east.clone()
            },
        ] {
            assert_eq!(found(&[&unread, &bare]), nothing);
        }
        let unread = ClusterSnapshot {
            namespace: Read::Denied("no".into()),
            ..bare
        };
        assert_eq!(found(&[&east, &unread]), nothing);
    }
}
