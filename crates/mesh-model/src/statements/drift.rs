//! Finds statements that disagree with the others. The module `fixes` has the commands that fix them.

use super::super::finding::{CheckId, Finding, Severity};
use super::fixes::together;
use super::majority::{Most, cluster};
use super::networks::of_networks;
use super::{FixCommands, Statement};

/// Marks the statements that disagree, and returns the findings. `several_networks` is true if the mesh has more than
/// one network: only then a namespace needs its label.
pub fn find_drift(
    statements: &mut [Statement],
    several_networks: bool,
    commands: &FixCommands<'_>,
) -> Vec<Finding> {
    let mut found = of_networks(statements, several_networks, commands);
    found.extend(of_clusters(statements, commands));
    let mut findings = Vec::new();
    for (drifting, mut finding) in found {
        if let [only] = drifting[..]
            && let Some(object) = statements[only].about.reference()
        {
            finding = finding.about(object);
        }
        for position in drifting {
            statements[position].drift |= finding.severity > Severity::Info;
        }
        findings.push(commands.placed(finding));
    }
    findings
}

/// A finding, and the indexes of the statements that it is about.
pub(super) type Found = (Vec<usize>, Finding);

fn of_clusters(statements: &[Statement], commands: &FixCommands<'_>) -> Option<Found> {
    let id = CheckId::ClusterIdProxyDrift;
    let knowing = || positions(statements).filter(|(_, one)| one.part.knows_cluster());
    match cluster(statements) {
        Most::None => None,
        Most::One(cluster) => {
            let odd: Vec<(usize, &Statement)> = knowing()
                .filter(|(_, one)| one.cluster.as_deref() != Some(cluster))
                .collect();
            if odd.is_empty() {
                return None;
            }
            let says =
                |one: &Statement| format!("cluster {}", one.cluster.as_deref().unwrap_or("none"));
            let message = said(&odd, says, &format!("cluster {cluster}"), cluster);
            let fixes = odd.iter().map(|(_, one)| commands.cluster(one, cluster));
            let finding = Finding::new(id, Severity::Error, message).fix(together(fixes));
            Some((odd.iter().map(|(position, _)| *position).collect(), finding))
        }
        Most::Tied(values) => {
            let telling: Vec<(usize, &Statement)> =
                knowing().filter(|(_, one)| one.cluster.is_some()).collect();
            let message = tied("cluster", &values, &telling, |one| one.cluster.as_deref());
            let fix = "find out which name is right (the other clusters have it as the key of their remote secret for this one), then set values.global.multiCluster.clusterName to it where Istio was installed, and restart the workloads that have another one";
            let drifting = telling.iter().map(|(position, _)| *position).collect();
            Some((
                drifting,
                Finding::new(id, Severity::Error, message).fix(fix),
            ))
        }
    }
}

pub(super) fn positions(statements: &[Statement]) -> impl Iterator<Item = (usize, &Statement)> {
    statements.iter().enumerate()
}

/// Returns a sentence about the parts that have another value than most.
pub(super) fn said(
    odd: &[(usize, &Statement)],
    says: impl Fn(&Statement) -> String,
    most: &str,
    value: &str,
) -> String {
    let each: Vec<String> = odd
        .iter()
        .map(|(_, one)| format!("{} has {}", one.object, says(one)))
        .collect();
    match &each[..] {
        [one] => format!("{one}, not {value}"),
        several => format!("{}, and most parts have {most}", several.join(", ")),
    }
}

