//! `show` over what the real istioctl installed: when its parts come to disagree they are named, and the fixes that are printed
//! repair them, run as they stand.

use std::time::Duration;

use mesh_e2e::cloud::{Hosted, Keeper};
use mesh_e2e::plugin::Workstation;
use mesh_testkit::command::Output;
use mesh_testkit::condition::wait_until;
use mesh_testkit::kubeconfig::Kubeconfig;
use mesh_testkit::parts::{Module, module_dir};
use serde_json::{Value, json};

/// The cluster's context; commands below name it.
const CONTEXT: &str = "drifting";
/// The time for one command, on a busy machine.
const DEADLINE: Duration = Duration::from_mins(3);
/// As often somebody looks again and does what is said.
const ROUNDS: usize = 3;

/// A change that makes parts disagree, and what `show` says then: the id of a finding, and a piece of its message.
struct Drift {
    by: &'static [&'static str],
    found: &'static [(&'static str, &'static str)],
}

const DRIFTS: [Drift; 4] = [
    // Somebody took another label for the right one.
    Drift {
        by: &[
            "kubectl --context drifting label namespace istio-system topology.istio.io/network- topology.istio.io/networks=net-east",
        ],
        found: &[(
            "network-label-misspelled",
            "Istio does not read label topology.istio.io/networks,",
        )],
    },
    // Somebody gave the namespace a wrong label; all other parts know better.
    Drift {
        by: &[
            "kubectl --context drifting label namespace istio-system topology.istio.io/network=net-typo --overwrite",
        ],
        found: &[(
            "network-values-disagree",
            "namespace/istio-system has network net-typo, not net-east",
        )],
    },
    // Another network was given to the installation, and to the gateway by hand; since then workloads were restarted. Traffic
    // goes by that one, and the namespace and the gateway's pods are left behind.
    Drift {
        by: &[
            "istioctl install -y --context drifting -f cluster.yaml --set values.global.network=net-typo",
            "kubectl --context drifting -n shop rollout restart deployment web",
            "kubectl --context drifting -n istio-system label service istio-eastwestgateway topology.istio.io/network=net-typo --overwrite",
            "kubectl --context drifting -n istio-system set env deployment istio-eastwestgateway ISTIO_META_REQUESTED_NETWORK_VIEW=net-typo",
        ],
        found: &[
            (
                "network-values-disagree",
                "namespace/istio-system has network net-east, pod/istio-system/istio-eastwestgateway",
            ),
            (
                "network-values-disagree",
                "has network net-east, and most parts have network net-typo",
            ),
        ],
    },
    // istiod goes by another name than its injector gives to proxies.
    Drift {
        by: &[
            "kubectl --context drifting -n istio-system set env deployment istiod CLUSTER_ID=west",
        ],
        found: &[(
            "cluster-id-proxy-drift",
            "deployment/istiod has cluster west, not east",
        )],
    },
];

/// The steps by which Istio, a gateway and an application get there.
const INSTALL: [&str; 6] = [
    "kubectl mesh-label network net-east --context drifting --create-namespace",
    "istioctl install -y --context drifting -f cluster.yaml",
    "kubectl mesh-eastwest generate --network net-east | kubectl --context drifting apply -f -",
    "kubectl --context drifting create namespace shop",
    "kubectl --context drifting label namespace shop istio-injection=enabled",
    "kubectl --context drifting -n shop create deployment web --image web",
];

/// A Gateway that stands for the gateway of another cluster and has that cluster's network, as Istio's guide for ambient mode
/// prints it.
const PEER: &str = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: peer
  namespace: istio-system
  labels: {topology.istio.io/network: net-peer}
  annotations: {gateway.istio.io/trust-domain: cluster.local}
spec:
  gatewayClassName: istio-remote
  addresses: [{type: IPAddress, value: 203.0.113.99}]
  listeners:
  - name: mesh
    port: 15008
    protocol: HBONE
    tls: {mode: Terminate, options: {gateway.istio.io/tls-terminate-mode: ISTIO_MUTUAL}}
"#;

#[test]
fn show_names_what_disagrees_and_its_fixes_mend_it() {
    let scene = Scene::installed();
    // istiod takes its address for the other network's, and that says nothing of this cluster.
    scene.run(&format!(
        "kubectl --context {CONTEXT} apply -f - <<'EOF'{PEER}EOF"
    ));
    scene.istiod_lists("net-peer", "203.0.113.99");
    let shown = scene.show();
    assert!(shown.is_clean(), "{}", shown.output.golden());
    let every = "namespace istiod injector gateway gatewaypods ztunnel pods";
    assert_eq!(shown.parts().join(" "), every);
    for drift in &DRIFTS {
        for line in drift.by {
            scene.run(line);
        }
        scene.settle();
        let shown = scene.show();
        assert_eq!(shown.output.code, 1, "{}", shown.output.golden());
        for (id, message) in drift.found {
            assert!(shown.has(id, message), "{id}: {}", shown.output.golden());
        }
        scene.follow_fixes(shown);
    }
    // No fix changed it.
    scene.istiod_lists("net-peer", "203.0.113.99");
}

/// A cluster with Istio as istioctl installs it for ambient mode and sidecars alike, a gateway of the suite, and an
/// application with a sidecar.
struct Scene {
    workstation: Workstation,
    _keeper: Keeper,
    cluster: Hosted,
}

