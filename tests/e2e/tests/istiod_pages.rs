//! Asking a real istiod by a port-forward through a real API server, with the client stack that the plugins use.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::time::Duration;

use mesh_common::cluster::istiod::{Istiod, istiod_pods};
use mesh_common::cluster::{
    ApiFault, Cluster, Connector, ConnectorOptions, Kubeconfig, Overrides, api_fault,
};
use mesh_common::mesh::error::Kind as ErrorKind;
use mesh_common::mesh::istiod_pages::{SYNCED, known_clusters, secret_metrics};
use mesh_testkit::real::{self, Kind, Lab};

const NAMESPACE: &str = "istio-system";
const LIMIT: Duration = Duration::from_secs(20);

async fn admin(real: &real::Cluster) -> Cluster {
    let overrides = Overrides {
        context: Some(real.context().to_owned()),
        ..Overrides::default()
    };
    let kubeconfig = Kubeconfig::load(Some(real.kubeconfig()), None, None).unwrap();
    let now = "2026-11-21T00:00:00Z".parse().unwrap();
    Connector::new(ConnectorOptions::new("mesh-test/1", now))
        .connect(kubeconfig.target(&overrides).unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn an_istiod_tells_its_clusters_and_counts_its_secrets() {
    let east = Lab::get().unwrap().cluster("east", Kind::Istiod).unwrap();
    let cluster = admin(&east).await;
    let pods = istiod_pods(&cluster, NAMESPACE).await.unwrap();
    assert_eq!(pods.len(), 1, "{pods:?}");
    assert!(pods[0].started_at.is_some(), "{pods:?}");
    let mut istiod = Istiod::connect(&cluster, NAMESPACE, &pods[0].name, LIMIT)
        .await
        .unwrap();
    // Several pages go over one connection.
    let clusters = known_clusters(&istiod.page("/debug/clusterz").await.unwrap()).unwrap();
    assert_eq!(
        (clusters[0].id.as_str(), clusters[0].sync_status.as_str()),
        ("east", SYNCED)
    );
    let seen = secret_metrics(&istiod.page("/metrics").await.unwrap());
    assert!(seen.version.is_some(), "{seen:?}");
    let missing = istiod.page("/debug/none").await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Refused, "{missing}");
}

#[tokio::test]
async fn a_pod_that_is_not_there_and_a_port_where_nobody_listens_are_told_apart() {
    let east = Lab::get().unwrap().cluster("silent", Kind::Istiod).unwrap();
    let cluster = admin(&east).await;
    let error = Istiod::connect(&cluster, NAMESPACE, "no-such-pod", LIMIT)
        .await
        .err()
        .unwrap();
    assert!(
        matches!(api_fault(&error), Some(ApiFault::NotFound { .. })),
        "{}",
        error.in_one_line()
    );
    east.stop_istiod().unwrap();
    let pods = istiod_pods(&cluster, NAMESPACE).await.unwrap();
    let mut istiod = Istiod::connect(&cluster, NAMESPACE, &pods[0].name, LIMIT)
        .await
        .unwrap();
    let error = istiod.page("/metrics").await.unwrap_err();
    east.start_istiod(&[]).unwrap();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().contains("refused"), "{error}");
}
