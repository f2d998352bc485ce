//! The ways in which the path through a gateway breaks, each as somebody would break it, and what is to be seen of it.

use mesh_testkit::data_path::GATEWAY;
use serde_json::{Value, json};

use super::scene::{BOTH, EXPOSURE, Scene, WEST};
use super::seen::Seen;

/// One way to break it.
pub(crate) struct Broken {
    pub(crate) name: &'static str,
    pub(crate) break_it: fn(&mut Scene),
    /// Puts it right, where that can be done by what `status` printed as the fix.
    pub(crate) repair: fn(&mut Scene, &Seen),
    /// The contexts that `status` is asked about.
    pub(crate) contexts: &'static str,
    /// The finding that names it; none where `status` finds nothing wrong in what it could ask.
    pub(crate) finding: Option<&'static str>,
    /// The finding of `status`.
    pub(crate) says: &'static [&'static str],
    /// The answer to the client over a new connection.
    pub(crate) client: u16,
}

/// All of them.
pub(crate) const ALL: [Broken; 14] = [
    Broken {
        name: "the gateway's process is gone",
        break_it: |scene| scene.path.stop_gateway().unwrap(),
        repair: |scene, _| scene.path.start_gateway().unwrap(),
        contexts: WEST,
        finding: Some("probe-15443"),
        says: &["127.0.20.1:15443 refuses connections"],
        client: 503,
    },
    Broken {
        name: "nothing is exposed",
        break_it: |scene| scene.delete("gateways.networking.istio.io", EXPOSURE),
        repair: |scene, seen| scene.follow_fix(seen, "ewg-expose-missing"),
        contexts: WEST,
        finding: Some("ewg-expose-missing"),
        says: &[
            "no Gateway exposes services",
            "127.0.20.1:15443 refuses connections",
        ],
        client: 503,
    },
    Broken {
        name: "the Gateway selects other pods",
        break_it: |scene| scene.change_exposure("selector/istio", &json!("ingressgateway")),
        repair: |scene, seen| scene.follow_fix(seen, "ewg-expose-selector"),
        contexts: WEST,
        finding: Some("ewg-expose-selector"),
        says: &[
            "istio=ingressgateway",
            "127.0.20.1:15443 refuses connections",
        ],
        client: 503,
    },
    Broken {
        name: "the Gateway is for another domain",
        break_it: |scene| scene.change_exposure("servers/0/hosts", &json!(["*.mesh.example"])),
        repair: |scene, seen| scene.follow_fix(seen, "ewg-expose-hosts"),
        contexts: WEST,
        finding: Some("ewg-expose-hosts"),
        says: &["*.mesh.example", "127.0.20.1:15443 refuses connections"],
        client: 503,
    },
    Broken {
        name: "the Gateway passes TLS on by routes of its own",
        break_it: |scene| scene.change_exposure("servers/0/tls/mode", &json!("PASSTHROUGH")),
        repair: |scene, seen| scene.follow_fix(seen, "ewg-expose-missing"),
        contexts: WEST,
        finding: Some("ewg-expose-missing"),
        says: &[
            "tls.mode PASSTHROUGH",
            "127.0.20.1:15443 refuses connections",
        ],
        client: 503,
    },
    Broken {
        name: "the Gateway ends TLS and leads nowhere",
        break_it: |scene| scene.change_exposure("servers/0/tls/mode", &json!("ISTIO_MUTUAL")),
        repair: |scene, seen| scene.follow_fix(seen, "ewg-expose-missing"),
        contexts: WEST,
        finding: Some("ewg-expose-missing"),
        says: &[
            "tls.mode ISTIO_MUTUAL",
            "127.0.20.1:15443 refuses connections",
        ],
        client: 503,
    },
    Broken {
        name: "the Gateway ends TLS and leads on",
        break_it: |scene| {
            scene.change_exposure("servers/0/tls/mode", &json!("ISTIO_MUTUAL"));
            scene.create(&route());
        },
        repair: |scene, seen| {
            scene.follow_fix(seen, "probe-15443");
            scene.delete("virtualservices.networking.istio.io", "route");
        },
        contexts: WEST,
        finding: Some("probe-15443"),
        says: &[
            "terminates TLS itself as spiffe://cluster.local/ns/istio-system/sa/istio-eastwestgateway",
        ],
        client: 503,
    },
    Broken {
        name: "west has another root",
        break_it: |scene| scene.path.separate_roots(true).unwrap(),
        repair: |scene, _| scene.path.separate_roots(false).unwrap(),
        contexts: BOTH,
        finding: Some("probe-15443-root"),
        says: &["the root CA of path-east differs from that of path-west"],
        client: 503,
    },
    Broken {
        name: "the application's sidecar is dead",
        break_it: |scene| scene.path.stop_backend().unwrap(),
        repair: |scene, _| scene.path.start_backend().unwrap(),
        contexts: WEST,
        finding: Some("probe-15443"),
        says: &[
            "127.0.20.1:15443 closes the connection for SNI hello.default.svc.cluster.local",
            "the pod has no proxy",
        ],
        client: 503,
    },
    Broken {
        name: "the application's Service has no endpoints",
        break_it: |scene| scene.path.remove_endpoint().unwrap(),
        repair: |scene, _| scene.path.add_endpoint().unwrap(),
        contexts: WEST,
        finding: Some("probe-15443"),
        says: &["127.0.20.1:15443 closes the connection for SNI hello.default.svc.cluster.local"],
        client: 503,
    },
    Broken {
        name: "a policy turns mutual TLS off",
        break_it: |scene| scene.create(&policy()),
        repair: |scene, _| scene.delete("-n default peerauthentications.security.istio.io", "off"),
        contexts: WEST,
        finding: Some("probe-15443"),
        says: &["PeerAuthentication default/off turns mutual TLS off"],
        client: 503,
    },
    Broken {
        name: "the pod does not say that it takes mutual TLS",
        break_it: |scene| scene.kubectl("-n default label pod hello security.istio.io/tlsMode-"),
        repair: |scene, _| {
            scene.kubectl("-n default label pod hello security.istio.io/tlsMode=istio");
        },
        contexts: WEST,
        finding: None,
        says: &["no exposed service has a ready pod that accepts mutual TLS"],
        client: 503,
    },
    Broken {
        name: "the gateway's Service does not say which network it leads into",
        break_it: |scene| scene.label_gateway("topology.istio.io/network-"),
        repair: |scene, seen| scene.follow_fix(seen, "ewg-missing"),
        contexts: WEST,
        finding: Some("ewg-missing"),
        says: &["lacks the label topology.istio.io/network"],
        // On loopback the pod's own address, to which east falls back, is within reach.
        client: 200,
    },
    Broken {
        name: "the application is dead and its sidecar is not",
        break_it: |scene| scene.path.stop_application().unwrap(),
        repair: |scene, _| scene.path.start_application().unwrap(),
        contexts: WEST,
        // A greeting does not reach the application, and `status` sends no request.
        finding: None,
        says: &[
            "spiffe://cluster.local/ns/default/sa/hello answers for hello.default.svc.cluster.local",
        ],
        client: 503,
    },
];

