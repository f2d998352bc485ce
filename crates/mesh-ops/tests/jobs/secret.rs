//! Remote secrets for one cluster, and between all clusters of a mesh.

use mesh_model::change::{Action, ChangeSet, DryRun};
use mesh_model::{Error, Exit};
use mesh_ops::Job;
use mesh_ops::secret::exchange::{self, MemberRequest, Role};
use mesh_ops::secret::issue::{self, Issued, Options};
use mesh_testkit::black_box::writes;
use mesh_testkit::embedded::Cluster;
use serde_json::{Value, json};

use crate::support::{Collected, connector, kubeconfig, lines, no_interrupt, target};

pub(crate) const NAMESPACE: &str = "istio-system";
pub(crate) const READER: &str = "istio-reader-service-account";
const ROLE: &str = "istio-reader-clusterrole-istio-system";
pub(crate) const TOKEN: &str = "istio-reader-service-account-istio-remote-secret-token";

/// A cluster with an istiod that calls it by its name, and without the reader.
pub(crate) fn cluster(name: &str) -> Cluster {
    let cluster = Cluster::start(name);
    cluster.create(json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": NAMESPACE}}));
    cluster.create(json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "istiod", "namespace": NAMESPACE, "labels": {"app": "istiod"}},
        "spec": {"selector": {"matchLabels": {"app": "istiod"}}, "template": {
            "metadata": {"labels": {"app": "istiod"}},
            "spec": {"containers": [{"name": "discovery", "image": "pilot",
                "env": [{"name": "CLUSTER_ID", "value": name}]}]}}}}));
    cluster.clear_recordings();
    cluster
}

pub(crate) fn options(dry_run: DryRun) -> Options {
    Options {
        allow_loopback: true,
        dry_run,
        ..Options::in_namespace(NAMESPACE)
    }
}

