//! The knowledge of an istiod, as its pages have it: the gateways of its own cluster and of those that it has a secret for, and the proxies
//! that are connected to it.

use serde_json::{Value, json};

use super::objects::{Clusters, istiods};
use super::patch::called;

/// The annotation that has istiod take the addresses of nodes.
const NODES: &str = "traffic.istio.io/nodeSelector";
const NETWORK: &str = "topology.istio.io/network";

/// Returns the page of the istiods of a cluster.
pub(super) fn networkz(holder: &str, clusters: &Clusters) -> Value {
    let known = read(holder, clusters).into_iter();
    let known = known.flat_map(|(id, context)| {
        let objects = &clusters.objects[context];
        objects
            .iter()
            .flat_map(move |object| gateways(id, object, objects))
    });
    let known: Vec<Value> = known.collect();
    // istiod's page of no gateways.
    if known.is_empty() {
        Value::Null
    } else {
        known.into()
    }
}

/// Returns the page about the proxies of a cluster, and of the clusters without an istiod that its istiods read.
pub(super) fn syncz(holder: &str, clusters: &Clusters) -> Value {
    let read = read(holder, clusters).into_iter();
    let served = read.filter(|(_, context)| {
        *context == holder || istiods(&clusters.objects[*context]).next().is_none()
    });
    let connected = served.flat_map(|(id, context)| {
        let objects = clusters.objects[context].iter();
        let pods = objects.filter(|object| object["kind"] == "Pod" && has_proxy(object));
        pods.map(move |pod| {
            let text = |field: &str| pod["metadata"][field].as_str().unwrap_or_default();
            let proxy = format!("{}.{}", text("name"), text("namespace"));
            json!({"cluster_id": id, "proxy": proxy, "resources": {}})
        })
    });
    connected.collect()
}

fn has_proxy(pod: &Value) -> bool {
    let containers = pod["spec"]["containers"].as_array();
    let mut containers = containers.into_iter().flatten();
    containers.any(|one| one["name"] == "istio-proxy" && one["image"] != "auto")
}

/// Returns the clusters that an istiod reads, its own first: the cluster ID by which it calls each, and the context.
fn read<'a>(holder: &'a str, clusters: &'a Clusters) -> Vec<(&'a str, &'a str)> {
    let own = &clusters.variables[holder]["id"];
    let mut read = vec![(own.as_str(), holder)];
    for (_, remote, secret) in clusters.secrets.iter().filter(|one| one.0 == holder) {
        let secrets = clusters.objects[holder].iter();
        let of_secret = secrets.filter(|object| called(object) == *secret);
        let ids = of_secret.flat_map(ids).filter(|id| *id != own);
        read.extend(ids.map(|id| (id.as_str(), remote.as_str())));
    }
    read
}

/// Returns the cluster IDs in a Secret that istiod looks at.
fn ids(secret: &Value) -> impl Iterator<Item = &String> {
    let meta = &secret["metadata"];
    let is_read =
        meta["labels"]["istio/multiCluster"] == "true" && meta["namespace"] == "istio-system";
    // As it is written, and as it is stored.
    let data = ["stringData", "data"]
        .into_iter()
        .filter_map(|field| secret[field].as_object());
    data.filter(move |_| is_read).flat_map(|data| data.keys())
}

/// Returns the gateways of an object, one for each address.
fn gateways(cluster: &str, object: &Value, beside: &[Value]) -> Vec<Value> {
    let Some(network) = object["metadata"]["labels"][NETWORK].as_str() else {
        return Vec::new();
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let is_by_nodes = !object["metadata"]["annotations"][NODES].is_null();
    let (addresses, ports) = match object["kind"].as_str() {
        Some("Service") if is_by_nodes => {
            (external_addresses(beside), list(&object["spec"]["ports"]))
        }
        Some("Service") => (
            list(&object["status"]["loadBalancer"]["ingress"]),
            list(&object["spec"]["ports"]),
        ),
        Some("Gateway") => (
            list(&object["status"]["addresses"]),
            list(&object["spec"]["listeners"]),
        ),
        _ => return Vec::new(),
    };
    let find = |port: u16| ports.iter().find(|one| one["port"] == port);
    let field = if is_by_nodes { "nodePort" } else { "port" };
    let port = |port: u16| {
        find(port)
            .and_then(|one| one[field].as_u64())
            .unwrap_or_default()
    };
    if port(15443) == 0 && port(15008) == 0 {
        return Vec::new();
    }
    let known = addresses.iter().filter_map(|address| {
        let address = address["ip"]
            .as_str()
            .or_else(|| address["value"].as_str())?;
        Some(
            json!({"Network": network, "Cluster": cluster, "Addr": address, "Port": port(15443),
            "HBONEPort": port(15008), "ServiceAccount": {"Namespace": "", "Name": ""}}),
        )
    });
    known.collect()
}

/// Returns the external addresses of nodes, as the addresses of a load balancer.
fn external_addresses(objects: &[Value]) -> Vec<Value> {
    let nodes = objects.iter().filter(|object| object["kind"] == "Node");
    let addresses = nodes.filter_map(|node| node["status"]["addresses"].as_array());
    let external = addresses
        .flatten()
        .filter(|one| one["type"] == "ExternalIP");
    external.map(|one| json!({"ip": one["address"]})).collect()
}
