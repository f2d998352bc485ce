//! Which statements disagree with the others. What mends them is told by `mend`.

use k8s_openapi::api::core::v1::Namespace;

use super::super::finding::{Finding, Severity};
use super::super::names::NETWORK_LABEL;
use super::super::network::misspelled;
use super::statement::label;
use super::{Part, Statement, Tools};

/// The network that the statements of one cluster come to: what the namespace says, else the first that says anything.
pub fn network(statements: &[Statement]) -> Option<&str> {
    statements.iter().find_map(|one| one.network.as_deref())
}

/// The cluster's name that the statements come to.
pub fn cluster(statements: &[Statement]) -> Option<&str> {
    statements.iter().find_map(|one| one.cluster.as_deref())
}

/// Marks what disagrees, and says so. `several_networks` tells whether the mesh has more than one network: only then a
/// namespace needs its label. The statements are in the order of their weight, the namespace first.
pub fn judge(
    statements: &mut [Statement],
    several_networks: bool,
    tools: &Tools<'_>,
) -> Vec<Finding> {
    let (network, cluster) = (
        network(statements).map(str::to_owned),
        cluster(statements).map(str::to_owned),
    );
    let mut findings = Vec::new();
    for one in statements {
        let found = [
            network
                .as_deref()
                .and_then(|network| of_network(one, network, several_networks, tools)),
            cluster
                .as_deref()
                .and_then(|cluster| of_cluster(one, cluster, tools)),
            of_pod_label(one, tools),
            of_view(one, tools),
        ];
        for finding in found.into_iter().flatten() {
            one.drift |= finding.severity > Severity::Info;
            findings.push(finding);
        }
    }
    findings
}

fn of_network(one: &Statement, network: &str, several: bool, tools: &Tools<'_>) -> Option<Finding> {
    if !one.part.knows_network() || one.network.as_deref() == Some(network) {
        return None;
    }
    let object = &one.object;
    let here = one.network.as_deref();
    let here = here.map_or("no network".to_owned(), |here| format!("network {here}"));
    let message = format!("{object} says {here}, not {network}");
    let disagrees = |message| Finding::new("network-values-disagree", Severity::Error, message);
    let finding = match one.part {
        Part::Namespace => {
            let severity = if several {
                Severity::Error
            } else {
                Severity::Info
            };
            let message =
                format!("{object} has no label {NETWORK_LABEL}, and others say {network}");
            Finding::new("network-label-missing", severity, message)
        }
        Part::Pods => Finding::new("network-pods-stale", Severity::Warning, message),
        Part::Injector | Part::Ztunnel | Part::Gateway | Part::Istiod | Part::GatewayPods => {
            disagrees(message)
        }
    };
    Some(finding.fix(tools.network(one, network)))
}

fn of_cluster(one: &Statement, cluster: &str, tools: &Tools<'_>) -> Option<Finding> {
    if !one.part.knows_cluster() || one.cluster.as_deref() == Some(cluster) {
        return None;
    }
    let here = one.cluster.as_deref().unwrap_or("none");
    let message = format!("{} says cluster {here}, not {cluster}", one.object);
    let finding = Finding::new("cluster-id-proxy-drift", Severity::Error, message);
    Some(finding.fix(tools.cluster(one, cluster)))
}

/// Others go by a pod's label, its own proxy by what it is told.
/// Source: `Network` in Istio's `pilot/pkg/serviceregistry/kube/controller/network.go`.
fn of_pod_label(one: &Statement, tools: &Tools<'_>) -> Option<Finding> {
    let (other, own) = (one.network_label.as_deref()?, one.network.as_deref()?);
    let message = format!(
        "{} has label {NETWORK_LABEL}={other}, and its proxy is told {own}",
        one.object
    );
    let finding = Finding::new("network-values-disagree", Severity::Error, message);
    Some(finding.fix(tools.relabel_pods(one, other, own)))
}

/// A gateway that serves another network than its own, or does not say which, may send requests back and forth.
fn of_view(one: &Statement, tools: &Tools<'_>) -> Option<Finding> {
    if one.part != Part::GatewayPods || one.network_view == one.network {
        return None;
    }
    let view = one.network_view.as_deref().unwrap_or("all networks");
    let network = one.network.as_deref();
    let message = format!(
        "{} serves {view}, and is on {}",
        one.object,
        network.unwrap_or("none")
    );
    let finding = Finding::new("ewg-network-view", Severity::Warning, message);
    Some(match network.and_then(|network| tools.view(one, network)) {
        Some(command) => finding.fix(command),
        None => finding,
    })
}