impl Scene {
    fn installed() -> Self {
        let cluster = Hosted::start(CONTEXT).unwrap();
        let admin = cluster.admin().unwrap();
        let kubeconfig = Kubeconfig::new().entry(CONTEXT, cluster.entry(), admin);
        let scene = Self {
            workstation: Workstation::with(&kubeconfig),
            _keeper: cluster.keep("127.0.0.13"),
            cluster,
        };
        let operator = json!({
            "apiVersion": "install.istio.io/v1alpha1",
            "kind": "IstioOperator",
            "spec": {
                "profile": "ambient",
                "values": {"global": {
                    "meshID": "mesh1",
                    "multiCluster": {"clusterName": "east"},
                    "network": "net-east",
                }},
            },
        });
        let file = scene.workstation.dir().join("cluster.yaml");
        std::fs::write(file, operator.to_string()).unwrap();
        let istio = module_dir(Module::Istio, "istio.io/istio").unwrap();
        let kinds = istio.join("tests/integration/pilot/testdata/gateway-api-crd.yaml");
        scene.run(&format!(
            "kubectl --context {CONTEXT} apply --server-side -f {}",
            kinds.display()
        ));
        for line in INSTALL {
            scene.run(line);
        }
        scene.settle();
        scene
    }

    /// A line as somebody types it beside the file from which Istio was installed, saying yes to what is asked.
    fn run(&self, line: &str) {
        let run = self
            .workstation
            .paste(line)
            .dir(self.workstation.dir())
            .stdin("y\n");
        run.deadline(DEADLINE).output().expect_success();
    }

    fn show(&self) -> Shown {
        let line = format!("kubectl mesh-label show --context {CONTEXT} -o json");
        Shown::new(self.workstation.paste(&line).output())
    }

    /// Waits until Deployments have the pods that they are to have, and no other pod is left.
    fn settle(&self) {
        for line in [
            "kubectl --context drifting -n shop rollout status deployment web",
            "kubectl --context drifting -n istio-system rollout status deployment istio-eastwestgateway",
        ] {
            self.run(line);
        }
        let stays = |pod: &Value| pod["metadata"]["deletionTimestamp"].is_null();
        let all_stay = |list: &Value| {
            list["items"]
                .as_array()
                .is_some_and(|pods| pods.iter().all(stays))
        };
        let pods = self.cluster.cluster().wait_for("/api/v1/pods", all_stay);
        pods.unwrap();
    }

    /// Waits until istiod lists exactly one gateway of this network, at this address.
    fn istiod_lists(&self, network: &str, address: &str) {
        let mut last = String::new();
        let found = wait_until(Duration::from_mins(1), || {
            let page = self.cluster.cluster().debug("/debug/networkz");
            last = page.unwrap_or_else(|error| format!("{error:#}"));
            let page: Value = serde_json::from_str(&last).unwrap_or_default();
            let listed = page.as_array().into_iter().flatten();
            let of_network: Vec<&Value> = listed.filter(|one| one["Network"] == network).collect();
            matches!(of_network[..], [only] if only["Addr"] == address).then_some(())
        });
        assert!(found.is_some(), "no {network} at {address} in {last}");
    }

    /// Runs what is printed as a fix, and again what is printed then, until nothing is left to repair.
    fn follow_fixes(&self, mut shown: Shown) {
        for _ in 0..ROUNDS {
            for fix in shown.fixes() {
                // Only whoever installed Istio knows from which file.
                let again = "run istioctl install again with all that was given to it then (-f FILE), and with ";
                match fix.strip_prefix(again) {
                    Some(flags) => self.run(&format!("istioctl install -f cluster.yaml {flags}")),
                    None => self.run(fix.strip_prefix("run ").unwrap_or(&fix)),
                }
            }
            self.settle();
            shown = self.show();
            if shown.is_clean() {
                return;
            }
        }
        panic!("still not repaired: {}", shown.output.golden());
    }
}

/// The report of `show -o json` on the one cluster.
struct Shown {
    output: Output,
    cluster: Value,
}

impl Shown {
    fn new(output: Output) -> Self {
        let labels: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
        let cluster = labels["items"][0].clone();
        Self { output, cluster }
    }

    fn parts(&self) -> Vec<&str> {
        let statements = self.cluster["statements"].as_array();
        let parts = statements.into_iter().flatten();
        parts.filter_map(|one| one["part"].as_str()).collect()
    }

    fn findings(&self) -> impl Iterator<Item = &Value> {
        self.cluster["findings"].as_array().into_iter().flatten()
    }

    fn has(&self, id: &str, message: &str) -> bool {
        let says = |one: &Value| {
            one["message"]
                .as_str()
                .is_some_and(|said| said.contains(message))
        };
        self.findings().any(|one| one["id"] == id && says(one))
    }

    fn is_clean(&self) -> bool {
        self.output.success() && self.cluster.is_object() && self.findings().next().is_none()
    }

    /// Each once, in their order.
    fn fixes(&self) -> Vec<String> {
        let mut fixes: Vec<String> = Vec::new();
        let all = self.findings().filter_map(|one| one["fix"].as_str());
        for fix in all.flat_map(|fix| fix.split(" and then ")) {
            if !fixes.iter().any(|other| other == fix) {
                fixes.push(fix.to_owned());
            }
        }
        fixes
    }
}
