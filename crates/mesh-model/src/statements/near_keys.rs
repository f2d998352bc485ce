//! Labels of Istio's namespace that look like a misspelled network label.

use k8s_openapi::api::core::v1::Namespace;

use super::super::change::ObjectRef;
use super::super::finding::{CheckId, Finding, Severity};
use super::super::names::NETWORK_LABEL;
use super::super::network::misspelled;
use super::FixCommands;
use super::fixes::together;
use super::statement::label;

/// Returns a finding for each label of the namespace that looks like a misspelled network label. It is drift if the
/// right one is missing. `network` is the network of most parts.
pub fn near_keys(
    namespace: &Namespace,
    network: Option<&str>,
    commands: &FixCommands<'_>,
) -> Vec<Finding> {
    let meta = &namespace.metadata;
    let labels = meta.labels.as_ref();
    let name = meta.name.as_deref().unwrap_or_default();
    let is_missing = label(labels).is_none();
    let keys = labels.into_iter().flatten().map(|(key, _)| key.as_str());
    misspelled(keys)
        .into_iter()
        .map(|key| {
            let meant = labels.and_then(|labels| labels.get(key));
            let meant = network.or(meant.map(String::as_str));
            let unlabel = commands.unlabel_namespace(name, key);
            let (severity, fix) = match meant.filter(|_| is_missing) {
                Some(network) => {
                    let label = commands.label_namespace(name, network, false);
                    (Severity::Error, together([label, unlabel].into_iter()))
                }
                None => (Severity::Warning, unlabel.into()),
            };
            let message = format!("Istio does not read label {key}, it reads {NETWORK_LABEL}");
            let finding = Finding::new(CheckId::NetworkLabelMisspelled, severity, message);
            let object = ObjectRef::new("namespace", name);
            commands.placed(finding.about(object).fix(fix))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::command::Kubectl;
    use super::*;

    #[test]
    fn a_misspelled_label_gives_way_to_what_the_parts_hold() {
        let namespace: Namespace = serde_json::from_value(serde_json::json!({"metadata": {
            "name": "istio-system", "labels": {"topology.istio.io/networks": "typo"}}}))
        .unwrap();
        for (network, label) in [(Some("n"), "n"), (None, "typo")] {
            let kubectl = Kubectl::default().context("east");
            let fix = near_keys(&namespace, network, &FixCommands::new(&kubectl))
                .remove(0)
                .fix
                .unwrap()
                .to_string();
            assert!(
                fix.contains(&format!("network {label} "))
                    && fix.contains("topology.istio.io/networks-"),
                "{fix}"
            );
        }
    }
}
