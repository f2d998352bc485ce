//! Every job writes what its dry run told, and nothing else: the writes that the embedded clusters record are compared with the
//! changes that were told.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::ByteString;
use mesh_model::change::{Change, DryRun, ObjectRef};
use mesh_model::cluster_name::ClusterName;
use mesh_model::event::Event;
use mesh_model::names::{HOLDER_PREFIX, NETWORK_LABEL, TOKEN_KEY};
use mesh_ops::metadata::{self, IfMissing};
use mesh_ops::secret::delete::Request;
use mesh_ops::secret::issue::{Options, TokenOptions};
use mesh_testkit::black_box::written_objects;
use mesh_testkit::embedded::Cluster;
use serde_json::json;

use crate::secret::{NAMESPACE, READER, TOKEN, exchange, issue, options};
use crate::support::Collected;
use crate::{delete, gateway, metadata as label, secret};

/// Contexts, and the objects in them, as the clusters name them.
type Objects = BTreeSet<(String, String)>;

/// Runs a job as a dry run and then as it is, and compares what was written with what was told. Returns the latter.
async fn writes_what_it_tells(
    case: &str,
    clusters: &[&Cluster],
    run: impl AsyncFn(DryRun, &Collected),
) -> Objects {
    clear(clusters);
    let events = Collected::default();
    run(DryRun::Client, &events).await;
    let expected = told(&events);
    assert_eq!(written(clusters), Objects::new(), "{case}: a dry run wrote");
    clear(clusters);
    run(DryRun::None, &events).await;
    assert_eq!(
        written(clusters),
        expected,
        "{case}: written, and told before"
    );
    // A Secret that a token is bound to is told with its token.
    let reported = told(&events);
    let beside: Vec<_> = reported.difference(&expected).collect();
    assert!(beside.is_empty(), "{case}: {beside:?}");
    expected
}

fn clear(clusters: &[&Cluster]) {
    for cluster in clusters {
        cluster.clear_recordings();
    }
}

fn written(clusters: &[&Cluster]) -> Objects {
    let each = clusters.iter().flat_map(|cluster| {
        let written = written_objects(cluster).into_iter();
        written.map(|object| (cluster.name().to_owned(), object))
    });
    each.collect()
}

/// The objects of the changes that were told, without those that stay as they are.
fn told(events: &Collected) -> Objects {
    let changes = events.take().into_iter().filter_map(|event| match event {
        Event::Done { change, .. } | Event::Step { change, .. } => Some(change),
        Event::Line(_) | Event::Note(_) | Event::Warning { .. } => None,
    });
    let writes = changes.filter(|change: &Change| change.action.is_write());
    let objects = writes.map(|change| (change.context, named(&change.object)));
    objects.collect()
}

/// The object as the clusters name it.
fn named(object: &ObjectRef) -> String {
    let resource = match object.kind.split_once('.') {
        Some((kind, group)) => format!("{kind}s.{group}"),
        None => format!("{}s", object.kind),
    };
    match &object.namespace {
        Some(namespace) => format!("{resource} {namespace}/{}", object.name),
        None => format!("{resource} {}", object.name),
    }
}

fn in_context(context: &str, secrets: &[&str]) -> Vec<(String, String)> {
    let named = |name: &&str| (context.to_owned(), format!("secrets {NAMESPACE}/{name}"));
    secrets.iter().map(named).collect()
}

/// Removes all records of holders from a Secret, as if a run had been interrupted before it made them.
fn forget_holders(cluster: &Cluster, name: &str) {
    cluster.edit("secrets", NAMESPACE, name, |secret| {
        let annotations = secret["metadata"]["annotations"].as_object_mut().unwrap();
        let before = annotations.len();
        annotations.retain(|key, _| !key.starts_with(HOLDER_PREFIX));
        assert_ne!(annotations.len(), before, "{name} records no holder");
    });
}

#[tokio::test]
async fn labels() {
    let east = label::cluster("east", &json!({NETWORK_LABEL: "net-a"}));
    let west = label::cluster("west", &json!({}));
    let bare = Cluster::start("north");
    let all = [&east, &west, &bare];
    let run = async |dry_run, events: &Collected| {
        let request = metadata::Request {
            if_missing: IfMissing::Create,
            dry_run,
            ..label::request()
        };
        let networks = [(&east, "net-a"), (&west, "net-b"), (&bare, "net-c")];
        label::run(&request, &networks, events).await.unwrap();
    };
    let first = writes_what_it_tells("label", &all, run).await;
    assert_eq!(first.len(), 2, "{first:?}");
    let again = writes_what_it_tells("label again", &all, run).await;
    assert_eq!(again, Objects::new());
}

#[tokio::test]
async fn gateways() {
    let east = gateway::cluster("east", &json!({NETWORK_LABEL: "net-a"}));
    let run = async |dry_run, events: &Collected| {
        let request = gateway::request(dry_run);
        gateway::run(&request, &[&east], events).await.unwrap();
    };
    let first = writes_what_it_tells("apply", &[&east], run).await;
    assert_eq!(first.len(), 7, "{first:?}");
    east.delete("services", NAMESPACE, "istio-eastwestgateway");
    let again = writes_what_it_tells("apply again", &[&east], run).await;
    let service = format!("services {NAMESPACE}/istio-eastwestgateway");
    assert_eq!(again, [("east".to_owned(), service)].into());
}

