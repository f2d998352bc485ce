//! The client stack against a real API server: what the embedded cluster is trusted to imitate elsewhere.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret, ServiceAccount};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_common::client::{
    ApiFault, ApplyOptions, Cluster, ConnectFault, Connector, ConnectorOptions, DryRun, FieldOwner,
    Kubeconfig, Overrides, Seen, Selection, api_fault, connect_fault, wait_for,
};
use mesh_common::model::error::Kind as ErrorKind;
use mesh_testkit::kubeconfig::{self, User};
use mesh_testkit::pki::CertificateAuthority;
use mesh_testkit::real::{self, Kind, Lab};
use serde_json::json;
use tempfile::TempDir;

fn connector() -> Connector {
    let now = "2026-11-21T00:00:00Z".parse().unwrap();
    Connector::new(ConnectorOptions::new("mesh-test/1", now))
}

async fn connect_as(config: &kubeconfig::Kubeconfig) -> Result<Cluster, mesh_common::model::Error> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("config");
    config.write(&path);
    let target = Kubeconfig::load(None, Some(path.as_os_str()), None)
        .unwrap()
        .target(&Overrides::default())?;
    connector().connect(target).await
}

async fn admin(real: &real::Cluster) -> Cluster {
    let target = Kubeconfig::load(Some(real.kubeconfig()), None, None)
        .unwrap()
        .target(&Overrides {
            context: Some(real.context().to_owned()),
            ..Overrides::default()
        })
        .unwrap();
    connector().connect(target).await.unwrap()
}

fn lab(name: &str) -> real::Cluster {
    Lab::get().unwrap().cluster(name, Kind::Bare).unwrap()
}

/// A namespace of the test's own.
async fn namespace(cluster: &Cluster, name: &str) {
    let object: Namespace = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
    cluster
        .apply(&object, ApplyOptions::default())
        .await
        .unwrap();
}

fn map(namespace: &str, value: &str) -> ConfigMap {
    serde_json::from_value(
        json!({"metadata": {"namespace": namespace, "name": "x"}, "data": {"a": value}}),
    )
    .unwrap()
}

