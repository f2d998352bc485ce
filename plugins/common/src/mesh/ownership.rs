//! Who owns a remote secret that is already there, and whether the suite may take it over.
//!
//! Source of the field managers: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;

use super::names::FIELD_MANAGER;
use super::remote_secret::leads_to;

/// Field managers whose remote secrets are taken over without asking: those of today's guides.
const OF_THE_GUIDES: [&str; 2] = ["kubectl-client-side-apply", "istioctl"];

/// What applying over an existing secret calls for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakeOver {
    /// Nobody else owns what would be written.
    Free,
    /// It is a remote secret of the same cluster that a guide's own command made.
    FromGuide,
    /// Somebody else owns it: these field managers, sorted.
    Stranger(Vec<String>),
}

/// Decides for `existing`, which is to become the remote secret of `cluster`.
pub fn take_over(existing: &Secret, cluster: &str) -> TakeOver {
    let entries = existing
        .metadata
        .managed_fields
        .as_deref()
        .unwrap_or_default();
    let others: BTreeSet<&str> = entries
        .iter()
        .filter(|entry| owns_content(entry))
        .filter_map(|entry| entry.manager.as_deref())
        .filter(|manager| *manager != FIELD_MANAGER)
        .collect();
    if others.is_empty() {
        return TakeOver::Free;
    }
    let guides_only = others.iter().all(|manager| OF_THE_GUIDES.contains(manager));
    if guides_only && leads_to(existing, cluster) {
        TakeOver::FromGuide
    } else {
        TakeOver::Stranger(others.into_iter().map(str::to_owned).collect())
    }
}

/// Whether an entry owns data, labels or annotations; an owner of, say, finalizers alone is in nobody's way.
///
/// What was applied server-side as `stringData` is owned under that name alone, so that the server sees no conflict with `data`.
pub(super) fn owns_content(entry: &ManagedFieldsEntry) -> bool {
    let Some(fields) = entry.fields_v1.as_ref().map(|fields| &fields.0) else {
        return false;
    };
    let metadata = &fields["f:metadata"];
    fields.get("f:data").is_some()
        || fields.get("f:stringData").is_some()
        || metadata.get("f:labels").is_some()
        || metadata.get("f:annotations").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret(label: &str, managers: &[&str]) -> Secret {
        let fields: Vec<_> = managers
            .iter()
            .map(|m| json!({"manager": m, "operation": "Update", "fieldsV1": {"f:data": {}}}))
            .collect();
        serde_json::from_value(json!({
            "metadata": {"name": "s", "labels": {"istio/multiCluster": label}, "managedFields": fields},
            "data": {"west": "eA=="},
        }))
        .unwrap()
    }

    #[test]
    fn an_owner_of_string_data_owns_the_content() {
        let mut applied = secret("true", &["argocd-controller"]);
        let entry = &mut applied.metadata.managed_fields.as_mut().unwrap()[0];
        entry.fields_v1.as_mut().unwrap().0 = json!({"f:stringData": {"f:west": {}}});
        assert!(matches!(take_over(&applied, "west"), TakeOver::Stranger(_)));
        let entry = &mut applied.metadata.managed_fields.as_mut().unwrap()[0];
        entry.fields_v1.as_mut().unwrap().0 = json!({"f:metadata": {"f:finalizers": {}}});
        assert_eq!(take_over(&applied, "west"), TakeOver::Free);
    }

    #[test]
    fn the_guides_own_secrets_are_taken_over_and_a_strangers_are_not() {
        let stranger =
            |names: &[&str]| TakeOver::Stranger(names.iter().map(|n| (*n).to_owned()).collect());
        for (label, managers, cluster, expected) in [
            ("true", vec![], "west", TakeOver::Free),
            ("true", vec!["kubectl-mesh"], "west", TakeOver::Free),
            (
                "true",
                vec!["kubectl-client-side-apply"],
                "west",
                TakeOver::FromGuide,
            ),
            (
                "true",
                vec!["istioctl", "kubectl-mesh"],
                "west",
                TakeOver::FromGuide,
            ),
            (
                "true",
                vec!["kubectl-client-side-apply"],
                "east",
                stranger(&["kubectl-client-side-apply"]),
            ),
            ("false", vec!["istioctl"], "west", stranger(&["istioctl"])),
            (
                "true",
                vec!["argocd-controller", "istioctl"],
                "west",
                stranger(&["argocd-controller", "istioctl"]),
            ),
        ] {
            assert_eq!(
                take_over(&secret(label, &managers), cluster),
                expected,
                "{managers:?}"
            );
        }
    }
}