/// A finding for each label of the namespace that somebody took for the right one. It is drift where the right one is
/// missing.
pub fn near_keys(namespace: &Namespace, tools: &Tools<'_>) -> Vec<Finding> {
    let meta = &namespace.metadata;
    let labels = meta.labels.as_ref();
    let name = meta.name.as_deref().unwrap_or_default();
    let is_missing = label(labels).is_none();
    let keys = labels.into_iter().flatten().map(|(key, _)| key.as_str());
    misspelled(keys)
        .into_iter()
        .map(|key| {
            let meant = labels.and_then(|labels| labels.get(key));
            let (severity, fix) = match meant.filter(|_| is_missing) {
                Some(network) => (Severity::Error, tools.label_namespace(name, network)),
                None => (Severity::Warning, tools.unlabel_namespace(name, key)),
            };
            let message = format!("Istio does not read label {key}, it reads {NETWORK_LABEL}");
            Finding::new("network-label-misspelled", severity, message).fix(fix)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOLS: Tools<'static> = Tools::new("kubectl --context east");

    fn says(part: Part, network: &str, cluster: &str) -> Statement {
        let some = |text: &str| Some(text.to_owned());
        Statement::new(part, part.word().to_owned(), some(network), some(cluster))
    }

    fn found(mut statements: Vec<Statement>, several: bool) -> Vec<(&'static str, String)> {
        let findings = judge(&mut statements, several, &TOOLS);
        let drifting: Vec<&Statement> = statements.iter().filter(|one| one.drift).collect();
        let loud = findings
            .iter()
            .filter(|finding| finding.severity > Severity::Info);
        assert_eq!(drifting.is_empty(), loud.count() == 0);
        findings
            .into_iter()
            .map(|finding| (finding.id, finding.message))
            .collect()
    }

    #[test]
    fn those_who_agree_are_left_in_peace() {
        let all = vec![
            says(Part::Namespace, "n", ""),
            says(Part::Istiod, "", "east"),
            says(Part::Injector, "n", "east"),
            says(Part::Gateway, "n", ""),
            says(Part::Ztunnel, "n", "east"),
            says(Part::Pods, "n", "east"),
        ];
        assert_eq!(found(all, true), []);
        assert_eq!(
            found(
                vec![says(Part::Namespace, "", ""), says(Part::Pods, "", "")],
                true
            ),
            []
        );
    }

    #[test]
    fn each_part_that_disagrees_is_named() {
        for (part, network, cluster, id) in [
            (Part::Injector, "N", "east", "network-values-disagree"),
            (Part::Injector, "", "east", "network-values-disagree"),
            (Part::Gateway, "m", "", "network-values-disagree"),
            (Part::Ztunnel, "m", "east", "network-values-disagree"),
            (Part::Pods, "m", "east", "network-pods-stale"),
            (Part::Pods, "", "east", "network-pods-stale"),
            (Part::Pods, "n", "west", "cluster-id-proxy-drift"),
            (Part::Ztunnel, "n", "Kubernetes", "cluster-id-proxy-drift"),
            (Part::Istiod, "", "west", "cluster-id-proxy-drift"),
            (Part::GatewayPods, "n", "east", "ewg-network-view"),
        ] {
            let all = vec![
                says(Part::Namespace, "n", ""),
                says(Part::Istiod, "", "east"),
                says(part, network, cluster),
            ];
            let ids: Vec<_> = found(all, true).into_iter().map(|(id, _)| id).collect();
            assert_eq!(ids, [id], "{part:?} {network} {cluster}");
        }
    }

    #[test]
    fn a_pod_whose_label_is_not_what_its_proxy_is_told_is_named() {
        let mut pod = says(Part::Pods, "n", "east");
        pod.network_label = Some("m".to_owned());
        let all = vec![
            says(Part::Namespace, "n", ""),
            says(Part::Istiod, "", "east"),
            pod,
        ];
        assert_eq!(
            found(all, true),
            [(
                "network-values-disagree",
                "pods has label topology.istio.io/network=m, and its proxy is told n".to_owned()
            )]
        );
    }

    #[test]
    fn a_namespace_needs_its_label_only_among_several_networks() {
        let all = || vec![says(Part::Namespace, "", ""), says(Part::Injector, "n", "")];
        assert_eq!(found(all(), true)[0].0, "network-label-missing");
        let mut alone = all();
        assert_eq!(judge(&mut alone, false, &TOOLS)[0].severity, Severity::Info);
        assert!(alone.iter().all(|one| !one.drift));
    }
}