fn route() -> Value {
    json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "route", "namespace": "istio-system"},
        "spec": {
            "hosts": ["*.local"],
            "gateways": [EXPOSURE],
            "tcp": [{"route": [{"destination": {
                "host": "hello.default.svc.cluster.local",
                "port": {"number": 80},
            }}]}],
        },
    })
}

/// The name of [`rejected_cluster`].
pub(crate) const REJECTED: &str = "rejected";

/// An `EnvoyFilter` that has istiod send the gateway a cluster which no Envoy takes.
pub(crate) fn rejected_cluster() -> Value {
    let cluster = json!({"name": REJECTED, "type": "STATIC", "connect_timeout": "-1s"});
    json!({
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": REJECTED, "namespace": "istio-system"},
        "spec": {
            "workloadSelector": {"labels": {"istio": "eastwestgateway"}},
            "configPatches": [{"applyTo": "CLUSTER", "match": {"context": "GATEWAY"},
                "patch": {"operation": "ADD", "value": cluster}}],
        },
    })
}

fn policy() -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "off", "namespace": "default"},
        "spec": {"mtls": {"mode": "DISABLE"}},
    })
}

impl Scene {
    fn label_gateway(&self, change: &str) {
        self.kubectl(&format!("label service {GATEWAY} {change}"));
    }
}
