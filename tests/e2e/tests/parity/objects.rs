//! Objects that the two create in a cluster without Istio.

use serde_json::Value;

use crate::world::World;

/// A kind of object that both make.
pub(crate) struct Kind {
    /// As the plugin names it on stderr.
    pub(crate) kind: &'static str,
    /// Path and name, with `NS` for the namespace.
    path: &'static str,
}

impl Kind {
    /// The object's name in this namespace.
    pub(crate) fn name(&self, namespace: &str) -> String {
        let name = self.path.rsplit('/').next().unwrap();
        name.replace("NS", namespace)
    }
}

pub(crate) const KINDS: &[Kind] = &[
    Kind {
        kind: "namespace",
        path: "/api/v1/namespaces/NS",
    },
    Kind {
        kind: "serviceaccount",
        path: "/api/v1/namespaces/NS/serviceaccounts/istio-reader-service-account",
    },
    Kind {
        kind: "clusterrole.rbac.authorization.k8s.io",
        path: "/apis/rbac.authorization.k8s.io/v1/clusterroles/istio-reader-clusterrole-NS",
    },
    Kind {
        kind: "clusterrolebinding.rbac.authorization.k8s.io",
        path: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/istio-reader-clusterrole-NS",
    },
    Kind {
        kind: "secret",
        path: "/api/v1/namespaces/NS/secrets/istio-reader-service-account-istio-remote-secret-token",
    },
];

/// Objects that could have been created beside them.
const LISTS: &[&str] = &[
    "/api/v1/namespaces/NS/secrets",
    "/api/v1/namespaces/NS/serviceaccounts",
    "/api/v1/namespaces/NS/configmaps",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/NS/rolebindings",
];

/// The object as the server holds it, as it is.
pub(crate) fn raw(world: &World, kind: &Kind, namespace: &str) -> Value {
    world
        .cluster
        .get(&kind.path.replace("NS", namespace))
        .unwrap()
}

/// The object without what is the server's own, the namespace's name, the token, and the chart's version, which is a
/// intended difference.
pub(crate) fn read(world: &World, kind: &Kind, namespace: &str) -> Value {
    let mut object = raw(world, kind, namespace);
    let metadata = object["metadata"].as_object_mut().unwrap();
    for own in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
    ] {
        metadata.remove(own);
    }
    if let Some(annotations) = metadata
        .get_mut("annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.remove("kubernetes.io/service-account.uid");
    }
    if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
        // The server says so of a token that was used, as the try-out does.
        labels.remove("kubernetes.io/legacy-token-last-used");
        for versioned in ["app.kubernetes.io/version", "helm.sh/chart"] {
            if let Some(value) = labels.get_mut(versioned) {
                let text = value
                    .as_str()
                    .unwrap()
                    .trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
                *value = text.into();
            }
        }
        if labels.is_empty() {
            metadata.remove("labels");
        }
    }
    if let Some(data) = object.get_mut("data").and_then(Value::as_object_mut) {
        for own in ["token", "namespace"] {
            data[own] = data[own].as_str().map(|text| !text.is_empty()).into();
        }
    }
    serde_json::from_str(&object.to_string().replace(namespace, "NS")).unwrap()
}

/// The names of everything in the namespace that there are lists of.
pub(crate) fn names(world: &World, namespace: &str) -> Vec<String> {
    let mut names = Vec::new();
    for list in LISTS {
        let found = world.cluster.get(&list.replace("NS", namespace)).unwrap();
        for item in found["items"].as_array().unwrap() {
            names.push(format!(
                "{list}/{}",
                item["metadata"]["name"].as_str().unwrap()
            ));
        }
    }
    assert!(!names.is_empty());
    names
}
