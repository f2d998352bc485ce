//! Waiting by a watch.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{Cluster, Connector, ConnectorOptions, DryRun, Seen, wait_for};
use mesh_common::model::error::Kind;
use mesh_testkit::embedded::{self, Fault, TokenController};
use mesh_testkit::kubeconfig::User;
use serde_json::json;

use crate::support::{connector, options, target, target_of};

const LONG: Duration = Duration::from_secs(10);

fn token_secret() -> Secret {
    serde_json::from_value(json!({
        "metadata": {
            "namespace": "default", "name": "x",
            "annotations": {"kubernetes.io/service-account.name": "reader"},
        },
        "type": "kubernetes.io/service-account-token",
    }))
    .unwrap()
}

fn has_token(secret: &Secret) -> bool {
    secret
        .data
        .as_ref()
        .is_some_and(|data| data.contains_key("token"))
}

async fn start(controller: TokenController) -> (embedded::Cluster, Cluster) {
    let embedded = embedded::Cluster::builder("east")
        .token_controller(controller)
        .start();
    embedded.create(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": "default", "name": "reader"}}));
    let cluster = connector()
        .connect(target_of(&embedded.kubeconfig()))
        .await
        .unwrap();
    (embedded, cluster)
}

async fn wait(cluster: &Cluster, known: Option<Secret>, limit: Duration) -> Seen<Secret> {
    wait_for(cluster, Some("default"), "x", known, limit, has_token)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_token_is_awaited_by_one_watch_on_the_same_connection() {
    let (embedded, cluster) = start(TokenController::After(Duration::from_millis(100))).await;
    let made = cluster.create(&token_secret(), DryRun::None).await.unwrap();
    let Seen::Met(secret) = wait(&cluster, Some(made), LONG).await else {
        panic!("no token came");
    };
    assert!(has_token(&secret));
    let requests = embedded.requests();
    assert_eq!(requests.len(), 2, "{}", embedded.rendered_requests());
    assert!(
        requests[1].path.contains("watch=true")
            && requests[1].path.contains("fieldSelector=metadata.name=x")
    );
    assert_eq!(embedded.connections().len(), 1);
}

#[tokio::test]
async fn what_holds_already_takes_no_request() {
    let (embedded, cluster) = start(TokenController::After(Duration::ZERO)).await;
    cluster.create(&token_secret(), DryRun::None).await.unwrap();
    let known = cluster.get(Some("default"), "x").await.unwrap();
    embedded.clear_recordings();
    assert!(matches!(wait(&cluster, known, LONG).await, Seen::Met(_)));
    assert_eq!(embedded.requests().len(), 0);
}

#[tokio::test]
async fn an_object_that_is_not_there_yet_is_awaited_too() {
    let (_embedded, cluster) = start(TokenController::After(Duration::ZERO)).await;
    let other = cluster.clone();
    let (seen, made) = tokio::join!(wait(&cluster, None, LONG), async move {
        other.create(&token_secret(), DryRun::None).await
    });
    made.unwrap();
    assert!(matches!(seen, Seen::Met(_)), "{seen:?}");
}

#[tokio::test]
async fn a_watch_outlives_the_time_for_requests() {
    let (embedded, _) = start(TokenController::After(Duration::from_secs(1))).await;
    let connector = Connector::new(ConnectorOptions {
        request_timeout: Duration::from_millis(300),
        ..options()
    });
    let cluster = connector
        .connect(target_of(&embedded.kubeconfig()))
        .await
        .unwrap();
    let made = cluster.create(&token_secret(), DryRun::None).await.unwrap();
    assert!(matches!(
        wait(&cluster, Some(made), LONG).await,
        Seen::Met(_)
    ));
    assert_eq!(embedded.requests().len(), 2);
}

#[tokio::test]
async fn a_watch_that_ends_early_is_begun_again() {
    let (embedded, cluster) = start(TokenController::After(Duration::from_millis(500))).await;
    embedded.inject(
        Fault::on("GET", "/api/v1/namespaces/default/secrets?*watch=true*")
            .times(2)
            .reset(),
    );
    let made = cluster.create(&token_secret(), DryRun::None).await.unwrap();
    assert!(matches!(
        wait(&cluster, Some(made), LONG).await,
        Seen::Met(_)
    ));
}

#[tokio::test]
async fn what_is_too_old_to_go_on_from_is_read_anew() {
    let (embedded, cluster) = start(TokenController::After(Duration::ZERO)).await;
    let made = cluster.create(&token_secret(), DryRun::None).await.unwrap();
    embedded.edit("secrets", "default", "x", |_| ());
    embedded.compact();
    assert!(matches!(
        wait(&cluster, Some(made), LONG).await,
        Seen::Met(_)
    ));
}

#[tokio::test]
async fn running_out_gives_what_was_last_seen() {
    let (_embedded, cluster) = start(TokenController::Never).await;
    let begun = Instant::now();
    let limit = Duration::from_millis(400);
    assert_eq!(wait(&cluster, None, limit).await, Seen::RanOut(None));
    let made = cluster.create(&token_secret(), DryRun::None).await.unwrap();
    assert_eq!(wait(&cluster, None, limit).await, Seen::RanOut(Some(made)));
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_watch_that_is_forbidden_is_an_error_at_once() {
    let (embedded, _) = start(TokenController::Never).await;
    let token = embedded.add_user("jane", &["system:masters"]);
    embedded.deny("jane", "watch", "secrets");
    let target = target(embedded.kubeconfig_cluster(), User::new().token(&token));
    let cluster = connector().connect(target).await.unwrap();
    let error = wait_for(&cluster, Some("default"), "x", None, LONG, has_token)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Forbidden);
    assert_eq!(
        error.to_string(),
        "user jane is not allowed to watch secrets/x in namespace default of context east"
    );
}

#[tokio::test]
async fn a_server_that_stays_away_is_the_error_when_time_runs_out() {
    let (mut embedded, cluster) = start(TokenController::Never).await;
    embedded.stop();
    embedded.drop_connections();
    let limit = Duration::from_secs(1);
    let error = wait_for(&cluster, Some("default"), "x", None, limit, has_token)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
}
