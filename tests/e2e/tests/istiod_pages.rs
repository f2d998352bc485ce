//! Asking a real istiod by a port-forward through a real API server, with the client stack that the plugins use; and that the
//! fake istiod, which stands in for it in the plugins' own tests, answers as the real one does.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::path::Path;
use std::time::Duration;

use mesh_common::client::istiod::{Istiod, istiod_pods};
use mesh_common::client::{
    ApiFault, Cluster, Connector, ConnectorOptions, Kubeconfig, Overrides, api_fault,
};
use mesh_common::model::error::Kind as ErrorKind;
use mesh_common::model::istiod_pages::{SYNCED, known_clusters, secret_metrics};
use mesh_testkit::condition::wait_until;
use mesh_testkit::embedded;
use mesh_testkit::http::Endpoint;
use mesh_testkit::istiod::FakeIstiod;
use mesh_testkit::real::{self, Kind, Lab};
use serde_json::{Value, json};

const NAMESPACE: &str = "istio-system";
const LIMIT: Duration = Duration::from_secs(20);

async fn admin(kubeconfig: &Path, context: &str) -> Cluster {
    let overrides = Overrides {
        context: Some(context.to_owned()),
        ..Overrides::default()
    };
    let kubeconfig = Kubeconfig::load(Some(kubeconfig), None, None).unwrap();
    let now = "2026-11-21T00:00:00Z".parse().unwrap();
    Connector::new(ConnectorOptions::new("mesh-test/1", now))
        .connect(kubeconfig.target(&overrides).unwrap())
        .await
        .unwrap()
}

async fn admin_of(real: &real::Cluster) -> Cluster {
    admin(real.kubeconfig(), real.context()).await
}

/// The embedded cluster's administrator; the folder is where its kubeconfig is.
async fn admin_in(folder: &Path, embedded: &embedded::Cluster) -> Cluster {
    let path = folder.join("config");
    embedded.kubeconfig().write(&path);
    admin(&path, embedded.name()).await
}

/// The cluster's only istiod.
async fn connected(cluster: &Cluster) -> Istiod {
    let pods = istiod_pods(cluster, NAMESPACE).await.unwrap();
    assert_eq!(pods.len(), 1, "{pods:?}");
    assert!(pods[0].started_at.is_some(), "{pods:?}");
    Istiod::connect(cluster, NAMESPACE, &pods[0].name, LIMIT)
        .await
        .unwrap()
}

async fn tells_its_clusters(cluster: &Cluster, name: &str) {
    let mut istiod = connected(cluster).await;
    // Several pages go over one connection.
    let clusters = known_clusters(&istiod.page("/debug/clusterz").await.unwrap()).unwrap();
    assert_eq!(
        (clusters[0].id.as_str(), clusters[0].sync_status.as_str()),
        (name, SYNCED)
    );
    let seen = secret_metrics(&istiod.page("/metrics").await.unwrap());
    assert!(seen.version.is_some(), "{seen:?}");
    let missing = istiod.page("/debug/none").await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
    assert!(missing.to_string().contains("HTTP 404 "), "{missing}");
}

#[tokio::test]
async fn an_istiod_tells_its_clusters_and_its_version() {
    let east = Lab::get().unwrap().cluster("east", Kind::Istiod).unwrap();
    tells_its_clusters(&admin_of(&east).await, "east").await;
    let (fake, folder) = (
        embedded::Cluster::start("fake"),
        tempfile::tempdir().unwrap(),
    );
    let _istiod = FakeIstiod::start(&fake, "istiod-1");
    tells_its_clusters(&admin_in(folder.path(), &fake).await, "fake").await;
}

/// Returns what the pages say of a secret that comes, changes and goes, once `write` has made istiod hear of each: the lines of
/// `/metrics` about remote secrets, and the list of clusters, both without the version and the clusters' names.
async fn life_of_a_secret(cluster: &Cluster, name: &str, write: impl Fn(Write, Value)) -> String {
    let secret = |text: &str| {
        json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"far": text},
            "metadata": {"name": "far", "namespace": NAMESPACE, "labels": {"istio/multiCluster": "true"}}})
    };
    let mut said = String::new();
    for (count, (how, text)) in [
        (Write::Apply, "no kubeconfig"),
        (Write::Apply, "no kubeconfig either"),
        (Write::Delete, ""),
    ]
    .into_iter()
    .enumerate()
    {
        write(how, secret(text));
        let mut istiod = connected(cluster).await;
        let page = istiod.page("/metrics").await.unwrap();
        assert_eq!(secret_metrics(&page).events, count as u64 + 1, "{page}");
        let version = secret_metrics(&page).version.unwrap();
        let mut lines: Vec<&str> = page
            .lines()
            .filter(|line| {
                line.starts_with("remote_cluster_secret") || line.starts_with("istio_build")
            })
            .collect();
        lines.sort_unstable();
        let clusters: Value =
            serde_json::from_str(&istiod.page("/debug/clusterz").await.unwrap()).unwrap();
        said += &lines.join("\n").replace(&version, "VERSION");
        said += &format!("\n{}\n", clusters[0]).replace(name, "NAME");
    }
    said
}

