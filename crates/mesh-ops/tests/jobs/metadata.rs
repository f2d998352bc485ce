//! A label in several clusters.

use k8s_openapi::api::core::v1::Namespace;
use mesh_client::Target;
use mesh_model::change::{Action, ChangeSet, DryRun};
use mesh_model::command::{Knob, Knobs};
use mesh_model::metadata::MetadataField;
use mesh_model::names::NETWORK_LABEL;
use mesh_model::network::misspelled_labels;
use mesh_model::{Error, Exit};
use mesh_ops::metadata::{self, ClusterTask, IfMissing, ObjectName, Request};
use mesh_testkit::black_box::writes;
use mesh_testkit::embedded::{Cluster, Fault};
use serde_json::{Value, json};

use crate::support::{Collected, lines, target, with_job};

pub(crate) fn request() -> Request {
    Request {
        field: MetadataField::Label(NETWORK_LABEL),
        overwrite: false,
        force_conflicts: false,
        if_missing: IfMissing::RefuseUnless(Knob::CreateNamespace),
        is_list: false,
        rehearse: false,
        dry_run: DryRun::None,
    }
}

/// A cluster with Istio's namespace, which has these labels.
pub(crate) fn cluster(name: &str, labels: &Value) -> Cluster {
    let cluster = Cluster::start(name);
    cluster.create(json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "istio-system", "labels": labels}}));
    cluster.clear_recordings();
    cluster
}

fn network(cluster: &Cluster) -> Value {
    cluster.get("namespaces", "", "istio-system").unwrap()["metadata"]["labels"][NETWORK_LABEL]
        .clone()
}

fn task(cluster: &Cluster, network: &str) -> ClusterTask {
    ClusterTask {
        target: target(cluster),
        objects: vec![ObjectName {
            namespace: None,
            name: "istio-system".to_owned(),
        }],
        value: Some(network.to_owned()),
    }
}

pub(crate) async fn run(
    request: &Request,
    clusters: &[(&Cluster, &str)],
    events: &Collected,
) -> Result<Exit, Error> {
    let tasks = clusters.iter().map(|(cluster, net)| task(cluster, net));
    let warnings =
        |found: &Namespace, target: &Target| misspelled_labels(found, &target.described());
    with_job(events, async |job| {
        metadata::run(request, tasks.collect(), warnings, job).await
    })
    .await
}

#[tokio::test]
async fn each_cluster_is_labeled_and_a_second_run_writes_nothing() {
    let (east, west) = (cluster("east", &json!({})), cluster("west", &json!({})));
    let events = Collected::default();
    let clusters = [(&east, "net-a"), (&west, "net-b")];
    assert_eq!(
        run(&request(), &clusters, &events).await.unwrap(),
        Exit::Fine
    );
    assert_eq!(
        lines(&events),
        [
            "done: namespace/istio-system labeled in context east",
            "done: namespace/istio-system labeled in context west",
        ]
    );
    assert_eq!(
        (network(&east), network(&west)),
        (json!("net-a"), json!("net-b"))
    );
    run(&request(), &clusters, &events).await.unwrap();
    assert_eq!(
        lines(&events),
        [
            "done: namespace/istio-system unchanged in context east",
            "done: namespace/istio-system unchanged in context west",
        ]
    );
    assert_eq!((writes(&east).len(), writes(&west).len()), (1, 1));
}

