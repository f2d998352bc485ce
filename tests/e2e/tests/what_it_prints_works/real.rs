//! Commands that only a real API server understands, or that a real Helm installed the state of.

use std::os::unix::fs::symlink;
use std::time::Duration;

use mesh_e2e::plugin::Workstation;
use mesh_testkit::command::Output;
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use mesh_testkit::parts::{Module, module_dir};
use mesh_testkit::real::{Cluster, Kind, Lab};

use crate::shell::{is_repaired, of_shape};

const NETWORK: &str = "topology.istio.io/network";
/// The time for one command, on a busy machine.
const DEADLINE: Duration = Duration::from_mins(3);

/// A real cluster of its own, and its administrator's workstation.
struct Place {
    cluster: Cluster,
    workstation: Workstation,
}

impl Place {
    fn of(name: &str) -> Self {
        let cluster = Lab::get().unwrap().cluster(name, Kind::Bare).unwrap();
        let workstation = Workstation::over(&[&cluster]);
        Self {
            cluster,
            workstation,
        }
    }

    /// Pastes a line, in which `HERE` stands for the context.
    fn paste(&self, line: &str) -> Output {
        paste(&self.workstation, line, &self.cluster)
    }

    /// The same for a line that has to go through.
    fn run(&self, line: &str) {
        self.paste(line).expect_success();
    }

    /// The workstation of somebody whom no role names.
    fn stranger(&self) -> Workstation {
        let user = User::new().client_certificate(&self.cluster.client("stranger", &[]).unwrap());
        let context = self.cluster.context();
        Workstation::with(&Kubeconfig::new().entry(context, self.cluster.entry(), user))
    }

    /// Objects from a manifest.
    fn apply(&self, manifest: &str) {
        self.cluster.apply(manifest).unwrap();
    }
}

fn paste(workstation: &Workstation, line: &str, cluster: &Cluster) -> Output {
    let line = line.replace("HERE", cluster.context());
    workstation
        .paste(&line)
        .dir(workstation.dir())
        .deadline(DEADLINE)
        .output()
}

pub(crate) fn namespace(shape: &str) {
    let place = Place::of("printed-namespace");
    let line = "kubectl mesh-label network net-b --context HERE";
    let refused = place.paste(line);
    assert_eq!(refused.code, 2, "{}", refused.golden());
    place.run(&of_shape(&refused, shape));
    place.run(line);
}

/// Says `no`, as it was said before.
fn says_no(workstation: &Workstation, cluster: &Cluster, line: &str, shape: &str) {
    let refused = paste(workstation, line, cluster);
    assert_ne!(refused.code, 0, "{}", refused.golden());
    let answer = paste(workstation, &of_shape(&refused, shape), cluster);
    assert_eq!(
        (answer.code, answer.stdout.trim()),
        (1, "no"),
        "{}",
        answer.golden()
    );
}

pub(crate) fn rights(shape: &str) {
    let place = Place::of("printed-rights");
    let line = "kubectl mesh-label network net-b --context HERE";
    says_no(&place.stranger(), &place.cluster, line, shape);
}

/// A cluster whose stranger may do everything but ask for tokens and read Services.
fn limited(name: &str) -> Place {
    let place = Place::of(name);
    place.run("kubectl --context HERE create namespace istio-system");
    place.apply(
        "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: without-tokens}
rules:
- {apiGroups: [''], resources: [namespaces, secrets, serviceaccounts, pods, configmaps, endpoints], verbs: ['*']}
- {apiGroups: [apps, discovery.k8s.io, rbac.authorization.k8s.io], resources: ['*'], verbs: ['*']}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: without-tokens}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: without-tokens}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: stranger}]
",
    );
    place
}

pub(crate) fn rights_in_all_namespaces(shape: &str) {
    let place = limited("printed-rights-to-services");
    let line = "kubectl mesh-eastwest wait --no-probes --timeout 1s --context HERE";
    says_no(&place.stranger(), &place.cluster, line, shape);
}

pub(crate) fn rights_to_a_subresource(shape: &str) {
    let place = limited("printed-rights-to-tokens");
    let line = "kubectl mesh-secret create --context HERE --name west --allow-loopback --token-duration 1h --for east >secret.yaml";
    says_no(&place.stranger(), &place.cluster, line, shape);
}

/// The account that the secret would be for may read nothing.
pub(crate) fn rights_of_another(shape: &str) {
    let place = Place::of("printed-rights-of-another");
    place.run("kubectl --context HERE create namespace istio-system");
    place.run(
        "kubectl --context HERE -n istio-system create serviceaccount istio-reader-service-account",
    );
    let line = "kubectl mesh-secret create --context HERE --name west --allow-loopback --create-service-account=false >secret.yaml";
    says_no(&place.workstation, &place.cluster, line, shape);
}

/// Istio as Helm installs it for another network than the one that the namespace and the gateway are on.
fn installed(name: &str) -> Place {
    let place = Place::of(name);
    let charts = module_dir(Module::Istio, "istio.io/istio").unwrap();
    let folder = place.workstation.dir().join("istio");
    std::fs::create_dir(&folder).unwrap();
    let chart = "manifests/charts/istio-control/istio-discovery";
    symlink(charts.join(chart), folder.join("istiod")).unwrap();
    place.run("kubectl mesh-label network net-b --context HERE --create-namespace");
    place.run(
        "helm --kube-context HERE -n istio-system install istiod istio/istiod --set global.network=net-typo --set global.multiCluster.clusterName=west",
    );
    place.apply(&format!(
        "apiVersion: v1
kind: Service
metadata: {{name: istio-eastwestgateway, namespace: istio-system, labels: {{{NETWORK}: net-b}}}}
spec: {{selector: {{istio: eastwestgateway}}, ports: [{{name: tls, port: 15443}}]}}
"
    ));
    place
}

const SHOW: &str = "kubectl mesh-label show --context HERE -o json";

pub(crate) fn release(shape: &str) {
    let place = installed("printed-release");
    let before = place.paste(SHOW);
    let command = of_shape(&before, shape);
    place.run(&command);
    is_repaired(&command, &before, &place.paste(SHOW));
}

/// A gateway of ambient mode is on a third network.
pub(crate) fn release_and_gateway(shape: &str) {
    let place = installed("printed-release-and-gateway");
    place.apply(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: gateways.gateway.networking.k8s.io
  annotations: {api-approved.kubernetes.io: https://github.com/kubernetes-sigs/gateway-api/pull/2997}
spec:
  group: gateway.networking.k8s.io
  names: {kind: Gateway, listKind: GatewayList, plural: gateways, singular: gateway}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
",
    );
    place.run("kubectl --context HERE wait --for condition=Established crd gateways.gateway.networking.k8s.io");
    place.apply(&format!(
        "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: ambient, namespace: istio-system, labels: {{{NETWORK}: net-c}}}}
spec: {{gatewayClassName: istio-east-west, listeners: [{{name: mesh, port: 15008, protocol: HBONE}}]}}
"
    ));
    let before = place.paste(SHOW);
    let command = of_shape(&before, shape);
    place.run(&command);
    is_repaired(&command, &before, &place.paste(SHOW));
}
