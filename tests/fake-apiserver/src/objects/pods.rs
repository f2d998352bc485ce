//! Defaults of the specification of a pod, by itself or within a template.
//!
//! Refuses nothing. Defaults: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/>.

use serde_json::{Value, json};

use crate::objects::json::{default, drop_empty, items};
use crate::objects::quantity;

const LISTS: [&str; 8] = [
    "containers",
    "initContainers",
    "imagePullSecrets",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
    "hostAliases",
    "nodeSelector",
];

/// Fills in one specification.
pub(crate) fn fill(spec: &mut Value) {
    for field in ["containers", "initContainers"] {
        items(spec, field).for_each(container);
    }
    items(spec, "volumes").for_each(volume);
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        drop_if(spec, field, &false.into());
    }
    drop_empty(spec, &LISTS);
    default(spec, "restartPolicy", "Always".into());
    default(spec, "terminationGracePeriodSeconds", 30.into());
    default(spec, "dnsPolicy", "ClusterFirst".into());
    default(spec, "securityContext", json!({}));
    default(spec, "schedulerName", "default-scheduler".into());
    // One field under two names: the old one brings back the new one.
    for (one, other) in [
        ("serviceAccountName", "serviceAccount"),
        ("serviceAccount", "serviceAccountName"),
    ] {
        if let Some(account) = spec.get(one).cloned() {
            default(spec, other, account);
        }
    }
}

fn container(container: &mut Value) {
    default(container, "resources", json!({}));
    for field in ["limits", "requests"] {
        if let Some(Value::Object(amounts)) = container["resources"].get_mut(field) {
            amounts
                .values_mut()
                .for_each(|amount| *amount = quantity::canonical(amount));
        }
    }
    let path = "/dev/termination-log";
    default(container, "terminationMessagePath", path.into());
    default(container, "terminationMessagePolicy", "File".into());
    let image = container["image"].as_str().unwrap_or_default();
    let tag = image.rsplit('/').next().unwrap_or_default().split_once(':');
    let always = tag.is_none_or(|(_, tag)| tag == "latest");
    let policy = if always { "Always" } else { "IfNotPresent" };
    default(container, "imagePullPolicy", policy.into());
    for port in items(container, "ports") {
        default(port, "protocol", "TCP".into());
    }
    for variable in items(container, "env") {
        drop_if(variable, "value", &"".into());
        if let Some(source) = variable.get_mut("valueFrom") {
            references(source);
        }
    }
    for mount in items(container, "volumeMounts") {
        drop_if(mount, "readOnly", &false.into());
    }
    for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe) {
            default(probe, "timeoutSeconds", 1.into());
            default(probe, "periodSeconds", 10.into());
            default(probe, "successThreshold", 1.into());
            default(probe, "failureThreshold", 3.into());
            drop_if(probe, "initialDelaySeconds", &0.into());
            action(probe);
        }
    }
    for hook in ["preStop", "postStart"] {
        if let Some(hook) = container
            .get_mut("lifecycle")
            .and_then(|all| all.get_mut(hook))
        {
            action(hook);
        }
    }
    drop_empty(
        container,
        &["ports", "env", "envFrom", "volumeMounts", "command", "args"],
    );
}

fn action(holder: &mut Value) {
    if let Some(request) = holder.get_mut("httpGet") {
        default(request, "scheme", "HTTP".into());
    }
}

/// Fills in the source of the value of a variable or a file.
fn references(source: &mut Value) {
    if let Some(reference) = source.get_mut("fieldRef") {
        default(reference, "apiVersion", "v1".into());
    }
    if let Some(reference) = source.get_mut("resourceFieldRef") {
        default(reference, "divisor", "0".into());
    }
}

fn volume(volume: &mut Value) {
    for field in ["configMap", "secret", "downwardAPI", "projected"] {
        if let Some(source) = volume.get_mut(field) {
            default(source, "defaultMode", 0o644.into());
        }
    }
    if let Some(source) = volume.get_mut("downwardAPI") {
        items(source, "items").for_each(references);
    }
    let Some(projected) = volume.get_mut("projected") else {
        return;
    };
    for source in items(projected, "sources") {
        if let Some(token) = source.get_mut("serviceAccountToken") {
            default(token, "expirationSeconds", 3600.into());
        }
        if let Some(source) = source.get_mut("downwardAPI") {
            items(source, "items").for_each(references);
        }
    }
}

/// Go leaves out what is as it would be anyway.
fn drop_if(value: &mut Value, field: &str, unsaid: &Value) {
    if let Value::Object(map) = value
        && map.get(field) == Some(unsaid)
    {
        map.shift_remove(field);
    }
}