#[derive(Clone, Copy)]
enum Write {
    Apply,
    Delete,
}

#[tokio::test]
async fn one_that_is_none_says_of_secrets_what_a_real_one_says() {
    let real = Lab::get().unwrap().cluster("pages", Kind::Istiod).unwrap();
    let cluster = admin_of(&real).await;
    let path = format!("/api/v1/namespaces/{NAMESPACE}/secrets/far");
    let heard = || {
        let url = real.istiod_monitoring_url();
        let istiod = Endpoint::plain(url.trim_start_matches("http://"));
        let page = istiod.request("GET", "/metrics", None).unwrap().body;
        secret_metrics(&page).events
    };
    let of_real = life_of_a_secret(&cluster, "pages", |how, secret| {
        let before = heard();
        match how {
            Write::Apply => real.apply(&secret.to_string()).unwrap(),
            Write::Delete => drop(real.request("DELETE", &path, None).unwrap()),
        }
        let is_heard = wait_until(LIMIT, || (heard() > before).then_some(()));
        assert!(is_heard.is_some(), "it does not hear of it");
    });
    let of_real = of_real.await;

    let (fake, folder) = (
        embedded::Cluster::start("fake"),
        tempfile::tempdir().unwrap(),
    );
    let _istiod = FakeIstiod::start(&fake, "istiod-1");
    let cluster = admin_in(folder.path(), &fake).await;
    let of_fake = life_of_a_secret(&cluster, "fake", |how, secret| match how {
        Write::Apply if fake.get("secrets", NAMESPACE, "far").is_some() => {
            fake.edit("secrets", NAMESPACE, "far", |it| {
                it["data"] = json!({"far": "eA=="});
            });
        }
        Write::Apply => drop(fake.create(secret)),
        Write::Delete => fake.delete("secrets", NAMESPACE, "far"),
    });
    assert_eq!(of_fake.await, of_real);
    assert!(of_real.contains("{event=\"update\"} 1\n"), "{of_real}");
}

/// The answers for a pod that is not there, and for one where nobody listens, without names and ports.
async fn errors(cluster: &Cluster, context: &str, stop: impl FnOnce()) -> [String; 2] {
    let pods = istiod_pods(cluster, NAMESPACE).await.unwrap();
    let pod = &pods[0].name;
    let missing = Istiod::connect(cluster, NAMESPACE, "no-such-pod", LIMIT)
        .await
        .err()
        .unwrap();
    assert!(
        matches!(api_fault(&missing), Some(ApiFault::NotFound { .. })),
        "{}",
        missing.in_one_line()
    );
    stop();
    let mut istiod = Istiod::connect(cluster, NAMESPACE, pod, LIMIT)
        .await
        .unwrap();
    let refused = istiod.page("/metrics").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unreachable);
    assert!(refused.to_string().contains("refused"), "{refused}");
    [missing, refused].map(|error| {
        let text = error.in_one_line().replace(pod, "POD");
        let words = text.replace(&format!("context {context}"), "context NAME");
        let words = words
            .split(' ')
            .map(|word| match word.strip_prefix("127.0.0.1:") {
                Some(_) => "ADDRESS:",
                None => word,
            });
        words.collect::<Vec<_>>().join(" ")
    })
}

#[tokio::test]
async fn a_pod_that_is_not_there_and_a_port_where_nobody_listens_are_told_apart() {
    let real = Lab::get().unwrap().cluster("silent", Kind::Istiod).unwrap();
    let cluster = admin_of(&real).await;
    let of_real = errors(&cluster, "silent", || real.stop_istiod().unwrap()).await;
    real.start_istiod(&[]).unwrap();

    let (fake, folder) = (
        embedded::Cluster::start("fake"),
        tempfile::tempdir().unwrap(),
    );
    let istiod = FakeIstiod::start(&fake, "istiod-1");
    let cluster = admin_in(folder.path(), &fake).await;
    assert_eq!(errors(&cluster, "fake", || istiod.stop()).await, of_real);
}