/// Issues the secret for the first cluster in the second one.
async fn issued(case: &str, pair: [&Cluster; 2], token: &TokenOptions) -> Objects {
    let run = async |dry_run, events: &Collected| {
        let options = Options {
            token: token.clone(),
            ..options(dry_run)
        };
        issue(pair, options, events).await.unwrap();
    };
    writes_what_it_tells(case, &pair, run).await
}

#[tokio::test]
async fn secrets_with_the_token_that_all_holders_share() {
    let [west, east, north] = ["west", "east", "north"].map(secret::cluster);
    let shared = TokenOptions::Shared;
    let first = issued("from nothing", [&west, &east], &shared).await;
    assert_eq!(first.len(), 5, "{first:?}");
    assert_eq!(
        issued("again", [&west, &east], &shared).await,
        Objects::new()
    );
    // The token Secret is there, and records another holder.
    let second = issued("another holder", [&west, &north], &shared).await;
    let mut expected = in_context("west", &[TOKEN]);
    expected.extend(in_context("north", &["istio-remote-secret-west"]));
    assert_eq!(second, expected.into_iter().collect());
    forget_holders(&west, TOKEN);
    let unrecorded = issued("interrupted", [&west, &east], &shared).await;
    assert_eq!(
        unrecorded,
        in_context("west", &[TOKEN]).into_iter().collect()
    );
}

#[tokio::test]
async fn secrets_with_a_token_of_the_holders_own() {
    let [west, east] = ["west", "east"].map(secret::cluster);
    let hours = Duration::from_hours(2);
    let anchor = format!("{READER}-token-for-east");
    let holder: ClusterName = "east".parse().unwrap();
    for holder in [None, Some(holder)] {
        let bound = TokenOptions::Bound(hours, holder);
        let first = issued("bound", [&west, &east], &bound).await;
        assert!(
            in_context("west", &[&anchor])
                .iter()
                .all(|one| first.contains(one)),
            "{first:?}"
        );
        let again = issued("bound again", [&west, &east], &bound).await;
        assert_eq!(again, Objects::new());
        forget_holders(&west, &anchor);
        let unrecorded = issued("bound, interrupted", [&west, &east], &bound).await;
        assert_eq!(
            unrecorded,
            in_context("west", &[&anchor]).into_iter().collect()
        );
        east.delete("secrets", NAMESPACE, "istio-remote-secret-west");
    }
    let own = TokenOptions::OwnSecret("east".parse().unwrap());
    let first = issued("own", [&west, &east], &own).await;
    assert_eq!(first.len(), 2, "{first:?}");
}

#[tokio::test]
async fn a_revoked_token_is_replaced() {
    let [west, east] = ["west", "east"].map(secret::cluster);
    let shared = TokenOptions::Shared;
    issued("from nothing", [&west, &east], &shared).await;
    // After a rotation the Secret of the default name holds the token of another one, which is deleted.
    let gone = format!("{TOKEN}.0a1b2c3d");
    let token = west.service_account_with_token(NAMESPACE, READER, &gone);
    west.edit("secrets", NAMESPACE, TOKEN, |usual| {
        usual["data"][TOKEN_KEY] = serde_json::to_value(ByteString(token.into_bytes())).unwrap();
    });
    west.delete("secrets", NAMESPACE, &gone);
    let replaced = issued("revoked", [&west, &east], &shared).await;
    assert_eq!(replaced.len(), 3, "{replaced:?}");
    let again = issued("revoked, again", [&west, &east], &shared).await;
    assert_eq!(again, Objects::new());
}

#[tokio::test]
async fn exchanges() {
    let [east, west, north] = ["east", "west", "north"].map(secret::cluster);
    let all = [&east, &west, &north];
    let run_in = async |clusters: &[&Cluster], prune, dry_run, events: &Collected| {
        exchange(clusters, &options(dry_run), prune, events)
            .await
            .unwrap();
    };
    let two = [&east, &west];
    writes_what_it_tells("exchange", &two, async |dry_run, events: &Collected| {
        run_in(&two, false, dry_run, events).await;
    })
    .await;
    let third = writes_what_it_tells(
        "a third cluster",
        &all,
        async |dry_run, events: &Collected| {
            run_in(&all, false, dry_run, events).await;
        },
    )
    .await;
    let mut recorded = in_context("east", &[TOKEN]);
    recorded.extend(in_context("west", &[TOKEN]));
    assert!(recorded.iter().all(|one| third.contains(one)), "{third:?}");
    let pruned = writes_what_it_tells("prune", &all, async |dry_run, events: &Collected| {
        run_in(&two, true, dry_run, events).await;
    })
    .await;
    let mut expected = in_context("east", &["istio-remote-secret-north"]);
    expected.extend(in_context("west", &["istio-remote-secret-north"]));
    assert_eq!(pruned, expected.into_iter().collect());
}

#[tokio::test]
async fn deletions_and_revocations() {
    let deleting: fn() -> Request = || delete::request(&["west"]);
    for (request, count) in [(deleting, 1), (delete::revoking, 2)] {
        let mesh = delete::Mesh::new();
        let clusters = [&mesh.east, &mesh.west];
        let run = async |dry_run, events: &Collected| {
            let request = Request {
                dry_run,
                ..request()
            };
            mesh.run(&["east"], &request, events).await.unwrap();
        };
        let done = writes_what_it_tells("delete", &clusters, run).await;
        assert_eq!(done.len(), count, "{done:?}");
    }
}
