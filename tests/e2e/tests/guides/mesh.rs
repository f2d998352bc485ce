//! The state of a mesh at the end of a guide, as its istiods report it.

use std::collections::BTreeSet;
use std::time::Duration;

use mesh_e2e::cloud::Hosted;
use mesh_e2e::plugin::{MESH_VERIFY, Workstation};
use mesh_testkit::condition::wait_until;
use mesh_testkit::kubeconfig::Kubeconfig;
use mesh_testkit::parts::{self, Module, module_dir};
use mesh_testkit::real::Cluster;
use serde_json::Value;

use crate::pair::{ADDRESSES, NAMES};

/// The networks of [`NAMES`] where the pages put them on two.
const NETWORKS: [&str; 2] = ["network1", "network2"];

const WITHIN: Duration = Duration::from_secs(30);

/// Each istiod goes by its cluster's name and has read the other.
pub(crate) fn istiods_read_each_other(clusters: &[Hosted; 2]) {
    for (holder, name) in clusters.iter().zip(NAMES) {
        is_so(holder.cluster(), "/debug/clusterz", |page| {
            let read = |cluster| {
                let is_read =
                    |entry: &Value| entry["id"] == cluster && entry["syncStatus"] == "synced";
                page.as_array()
                    .is_some_and(|entries| entries.iter().any(is_read))
            };
            page[0]["id"] == name && NAMES.into_iter().all(read)
        });
    }
}

/// Each istiod knows both gateways by network, cluster and address, with this port of the kind that the data plane dials.
pub(crate) fn gateways_are_listed(clusters: &[Hosted; 2], kind: &str, port: u16) {
    for holder in clusters {
        is_so(holder.cluster(), "/debug/networkz", |page| {
            let listed = page.as_array().map(Vec::as_slice).unwrap_or_default();
            let has = |((cluster, network), address)| {
                listed.iter().any(|gateway| {
                    gateway["Cluster"] == cluster
                        && gateway["Network"] == network
                        && gateway["Addr"] == address
                        && gateway[kind] == port
                })
            };
            let wanted = NAMES.into_iter().zip(NETWORKS).zip(ADDRESSES);
            listed.len() == NAMES.len() && wanted.into_iter().all(has)
        });
    }
}

/// `mesh-verify` reports errors and warnings of these checks and no other ones, and that every cluster's credential for the other one
/// works. No host has the gateways' addresses, so they are not probed; no proxy runs in their pods, so none is connected to istiod.
pub(crate) fn verify_reports(clusters: &[Hosted; 2], expected: &[&str]) {
    let config = clusters
        .iter()
        .zip(NAMES)
        .fold(Kubeconfig::new(), |config, (cluster, name)| {
            config.entry(name, cluster.entry(), cluster.admin().unwrap())
        });
    let plugin = parts::plugin(MESH_VERIFY).unwrap();
    let line =
        "--context cluster1,cluster2 --allow-loopback --no-probes --skip proxy-stale -o json";
    let workstation = Workstation::with(&config);
    let expected: BTreeSet<&str> = expected.iter().copied().collect();
    let mut last = String::new();
    // istiod writes its root certificate when it has seen the namespace.
    let found = wait_until(WITHIN, || {
        let run = workstation.program(&plugin, line.split(' ')).record();
        let output = run.output();
        last = output.golden();
        let report: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
        let findings = report["findings"].as_array()?.iter();
        let severe = findings.filter(|finding| finding["severity"] != "info");
        let found: BTreeSet<&str> = severe.filter_map(|one| one["id"].as_str()).collect();
        let pairs = report["pairs"].as_array()?;
        let all_work = pairs.len() == 2 && pairs.iter().all(|pair| pair["state"] == "ok");
        (found == expected && all_work).then_some(())
    });
    assert!(found.is_some(), "not {expected:?}: {last}");
}

/// The gateway's pods are what istiod's webhook made of them: proxies that know their cluster and lead into its network alone.
pub(crate) fn gateways_are_injected(clusters: &[Hosted; 2]) {
    for ((cluster, name), network) in clusters.iter().zip(NAMES).zip(NETWORKS) {
        let pods = "/api/v1/namespaces/istio-system/pods?labelSelector=istio%3Deastwestgateway";
        let injected = |pod: &Value| {
            let env = &pod["spec"]["containers"][0]["env"];
            let says = |variable: &str, value: &str| {
                let found = |entry: &Value| entry["name"] == variable && entry["value"] == value;
                env.as_array().is_some_and(|env| env.iter().any(found))
            };
            says("ISTIO_META_CLUSTER_ID", name)
                && says("ISTIO_META_NETWORK", network)
                && says("ISTIO_META_REQUESTED_NETWORK_VIEW", network)
        };
        let all_are = |list: &Value| {
            let pods = list["items"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            !pods.is_empty() && pods.iter().all(injected)
        };
        cluster.cluster().wait_for(pods, all_are).unwrap();
    }
}

/// istiod has turned the Gateway into a Deployment and a Service, and says so.
pub(crate) fn gateways_are_programmed(clusters: &[Hosted; 2]) {
    for cluster in clusters {
        let gateway = "/apis/gateway.networking.k8s.io/v1/namespaces/istio-system/gateways/istio-eastwestgateway";
        let programmed = |gateway: &Value| {
            let is_it = |condition: &Value| {
                condition["type"] == "Programmed" && condition["status"] == "True"
            };
            let conditions = gateway["status"]["conditions"].as_array();
            conditions.is_some_and(|conditions| conditions.iter().any(is_it))
        };
        let gateway = cluster.cluster().wait_for(gateway, programmed).unwrap();
        for made in [
            "/apis/apps/v1/namespaces/istio-system/deployments/istio-eastwestgateway",
            "/api/v1/namespaces/istio-system/services/istio-eastwestgateway",
        ] {
            let made = cluster.cluster().get(made).unwrap();
            let owner = &made["metadata"]["ownerReferences"][0]["uid"];
            assert_eq!(owner, &gateway["metadata"]["uid"], "{made}");
        }
    }
}

/// Waits until a debug page of a cluster's istiod is as it has to be.
pub(crate) fn is_so(cluster: &Cluster, path: &str, good: impl Fn(&Value) -> bool) {
    let mut last = String::new();
    let found = wait_until(WITHIN, || {
        last = cluster
            .debug(path)
            .unwrap_or_else(|error| format!("{error:#}"));
        let page = serde_json::from_str(&last).unwrap_or_default();
        good(&page).then_some(())
    });
    assert!(
        found.is_some(),
        "{path} of {}'s istiod: {last}",
        cluster.name()
    );
}

/// The custom resources of the Gateway API, as many providers' clusters have them from the start.
pub(crate) fn install_gateway_api(cluster: &Cluster) {
    let istio = module_dir(Module::Istio, "istio.io/istio").unwrap();
    let file = istio.join("tests/integration/pilot/testdata/gateway-api-crd.yaml");
    cluster
        .kubectl(["apply", "--server-side", "-f"])
        .unwrap()
        .arg(file)
        .output()
        .expect_success();
}
