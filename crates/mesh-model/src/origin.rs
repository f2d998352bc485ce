//! The tools that recreate an object after it was deleted. Pure.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::names::{ARGO_INSTANCE, ARGO_TRACKING_ID, FLUX_HELM, FLUX_KUSTOMIZE};
use super::ownership::owns_content;

/// The field managers of the controllers of Argo CD and Flux.
///
/// Source: `ArgoCDSSAManager` in Argo CD's `common/common.go` (without server-side apply the manager is the program's
/// name), and `controllerName` in the `main.go` of Flux's controllers.
const MANAGERS: [(&str, &str); 4] = [
    ("argocd-controller", "Argo CD"),
    ("argocd-application-controller", "Argo CD"),
    ("kustomize-controller", "Flux"),
    ("helm-controller", "Flux"),
];

/// Prefix of the field manager of the External Secrets Operator; the name of the `ExternalSecret` follows. Source:
/// `fieldOwnerTemplate` in its `pkg/controllers/externalsecret/externalsecret_controller.go`.
const EXTERNAL_SECRETS: &str = "externalsecrets.external-secrets.io/";

/// Returns the tool that manages an object of `kind` and recreates it: Argo CD, Flux, or the controller in its owner
/// reference, such as an `ExternalSecret`.
pub fn keeper(object: &ObjectMeta, kind: &str) -> Option<String> {
    by_argo(object, kind)
        .or_else(|| by_flux(object))
        .or_else(|| by_controller(object))
        .or_else(|| by_manager(object))
}

/// Returns the application of Argo CD. Copies of an object have the annotation too, so it counts only if it names this
/// object. Source: <https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/>.
fn by_argo(object: &ObjectMeta, kind: &str) -> Option<String> {
    let application = match value(object.annotations.as_ref(), ARGO_TRACKING_ID) {
        Some(id) => {
            let (application, about) = id.split_once(':')?;
            let (namespace, name) = (object.namespace.as_deref()?, object.name.as_deref()?);
            about
                .ends_with(&format!("/{kind}:{namespace}/{name}"))
                .then_some(application)?
        }
        None => value(object.labels.as_ref(), ARGO_INSTANCE)?,
    };
    Some(format!("application {application} of Argo CD"))
}

fn by_flux(object: &ObjectMeta) -> Option<String> {
    let labels = object.labels.as_ref();
    let kinds = [
        (FLUX_KUSTOMIZE, "Kustomization"),
        (FLUX_HELM, "HelmRelease"),
    ];
    kinds.into_iter().find_map(|(group, kind)| {
        let name = value(labels, &format!("{group}/name"))?;
        let namespace = value(labels, &format!("{group}/namespace"))?;
        Some(format!("{kind} {namespace}/{name} of Flux"))
    })
}

fn by_controller(object: &ObjectMeta) -> Option<String> {
    let owners = object.owner_references.iter().flatten();
    let mut controllers = owners.filter(|owner| owner.controller == Some(true));
    controllers
        .next()
        .map(|owner| format!("{} {}", owner.kind, owner.name))
}

fn by_manager(object: &ObjectMeta) -> Option<String> {
    let entries = object.managed_fields.iter().flatten();
    entries
        .filter(|entry| owns_content(entry))
        .find_map(|entry| {
            let manager = entry.manager.as_deref()?;
            if let Some(name) = manager.strip_prefix(EXTERNAL_SECRETS) {
                return Some(format!("ExternalSecret {name}"));
            }
            let (_, who) = MANAGERS.iter().find(|(name, _)| *name == manager)?;
            Some((*who).to_owned())
        })
}

fn value<'a>(
    map: Option<&'a std::collections::BTreeMap<String, String>>,
    key: &str,
) -> Option<&'a str> {
    map?.get(key).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(metadata: &Value, expected: Option<&str>) {
        let mut whole = json!({"name": "s", "namespace": "n"});
        whole
            .as_object_mut()
            .unwrap()
            .extend(metadata.as_object().unwrap().clone());
        let metadata: ObjectMeta = serde_json::from_value(whole).unwrap();
        assert_eq!(keeper(&metadata, "Secret").as_deref(), expected);
    }

    #[test]
    fn who_puts_it_back_is_named() {
        check(&json!({}), None);
        check(
            &json!({"annotations": {"argocd.argoproj.io/tracking-id": "mesh:/Secret:n/s"}}),
            Some("application mesh of Argo CD"),
        );
        check(
            &json!({"labels": {"argocd.argoproj.io/instance": "mesh"}}),
            Some("application mesh of Argo CD"),
        );
        let flux = |group: &str| json!({"labels": {format!("{group}/name"): "mesh", format!("{group}/namespace"): "flux-system"}});
        check(
            &flux("kustomize.toolkit.fluxcd.io"),
            Some("Kustomization flux-system/mesh of Flux"),
        );
        check(
            &flux("helm.toolkit.fluxcd.io"),
            Some("HelmRelease flux-system/mesh of Flux"),
        );
        let owner = |controller: bool| json!({"ownerReferences": [{"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "name": "west", "uid": "u", "controller": controller}]});
        check(&owner(true), Some("ExternalSecret west"));
        check(&owner(false), None);
    }

    #[test]
    fn a_copy_of_what_argo_cd_keeps_is_nobodys() {
        check(
            &json!({"annotations": {"argocd.argoproj.io/tracking-id": "mesh:/Secret:n/another"}}),
            None,
        );
    }

    #[test]
    fn a_manager_keeps_what_it_has_written() {
        let written = |manager: &str, fields: Value| json!({"managedFields": [{"manager": manager, "operation": "Apply", "fieldsV1": fields}]});
        check(
            &written("argocd-controller", json!({"f:data": {}})),
            Some("Argo CD"),
        );
        check(
            &written("kustomize-controller", json!({"f:stringData": {}})),
            Some("Flux"),
        );
        check(&written("kubectl", json!({"f:data": {}})), None);
        let finalizers = json!({"f:metadata": {"f:finalizers": {}}});
        check(&written("helm-controller", finalizers), None);
    }
}
