//! A cluster with nodes, load balancers and webhooks whose control plane istioctl installed, shared by all that is installed
//! into it. Each test has networks and namespaces of its own.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use mesh_e2e::cloud::{Hosted, Keeper};
use mesh_e2e::plugin::{MESH_EASTWEST, Workstation, part};
use mesh_testkit::command::Output;
use mesh_testkit::condition::wait_until;
use mesh_testkit::kubeconfig::Kubeconfig;
use mesh_testkit::parts::{self, Part};
use mesh_testkit::real::Cluster;
use serde_json::{Value, json};

use super::plugin::istio;

/// The address that the cluster's load balancer gives out.
pub(crate) const ADDRESS: &str = "127.0.0.21";

/// The address by which the internet reaches the cluster's only node.
pub(crate) const NODE_ADDRESS: &str = "203.0.113.9";

/// Installs what Istio's guide does, by an istiod that also looks after the gateways of ambient mode.
const OPERATOR: &str = r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
spec:
  values:
    global:
      meshID: mesh1
      multiCluster:
        clusterName: cluster1
      network: network1
    pilot:
      env:
        PILOT_ENABLE_AMBIENT: "true"
        AMBIENT_ENABLE_MULTI_NETWORK: "true"
"#;

pub(crate) struct World {
    hosted: Hosted,
    _keeper: Keeper,
}

/// The cluster, started on the first ask.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::start)
}

impl World {
    fn start() -> Self {
        let hosted = Hosted::start("generated").unwrap();
        let world = Self {
            _keeper: hosted.keep(ADDRESS),
            hosted,
        };
        let kinds = istio().join("tests/integration/pilot/testdata/gateway-api-crd.yaml");
        world.run(&format!(
            "kubectl apply --server-side -f {}",
            kinds.display()
        ));
        let addresses = json!([{"type": "ExternalIP", "address": NODE_ADDRESS}]);
        let patch = json!({"status": {"addresses": addresses}});
        world.run(&format!(
            "kubectl patch \"$(kubectl get node -o name)\" --subresource status -p '{patch}'"
        ));
        world.run(&format!(
            "cat > cluster1.yaml <<'EOF'{OPERATOR}EOF\nistioctl install -y -f cluster1.yaml"
        ));
        world
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        self.hosted.cluster()
    }

    /// Runs a script that has to succeed.
    pub(crate) fn run(&self, script: &str) -> Output {
        self.bash(script).expect_success()
    }

    /// Runs a script in a folder with Istio's chart as `istio/gateway`, where the cluster is the current context.
    pub(crate) fn bash(&self, script: &str) -> Output {
        let context = self.cluster().context();
        let kubeconfig = Kubeconfig::new()
            .entry(context, self.hosted.entry(), self.hosted.admin().unwrap())
            .current_context(context);
        let workstation = Workstation::with(&kubeconfig);
        std::fs::create_dir(workstation.dir().join("istio")).unwrap();
        let chart = istio().join("manifests/charts/gateway");
        symlink(chart, workstation.dir().join("istio/gateway")).unwrap();
        let programs = [
            part(Part::Kubectl),
            part(Part::Istioctl),
            part(Part::Helm),
            parts::plugin(MESH_EASTWEST).unwrap(),
        ];
        let bash = workstation.program("/bin/bash", ["-euo", "pipefail", "-c", script]);
        let run = programs
            .iter()
            .filter_map(|program| program.parent())
            .fold(bash, |run, folder: &Path| run.path_dir(folder));
        run.dir(workstation.dir())
            .deadline(Duration::from_mins(3))
            .record()
            .output()
    }

    /// Waits until istiod lists one gateway of this network, in its own cluster and with these fields.
    pub(crate) fn lists(&self, network: &str, fields: &Value) {
        const WITHIN: Duration = Duration::from_mins(1);
        let fields = fields.as_object().unwrap();
        let is_it = |gateway: &Value| {
            gateway["Cluster"] == "cluster1"
                && fields.iter().all(|(key, value)| gateway[key] == *value)
        };
        let mut last = String::new();
        let found = wait_until(WITHIN, || {
            last = self
                .cluster()
                .debug("/debug/networkz")
                .unwrap_or_else(|error| format!("{error:#}"));
            let page: Value = serde_json::from_str(&last).unwrap_or_default();
            let gateways = page.as_array().into_iter().flatten();
            let of_network: Vec<&Value> = gateways
                .filter(|gateway| gateway["Network"] == network)
                .collect();
            matches!(of_network[..], [only] if is_it(only)).then_some(())
        });
        assert!(found.is_some(), "no {network} with {fields:?} in {last}");
    }
}
