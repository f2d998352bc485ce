//! An east-west gateway in several clusters, and the wait for its address.

use std::time::Duration;

use mesh_model::change::{Action, DryRun};
use mesh_model::command::{Knob, Knobs};
use mesh_model::eastwest::Gateway;
use mesh_model::error::Kind;
use mesh_model::gateway::GatewaySpec;
use mesh_model::names::{APPLIED_BY, NETWORK_LABEL};
use mesh_model::{Error, Exit};
use mesh_ops::change::Applied;
use mesh_ops::gateway::AddressWait;
use mesh_ops::gateway::apply::{self, Request};
use mesh_testkit::black_box::writes;
use mesh_testkit::embedded::Cluster;
use serde_json::{Value, json};

use crate::support::{Collected, lines, target, with_job};

/// The objects of a gateway and of the exposure of services, in the order in which they are written.
const OBJECTS: [&str; 7] = [
    "serviceaccount/istio-eastwestgateway",
    "role.rbac.authorization.k8s.io/istio-eastwestgateway",
    "rolebinding.rbac.authorization.k8s.io/istio-eastwestgateway",
    "service/istio-eastwestgateway",
    "deployment.apps/istio-eastwestgateway",
    "horizontalpodautoscaler.autoscaling/istio-eastwestgateway",
    "gateway.networking.istio.io/cross-network-gateway",
];

pub(crate) fn request(dry_run: DryRun) -> Request {
    Request {
        spec: GatewaySpec {
            namespace: "istio-system".to_owned(),
            ..GatewaySpec::default()
        },
        istio_namespace: "istio-system".to_owned(),
        expose_services: true,
        expose_istiod: false,
        cluster_domain: None,
        force_conflicts: false,
        dry_run,
    }
}

/// A cluster with an istiod, whose namespace has these labels.
pub(crate) fn cluster(name: &str, labels: &Value) -> Cluster {
    let cluster = Cluster::builder(name).istio_crds().start();
    cluster.create(json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "istio-system", "labels": labels}}));
    cluster.create(json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "istiod", "namespace": "istio-system", "labels": {"app": "istiod"}},
        "spec": {"selector": {"matchLabels": {"app": "istiod"}}, "template": {"metadata": {"labels": {"app": "istiod"}},
            "spec": {"containers": [{"name": "discovery", "image": "i", "args": ["discovery"]}]}}}}));
    cluster.clear_recordings();
    cluster
}

pub(crate) async fn run(
    request: &Request,
    clusters: &[&Cluster],
    events: &Collected,
) -> Result<Applied, Error> {
    let targets = clusters.iter().map(|cluster| target(cluster)).collect();
    with_job(events, async |job| apply::run(request, targets, job).await).await
}

/// The writes that were no rehearsal.
fn real_writes(cluster: &Cluster) -> usize {
    let writes = writes(cluster).into_iter();
    writes.filter(|one| !one.contains("dryRun=All")).count()
}

fn told(context: &str, word: &str, suffix: &str) -> Vec<String> {
    let line = |object| format!("done: {object} {word} in context {context}{suffix}");
    OBJECTS.map(line).to_vec()
}

#[tokio::test]
async fn a_gateway_is_installed_and_a_second_run_writes_nothing() {
    let east = cluster("east", &json!({NETWORK_LABEL: "net-a"}));
    let west = cluster("west", &json!({NETWORK_LABEL: "net-b"}));
    let events = Collected::default();
    let request = request(DryRun::None);
    let applied = run(&request, &[&east, &west], &events).await.unwrap();
    assert_eq!((applied.exit, applied.done.len()), (Exit::Fine, 2));
    let both = [told("east", "created", ""), told("west", "created", "")];
    assert_eq!(lines(&events), both.concat());
    for (cluster, network) in [(&east, "net-a"), (&west, "net-b")] {
        let service = cluster
            .get("services", "istio-system", "istio-eastwestgateway")
            .unwrap();
        assert_eq!(service["metadata"]["labels"][NETWORK_LABEL], network);
        assert_eq!(service["metadata"]["annotations"][APPLIED_BY], "jobs/1");
    }
    run(&request, &[&east, &west], &events).await.unwrap();
    let both = [told("east", "unchanged", ""), told("west", "unchanged", "")];
    assert_eq!(lines(&events), both.concat());
    assert_eq!((real_writes(&east), real_writes(&west)), (7, 7));
}