#[tokio::test]
async fn the_change_set_is_known_before_the_first_write_and_a_dry_run_tells_it() {
    let east = cluster("east", &json!({NETWORK_LABEL: "net-a"}));
    let west = Cluster::start("west");
    for (dry_run, suffix, rehearsed) in [
        (DryRun::Client, " (dry run)", 0),
        (DryRun::Server, " (server dry run)", 1),
    ] {
        let request = Request {
            if_missing: IfMissing::Create,
            dry_run,
            ..request()
        };
        west.clear_recordings();
        let events = Collected::default();
        let tasks = vec![task(&east, "net-a"), task(&west, "net-b")];
        let no_warnings = |_: &Namespace, _: &Target| Vec::new();
        let plan = with_job(&events, async |job| {
            metadata::prepare(&request, tasks, no_warnings, job).await
        });
        let plan = plan.await.unwrap();
        let changes = plan.change_set();
        let actions: Vec<Action> = changes.iter().map(|change| change.action).collect();
        assert_eq!(actions, [Action::Keep, Action::Create]);
        assert_eq!(lines(&events), Vec::<String>::new());
        let text = serde_json::to_string(&changes).unwrap();
        assert_eq!(serde_json::from_str::<ChangeSet>(&text).unwrap(), changes);
        with_job(&events, async |job| plan.carry_out(dry_run, job).await)
            .await
            .unwrap();
        assert_eq!(
            lines(&events),
            [
                "done: namespace/istio-system unchanged in context east".to_owned(),
                format!("done: namespace/istio-system created in context west{suffix}"),
            ]
        );
        let sent = writes(&west);
        assert_eq!(sent.len(), rehearsed, "{sent:?}");
        assert!(
            sent.iter().all(|one| one.contains("dryRun=All")),
            "{sent:?}"
        );
        assert_eq!(west.get("namespaces", "", "istio-system"), None);
    }
}

#[tokio::test]
async fn a_rehearsal_tells_all_objects_that_the_server_refuses() {
    let east = cluster("east", &json!({}));
    east.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}}));
    east.clear_recordings();
    east.inject(Fault::on("PATCH", "/api/v1/**").status(422));
    let request = Request {
        rehearse: true,
        ..request()
    };
    let mut both = task(&east, "net-a");
    both.objects.push(ObjectName {
        namespace: None,
        name: "other".to_owned(),
    });
    let events = Collected::default();
    let no_warnings = |_: &Namespace, _: &Target| Vec::new();
    let result = with_job(&events, async |job| {
        metadata::run(&request, vec![both], no_warnings, job).await
    });
    let error = result.await.err().unwrap();
    let all = [error.to_string(), error.also()[0].to_string()];
    assert!(
        all[0].contains("istio-system") && all[1].contains("other"),
        "{all:?}"
    );
    let sent = writes(&east);
    assert!(
        sent.len() == 2 && sent.iter().all(|one| one.contains("dryRun=All")),
        "{sent:?}"
    );
}

/// A caller whose settings are in a file.
struct File;

impl Knobs for File {
    fn setting(&self, knob: Knob, _: Option<&str>) -> String {
        format!(
            "{}: true (mesh.yaml:3)",
            knob.flag().trim_start_matches('-')
        )
    }
}

#[tokio::test]
async fn what_is_in_the_way_in_one_cluster_is_an_error_before_the_first_write() {
    let east = cluster("east", &json!({"topology.istio.io/networks": "net-a"}));
    let west = cluster("west", &json!({NETWORK_LABEL: "other"}));
    let events = Collected::default();
    let clusters = [(&east, "net-a"), (&west, "net-b")];
    let error = run(&request(), &clusters, &events).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "namespace istio-system in context west has label topology.istio.io/network=other, not net-b"
    );
    assert_eq!(error.hints()[0], "add --overwrite, to replace it");
    assert_eq!(
        error.hints()[0].shown(&File),
        "add overwrite: true (mesh.yaml:3), to replace it"
    );
    assert_eq!(
        lines(&events),
        [
            "warning: namespace istio-system in context east has label topology.istio.io/networks, which Istio does not read; kubectl mesh-label show tells how to remove it"
        ]
    );
    assert_eq!((writes(&east).len(), writes(&west).len()), (0, 0));
}

#[tokio::test]
async fn a_cluster_that_is_not_reached_does_not_affect_the_others() {
    let (east, mut west) = (cluster("east", &json!({})), cluster("west", &json!({})));
    let tasks = vec![task(&east, "net-a"), task(&west, "net-b")];
    west.stop();
    let events = Collected::default();
    let no_warnings = |_: &Namespace, _: &Target| Vec::new();
    let exit = with_job(&events, async |job| {
        metadata::run(&request(), tasks, no_warnings, job).await
    });
    let exit = exit.await.unwrap();
    assert_eq!(exit, Exit::Partial);
    let lines = lines(&events);
    assert_eq!(
        lines[0],
        "done: namespace/istio-system labeled in context east"
    );
    assert!(
        lines[1].starts_with("warning: ") && lines[1].ends_with("; nothing was changed there"),
        "{lines:?}"
    );
    assert_eq!((lines.len(), network(&east)), (2, json!("net-a")));
}
