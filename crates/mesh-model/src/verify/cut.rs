//! The checks that see only the beginning of a list.

use super::needs::{Part, needs};
use crate::finding::CheckId;
use crate::snapshot::ClusterSnapshot;

/// Returns the first list that a check needs and of which only the beginning was read, in words.
pub(super) fn cut(check: CheckId, cluster: &ClusterSnapshot) -> Option<String> {
    let mut needed = needs(check).iter().flat_map(|part| lists(*part));
    let cut = needed.find_map(|resource| {
        let mut cut = cluster.cut_lists.iter();
        cut.find(|one| one.resource == *resource)
    });
    cut.map(ToString::to_string)
}

/// Returns the resources of the lists that a part is made of.
fn lists(part: Part) -> &'static [&'static str] {
    const GATEWAY_API: &str = "gateways.gateway.networking.k8s.io";
    match part {
        // A sample of pods is not the beginning of something.
        Part::Uid
        | Part::Namespace
        | Part::MeshConfig
        | Part::Roots
        | Part::CaCerts
        | Part::GatewayProbes
        | Part::ProxyPods
        | Part::OtherGateways => &[],
        Part::Istiods | Part::IstiodsElsewhere => &["deployments.apps"],
        Part::Secrets | Part::SecretsElsewhere | Part::SecretsByName | Part::Credentials => {
            &["secrets"]
        }
        Part::Services => &["services"],
        Part::ApiGateways | Part::GatewayApi => &[GATEWAY_API],
        Part::GatewayPods | Part::IstiodPods | Part::KnownClusters | Part::KnownGateways => {
            &["pods"]
        }
        Part::UsualPods | Part::ProbeTargets => &["pods", "services"],
        Part::Events => &["events"],
        Part::Nodes => &["nodes"],
        Part::IstioGateways => &[
            "gateways.networking.istio.io",
            "virtualservices.networking.istio.io",
        ],
        Part::Injectors => &["configmaps"],
        Part::Ztunnels => &["daemonsets.apps"],
    }
}
