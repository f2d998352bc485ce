//! The objects of an east-west gateway for kubectl: the objects that Istio's chart `gateway` renders from
//! [`super::helm_values`], without Helm's own metadata and without empty fields.
//!
//! Source: `templates/` of the chart. The end-to-end tests compare with the real Helm.

use serde_json::{Map, Value, json};

use super::chart::ChartValues;
use super::{EastWestGateway, GatewayPort, ServiceType};
use crate::names::{NETWORK_LABEL, NETWORK_VIEW_VARIABLE, REVISION_LABEL};

/// Returns the objects in the order in which they are applied: account, role, Service, Deployment, then the autoscaler
/// or the disruption budget for it.
pub fn manifest(gateway: &EastWestGateway) -> Vec<Value> {
    let values = ChartValues::of(gateway);
    let mut objects = vec![
        object(&values, "v1", "ServiceAccount"),
        role(&values),
        role_binding(&values),
        service(&values),
        deployment(&values),
    ];
    if gateway.replicas.is_none() {
        objects.push(autoscaler(&values));
    }
    if let Some(budget) = values.budget() {
        objects.push(disruption_budget(&values, &budget));
    }
    objects
}

fn object(values: &ChartValues<'_>, api_version: &str, kind: &str) -> Value {
    let gateway = values.gateway;
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": gateway.name, "namespace": gateway.namespace, "labels": labels(values)},
    })
}

/// Returns the labels of every object.
fn labels(values: &ChartValues<'_>) -> Map<String, Value> {
    let mut labels = product_labels(values.gateway);
    labels.extend(selector(values.gateway));
    labels.extend(extra_labels(values));
    labels
}

fn product_labels(gateway: &EastWestGateway) -> Map<String, Value> {
    [
        ("app.kubernetes.io/name", gateway.name.as_str()),
        ("app.kubernetes.io/instance", &gateway.name),
        ("app.kubernetes.io/part-of", "istio"),
    ]
    .map(|(key, value)| (key.to_owned(), json!(value)))
    .into_iter()
    .collect()
}

fn selector(gateway: &EastWestGateway) -> Map<String, Value> {
    [
        ("app", gateway.name.as_str()),
        ("istio", gateway.istio_label()),
    ]
    .map(|(key, value)| (key.to_owned(), json!(value)))
    .into_iter()
    .collect()
}

/// Returns the additional labels. By default a gateway is not in the ambient data plane.
fn extra_labels(values: &ChartValues<'_>) -> Map<String, Value> {
    std::iter::once(("istio.io/dataplane-mode".to_owned(), json!("none")))
        .chain(
            values
                .labels
                .iter()
                .map(|(key, value)| ((*key).to_owned(), json!(value))),
        )
        .collect()
}

fn role(values: &ChartValues<'_>) -> Value {
    let mut role = object(values, "rbac.authorization.k8s.io/v1", "Role");
    role["rules"] =
        json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "watch", "list"]}]);
    role
}

fn role_binding(values: &ChartValues<'_>) -> Value {
    let name = &values.gateway.name;
    let mut binding = object(values, "rbac.authorization.k8s.io/v1", "RoleBinding");
    binding["roleRef"] =
        json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name});
    binding["subjects"] = json!([{"kind": "ServiceAccount", "name": name}]);
    binding
}

fn service(values: &ChartValues<'_>) -> Value {
    let wanted = &values.gateway.service;
    let mut service = object(values, "v1", "Service");
    if let Some(network) = values.network_gateway {
        service["metadata"]["labels"][NETWORK_LABEL] = json!(network);
    }
    if !wanted.annotations.is_empty() {
        service["metadata"]["annotations"] = json!(wanted.annotations);
    }
    let ports: Vec<Value> = values
        .gateway
        .ports
        .iter()
        .map(GatewayPort::with_protocol)
        .collect();
    service["spec"] = json!({"type": wanted.service_type.as_str()});
    if let (Some(class), ServiceType::LoadBalancer) =
        (&wanted.load_balancer_class, wanted.service_type)
    {
        service["spec"]["loadBalancerClass"] = json!(class);
    }
    for (field, value) in wanted.common_fields() {
        service["spec"][field] = value;
    }
    if !wanted.external_ips.is_empty() {
        service["spec"]["externalIPs"] = json!(wanted.external_ips());
    }
    service["spec"]["ports"] = json!(ports);
    service["spec"]["selector"] = Value::Object(selector(values.gateway));
    service
}

