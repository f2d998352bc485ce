//! `kubectl mesh-verify` over meshes of several sizes, and over one cluster with thousands of objects.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, Result};
use mesh_testkit::black_box::fill;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::gateway::{Door, FakeGateway, MeshAuthority};
use serde_json::json;

use super::crowd::{Crowd, Kind};
use super::exchange::{self, Sizes};
use super::measure::{Costs, Meter};
use super::meshes::Row;
use super::tools::{Tool, Tools};

/// The Services of each cluster beside its gateway's.
const SERVICES: usize = 20;

/// What is not done beside reading the clusters.
const READS_ALONE: [&str; 2] = ["--no-probes", "--no-credential-checks"];

/// Measures meshes in which every cluster has a gateway, and a remote secret for every other one.
pub(super) fn measure(
    tools: &Tools,
    meter: &Meter,
    home: &Path,
    sizes: &Sizes,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut largest = None;
    for size in sizes.embedded {
        eprintln!("bench: mesh-verify over {size} embedded clusters");
        let mesh = Mesh::new(*size)?;
        meter.run(
            tools.path(Tool::Ours),
            &exchange::arguments(&mesh.crowd),
            home,
        )?;
        let row = |what, flags: &[&str]| mesh.row(what, flags, (tools, meter, home), sizes.runs);
        if largest.is_none() {
            let one = ["--context", mesh.crowd.names[0].as_str()];
            let flags = [one.as_slice(), &READS_ALONE].concat();
            rows.push(Row {
                clusters: 1,
                pairs: size - 1,
                ..row("verify, reads alone", &flags)?
            });
        }
        rows.push(row(
            "verify, reads alone",
            &[&["--all-contexts"], READS_ALONE.as_slice()].concat(),
        )?);
        rows.push(row("verify", &["--all-contexts"])?);
        largest.get_or_insert(mesh);
    }
    let mesh = largest.context("no size of meshes to measure")?;
    let one = mesh.crowd.names[0].as_str();
    eprintln!(
        "bench: mesh-verify over a cluster with {} Services",
        sizes.objects
    );
    crowd_with_services(mesh.first()?, sizes.objects);
    let what = format!(
        "verify, {} Services, {} pods",
        sizes.objects,
        4 * sizes.objects
    );
    rows.push(Row {
        clusters: 1,
        pairs: mesh.crowd.names.len() - 1,
        ..mesh.row(&what, &["--context", one], (tools, meter, home), sizes.runs)?
    });
    Ok(rows)
}

/// Clusters with control planes and gateways.
struct Mesh {
    crowd: Crowd,
    _gateways: Vec<FakeGateway>,
}

impl Mesh {
    fn new(size: usize) -> Result<Self> {
        let mut gateways = Vec::new();
        let mut authorities = MeshAuthority::several(size).into_iter();
        let crowd = Crowd::embedded(size, |name| {
            let cluster = Cluster::builder(name)
                .istio_crds()
                .gateway_api_crds()
                .start();
            let gateway = FakeGateway::start();
            if let Some(authority) = authorities.next() {
                fill(&cluster, name, authority.root_pem(), &gateway.address());
                let hello = authority.workload("spiffe://cluster.local/ns/default/sa/hello");
                let sni = "outbound_.80_._.hello.default.svc.cluster.local".to_owned();
                gateway.open(15021, Door::Ready(200));
                gateway.open(15443, Door::Passthrough(hello, vec![sni]));
            }
            gateways.push(gateway);
            add_services(&cluster, SERVICES);
            cluster
        })?;
        Ok(Self {
            crowd,
            _gateways: gateways,
        })
    }

    fn first(&self) -> Result<&Cluster> {
        embedded(&self.crowd).first().context("a mesh has clusters")
    }

    fn row(
        &self,
        what: &str,
        flags: &[&str],
        (tools, meter, home): (&Tools, &Meter, &Path),
        runs: usize,
    ) -> Result<Row> {
        let arguments = arguments(&self.crowd, flags);
        let mut costs = Costs::default();
        for _ in 0..runs {
            self.crowd.forget();
            costs.add(meter.run(tools.verify(), &arguments, home)?);
        }
        Ok(Row {
            kind: self.crowd.what(),
            clusters: self.crowd.names.len(),
            what: what.to_owned(),
            pairs: self.crowd.pairs().len(),
            costs,
            asked: self.crowd.asked(),
        })
    }
}

/// Returns the arguments of a verification with these flags, which ends with 0 whatever it finds.
pub(super) fn arguments(crowd: &Crowd, flags: &[&str]) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["--allow-loopback", "--fail-on=never", "--kubeconfig"]
        .map(Into::into)
        .into();
    arguments.push(crowd.kubeconfig.clone().into());
    arguments.extend(flags.iter().map(Into::into));
    arguments
}

fn embedded(crowd: &Crowd) -> &[Cluster] {
    match &crowd.kind {
        Kind::Embedded(clusters) => clusters,
        Kind::Real(_) => &[],
    }
}

fn add_services(cluster: &Cluster, count: usize) {
    for number in 0..count {
        cluster.create(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": format!("service-{number:04}"), "namespace": "default"},
            "spec": {"selector": {"app": format!("service-{number:04}")}, "ports": [{"port": 80}]}}));
    }
}

/// Adds so many Services, and four pods with a proxy for each.
fn crowd_with_services(cluster: &Cluster, count: usize) {
    for service in 0..count {
        let app = format!("crowd-{service:04}");
        cluster.create(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": app, "namespace": "crowd"},
            "spec": {"selector": {"app": app}, "ports": [{"port": 80}]}}));
        for replica in 0..4 {
            cluster.create(json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": format!("{app}-{replica}"), "namespace": "crowd",
                    "labels": {"app": app, "security.istio.io/tlsMode": "istio"}},
                "spec": {"serviceAccountName": "crowd", "containers": [{"name": "app", "image": "i"},
                    {"name": "istio-proxy", "image": "i", "env": [
                        {"name": "ISTIO_META_CLUSTER_ID", "value": cluster.name()},
                        {"name": "ISTIO_META_NETWORK", "value": cluster.name()}]}]},
                "status": {"phase": "Running"}}));
        }
    }
}
