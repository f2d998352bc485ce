//! A whole mesh of two clusters: control planes, gateways, workloads, and remote secrets both ways; healthy until a test breaks
//! something.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_common::model::access::{Access, AccessTrust, AccessUser};
use mesh_common::model::reader;
use mesh_testkit::black_box::{World, fill};
use mesh_testkit::embedded::Cluster;
use mesh_testkit::gateway::{Door, FakeGateway, MeshAuthority};
use mesh_testkit::istiod::{FakeIstiod, Page};
use serde_json::{Value, json};

pub(crate) const PLUGIN: &str = env!("CARGO_BIN_EXE_kubectl-mesh_verify");
pub(crate) const NAMESPACE: &str = "istio-system";

/// The pod of each cluster's istiod.
const ISTIOD: &str = "istiod-1";
/// istiod's page about gateways.
pub(crate) const NETWORKZ: &str = "/debug/networkz";
/// istiod's page about remote clusters.
pub(crate) const CLUSTERZ: &str = "/debug/clusterz";

/// istiod's page about proxies.
pub(crate) const SYNCZ: &str = "/debug/syncz";

/// The SNI of the workload in each cluster.
const HELLO: &str = "outbound_.80_._.hello.default.svc.cluster.local";

/// East on net-a and west on net-b, of one root.
pub(crate) struct Scene {
    world: World,
    pub(crate) west_gateway: FakeGateway,
    pub(crate) east_gateway: FakeGateway,
}

impl Scene {
    /// A mesh where west has no secret for east, and its gateway no address.
    pub(crate) fn broken_west() -> Self {
        let scene = Self::healthy();
        scene
            .west
            .delete("secrets", NAMESPACE, "istio-remote-secret-east");
        scene
            .west
            .set_load_balancer(NAMESPACE, "istio-eastwestgateway", &[]);
        scene
    }

    /// Everything as it should be.
    pub(crate) fn healthy() -> Self {
        let mut authorities = MeshAuthority::several(2);
        let west = authorities.remove(1);
        Self::of(authorities.remove(0), west)
    }

    /// The same with these authorities.
    pub(crate) fn of(east_mesh: MeshAuthority, west_mesh: MeshAuthority) -> Self {
        let [east, west] = ["east", "west"].map(|name| {
            Cluster::builder(name)
                .istio_crds()
                .gateway_api_crds()
                .start()
        });
        let gateways = [FakeGateway::start(), FakeGateway::start()];
        let clusters = [(&east, "net-a", east_mesh), (&west, "net-b", west_mesh)];
        for ((cluster, network, mesh), gateway) in clusters.into_iter().zip(&gateways) {
            fill(cluster, network, mesh.root_pem(), &gateway.address());
            name_istiod(cluster);
            inject_gateway(cluster, network);
            cluster.create(ca_certs(&mesh));
            let hello = mesh.workload("spiffe://cluster.local/ns/default/sa/hello");
            gateway.open(15021, Door::Ready(200));
            gateway.open(15443, Door::Passthrough(hello, vec![HELLO.to_owned()]));
        }
        let tokens = [&east, &west].map(add_reader);
        hold(&east, remote_secret("west", &west, &tokens[1]));
        hold(&west, remote_secret("east", &east, &tokens[0]));
        let [of_east, of_west] = gateways.each_ref().map(FakeGateway::address);
        let known = known_gateways(&[("east", "net-a", &of_east), ("west", "net-b", &of_west)]);
        for cluster in [&east, &west] {
            start_istiod(cluster, ISTIOD).page(NETWORKZ, Page::Text(known.clone()));
            cluster.clear_recordings();
        }
        let mut world = World::of(PLUGIN, east, west);
        let [east_gateway, west_gateway] = gateways;
        // The names are as wide as the addresses.
        world.keep((), &of_east, "EAST.GATEWAY.IP");
        world.keep((), &of_west, "WEST.GATEWAY.IP");
        Self {
            world,
            west_gateway,
            east_gateway,
        }
    }

    /// A run of the verification with these further arguments. The clusters are on this machine.
    pub(crate) fn verify(&self, line: &str) -> mesh_testkit::command::Run {
        self.run(&format!("--allow-loopback {line}"))
    }

    /// Another istiod in place of east's, which has read all secrets too.
    pub(crate) fn new_istiod_in_east(&self) -> FakeIstiod<'_> {
        self.east.delete("pods", NAMESPACE, ISTIOD);
        start_istiod(&self.east, ISTIOD)
    }

    /// The same in west. It knows the gateways.
    pub(crate) fn new_istiod_in_west(&self) -> FakeIstiod<'_> {
        self.west.delete("pods", NAMESPACE, ISTIOD);
        self.second_istiod_in_west(ISTIOD)
    }

    /// One more istiod in west, which knows the same gateways.
    pub(crate) fn second_istiod_in_west(&self, pod: &str) -> FakeIstiod<'_> {
        let istiod = start_istiod(&self.west, pod);
        let own = [
            ("east", "net-a", self.east_gateway.address()),
            ("west", "net-b", self.west_gateway.address()),
        ];
        let own = own
            .each_ref()
            .map(|(cluster, network, address)| (*cluster, *network, address.as_str()));
        istiod.page(NETWORKZ, Page::Text(known_gateways(&own)));
        istiod
    }

    /// Changes an object of Istio's namespace in west.
    pub(crate) fn edit_west(&self, resource: &str, name: &str, edit: impl FnOnce(&mut Value)) {
        self.west.edit(resource, NAMESPACE, name, edit);
    }
}

