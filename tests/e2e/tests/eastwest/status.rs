//! `apply`, `status` and `wait` over a gateway whose address comes, changes and goes on a real API server, beside a dead cluster,
//! through the real kubectl; and the real istiod of that cluster, which has to see the same address.

use std::time::Duration;

use mesh_e2e::plugin::{MESH_EASTWEST, Workstation};
use mesh_testkit::command::{Output, Run};
use mesh_testkit::condition::wait_until;
use mesh_testkit::http::Body;
use mesh_testkit::parts;
use mesh_testkit::real::{Cluster, Kind, Lab};
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::server::{install_kinds, kubectl};

const HERE: &str = "reached";
const GONE: &str = "gone";
const SERVICE: &str = "/api/v1/namespaces/istio-system/services/istio-eastwestgateway";

/// A cluster with an istiod on network net-a, and a dead one.
struct Stage {
    cluster: Cluster,
    workstation: Workstation,
}

impl Stage {
    fn set() -> Self {
        let lab = Lab::get().unwrap();
        let cluster = lab.cluster(HERE, Kind::Istiod).unwrap();
        install_kinds(&cluster);
        let label = "label namespace istio-system topology.istio.io/network=net-a";
        kubectl(&cluster, label, "");
        let gone = lab.cluster(GONE, Kind::Bare).unwrap();
        gone.stop_api_server().unwrap();
        parts::plugin(MESH_EASTWEST).unwrap();
        let workstation = Workstation::over(&[&cluster, &gone]);
        Self {
            cluster,
            workstation,
        }
    }

    /// `kubectl mesh-eastwest` with the words of `line`.
    fn run(&self, line: &str) -> Run {
        self.workstation
            .kubectl(["mesh-eastwest"])
            .args(line.split_whitespace())
            .deadline(Duration::from_mins(2))
    }

    fn ends(&self, line: &str, code: i32) -> Output {
        let output = self.run(line).output();
        assert_eq!(output.code, code, "{}", output.golden());
        output
    }

    /// Returns the address as it is shown once `wait` ended with 0.
    fn awaited(&self) -> String {
        let line = format!("wait --context {HERE} --no-probes");
        let output = self.ends(&line, 0);
        let row = output.stdout.lines().nth(1).unwrap();
        row.split_whitespace().nth(2).unwrap().to_owned()
    }

    /// Merges this into the Service, or into its subresource such as `/status`.
    fn patch(&self, subresource: &str, merged: &Value) {
        let body = Body {
            content_type: "application/merge-patch+json",
            text: &merged.to_string(),
        };
        let path = format!("{SERVICE}{subresource}");
        let answer = self.cluster.request("PATCH", &path, Some(body)).unwrap();
        assert!(answer.is_success(), "{}", answer.body);
    }

    fn balancer(&self, ingress: &Value) {
        let status = json!({"status": {"loadBalancer": {"ingress": ingress}}});
        self.patch("/status", &status);
    }

    /// Waits until istiod lists gateways of net-a at exactly these addresses and ports.
    fn istiod_sees(&self, expected: &Value) {
        let mut last = Value::Null;
        let found = wait_until(Duration::from_secs(30), || {
            let page = self.cluster.debug("/debug/networkz").unwrap();
            let page: Value = serde_json::from_str(&page).unwrap();
            let all = page.as_array().into_iter().flatten();
            let seen = all.map(|one| json!([one["Network"], one["Addr"], one["Port"]]));
            last = seen.collect();
            (last == *expected).then_some(())
        });
        assert!(found.is_some(), "istiod sees {last}, not {expected}");
    }
}

#[test]
fn an_address_is_awaited_and_istiod_sees_the_same() {
    let stage = Stage::set();
    stage.ends(&format!("apply --context {HERE}"), 0);
    let deployment = "/apis/apps/v1/namespaces/istio-system/deployments/istio-eastwestgateway";
    let is_ready = |found: &Value| found["status"]["readyReplicas"] == 1;
    stage.cluster.wait_for(deployment, is_ready).unwrap();

    pending(&stage);
    arriving(&stage);
    host_names(&stage);
    external_ips(&stage);
    node_ports(&stage);
}

