//! Printed manifests are installed by istioctl, kubectl and Helm, on a real cluster beside a real control plane.

use serde_json::{Map, Value, json};

use super::helm::without_books;
use super::world::{ADDRESS, World, world};

const READY: &str = "kubectl rollout status deployment istio-eastwestgateway --timeout 1m";

#[test]
fn istioctl_installs_the_operator_and_the_chart_may_follow() {
    let world = world();
    let said = world.run(
        "kubectl mesh-eastwest generate --network network1 --format iop | istioctl install -y -f -",
    );
    assert!(
        said.golden().contains("Ingress gateways installed"),
        "{}",
        said.golden()
    );
    world.run(&format!("{READY} -n istio-system"));
    world.lists("network1", &json!({"Addr": ADDRESS, "Port": 15443}));
    let remedy = apply_tells_the_remedy(world);
    kubectl_does_not_replace_it(world);
    world.run(&remedy);
    world.run("kubectl mesh-eastwest apply --force-conflicts");
    world.run(&format!("{READY} -n istio-system"));
    world.lists("network1", &json!({"Addr": ADDRESS, "Port": 15443}));
}

/// Over a gateway whose pods are selected by other labels `apply` writes nothing, and says all that stands in the way: the
/// Deployment, and what istioctl owns. Returns the command for the step that it names for the first.
fn apply_tells_the_remedy(world: &World) -> String {
    let before = gateway(world, "istio-system");
    let said = world.bash("kubectl mesh-eastwest apply --network network1");
    let is_so = said.code == 2
        && said.stderr.contains(
            "deployment istio-system/istio-eastwestgateway in context generated has another spec.selector",
        );
    assert!(is_so, "{}", said.golden());
    let taken = "hint: take them over with --force-conflicts";
    assert!(said.stderr.contains(taken), "{}", said.golden());
    assert_eq!(gateway(world, "istio-system"), before);
    let step = "or: delete deployment istio-system/istio-eastwestgateway and run this command again, traffic from other networks fails";
    assert!(said.stderr.contains(step), "{}", said.golden());
    "kubectl -n istio-system delete deployment istio-eastwestgateway".to_owned()
}

/// `kubectl apply` merges what istioctl made with the manifest, and server-side apply fails.
fn kubectl_does_not_replace_it(world: &World) {
    let apply =
        "kubectl mesh-eastwest generate --network network1 | kubectl apply --dry-run=server -f -";
    let merged = world.run(&format!("{apply} -o json"));
    let merged: Value = serde_json::from_str(&merged.stdout).unwrap();
    let objects = merged["items"].as_array().unwrap();
    let deployment = objects.iter().find(|object| object["kind"] == "Deployment");
    let spec = &deployment.unwrap()["spec"];
    let network = "topology.istio.io/network";
    assert_eq!(spec["selector"]["matchLabels"][network], "network1");
    let pod = &spec["template"]["spec"];
    assert_eq!(pod["serviceAccountName"], "istio-eastwestgateway");
    assert_eq!(pod["volumes"][0]["name"], "ingressgateway-certs");
    let said = world.bash(&format!("{apply} --server-side --force-conflicts"));
    let is_so = said.code != 0 && said.stderr.contains("field is immutable");
    assert!(is_so, "{}", said.golden());
}

#[test]
fn kubectl_and_helm_install_the_same() {
    let world = world();
    let apply = "kubectl mesh-eastwest generate --network both -n by-kubectl | kubectl apply -f -";
    world.run(&format!("kubectl create namespace by-kubectl; {apply}"));
    world.run(
        "kubectl mesh-eastwest generate --network both --format helm |
        helm install istio-eastwestgateway istio/gateway -n by-helm --create-namespace -f -",
    );
    for namespace in ["by-kubectl", "by-helm"] {
        world.run(&format!("{READY} -n {namespace}"));
        is_injected(world, namespace, "both");
    }
    assert_eq!(gateway(world, "by-kubectl"), gateway(world, "by-helm"));
    let generation = || {
        let path = "/apis/apps/v1/namespaces/by-kubectl/deployments/istio-eastwestgateway";
        world.cluster().get(path).unwrap()["metadata"]["generation"].clone()
    };
    let before = generation();
    let again = world.run(apply);
    // To kubectl the manifest's `2000m` is another text than the server's `2`.
    let unchanged = |line: &str| {
        line.ends_with(" unchanged") || line == "deployment.apps/istio-eastwestgateway configured"
    };
    assert!(again.stdout.lines().all(unchanged), "{}", again.golden());
    assert_eq!(generation(), before);
    world.lists("both", &json!({"Addr": ADDRESS, "Port": 15443}));
}

/// The objects of a gateway as the server holds them, without what each has of its own.
fn gateway(world: &World, namespace: &str) -> Vec<Value> {
    let kinds = "serviceaccount,role,rolebinding,service,deployment,hpa";
    let list = world.run(&format!("kubectl get {kinds} -n {namespace} -o json"));
    let mut list: Value = serde_json::from_str(&list.stdout).unwrap();
    let Value::Array(objects) = list["items"].take() else {
        panic!("{list}");
    };
    objects
        .into_iter()
        .filter(|object| {
            let name = object["metadata"]["name"].as_str();
            name.is_some_and(|name| name.starts_with("istio-eastwestgateway"))
        })
        .filter_map(|object| without_books(what_is_wanted(object)))
        .collect()
}

/// Returns what was applied and what the server made of it, without what it chooses for each object.
fn what_is_wanted(mut object: Value) -> Value {
    let metadata = &object["metadata"];
    object["metadata"] = json!({"name": metadata["name"], "labels": metadata["labels"]});
    object["status"].take();
    if let Some(spec) = object["spec"].as_object_mut() {
        spec.retain(|key, _| {
            !matches!(
                key.as_str(),
                "clusterIP" | "clusterIPs" | "healthCheckNodePort"
            )
        });
    }
    let ports = object.pointer_mut("/spec/ports");
    for port in ports.and_then(Value::as_array_mut).into_iter().flatten() {
        port.as_object_mut()
            .map(|port: &mut Map<_, _>| port.remove("nodePort"));
    }
    object
}

/// The pods are what istiod's webhook made of them: proxies with an image that lead into this network alone.
fn is_injected(world: &World, namespace: &str, network: &str) {
    let path = format!("/api/v1/namespaces/{namespace}/pods");
    let pods = world.cluster().get(&path).unwrap();
    for pod in pods["items"].as_array().unwrap() {
        let proxy = &pod["spec"]["containers"][0];
        assert_ne!(proxy["image"], "auto", "{pod}");
        let view = json!({"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": network});
        assert!(proxy["env"].as_array().unwrap().contains(&view), "{pod}");
    }
}