fn deployment(values: &ChartValues<'_>) -> Value {
    let mut deployment = object(values, "apps/v1", "Deployment");
    deployment["spec"] = json!({});
    if let Some(replicas) = values.gateway.replicas {
        deployment["spec"]["replicas"] = json!(replicas);
    }
    deployment["spec"]["selector"] = json!({"matchLabels": selector(values.gateway)});
    deployment["spec"]["template"] = json!({
        "metadata": {"labels": pod_labels(values), "annotations": pod_annotations()},
        "spec": {
            "serviceAccountName": values.gateway.name,
            "securityContext": {"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]},
            "containers": [proxy(values)],
            "terminationGracePeriodSeconds": 30,
        },
    });
    for (field, value) in values.gateway.scheduling.fields() {
        deployment["spec"]["template"]["spec"][field] = value;
    }
    deployment
}

fn pod_labels(values: &ChartValues<'_>) -> Map<String, Value> {
    let mut labels = Map::new();
    labels.insert("sidecar.istio.io/inject".to_owned(), json!("true"));
    if let Some(revision) = &values.gateway.revision {
        labels.insert(REVISION_LABEL.to_owned(), json!(revision));
    }
    labels.extend(selector(values.gateway));
    labels.extend(product_labels(values.gateway));
    labels.extend(extra_labels(values));
    if let Some(network) = values.network_gateway {
        labels.insert(NETWORK_LABEL.to_owned(), json!(network));
    }
    labels
}

fn pod_annotations() -> Value {
    json!({
        "inject.istio.io/templates": "gateway",
        "prometheus.io/path": "/stats/prometheus",
        "prometheus.io/port": "15020",
        "prometheus.io/scrape": "true",
        "sidecar.istio.io/inject": "true",
    })
}

/// Returns the container, which istiod's injector completes, including the image.
fn proxy(values: &ChartValues<'_>) -> Value {
    let view = values
        .network_gateway
        .map(|network| (NETWORK_VIEW_VARIABLE, network));
    let env: Vec<Value> = view
        .into_iter()
        .chain(values.env.iter().map(|(name, value)| (*name, *value)))
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let mut proxy = json!({
        "name": "istio-proxy",
        "image": "auto",
        "securityContext": {
            "capabilities": {"drop": ["ALL"]},
            "allowPrivilegeEscalation": false,
            "privileged": false,
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": true,
        },
    });
    if !env.is_empty() {
        proxy["env"] = json!(env);
    }
    proxy["ports"] =
        json!([{"containerPort": 15090, "protocol": "TCP", "name": "http-envoy-prom"}]);
    proxy["resources"] = json!({
        "limits": {"cpu": "2000m", "memory": "1024Mi"},
        "requests": {"cpu": "100m", "memory": "128Mi"},
    });
    proxy
}

fn autoscaler(values: &ChartValues<'_>) -> Value {
    let mut autoscaler = object(values, "autoscaling/v2", "HorizontalPodAutoscaler");
    let target = json!({"averageUtilization": 80, "type": "Utilization"});
    autoscaler["spec"] = json!({
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": values.gateway.name},
        "minReplicas": 1,
        "maxReplicas": 5,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    });
    autoscaler
}

fn disruption_budget(values: &ChartValues<'_>, budget: &Value) -> Value {
    let mut object = object(values, "policy/v1", "PodDisruptionBudget");
    object["spec"] = json!({"selector": {"matchLabels": selector(values.gateway)}});
    object["spec"]["minAvailable"] = budget["minAvailable"].clone();
    object
}
