//! Findings about the network of a cluster's parts: parts that differ from most, and labels and views of proxies.

use super::super::command::Kubectl;
use super::super::finding::{CheckId, Finding, Severity};
use super::super::names::NETWORK_LABEL;
use super::super::network_view;
use super::super::snapshot::ClusterSnapshot;
use super::drift::{Found, positions, said, tied};
use super::fixes::together;
use super::majority::{Most, network};
use super::{FixCommands, IdentityObservation, Part, Statement};
use crate::resources::Pod;

/// Returns one finding for all parts on another network than most, one for a missing label, and those about pods.
pub(super) fn of_networks(
    statements: &[Statement],
    several: bool,
    commands: &FixCommands<'_>,
) -> Vec<Found> {
    let network = match network(statements) {
        Most::None => return Vec::new(),
        Most::One(network) => network,
        Most::Tied(values) => {
            let mut found = vec![of_tied_networks(statements, &values)];
            found.extend(of_proxies(statements, None, commands));
            return found;
        }
    };
    let odd: Vec<(usize, &Statement)> = positions(statements)
        .filter(|(_, one)| one.part.knows_network() && one.network.as_deref() != Some(network))
        .collect();
    let mut found = Vec::new();
    let unlabelled = |one: &Statement| one.part == Part::Namespace && one.network.is_none();
    if let Some((position, one)) = odd.iter().find(|(_, one)| unlabelled(one)) {
        let severity = if several {
            Severity::Error
        } else {
            Severity::Info
        };
        let message = format!(
            "{} has no label {NETWORK_LABEL}, and other parts have {network}",
            one.object
        );
        let finding = Finding::new(CheckId::NetworkLabelMissing, severity, message);
        found.push((vec![*position], finding.fix(commands.network(one, network))));
    }
    let others: Vec<(usize, &Statement)> = odd
        .iter()
        .filter(|(_, one)| one.part != Part::Pods && !unlabelled(one))
        .copied()
        .collect();
    if !others.is_empty() {
        let says = |one: &Statement| match &one.network {
            Some(other) => format!("network {other}"),
            None => "no network".to_owned(),
        };
        let message = said(&others, says, &format!("network {network}"), network);
        let fixes = others.iter().map(|(_, one)| commands.network(one, network));
        let finding = Finding::new(CheckId::NetworkValuesDisagree, Severity::Error, message);
        let drifting = others.iter().map(|(position, _)| *position).collect();
        found.push((drifting, finding.fix(together(fixes))));
    }
    for (position, one) in odd.iter().filter(|(_, one)| one.part == Part::Pods) {
        let here = one.network.as_deref();
        let here = here.map_or("no network".to_owned(), |here| format!("network {here}"));
        let message = format!("{} has {here}, not {network}", one.object);
        let finding = Finding::new(CheckId::NetworkPodsStale, Severity::Warning, message);
        found.push((vec![*position], finding.fix(commands.network(one, network))));
    }
    found.extend(of_proxies(statements, Some(network), commands));
    found
}

/// Returns the findings about the labels and views of the proxies.
fn of_proxies(
    statements: &[Statement],
    network: Option<&str>,
    commands: &FixCommands<'_>,
) -> impl Iterator<Item = Found> {
    positions(statements).flat_map(move |(position, one)| {
        let found = [
            of_pod_label(one, network, commands),
            of_view(one, network, commands.kubectl()),
        ];
        let found = found.into_iter().flatten();
        found.map(move |finding| (vec![position], finding))
    })
}

fn of_tied_networks(statements: &[Statement], values: &[&str]) -> Found {
    let telling: Vec<(usize, &Statement)> = positions(statements)
        .filter(|(_, one)| one.part.knows_network() && one.network.is_some())
        .collect();
    let message = tied("network", values, &telling, |one| one.network.as_deref());
    let fix = "find out which network this cluster is on, then give the others the same: the namespace and the gateways by their label, istiod and ztunnel by the value global.network where Istio was installed, pods by a restart";
    let finding = Finding::new(CheckId::NetworkValuesDisagree, Severity::Error, message).fix(fix);
    let drifting = telling.iter().map(|(position, _)| *position).collect();
    (drifting, finding)
}

/// Reports a pod's label that differs from its proxy's setting: other proxies use the label, its own uses the setting.
/// A proxy with another network than most parts is restarted for that reason. Source: `Network` in Istio's
/// `pilot/pkg/serviceregistry/kube/controller/network.go`.
fn of_pod_label(
    one: &Statement,
    network: Option<&str>,
    commands: &FixCommands<'_>,
) -> Option<Finding> {
    let (other, own) = (one.network_label.as_deref()?, one.network.as_deref()?);
    if network != Some(own) {
        return None;
    }
    let message = format!(
        "{} has label {NETWORK_LABEL}={other}, and its proxy has network {own}",
        one.object
    );
    let finding = Finding::new(CheckId::NetworkPodsStale, Severity::Error, message);
    Some(finding.fix(commands.relabel_pods(one, other, own)))
}

/// Returns the findings about pods of a gateway that serve another network than that of their cluster, or all.
pub(crate) fn network_views(cluster: &ClusterSnapshot, pods: &[Pod]) -> Vec<Finding> {
    let observed = IdentityObservation::of(cluster);
    let network = network(&observed.statements).one();
    let pods = Statement::of_pods(Part::GatewayPods, pods);
    let found = pods.iter();
    found
        .filter_map(|one| of_view(one, network, &cluster.kubectl))
        .collect()
}

/// Reports a gateway that serves another network than its own, or all.
fn of_view(one: &Statement, network: Option<&str>, kubectl: &Kubectl) -> Option<Finding> {
    // If the network of the cluster is known, a gateway with another one is reported for that.
    let own = network.or(one.network.as_deref());
    let view = one.network_view.as_deref();
    if one.part != Part::GatewayPods || view == own {
        return None;
    }
    let workload = one.about.reference();
    let finding = network_view::finding(&one.object, view, own, workload.as_ref(), kubectl);
    Some(finding.about(workload.unwrap_or_else(|| one.first_pod())))
}