#[tokio::test]
async fn the_change_set_is_known_before_the_first_write_and_a_dry_run_tells_it() {
    let east = cluster("east", &json!({NETWORK_LABEL: "net-a"}));
    for (dry_run, suffix, rehearsed) in [
        (DryRun::Client, " (dry run)", 0),
        (DryRun::Server, " (server dry run)", 7),
        (DryRun::None, "", 7),
    ] {
        east.clear_recordings();
        let (request, targets) = (request(dry_run), vec![target(&east)]);
        let events = Collected::default();
        let plan = with_job(&events, async |job| {
            apply::prepare(&request, targets, job).await
        });
        let plan = plan.await.unwrap();
        let changes = plan.change_set();
        let objects: Vec<String> = changes.iter().map(|one| one.object.to_string()).collect();
        assert_eq!(objects, OBJECTS);
        assert!(changes.iter().all(|one| one.action == Action::Create));
        assert_eq!(lines(&events), Vec::<String>::new());
        assert_eq!((writes(&east).len(), real_writes(&east)), (rehearsed, 0));
        with_job(&events, async |job| plan.carry_out(dry_run, job).await)
            .await
            .unwrap();
        assert_eq!(lines(&events), told("east", "created", suffix));
        let expected = if dry_run.writes() { 7 } else { 0 };
        assert_eq!(real_writes(&east), expected);
    }
}

/// A caller whose settings are in a file.
struct File;

impl Knobs for File {
    fn setting(&self, knob: Knob, _: Option<&str>) -> String {
        format!("key {} (mesh.yaml:7)", knob.flag().trim_start_matches('-'))
    }
}

#[tokio::test]
async fn what_is_in_the_way_in_one_cluster_is_an_error_before_the_first_write() {
    let east = cluster("east", &json!({NETWORK_LABEL: "net-a"}));
    let west = cluster("west", &json!({}));
    let events = Collected::default();
    let result = run(&request(DryRun::None), &[&east, &west], &events).await;
    let error = result.err().unwrap();
    assert_eq!(
        error.to_string(),
        "the network of context west is not known: namespace istio-system has no label topology.istio.io/network"
    );
    assert_eq!(
        error.hints()[1].shown(&File),
        "set it for this gateway only with key network (mesh.yaml:7)"
    );
    assert_eq!((writes(&east).len(), writes(&west).len()), (0, 0));
    let both = Request {
        expose_services: true,
        spec: GatewaySpec {
            ambient: true,
            network: Some("net a".to_owned()),
            ..request(DryRun::None).spec
        },
        ..request(DryRun::None)
    };
    let error = run(&both, &[&east], &events).await.err().unwrap();
    assert_eq!((error.kind(), error.also().len()), (Kind::Usage, 1));
    assert!(east.requests().iter().all(|one| one.method == "GET"));
}

#[tokio::test]
async fn a_wait_tells_what_has_no_address() {
    let east = cluster("east", &json!({NETWORK_LABEL: "net-a"}));
    let events = Collected::default();
    let applied = run(&request(DryRun::None), &[&east], &events).await;
    let applied = applied.unwrap();
    lines(&events);
    let wait = AddressWait {
        namespace: "istio-system",
        name: Some("istio-eastwestgateway"),
        limit: Duration::ZERO,
        probes: false,
    };
    let seen = wait.wait(&applied.done[0], &events).await.unwrap();
    let errors: Vec<(Kind, String)> = wait
        .ran_out(&seen)
        .iter()
        .map(|error| (error.kind(), error.to_string()))
        .collect();
    let [(Kind::WaitRanOut, sentence)] = &errors[..] else {
        panic!("{errors:?}");
    };
    assert!(sentence.contains("in context east"), "{sentence}");
    east.set_load_balancer("istio-system", "istio-eastwestgateway", &["203.0.113.7"]);
    let seen = wait.wait(&applied.done[0], &events).await.unwrap();
    assert!(wait.ran_out(&seen).is_empty());
    let gateway = &Gateway::found(&seen, wait.name)[0];
    assert_eq!(gateway.addresses[0].value, "203.0.113.7");
}