impl Deref for Scene {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Scene {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

/// Returns the Secret by which istiod signs.
pub(crate) fn ca_certs(mesh: &MeshAuthority) -> Value {
    let data = mesh
        .ca_certs()
        .map(|(key, value)| (key.to_owned(), json!(BASE64_STANDARD.encode(value))));
    let data: serde_json::Map<String, Value> = data.into_iter().collect();
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cacerts", "namespace": NAMESPACE}, "data": data})
}

/// Gives istiod the cluster's name as cluster ID, a version, and a ready replica.
fn name_istiod(cluster: &Cluster) {
    cluster.edit("deployments", NAMESPACE, "istiod", |istiod| {
        let container = &mut istiod["spec"]["template"]["spec"]["containers"][0];
        container["env"] = json!([{"name": "CLUSTER_ID", "value": cluster.name()}]);
        container["image"] = json!("istio/pilot:1.31.0");
        istiod["status"] = json!({"replicas": 1, "readyReplicas": 1});
    });
}

/// Gives istiod's Deployment an environment variable.
pub(crate) fn add_variable(cluster: &Cluster, name: &str, value: &str) {
    cluster.edit("deployments", NAMESPACE, "istiod", |istiod| {
        let env = &mut istiod["spec"]["template"]["spec"]["containers"][0]["env"];
        let variables = env.as_array_mut().unwrap();
        variables.push(json!({"name": name, "value": value}));
    });
}

/// Starts an istiod in this pod, which has run for long.
fn start_istiod<'c>(cluster: &'c Cluster, pod: &str) -> FakeIstiod<'c> {
    let istiod = FakeIstiod::start(cluster, pod);
    istiod.page(SYNCZ, Page::Text(connected_gateway(&json!({}))));
    cluster.edit("pods", NAMESPACE, pod, |pod| {
        let state = &mut pod["status"]["containerStatuses"][0]["state"];
        state["running"]["startedAt"] = json!("2026-01-01T00:00:00Z");
    });
    istiod
}

/// Returns the page about proxies, with that of the gateway, which has these kinds of resources.
pub(crate) fn connected_gateway(resources: &Value) -> String {
    let proxy = json!({"proxy": "istio-eastwestgateway-1.istio-system", "proxy_type": "router", "resources": resources});
    Value::Array(vec![proxy]).to_string()
}

/// Returns the page about gateways with mutual TLS: cluster, network and address of each.
pub(crate) fn known_gateways(gateways: &[(&str, &str, &str)]) -> String {
    let gateways = gateways.iter().map(|(cluster, network, address)| {
        json!({"Network": network, "Cluster": cluster, "Addr": address, "Port": 15443, "HBONEPort": 0,
            "ServiceAccount": {"Namespace": "", "Name": ""}})
    });
    Value::Array(gateways.collect()).to_string()
}

/// Gives the gateway's proxy what istiod's injector would.
fn inject_gateway(cluster: &Cluster, network: &str) {
    cluster.edit("pods", NAMESPACE, "istio-eastwestgateway-1", |pod| {
        let env = &mut pod["spec"]["containers"][0]["env"];
        let variables = env.as_array_mut().unwrap();
        variables.push(json!({"name": "ISTIO_META_NETWORK", "value": network}));
        variables.push(json!({"name": "ISTIO_META_CLUSTER_ID", "value": cluster.name()}));
        variables.push(json!({"name": "CA_ADDR", "value": "istiod.istio-system.svc:15012"}));
    });
}

/// Creates the reader's role, binding, account and token Secret; returns the token.
fn add_reader(cluster: &Cluster) -> String {
    let name = format!("istio-reader-clusterrole-{NAMESPACE}");
    let rules = serde_json::to_value(reader::role(NAMESPACE).rules).unwrap();
    let account = "istio-reader-service-account";
    cluster.create(
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": name}, "rules": rules}),
    );
    cluster.create(
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}]}),
    );
    let secret = "istio-reader-service-account-istio-remote-secret-token";
    cluster.service_account_with_token(NAMESPACE, account, secret)
}

/// Creates a remote secret as the suite does.
pub(crate) fn hold(holder: &Cluster, secret: Value) {
    holder.create_as("kubectl-mesh", secret);
}

/// Returns the remote secret for a cluster, with this token.
pub(crate) fn remote_secret(id: &str, remote: &Cluster, token: &str) -> Value {
    let access = Access {
        server: remote.server_url().to_owned(),
        trust: AccessTrust::Authorities(remote.ca_pem().into_bytes()),
        tls_server_name: None,
        proxy_url: None,
        user: AccessUser::Token(token.into()),
    };
    let kubeconfig = BASE64_STANDARD.encode(access.to_kubeconfig(id));
    json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": format!("istio-remote-secret-{id}"), "namespace": NAMESPACE,
            "labels": {"istio/multiCluster": "true"},
            "annotations": {"networking.istio.io/cluster": id}},
        "data": {id: kubeconfig}})
}

/// The file of the golden text called `name` in the folder `folder`.
pub(crate) fn golden_file(folder: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/black_box")
        .join(folder)
        .join(format!("{name}.txt"))
}