fn pending(stage: &Stage) {
    let status = stage.ends(&format!("status --context {HERE},{GONE}"), 3);
    assert!(
        status.stdout.contains("ewg-address-pending"),
        "{}",
        status.golden()
    );
    let line = format!("wait --context {HERE} --timeout 1s");
    let output = stage.ends(&line, 4);
    assert_data_eq!(
        output.stdout,
        str![[r#"
CONTEXT   NETWORK   ADDRESS     PODS   15021   15443   15008   15012
reached   net-a     <pending>   1/1    ?       ?       -       -

reached: service istio-system/istio-eastwestgateway
  error     ewg-address-pending: service istio-system/istio-eastwestgateway has
            no address: the load balancer has not assigned one yet
            check: kubectl --context reached -n istio-system describe service istio-eastwestgateway
...
1 cluster, 1 gateway: 1 cluster without an address

"#]]
    );
    stage.ends(&format!("apply --context {HERE} --wait=1s"), 4);
}

/// The address comes while two clusters are waited for, one of which is dead.
fn arriving(stage: &Stage) {
    let line = format!("wait --context {HERE},{GONE} --no-probes");
    let running = stage.run(&line).spawn();
    running.wait_for_stderr("has no address yet");
    stage.balancer(&json!([{"ip": "192.0.2.1"}]));
    let output = running.wait();
    assert_eq!(output.code, 3, "{}", output.golden());
    assert_data_eq!(
        output.stdout,
        str![[r#"
CONTEXT   NETWORK   ADDRESS       PODS   15021   15443   15008   15012
reached   net-a     192.0.2.1     1/1    -       -       -       -
gone      -         <unreached>

context gone
  not read  cannot connect to [..] of context gone: the
            connection to [..] was refused

1 of 2 clusters read, 1 gateway: all have an address; context gone was not read

"#]]
    );
    assert_eq!(stage.awaited(), "192.0.2.1");
    let status = stage.run(&format!("status --context {HERE} --no-probes"));
    let status = status.output();
    assert!(
        status.stdout.contains("\nreached   net-a     192.0.2.1"),
        "{}",
        status.golden()
    );
    stage.istiod_sees(&json!([["net-a", "192.0.2.1", 15443]]));
    stage.ends(&format!("apply --context {HERE} --wait"), 0);
}

/// istiod asks DNS by itself, where neither name is; so it is not asked here.
fn host_names(stage: &Stage) {
    stage.balancer(&json!([{"hostname": "gateway.invalid"}]));
    let line = format!("wait --context {HERE} --timeout 1s");
    let output = stage.ends(&line, 4);
    assert!(
        output.stderr.contains("(gateway.invalid) after 1s"),
        "{}",
        output.golden()
    );
    stage.balancer(&json!([{"hostname": "localhost"}]));
    assert_eq!(stage.awaited(), "localhost");
}

fn external_ips(stage: &Stage) {
    let spec = json!({"spec": {"type": "ClusterIP", "externalIPs": ["192.0.2.2"]}});
    stage.patch("", &spec);
    assert_eq!(stage.awaited(), "192.0.2.2");
    stage.istiod_sees(&json!([["net-a", "192.0.2.2", 15443]]));
}

fn node_ports(stage: &Stage) {
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "edge"}});
    kubectl(&stage.cluster, "apply -f -", &node.to_string());
    let addresses = json!([{"type": "ExternalIP", "address": "192.0.2.3"}]);
    let status = json!({"status": {"addresses": addresses}}).to_string();
    let patch = [
        "patch",
        "node",
        "edge",
        "--subresource=status",
        "-p",
        &status,
    ];
    let answer = stage.cluster.kubectl(patch).unwrap().output();
    answer.expect_success();

    let spec = json!({"spec": {"type": "NodePort", "externalIPs": null}});
    stage.patch("", &spec);
    let line = format!("wait --context {HERE} --timeout 1s");
    let output = stage.ends(&line, 4);
    assert!(
        output.stdout.contains("ewg-nodeport-ignored"),
        "{}",
        output.golden()
    );

    // An istiod that is running keeps an address that was lost, so it is asked again once there is a new one.
    let selector = json!({"traffic.istio.io/nodeSelector": "{}"});
    stage.patch("", &json!({"metadata": {"annotations": selector}}));
    assert_eq!(stage.awaited(), "192.0.2.3");
    let service = stage.cluster.get(SERVICE).unwrap();
    let ports = service["spec"]["ports"].as_array().unwrap();
    let tls = ports.iter().find(|port| port["port"] == 15443).unwrap();
    stage.istiod_sees(&json!([["net-a", "192.0.2.3", tls["nodePort"]]]));
}