/// Calls `work` with a job that tells `events`.
async fn with_job<T>(events: &Collected, work: impl AsyncFnOnce(&Job<'_>) -> T) -> T {
    let (connector, interrupt) = (connector(), no_interrupt());
    let job = Job {
        connector: &connector,
        interrupt: &interrupt,
        events,
        applied_by: "jobs/1",
        now: "2026-11-21T00:00:00Z".parse().unwrap(),
    };
    Box::pin(work(&job)).await
}

/// Plans the secret for `remote` in `holder`, and carries it out; returns the planned changes.
pub(crate) async fn issue(
    [remote, holder]: [&Cluster; 2],
    options: Options,
    events: &Collected,
) -> Result<(ChangeSet, Issued), Error> {
    let request = issue::Request {
        remote: target(remote),
        holders: vec![target(holder)],
        options,
    };
    with_job(events, async |job| {
        let before = [writes(remote), writes(holder)];
        let issue = Box::pin(request.plan(&kubeconfig(remote), job)).await?;
        assert_eq!(
            [writes(remote), writes(holder)],
            before,
            "planned by writing"
        );
        let changes = issue.changes();
        Ok((changes, issue.carry_out(job).await?))
    })
    .await
}

/// Plans the exchange between all of them, and carries it out; returns the planned changes.
pub(crate) async fn exchange(
    clusters: &[&Cluster],
    options: &Options,
    prune: bool,
    events: &Collected,
) -> Result<(ChangeSet, Exit), Error> {
    let members = clusters.iter().map(|cluster| MemberRequest {
        target: target(cluster),
        role: Role::Primary,
        options: options.clone(),
    });
    let request = exchange::Request {
        members: members.collect(),
        named: true,
        lost: Vec::new(),
        options: options.clone(),
        prune,
    };
    with_job(events, async |job| {
        let all = || clusters.iter().map(|one| writes(one)).collect::<Vec<_>>();
        let before = all();
        let exchange = request.plan(&kubeconfig(clusters[0]), job).await?;
        assert_eq!(all(), before, "planned by writing");
        let changes = exchange.changes();
        Ok((changes, exchange.carry_out(job).await?))
    })
    .await
}

fn told(changes: &ChangeSet) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

fn secret(holder: &Cluster, remote: &str) -> Option<Value> {
    let name = format!("istio-remote-secret-{remote}");
    holder.get("secrets", NAMESPACE, &name)
}

/// The changes for a remote cluster that has nothing but its namespace.
fn from_nothing(remote: &str) -> Vec<String> {
    vec![
        format!("serviceaccount/{READER} created in context {remote}"),
        format!("clusterrole.rbac.authorization.k8s.io/{ROLE} created in context {remote}"),
        format!("clusterrolebinding.rbac.authorization.k8s.io/{ROLE} created in context {remote}"),
        format!("secret/{TOKEN} created in context {remote}"),
    ]
}

#[tokio::test]
async fn a_secret_is_planned_then_issued_and_a_second_run_writes_nothing() {
    let (west, east) = (cluster("west"), cluster("east"));
    let events = Collected::default();
    let pair = [&west, &east];
    let (changes, issued) = issue(pair, options(DryRun::None), &events).await.unwrap();
    let mut expected = from_nothing("west");
    expected.push("secret/istio-remote-secret-west created in context east".to_owned());
    assert_eq!(told(&changes), expected);
    assert!(matches!(issued, Issued::Applied(Exit::Fine)));
    let done: Vec<String> = lines(&events)
        .iter()
        .filter_map(|line| Some(line.split_once(": ")?.1.to_owned()))
        .collect();
    assert_eq!(done, expected, "what was done is what was planned");
    let applied = secret(&east, "west").unwrap();
    assert!(applied["data"]["west"].is_string(), "{applied}");
    assert_eq!(
        applied["metadata"]["annotations"]["mesh.istio-multicluster.dev/applied-by"], "jobs/1",
        "{applied}"
    );

    for cluster in pair {
        cluster.clear_recordings();
    }
    let (changes, _) = issue(pair, options(DryRun::None), &events).await.unwrap();
    let kept = "secret/istio-remote-secret-west unchanged in context east";
    assert_eq!(told(&changes), [kept]);
    assert_eq!(changes.writes().count(), 0);
    assert_eq!(lines(&events), [format!("done: {kept}")]);
    assert_eq!(pair.map(writes), [Vec::<String>::new(), Vec::new()]);
}

#[tokio::test]
async fn a_dry_run_tells_the_change_set_and_stores_nothing() {
    let (west, east) = (cluster("west"), cluster("east"));
    for dry_run in [DryRun::Client, DryRun::Server] {
        let events = Collected::default();
        let (changes, _) = issue([&west, &east], options(dry_run), &events)
            .await
            .unwrap();
        let lines = lines(&events);
        assert_eq!(lines.len(), changes.len(), "{lines:?}");
        for (line, change) in lines.iter().zip(&changes) {
            let line = line.split_once(": ").unwrap().1;
            assert!(line.starts_with(&format!("{change} (")), "{line} {change}");
            assert!(line.ends_with("dry run)"), "{line}");
        }
        let sent = writes(&west).into_iter().chain(writes(&east));
        for write in sent {
            assert!(
                dry_run == DryRun::Server && write.contains("dryRun=All"),
                "{write}"
            );
        }
        assert_eq!(west.get("serviceaccounts", NAMESPACE, READER), None);
        assert_eq!(secret(&east, "west"), None);
    }
}

#[tokio::test]
async fn rights_that_were_lost_are_a_part_of_the_plan() {
    let (west, east) = (cluster("west"), cluster("east"));
    let (events, pair) = (Collected::default(), [&west, &east]);
    issue(pair, options(DryRun::None), &events).await.unwrap();
    west.delete("clusterrolebindings", "", ROLE);
    events.take();
    let binding =
        format!("clusterrolebinding.rbac.authorization.k8s.io/{ROLE} created in context west");
    let kept = "secret/istio-remote-secret-west unchanged in context east".to_owned();
    for (dry_run, suffix) in [(DryRun::Client, " (dry run)"), (DryRun::None, "")] {
        let (changes, _) = issue(pair, options(dry_run), &events).await.unwrap();
        assert_eq!(told(&changes), [binding.clone(), kept.clone()]);
        assert_eq!(
            lines(&events),
            [format!("step: {binding}{suffix}"), format!("done: {kept}")]
        );
    }
    assert!(west.get("clusterrolebindings", "", ROLE).is_some());
}

#[tokio::test]
async fn three_clusters_hold_secrets_for_each_other_and_leftovers_are_planned_to_be_deleted() {
    let clusters = ["east", "west", "north"].map(cluster);
    let [east, west, north] = &clusters;
    let events = Collected::default();
    let all = [east, west, north];
    let (changes, exit) = exchange(&all, &options(DryRun::None), false, &events)
        .await
        .unwrap();
    assert_eq!(exit, Exit::Fine);
    let mut expected: Vec<String> = ["east", "west", "north"]
        .into_iter()
        .flat_map(from_nothing)
        .collect();
    let pairs = [
        ("east", "west"),
        ("east", "north"),
        ("west", "east"),
        ("west", "north"),
        ("north", "east"),
        ("north", "west"),
    ];
    let pairs = pairs.map(|(remote, holder)| {
        format!("secret/istio-remote-secret-{remote} created in context {holder}")
    });
    expected.extend(pairs);
    assert_eq!(told(&changes), expected);
    let mut done: Vec<String> = lines(&events)
        .iter()
        .filter_map(|line| Some(line.split_once(": ")?.1.to_owned()))
        .collect();
    done.sort_unstable();
    expected.sort_unstable();
    assert_eq!(done, expected, "what was done is what was planned");

    let (changes, exit) = exchange(&[east, west], &options(DryRun::None), true, &events)
        .await
        .unwrap();
    assert_eq!(exit, Exit::Fine);
    let expected = [
        "secret/istio-remote-secret-east unchanged in context west",
        "secret/istio-remote-secret-west unchanged in context east",
        "secret/istio-remote-secret-north deleted in context east",
        "secret/istio-remote-secret-north deleted in context west",
    ];
    assert_eq!(told(&changes), expected);
    let actions: Vec<Action> = changes.writes().map(|change| change.action).collect();
    assert_eq!(actions, [Action::Delete; 2]);
    let done = lines(&events);
    assert_eq!(done, expected.map(|line| format!("done: {line}")));
    assert_eq!((secret(east, "north"), secret(west, "north")), (None, None));
    assert!(secret(east, "west").is_some() && secret(north, "west").is_some());
}

#[tokio::test]
async fn a_cluster_that_stops_before_the_writes_does_not_affect_the_other_pairs() {
    let (east, west) = (cluster("east"), cluster("west"));
    let mut north = cluster("north");
    let events = Collected::default();
    let members = [&east, &west, &north].map(|cluster| MemberRequest {
        target: target(cluster),
        role: Role::Primary,
        options: options(DryRun::None),
    });
    let request = exchange::Request {
        members: members.into(),
        named: true,
        lost: Vec::new(),
        options: options(DryRun::None),
        prune: false,
    };
    let exit = with_job(&events, async |job| {
        let exchange = request.plan(&kubeconfig(&east), job).await.unwrap();
        assert_eq!(exchange.changes().len(), 3 * 4 + 6);
        north.stop();
        exchange.carry_out(job).await.unwrap()
    })
    .await;
    assert_eq!(exit, Exit::Partial);
    assert!(secret(&east, "west").is_some() && secret(&west, "east").is_some());
    let told = lines(&events);
    let warned = told.iter().filter(|line| line.starts_with("warning: "));
    assert!(warned.count() > 0, "{told:?}");
}