/// Returns a sentence about the parts with each value, for values that equally many parts have.
pub(super) fn tied<'a>(
    what: &str,
    values: &[&str],
    telling: &[(usize, &'a Statement)],
    value: impl Fn(&'a Statement) -> Option<&'a str>,
) -> String {
    let each = values.iter().map(|wanted| {
        let holders = telling
            .iter()
            .filter(|(_, one)| value(one) == Some(*wanted));
        let holders: Vec<&str> = holders.map(|(_, one)| one.object.as_str()).collect();
        format!("{wanted} ({})", holders.join(", "))
    });
    let each: Vec<String> = each.collect();
    format!(
        "the parts disagree about the {what}, and none has a majority: {}",
        each.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::command::Kubectl;
    use super::super::Part;
    use super::*;

    fn says(part: Part, network: &str, cluster: &str) -> Statement {
        let some = |text: &str| Some(text.to_owned());
        Statement::new(part, part.word().to_owned(), some(network), some(cluster))
    }

    fn east() -> Kubectl {
        Kubectl::default().context("east")
    }

    fn found(mut statements: Vec<Statement>, several: bool) -> Vec<(CheckId, String)> {
        let findings = find_drift(&mut statements, several, &FixCommands::new(&east()));
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

    /// Returns all parts of a cluster on this network and with this name.
    fn whole(network: &str, cluster: &str) -> Vec<Statement> {
        let mut gateway_pods = says(Part::GatewayPods, network, cluster);
        gateway_pods.network_view = Some(network.to_owned());
        vec![
            says(Part::Namespace, network, ""),
            says(Part::Istiod, "", cluster),
            says(Part::Injector, network, cluster),
            says(Part::Gateway, network, ""),
            gateway_pods,
            says(Part::Ztunnel, network, cluster),
            says(Part::Pods, network, cluster),
        ]
    }

    #[test]
    fn each_part_that_disagrees_with_the_others_is_named() {
        for (part, network, cluster, id, message) in [
            (
                Part::Namespace,
                "m",
                "",
                CheckId::NetworkValuesDisagree,
                "namespace has network m, not n",
            ),
            (
                Part::Injector,
                "N",
                "east",
                CheckId::NetworkValuesDisagree,
                "injector has network N, not n",
            ),
            (
                Part::Injector,
                "",
                "east",
                CheckId::NetworkValuesDisagree,
                "injector has no network, not n",
            ),
            (
                Part::Gateway,
                "m",
                "",
                CheckId::NetworkValuesDisagree,
                "gateway has network m, not n",
            ),
            (
                Part::Ztunnel,
                "m",
                "east",
                CheckId::NetworkValuesDisagree,
                "ztunnel has network m, not n",
            ),
            (
                Part::Pods,
                "m",
                "east",
                CheckId::NetworkPodsStale,
                "pods has network m, not n",
            ),
            (
                Part::Pods,
                "",
                "east",
                CheckId::NetworkPodsStale,
                "pods has no network, not n",
            ),
            (
                Part::Pods,
                "n",
                "west",
                CheckId::ClusterIdProxyDrift,
                "pods has cluster west, not east",
            ),
            (
                Part::Ztunnel,
                "n",
                "Kubernetes",
                CheckId::ClusterIdProxyDrift,
                "ztunnel has cluster none, not east",
            ),
            (
                Part::Istiod,
                "",
                "west",
                CheckId::ClusterIdProxyDrift,
                "istiod has cluster west, not east",
            ),
            (
                Part::Injector,
                "n",
                "west",
                CheckId::ClusterIdProxyDrift,
                "injector has cluster west, not east",
            ),
            (
                Part::GatewayPods,
                "n",
                "east",
                CheckId::EwgNetworkView,
                "gateway pods serves all networks instead of network n alone",
            ),
        ] {
            let all = whole("n", "east");
            let all = all.into_iter().map(|one| {
                if one.part == part {
                    says(part, network, cluster)
                } else {
                    one
                }
            });
            assert_eq!(
                found(all.collect(), true),
                [(id, message.to_owned())],
                "{part:?}"
            );
        }
    }

    /// The rule for networks, with a different namespace, and for names, with a different istiod.
    #[test]
    fn the_odd_one_is_changed_and_not_all_the_others() {
        let mut all = whole("n", "east");
        all[0] = says(Part::Namespace, "m", "");
        all[0].about.name = "istio-system".to_owned();
        all[1] = says(Part::Istiod, "", "west");
        let fixes: Vec<String> = find_drift(&mut all, true, &FixCommands::new(&east()))
            .into_iter()
            .filter_map(|finding| Some(finding.fix?.to_string()))
            .collect();
        assert_eq!(
            fixes,
            [
                "kubectl mesh-label network n --overwrite --context east",
                "upgrade istiod with values.global.multiCluster.clusterName=east"
            ]
        );
        let drifting: Vec<Part> = all
            .iter()
            .filter(|one| one.drift)
            .map(|one| one.part)
            .collect();
        assert_eq!(drifting, [Part::Namespace, Part::Istiod]);
    }

    #[test]
    fn several_odd_ones_are_one_finding() {
        let mut all = whole("n", "east");
        all[2] = says(Part::Injector, "", "east");
        all[3] = says(Part::Gateway, "m", "");
        assert_eq!(
            found(all, true),
            [(
                CheckId::NetworkValuesDisagree,
                "injector has no network, gateway has network m, and most parts have network n"
                    .to_owned()
            )]
        );
    }

    #[test]
    fn a_tie_is_left_to_a_person() {
        let mut all = vec![
            says(Part::Namespace, "n", ""),
            says(Part::Istiod, "", "east"),
            says(Part::Injector, "m", ""),
            says(Part::Pods, "", "west"),
        ];
        let findings = find_drift(&mut all, true, &FixCommands::new(&east()));
        let told: Vec<(CheckId, &str, &str)> = findings
            .iter()
            .map(|one| {
                (
                    one.id,
                    one.message.as_str(),
                    one.fix.as_ref().unwrap().kind(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (
                    CheckId::NetworkValuesDisagree,
                    "the parts disagree about the network, and none has a majority: m (injector), n (namespace)",
                    "step"
                ),
                (
                    CheckId::ClusterIdProxyDrift,
                    "the parts disagree about the cluster, and none has a majority: east (istiod), west (pods)",
                    "step"
                )
            ]
        );
        let steps = findings.iter().filter_map(|one| one.fix.as_ref());
        assert!(
            steps
                .into_iter()
                .all(|step| !step.to_string().contains("--context"))
        );
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
                CheckId::NetworkPodsStale,
                "pods has label topology.istio.io/network=m, and its proxy has network n"
                    .to_owned()
            )]
        );
    }

    #[test]
    fn a_namespace_needs_its_label_only_among_several_networks() {
        let all = || vec![says(Part::Namespace, "", ""), says(Part::Injector, "n", "")];
        assert_eq!(found(all(), true)[0].0, CheckId::NetworkLabelMissing);
        let mut alone = all();
        let kubectl = Kubectl::default();
        let found = find_drift(&mut alone, false, &FixCommands::new(&kubectl));
        assert_eq!(found[0].severity, Severity::Info);
        assert!(alone.iter().all(|one| !one.drift));
    }
}
