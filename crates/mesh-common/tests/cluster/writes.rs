//! Creating, applying and deleting objects.

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_common::client::{
    ApiFault, ApplyOptions, Cluster, DryRun, FieldOwner, Selection, api_fault,
};
use mesh_common::model::error::Kind;
use mesh_common::model::names::FIELD_MANAGER;
use mesh_testkit::embedded;
use serde_json::json;

use crate::support::{connector, target_of};

async fn start() -> (embedded::Cluster, Cluster) {
    let embedded = embedded::Cluster::start("east");
    let cluster = connector()
        .connect(target_of(&embedded.kubeconfig()))
        .await
        .unwrap();
    (embedded, cluster)
}

fn map(namespace: &str, value: &str) -> ConfigMap {
    serde_json::from_value(json!({
        "metadata": {"namespace": namespace, "name": "x"},
        "data": {"a": value},
    }))
    .unwrap()
}

#[tokio::test]
async fn what_is_created_can_be_read_listed_and_deleted_once() {
    let (embedded, cluster) = start().await;
    let made = cluster
        .create(&map("default", "1"), DryRun::None)
        .await
        .unwrap();
    let read: ConfigMap = cluster.get(Some("default"), "x").await.unwrap().unwrap();
    assert_eq!(read, made);
    let selection = Selection {
        fields: Some("metadata.name=x".to_owned()),
        ..Selection::default()
    };
    let listed: Vec<ConfigMap> = cluster.list(None, &selection).await.unwrap();
    assert_eq!(listed.len(), 1);

    let again = cluster
        .create(&map("default", "1"), DryRun::None)
        .await
        .unwrap_err();
    assert!(
        matches!(api_fault(&again), Some(ApiFault::AlreadyExists { .. })),
        "{again:?}"
    );
    assert_eq!(again.kind(), Kind::Conflict);
    assert_eq!(
        again.to_string(),
        "configmaps/x in namespace default of context east exists already"
    );

    let delete =
        async |metadata: ObjectMeta| cluster.delete::<ConfigMap>(&metadata, DryRun::None).await;
    let uid = Some("11111111-2222-3333-4444-555555555555".to_owned());
    let version = Some("1".to_owned());
    for another in [
        ObjectMeta {
            uid,
            ..made.metadata.clone()
        },
        ObjectMeta {
            resource_version: version,
            ..made.metadata.clone()
        },
    ] {
        let refused = delete(another).await.unwrap_err();
        assert!(
            matches!(api_fault(&refused), Some(ApiFault::Changed { .. })),
            "{refused:?}"
        );
    }
    assert!(delete(made.metadata.clone()).await.unwrap());
    assert!(!delete(made.metadata).await.unwrap());
    assert!(embedded.get("configmaps", "default", "x").is_none());
}

#[tokio::test]
async fn a_missing_namespace_comes_with_the_command_that_makes_it() {
    let (_embedded, cluster) = start().await;
    for error in [
        cluster
            .create(&map("istio-system", "1"), DryRun::None)
            .await
            .unwrap_err(),
        cluster
            .apply(&map("istio-system", "1"), ApplyOptions::default())
            .await
            .unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "namespace istio-system of context east does not exist"
        );
        assert_eq!(
            error.hints(),
            ["kubectl --context east create namespace istio-system"]
        );
    }
}

#[tokio::test]
async fn dry_runs_write_nothing() {
    let (embedded, cluster) = start().await;
    for (dry_run, requests) in [(DryRun::Client, 0), (DryRun::Server, 1)] {
        embedded.clear_recordings();
        let options = ApplyOptions {
            dry_run,
            force_conflicts: false,
        };
        cluster.apply(&map("default", "1"), options).await.unwrap();
        assert_eq!(embedded.requests().len(), requests);
        cluster.create(&map("default", "1"), dry_run).await.unwrap();
        assert!(embedded.get("configmaps", "default", "x").is_none());
    }
    let made = cluster
        .create(&map("default", "1"), DryRun::None)
        .await
        .unwrap();
    for dry_run in [DryRun::Client, DryRun::Server] {
        let deleted = cluster.delete::<ConfigMap>(&made.metadata, dry_run).await;
        assert!(deleted.unwrap());
        assert!(embedded.get("configmaps", "default", "x").is_some());
    }
}

#[tokio::test]
async fn an_apply_takes_fields_only_with_leave() {
    let (embedded, cluster) = start().await;
    embedded.create_as(
        "somebody",
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": "x"}, "data": {"a": "1"}}),
    );
    let mine = map("default", "2");
    let error = cluster
        .apply(&mine, ApplyOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    assert_eq!(
        error.to_string(),
        "fields of configmaps/x in namespace default of context east belong to somebody"
    );
    let Some(ApiFault::FieldConflict { owners, .. }) = api_fault(&error) else {
        panic!("{error:?}");
    };
    assert_eq!(
        *owners,
        [FieldOwner {
            manager: "somebody".to_owned(),
            fields: vec![".data.a".to_owned()]
        }]
    );
    let force = ApplyOptions {
        force_conflicts: true,
        ..ApplyOptions::default()
    };
    let applied = cluster.apply(&mine, force).await.unwrap();
    assert_eq!(applied.data, mine.data);
    let managers: Vec<_> = applied.metadata.managed_fields.iter().flatten().collect();
    assert!(
        managers
            .iter()
            .any(|entry| entry.manager.as_deref() == Some(FIELD_MANAGER))
    );
    // What was read can be applied again as it is, and nothing changes.
    let again = cluster
        .apply(&map("default", "2"), ApplyOptions::default())
        .await
        .unwrap();
    assert_eq!(
        again.metadata.resource_version,
        applied.metadata.resource_version
    );
}

#[tokio::test]
async fn absence_is_no_error() {
    let (_embedded, cluster) = start().await;
    assert_eq!(
        cluster
            .get::<Secret>(Some("istio-system"), "x")
            .await
            .unwrap(),
        None
    );
    let none: Vec<Secret> = cluster
        .list(Some("istio-system"), &Selection::default())
        .await
        .unwrap();
    assert!(none.is_empty());
}
