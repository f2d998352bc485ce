//! Decides who owns an existing remote secret, and whether the suite may take it over.
//!
//! Source of the field managers: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;

use super::names::{
    CLUSTER_ANNOTATION, CONFIG_SECRET, CONFIG_SECRET_KEY, FIELD_MANAGER, MULTI_CLUSTER_LABEL,
};
use super::origin::keeper;
use super::remote_secret::{annotated_cluster, gives_access_to, has_label, own_name};

/// Field managers whose remote secrets are taken over without asking: those of Istio's current guides.
const OF_THE_GUIDES: [&str; 2] = ["kubectl-client-side-apply", "istioctl"];

/// The ownership of a secret that is about to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakeOver {
    /// No other manager owns a field that would be overwritten.
    Free,
    /// It is a remote secret of the same cluster, created by a command of Istio's guides.
    FromGuide,
    /// Conflict: owned by the tool that manages it, if that is known, otherwise by these field managers, sorted.
    Stranger(Vec<String>),
}

/// Decides for `existing`, which shall become the remote secret of `cluster`.
pub fn take_over(existing: &Secret, cluster: &str) -> TakeOver {
    let entries = existing
        .metadata
        .managed_fields
        .as_deref()
        .unwrap_or_default();
    let others: BTreeSet<&str> = entries
        .iter()
        .filter(|entry| is_overwritten(entry, existing, cluster))
        .filter_map(|entry| entry.manager.as_deref())
        .filter(|manager| *manager != FIELD_MANAGER)
        .collect();
    if others.is_empty() {
        return TakeOver::Free;
    }
    if let Some(keeper) = keeper(&existing.metadata, "Secret") {
        return TakeOver::Stranger(vec![keeper]);
    }
    let guides_only = others.iter().all(|manager| OF_THE_GUIDES.contains(manager));
    if guides_only && gives_access_to(existing, cluster) {
        TakeOver::FromGuide
    } else {
        TakeOver::Stranger(others.into_iter().map(str::to_owned).collect())
    }
}

/// Returns whether an entry owns a field to which applying the remote secret of `cluster` would give another value: its
/// data key, and the label and the annotation if they are not as they have to be. A manager that only added labels or
/// annotations of its own does not conflict. If the Secret is not a remote secret for the cluster, all of its content
/// counts.
fn is_overwritten(entry: &ManagedFieldsEntry, existing: &Secret, cluster: &str) -> bool {
    if !gives_access_to(existing, cluster) {
        // It is another kind of Secret, and would become a remote secret.
        return owns_content(entry);
    }
    let Some(fields) = entry.fields_v1.as_ref().map(|fields| &fields.0) else {
        return false;
    };
    let key = match own_name(existing) {
        CONFIG_SECRET => CONFIG_SECRET_KEY,
        _ => cluster,
    };
    let owns = |map: &str, name: &str| fields[map].get(format!("f:{name}")).is_some();
    let of_metadata = |map: &str, name: &str| {
        let fields = &fields["f:metadata"][map];
        fields.get(format!("f:{name}")).is_some()
    };
    let has_annotation = annotated_cluster(existing).is_some_and(|named| named == cluster);
    owns("f:data", key)
        || owns("f:stringData", key)
        || (!has_label(existing) && of_metadata("f:labels", MULTI_CLUSTER_LABEL))
        || (!has_annotation && of_metadata("f:annotations", CLUSTER_ANNOTATION))
}

/// Returns whether an entry owns data, labels or annotations; an owner of, for example, only finalizers does not
/// conflict.
///
/// Fields that were applied server-side as `stringData` are owned under that name alone, so that the server detects no
/// conflict with `data`.
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
            .map(|m| json!({"manager": m, "operation": "Update", "fieldsV1": {"f:data": {"f:west": {}}}}))
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
    fn only_owners_of_what_would_be_written_count() {
        for (fields, expected) in [
            (
                json!({"f:metadata": {"f:labels": {"f:team": {}}, "f:annotations": {"f:note": {}}}}),
                TakeOver::Free,
            ),
            (
                json!({"f:metadata": {"f:labels": {"f:istio/multiCluster": {}}}}),
                TakeOver::Free,
            ),
            (json!({"f:data": {".": {}, "f:other": {}}}), TakeOver::Free),
            (
                json!({"f:metadata": {"f:annotations": {"f:networking.istio.io/cluster": {}}}}),
                TakeOver::Stranger(vec!["kubectl-label".to_owned()]),
            ),
            (
                json!({"f:data": {"f:west": {}}}),
                TakeOver::Stranger(vec!["kubectl-label".to_owned()]),
            ),
        ] {
            let mut made = secret("true", &["kubectl-label", "kubectl-client-side-apply"]);
            let entry = &mut made.metadata.managed_fields.as_mut().unwrap()[0];
            entry.fields_v1.as_mut().unwrap().0 = fields.clone();
            let expected = match expected {
                // Secrets made by the guides' commands count as before.
                TakeOver::Free | TakeOver::FromGuide => TakeOver::FromGuide,
                TakeOver::Stranger(mut owners) => {
                    owners.insert(0, "kubectl-client-side-apply".to_owned());
                    TakeOver::Stranger(owners)
                }
            };
            assert_eq!(take_over(&made, "west"), expected, "{fields}");
        }
    }

    #[test]
    fn who_keeps_it_is_named_and_not_by_which_field_manager() {
        let mut kept = secret("true", &["kustomize-controller"]);
        let labels = kept.metadata.labels.as_mut().unwrap();
        for (key, value) in [("name", "mesh"), ("namespace", "flux-system")] {
            labels.insert(
                format!("kustomize.toolkit.fluxcd.io/{key}"),
                value.to_owned(),
            );
        }
        let flux = "Kustomization flux-system/mesh of Flux".to_owned();
        assert_eq!(take_over(&kept, "west"), TakeOver::Stranger(vec![flux]));
        let kept = secret("true", &["externalsecrets.external-secrets.io/west"]);
        let eso = "ExternalSecret west".to_owned();
        assert_eq!(take_over(&kept, "west"), TakeOver::Stranger(vec![eso]));
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
                stranger(&["Argo CD"]),
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
