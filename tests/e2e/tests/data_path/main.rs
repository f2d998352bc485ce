//! Traffic: an HTTP request of a client in one cluster is answered by an application in another, through a real east-west
//! gateway, by real Envoys under real istiods.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use mesh_testkit::data_path::{DataPath, GATEWAY};
use mesh_testkit::environment;
use mesh_testkit::parts::{self, Module, Part, module_dir};
use serde_json::json;

/// The data path, or nothing where Envoy cannot be had, which is said and under CI is a failure.
#[expect(
    clippy::print_stderr,
    reason = "a test that is left out must not look as if it passed"
)]
fn data_path() -> Option<DataPath> {
    if let Err(why) = parts::ensure(&[Part::Envoy]) {
        assert!(
            !environment::under_ci(),
            "Envoy cannot be had, which under CI is a failure: {why:#}"
        );
        eprintln!("left out, since Envoy cannot be had: {why:#}");
        return None;
    }
    Some(DataPath::start().unwrap())
}

#[test]
fn a_request_is_answered_through_the_gateway_that_istios_samples_expose() {
    let Some(mut path) = data_path() else { return };
    let labels = json!({"istio": "eastwestgateway", "app": GATEWAY, "topology.istio.io/network": "net-west"});
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": GATEWAY, "namespace": "istio-system", "labels": labels},
        "spec": {
            "type": "LoadBalancer",
            "selector": {"istio": "eastwestgateway"},
            "ports": [{"name": "tls", "port": 15443}],
        },
    });
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": GATEWAY, "namespace": "istio-system"},
        "spec": {
            "selector": {"matchLabels": {"istio": "eastwestgateway"}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{
                    "name": "istio-proxy",
                    "image": "auto",
                    "env": [{"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": "net-west"}],
                }]},
            },
        },
    });
    path.west()
        .apply(&format!("{service}\n---\n{deployment}\n"))
        .unwrap();
    let samples = module_dir(Module::Istio, "istio.io/istio").unwrap();
    let exposure = samples.join("samples/multicluster/expose-services.yaml");
    path.west()
        .kubectl(["apply", "-n", "istio-system", "-f"])
        .unwrap()
        .arg(exposure)
        .output()
        .expect_success();
    path.start_gateway().unwrap();
    let answer = path.await_status(200).unwrap();
    assert!(
        answer
            .body
            .contains("URI=spiffe://cluster.local/ns/default/sa/client"),
        "{}",
        answer.body
    );
    assert_eq!(path.endpoints().unwrap(), ["127.0.20.1:15443"]);
    path.stop_gateway().unwrap();
    path.restart_client().unwrap();
    path.await_status(503).unwrap();
}
