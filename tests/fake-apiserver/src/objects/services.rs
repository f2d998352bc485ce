//! Services: what is filled in, what is handed out, what a change keeps or drops, and what is refused.
//!
//! Addresses and node ports are made up from names and numbers, so that they are the same in every run; nothing keeps two
//! Services from getting the same.

use serde_json::{Value, json};

use crate::model::failure::Cause;
use crate::objects::json::{default, items};

/// Fills in the defaults of a Service.
pub(crate) fn fill(object: &mut Value) {
    default(object, "spec", json!({}));
    let spec = &mut object["spec"];
    default(spec, "type", "ClusterIP".into());
    default(spec, "sessionAffinity", "None".into());
    if spec["type"] != "ExternalName" {
        default(spec, "internalTrafficPolicy", "Cluster".into());
    }
    if is_external(spec) {
        default(spec, "externalTrafficPolicy", "Cluster".into());
    }
    if spec["type"] == "LoadBalancer" {
        default(spec, "allocateLoadBalancerNodePorts", true.into());
    }
    for port in items(spec, "ports") {
        default(port, "protocol", "TCP".into());
        let number = port["port"].clone();
        default(port, "targetPort", number);
    }
    default(object, "status", json!({}));
    default(&mut object["status"], "loadBalancer", json!({}));
    for ingress in items(&mut object["status"]["loadBalancer"], "ingress") {
        if ingress.get("ip").is_some() {
            default(ingress, "ipMode", "VIP".into());
        }
    }
}

/// Hands out addresses and ports.
pub(crate) fn allocate(object: &mut Value) {
    let metadata = &object["metadata"];
    let name = format!("{}/{}", metadata["namespace"], metadata["name"]);
    let spec = &mut object["spec"];
    if spec["type"] == "ExternalName" {
        return;
    }
    let [.., a, b] = digest(&name).to_be_bytes();
    let address = format!("10.96.{a}.{}", b.clamp(2, 250));
    default(spec, "clusterIP", address.into());
    let address = spec["clusterIP"].clone();
    default(spec, "clusterIPs", json!([address]));
    default(spec, "ipFamilies", json!(["IPv4"]));
    default(spec, "ipFamilyPolicy", "SingleStack".into());
    let wanted = spec["type"] == "NodePort"
        || (spec["type"] == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] != false);
    if wanted {
        for port in items(spec, "ports") {
            let number = node_port(&format!("{name} {} {}", port["port"], port["protocol"]));
            default(port, "nodePort", number.into());
        }
    }
    if checks_health(spec) {
        let number = node_port(&format!("{name} health"));
        default(spec, "healthCheckNodePort", number.into());
    }
}

/// A port of the usual range for this purpose.
fn node_port(purpose: &str) -> u32 {
    30000 + digest(purpose) % 2768
}

/// FNV-1a.
fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

fn is_external(spec: &Value) -> bool {
    spec["type"] == "LoadBalancer" || spec["type"] == "NodePort"
}

fn checks_health(spec: &Value) -> bool {
    spec["type"] == "LoadBalancer" && spec["externalTrafficPolicy"] == "Local"
}

/// Keeps what was handed out to a Service, and drops what its former type alone needed
/// (<https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types>).
pub(crate) fn inherit(live: &Value, spec: &mut Value) {
    let explicit = |spec: &Value| spec["type"].as_str().unwrap_or("ClusterIP").to_owned();
    if explicit(spec) == "ExternalName" {
        return;
    }
    if explicit(live) != explicit(spec) {
        drop_former(spec);
    }
    let Value::Object(map) = &mut *spec else {
        return;
    };
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if let (None | Some(Value::Null), Some(value)) = (map.get(field), live.get(field)) {
            map.insert(field.to_owned(), value.clone());
        }
    }
    if checks_health(spec)
        && let Some(number) = live.get("healthCheckNodePort")
    {
        default(spec, "healthCheckNodePort", number.clone());
    }
    if is_external(spec) {
        keep_node_ports(live, spec);
    }
}

fn drop_former(spec: &mut Value) {
    let (external, balanced) = (is_external(spec), spec["type"] == "LoadBalancer");
    let checked = checks_health(spec);
    if !external {
        for port in items(spec, "ports") {
            port.as_object_mut().map(|map| map.shift_remove("nodePort"));
        }
    }
    let Value::Object(map) = spec else { return };
    for (field, kept) in [
        ("externalTrafficPolicy", external),
        ("allocateLoadBalancerNodePorts", balanced),
        ("loadBalancerClass", balanced),
        ("healthCheckNodePort", checked),
    ] {
        if !kept {
            map.shift_remove(field);
        }
    }
}

fn keep_node_ports(live: &Value, spec: &mut Value) {
    let protocol = |port: &Value| port["protocol"].as_str().unwrap_or("TCP").to_owned();
    for port in items(spec, "ports") {
        let was = live["ports"].as_array().into_iter().flatten();
        let mut was =
            was.filter(|old| old["port"] == port["port"] && protocol(old) == protocol(port));
        if let (None, Some(old)) = (port.get("nodePort"), was.next())
            && let Some(number) = old.get("nodePort")
        {
            port["nodePort"] = number.clone();
        }
    }
}

/// Checks the ports of a Service.
pub(crate) fn check(new: &Value, causes: &mut Vec<Cause>) {
    let spec = &new["spec"];
    let ports = spec["ports"].as_array().map_or(&[][..], Vec::as_slice);
    let headless = spec["clusterIP"] == "None" && spec["type"] == "ClusterIP";
    if ports.is_empty() && !headless && spec["type"] != "ExternalName" {
        causes.push(Cause::required("spec.ports", ""));
    }
    for (index, port) in ports.iter().enumerate() {
        let field = |name: &str| format!("spec.ports[{index}].{name}");
        if ports.len() > 1 && port["name"].as_str().is_none_or(str::is_empty) {
            causes.push(Cause::required(&field("name"), ""));
        }
        for name in ["port", "targetPort"] {
            if port[name]
                .as_i64()
                .is_some_and(|number| !(1..=65535).contains(&number))
            {
                let why = "must be between 1 and 65535, inclusive";
                causes.push(Cause::invalid(&field(name), &port[name], why));
            }
        }
    }
}
