//! Paths of objects on an API server. Names and namespaces become the path of a request only here, and only after
//! validation: a name from a cluster, or from a token, must not send a request to another path.
//!
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>

use kube::Resource;
use kube::core::{ApiResource, DynamicObject, Request};

use super::{ApiFault, Attempt};
use mesh_model::Error;
use mesh_model::cluster_name::{is_dns_label, is_dns_subdomain};
use mesh_model::error::Kind;

/// The group whose objects may have almost any name, such as `system:node`.
const RBAC: &str = "rbac.authorization.k8s.io";

/// The core kinds whose names are DNS labels.
const LABELS: &[&str] = &["namespaces", "services"];

/// Returns the path of objects of the kind `K`, with the namespace and the name of `attempt` validated.
///
/// # Errors
/// A name that no object can have; then nothing is sent.
pub(super) fn path<K: Resource<DynamicType = ()>>(attempt: &Attempt) -> Result<Request, Error> {
    check(&K::group(&()), &K::plural(&()), attempt)?;
    Ok(Request::new(K::url_path(&(), attempt.namespace())))
}

/// Returns the path for a kind that is only known by its names.
pub(super) fn path_of(resource: &ApiResource, attempt: &Attempt) -> Result<Request, Error> {
    // The group and the kind from a manifest become part of the path as well.
    let is_sound = (resource.group.is_empty() || is_dns_subdomain(&resource.group))
        && is_dns_label(&resource.version)
        && is_dns_label(&resource.plural);
    if !is_sound {
        return Err(refused(attempt, "that is not a valid kind"));
    }
    check(&resource.group, &resource.plural, attempt)?;
    let path = DynamicObject::url_path(resource, attempt.namespace());
    Ok(Request::new(path))
}

/// Returns the path of the port-forward of the pod in `attempt`.
pub(super) fn port_forward(attempt: &Attempt, port: u16) -> Result<String, Error> {
    check("", "pods", attempt)?;
    let (namespace, pod) = (
        attempt.namespace().unwrap_or_default(),
        attempt.name().unwrap_or_default(),
    );
    Ok(format!(
        "/api/v1/namespaces/{namespace}/pods/{pod}/portforward?ports={port}"
    ))
}

fn check(group: &str, plural: &str, attempt: &Attempt) -> Result<(), Error> {
    if attempt.namespace().is_some_and(|name| !is_dns_label(name)) {
        return Err(refused(attempt, "that is not a valid namespace"));
    }
    let fits = |name: &str| match group {
        RBAC => is_path_segment(name),
        "" if LABELS.contains(&plural) => is_dns_label(name),
        _ => is_dns_subdomain(name),
    };
    if attempt.name().is_some_and(|name| !fits(name)) {
        return Err(refused(attempt, "that is not a valid name"));
    }
    Ok(())
}

/// Returns whether `name` is one segment of a path as it is, without characters that must be escaped.
fn is_path_segment(name: &str) -> bool {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:@!$&'()*+,;=".contains(&byte);
    !matches!(name, "" | "." | "..") && name.bytes().all(stays)
}

fn refused(attempt: &Attempt, why: &str) -> Error {
    Error::new(Kind::Refused, format!("cannot {attempt}: {why}"))
        .because(ApiFault::Invalid {
            message: "a namespace is a DNS label (a-z, 0-9 and '-'), a name a DNS subdomain (labels with '.' between them)"
                .to_owned(),
        })
        .hint("look up the name of the object with kubectl get")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rbac_names_are_one_segment_of_a_path() {
        for good in [
            "system:node",
            "Admin",
            "a",
            "istio-reader-clusterrole-istio-system",
        ] {
            assert!(is_path_segment(good), "{good}");
        }
        for bad in [
            "", ".", "..", "a/b", "a?b", "a#b", "a%2fb", "a b", "ä", "a\n",
        ] {
            assert!(!is_path_segment(bad), "{bad:?}");
        }
    }
}