#[tokio::test]
async fn objects_are_read_written_and_deleted() {
    let east = lab("client-stack");
    let cluster = admin(&east).await;
    namespace(&cluster, "objects").await;
    assert_eq!(
        cluster.get::<Secret>(Some("objects"), "x").await.unwrap(),
        None
    );
    assert_eq!(
        cluster.get::<Secret>(Some("nowhere"), "x").await.unwrap(),
        None
    );

    let dry = ApplyOptions {
        dry_run: DryRun::Server,
        ..ApplyOptions::default()
    };
    cluster.apply(&map("objects", "1"), dry).await.unwrap();
    assert_eq!(
        cluster
            .get::<ConfigMap>(Some("objects"), "x")
            .await
            .unwrap(),
        None
    );

    let made = cluster
        .create(&map("objects", "1"), DryRun::None)
        .await
        .unwrap();
    let again = cluster
        .create(&map("objects", "1"), DryRun::None)
        .await
        .unwrap_err();
    assert!(
        matches!(api_fault(&again), Some(ApiFault::AlreadyExists { .. })),
        "{again:?}"
    );

    let selection = Selection {
        fields: Some("metadata.name=x".to_owned()),
        ..Selection::default()
    };
    let listed: Vec<ConfigMap> = cluster.list(Some("objects"), &selection).await.unwrap();
    assert_eq!(listed.len(), 1);

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
        let error = cluster
            .delete::<ConfigMap>(&another, DryRun::None)
            .await
            .unwrap_err();
        assert!(
            matches!(api_fault(&error), Some(ApiFault::Changed { .. })),
            "{error:?}"
        );
    }
    for there in [true, false] {
        let deleted = cluster
            .delete::<ConfigMap>(&made.metadata, DryRun::None)
            .await;
        assert_eq!(deleted.unwrap(), there);
    }
    let error = cluster
        .create(&map("nowhere", "1"), DryRun::None)
        .await
        .unwrap_err();
    assert!(
        matches!(api_fault(&error), Some(ApiFault::NamespaceMissing { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn owners_of_fields_are_told() {
    let east = lab("client-stack");
    let cluster = admin(&east).await;
    namespace(&cluster, "owners").await;
    east.apply(r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "owners", "name": "x"}, "data": {"a": "1"}}"#)
        .unwrap();
    let error = cluster
        .apply(&map("owners", "2"), ApplyOptions::default())
        .await
        .unwrap_err();
    let Some(ApiFault::FieldConflict { owners, .. }) = api_fault(&error) else {
        panic!("{error:?}");
    };
    assert_eq!(
        *owners,
        [FieldOwner {
            manager: "kubectl-client-side-apply".to_owned(),
            fields: vec![".data.a".to_owned()]
        }]
    );
    let force = ApplyOptions {
        force_conflicts: true,
        ..ApplyOptions::default()
    };
    let first = cluster.apply(&map("owners", "2"), force).await.unwrap();
    let second = cluster
        .apply(&map("owners", "2"), ApplyOptions::default())
        .await
        .unwrap();
    assert_eq!(
        first.metadata.resource_version,
        second.metadata.resource_version
    );
}

#[tokio::test]
async fn a_token_is_awaited_with_and_without_a_read_before() {
    let east = lab("client-stack");
    let cluster = admin(&east).await;
    namespace(&cluster, "waits").await;
    let account: ServiceAccount =
        serde_json::from_value(json!({"metadata": {"namespace": "waits", "name": "reader"}}))
            .unwrap();
    cluster.create(&account, DryRun::None).await.unwrap();
    let secret: Secret = serde_json::from_value(json!({
        "metadata": {"namespace": "waits", "name": "x", "annotations": {"kubernetes.io/service-account.name": "reader"}},
        "type": "kubernetes.io/service-account-token",
    }))
    .unwrap();
    let made = cluster.create(&secret, DryRun::None).await.unwrap();
    let has_token = |secret: &Secret| {
        secret
            .data
            .as_ref()
            .is_some_and(|data| data.contains_key("token"))
    };
    let limit = Duration::from_secs(20);
    for known in [Some(made), None] {
        let seen = wait_for(&cluster, Some("waits"), "x", known, limit, has_token)
            .await
            .unwrap();
        assert!(matches!(seen, Seen::Met(_)));
    }
    let short = Duration::from_millis(500);
    let seen = wait_for::<Secret>(&cluster, Some("waits"), "other", None, short, has_token)
        .await
        .unwrap();
    assert_eq!(seen, Seen::RanOut(None));
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let east = lab("client-stack");
    let as_user = |user: User| kubeconfig::Kubeconfig::single("east", east.entry(), user);
    let stranger = connect_as(&as_user(User::new().token("no-such-token")))
        .await
        .unwrap();
    let error = stranger
        .get::<Namespace>(None, "default")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(
        error.to_string(),
        "the server of context east does not accept its token"
    );

    let jane = east.client("jane", &[]).unwrap();
    let jane = connect_as(&as_user(User::new().client_certificate(&jane)))
        .await
        .unwrap();
    let error = jane
        .list::<Secret>(Some("default"), &Selection::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(
        error.to_string(),
        "user jane is not allowed to list secrets in namespace default of context east"
    );

    let wrong = kubeconfig::Cluster::new(east.server())
        .ca_pem(&CertificateAuthority::new("other").certificate_pem());
    let wrong = kubeconfig::Kubeconfig::single("east", wrong, User::new().token("t"));
    let Err(error) = connect_as(&wrong).await else {
        panic!("it connected");
    };
    assert_eq!(
        connect_fault(&error),
        Some(&ConnectFault::UnknownAuthority { reason: None })
    );
    let plain = kubeconfig::Cluster::new(&east.server().replace("https", "http"));
    let plain = kubeconfig::Kubeconfig::single("east", plain, User::new());
    let error = connect_as(&plain)
        .await
        .unwrap()
        .get::<Namespace>(None, "default")
        .await
        .unwrap_err();
    assert!(api_fault(&error).is_some(), "{error:?}");
}

#[tokio::test]
async fn impersonation_is_understood() {
    let east = lab("client-stack");
    let admin = east.admin().unwrap();
    let user = User::new()
        .client_certificate(&admin)
        .impersonate("jane", &[]);
    let config = kubeconfig::Kubeconfig::single("east", east.entry(), user);
    let cluster = connect_as(&config).await.unwrap();
    let error = cluster
        .get::<Secret>(Some("default"), "x")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "user jane is not allowed to get secrets/x in namespace default of context east"
    );
    assert_eq!(
        error.hints(),
        ["kubectl --context east auth can-i get secrets/x -n default --as jane"]
    );
}

#[tokio::test]
async fn a_kind_that_is_not_installed_is_no_missing_object() {
    let east = lab("client-stack");
    let cluster = admin(&east).await;
    let error = cluster
        .get::<Gateway>(Some("default"), "x")
        .await
        .unwrap_err();
    assert!(
        matches!(api_fault(&error), Some(ApiFault::KindUnknown { .. })),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "context client-stack has no resource gateways.networking.istio.io"
    );
}

/// A kind of Istio's, as far as it takes to ask for it.
#[derive(Debug, Clone, serde::Deserialize)]
struct Gateway {
    metadata: ObjectMeta,
}

impl kube::Resource for Gateway {
    type DynamicType = ();
    type Scope = kube::core::NamespaceResourceScope;

    fn kind((): &()) -> std::borrow::Cow<'_, str> {
        "Gateway".into()
    }

    fn group((): &()) -> std::borrow::Cow<'_, str> {
        "networking.istio.io".into()
    }

    fn version((): &()) -> std::borrow::Cow<'_, str> {
        "v1".into()
    }

    fn plural((): &()) -> std::borrow::Cow<'_, str> {
        "gateways".into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}
