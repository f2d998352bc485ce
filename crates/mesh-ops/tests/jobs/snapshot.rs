//! A cluster read into a snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::ByteString;
use mesh_model::Error;
use mesh_model::eastwest::EastWestStatus;
use mesh_model::read::Read;
use mesh_model::remote_secret::own_name;
use mesh_model::secret::{Contexts, MatrixOptions, SecretMatrix};
use mesh_model::snapshot::{ClusterSnapshot, MeshSnapshot};
use mesh_model::statements::{IdentityObservation, MeshLabels};
use mesh_ops::gateway::{ANSWER, Look, ask, observe};
use mesh_ops::snapshot::{
    KeptValues, ReadCluster, Wanted, WantedExposure, WantedGateways, WantedLabels, WantedSecrets,
    read,
};
use mesh_testkit::embedded::Cluster;
use serde_json::{Value, json};

use crate::support::{connector, target, target_as};

const NAMESPACE: &str = "istio-system";
const TOKEN: &str = "hidden-token-of-west";

fn kubeconfig() -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: w\ncontexts: [{{name: w, context: {{cluster: w, user: w}}}}]\nclusters: [{{name: w, cluster: {{server: 'https://w:6443'}}}}]\nusers: [{{name: w, user: {{token: {TOKEN}}}}}]\n"
    )
}

fn secret(name: &str, namespace: &str, label: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": label, "annotations": {"note": TOKEN}},
        "data": {"west": ByteString(kubeconfig().into_bytes())}})
}

/// Metadata with the token in annotations, as programs leave it there.
fn metadata(name: &str, labels: &Value) -> Value {
    json!({"name": name, "namespace": NAMESPACE, "labels": labels, "annotations": {"note": TOKEN,
        "kubectl.kubernetes.io/last-applied-configuration": format!("{{\"token\": \"{TOKEN}\"}}")}})
}

/// The spec of a pod with the token among arguments and variables.
fn pod(container: &str, variable: &str) -> Value {
    json!({"containers": [{"name": container, "image": "pilot:1.31.0",
        "args": ["discovery", "--token", TOKEN],
        "env": [{"name": variable, "value": "east-1"}, {"name": "TOKEN", "value": TOKEN}]}]})
}

/// East with an istiod, a remote secret, one without the label, and one that lies elsewhere.
fn east() -> Cluster {
    let cluster = Cluster::start("east");
    for name in [NAMESPACE, "other"] {
        cluster
            .create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    }
    cluster.create(json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": metadata("istiod", &json!({"app": "istiod"})),
        "spec": {"selector": {"matchLabels": {"app": "istiod"}}, "template": {
            "metadata": {"labels": {"app": "istiod"}, "annotations": {"note": TOKEN}},
            "spec": pod("discovery", "CLUSTER_ID")}}}));
    let label = json!({"istio/multiCluster": "true"});
    cluster.create(secret("istio-remote-secret-west", NAMESPACE, &label));
    cluster.create(secret("istio-remote-secret-old", NAMESPACE, &json!({})));
    cluster.create(secret("strayed", "other", &label));
    cluster.clear_recordings();
    cluster
}

fn wanted<'a>(secrets: &'a WantedSecrets<'_>, values: KeptValues) -> Wanted<'a> {
    Wanted {
        secrets: Some(secrets),
        values,
        ..Wanted::identity(NAMESPACE)
    }
}

async fn observed(cluster: &Cluster, wanted: Wanted<'_>) -> Result<ReadCluster, Error> {
    let connected = connector().connect(target(cluster)).await?;
    Box::pin(read(&connected, wanted)).await
}

/// The snapshot after a file held it, which has to be the same and to hold nothing that gives access.
fn through_json(snapshot: ClusterSnapshot) -> ClusterSnapshot {
    let now = "2026-11-21T00:00:00Z".parse().unwrap();
    let reading = (snapshot.context.clone(), Ok(snapshot));
    let mesh = MeshSnapshot::join(now, vec![reading]).unwrap();
    let mut again = mesh_through_json(&mesh);
    again.clusters.remove(0)
}

/// The mesh after a file held it.
fn mesh_through_json(mesh: &MeshSnapshot) -> MeshSnapshot {
    let text = serde_json::to_string_pretty(mesh).unwrap();
    let encoded = serde_json::to_value(ByteString(kubeconfig().into_bytes())).unwrap();
    for hidden in [TOKEN, "current-context", encoded.as_str().unwrap()] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    let again: MeshSnapshot = serde_json::from_str(&text).unwrap();
    assert_eq!(again, *mesh);
    again
}

/// The reports that `list`, `show` and `status` make of a mesh.
fn reports(mesh: &MeshSnapshot) -> [Value; 3] {
    let addresses = mesh.clusters.iter();
    let addresses = addresses.map(|one| (one.context.clone(), one.address.clone()));
    let contexts = Contexts::new(addresses, None);
    let options = MatrixOptions {
        namespace: NAMESPACE,
        allow_loopback: true,
        connected_only: false,
    };
    let secrets = SecretMatrix::judged(mesh.clone(), &contexts, options);
    [
        serde_json::to_value(secrets),
        serde_json::to_value(MeshLabels::judged(mesh)),
        serde_json::to_value(EastWestStatus::judged(mesh, None)),
    ]
    .map(Result::unwrap)
}

#[tokio::test]
async fn the_reports_of_a_mesh_that_a_file_held_are_the_same() {
    let (east, west) = (east(), Cluster::start("west"));
    east.create(json!({"apiVersion": "v1", "kind": "Service",
        "metadata": metadata("gateway", &json!({"topology.istio.io/network": "net-a"})),
        "spec": {"type": "LoadBalancer", "selector": {"istio": "gateway"},
            "ports": [{"name": "status-port", "port": 15021}]}}));
    east.set_load_balancer(NAMESPACE, "gateway", &["127.0.0.1"]);
    let look = Look {
        namespace: NAMESPACE,
        name: None,
        dns: ANSWER,
    };
    let mut readings = Vec::new();
    for cluster in [&east, &west, &east] {
        let connected = connector().connect(target(cluster)).await.unwrap();
        let seen = observe(&connected, look).await.unwrap();
        let gateways = ask(&connected, seen, Some(ANSWER)).await.unwrap();
        let wanted = Wanted {
            parts: &[&WantedLabels],
            ..wanted(&WantedSecrets::Everywhere, KeptValues::None)
        };
        let snapshot = read(&connected, wanted).await.unwrap().snapshot;
        let both = ClusterSnapshot {
            services: gateways.services,
            pods: gateways.pods,
            gateway_probes: gateways.gateway_probes,
            events: gateways.events,
            ..snapshot
        };
        readings.push((both.context.clone(), Ok(both)));
    }
    readings.push(("north".to_owned(), Err(Error::refused("gone"))));
    let now = "2026-11-21T00:00:00Z".parse().unwrap();
    let mesh = MeshSnapshot::join(now, readings).unwrap();
    assert_eq!((mesh.clusters.len(), mesh.duplicates.len()), (2, 1));
    let reports = [mesh_through_json(&mesh), mesh].map(|mesh| reports(&mesh));
    assert_eq!(reports[0], reports[1]);
    let [secrets, labels, gateways] = &reports[0];
    for report in [secrets, labels, gateways] {
        assert_eq!(report["unreached"][0]["context"], "north");
    }
    let items = secrets["items"].as_array().unwrap();
    assert!(
        items.iter().any(|one| one["name"] == "strayed"),
        "{secrets}"
    );
    assert_eq!(labels["items"][0]["cluster"], "east-1", "{labels}");
    let probes = &gateways["items"][0]["gateways"][0]["probes"];
    assert_eq!(probes[0]["check"], "probe-15021", "{gateways}");
}

fn names(snapshot: &ClusterSnapshot) -> Vec<&str> {
    let secrets = snapshot.secrets_of_namespace();
    secrets
        .map(|facts| facts.secret.metadata.name.as_deref().unwrap())
        .collect()
}

#[tokio::test]
async fn a_snapshot_of_a_cluster_is_the_same_after_a_file_and_gives_no_access() {
    let cluster = east();
    let read = observed(
        &cluster,
        wanted(&WantedSecrets::Everywhere, KeptValues::None),
    )
    .await;
    let read = read.unwrap();
    assert!(read.values.is_empty());
    let snapshot = through_json(read.snapshot);
    assert_eq!(snapshot.uid(), Some(cluster.uid().as_str()));
    assert_eq!(snapshot.member().ids[0].as_str(), "east-1");
    assert_eq!(
        names(&snapshot),
        ["istio-remote-secret-west", "istio-remote-secret-old"]
    );
    assert_eq!(snapshot.secrets_elsewhere.items().len(), 1);
    let first = &snapshot.secrets.items()[0];
    let access = first.judged("west").unwrap().access.as_ref().unwrap();
    assert_eq!(access.server, "https://w:6443");
    assert_eq!(snapshot.services, Read::NotAsked);
}

#[tokio::test]
async fn a_kubeconfig_that_secrets_of_several_clusters_have_is_judged_once() {
    let secrets = WantedSecrets::Everywhere;
    let mut facts = Vec::new();
    for cluster in [east(), east()] {
        let read = observed(&cluster, wanted(&secrets, KeptValues::None)).await;
        let read = read.unwrap().snapshot;
        let elsewhere = read.secrets_elsewhere.items().iter();
        let all = read.secrets_of_namespace().chain(elsewhere);
        facts.extend(all.map(|one| Arc::clone(&one.all_judged()[0].1)));
    }
    assert_eq!(facts.len(), 6);
    assert!(facts.iter().all(|one| Arc::ptr_eq(one, &facts[0])));
}

#[tokio::test]
async fn only_what_is_wanted_is_read_and_values_are_kept_beside_the_snapshot() {
    let cluster = east();
    let identity = observed(&cluster, Wanted::identity(NAMESPACE))
        .await
        .unwrap();
    assert_eq!(
        cluster.requests().len(),
        2,
        "{}",
        cluster.rendered_requests()
    );
    assert_eq!(identity.snapshot.secrets, Read::NotAsked);
    let asked = ["old".to_owned()];
    let secrets = WantedSecrets::InNamespace { names: &asked };
    let read = observed(&cluster, wanted(&secrets, KeptValues::Data))
        .await
        .unwrap();
    let mut values = read.values;
    assert_eq!(values.len(), 2);
    let old = read.snapshot.secrets_of_namespace();
    let old = old.filter(|facts| own_name(&facts.secret) == "istio-remote-secret-old");
    let value = values.take(old.last().unwrap());
    assert_eq!(value.get("west"), Some(kubeconfig().as_bytes()));
    assert_eq!(names(&through_json(read.snapshot)).len(), 2);
}

#[tokio::test]
async fn whole_secrets_stand_beside_a_snapshot_and_are_not_in_it() {
    let cluster = east();
    let wanted = Wanted {
        secrets: Some(&WantedSecrets::Labelled { everywhere: true }),
        values: KeptValues::Whole,
        ..Wanted::nothing(NAMESPACE)
    };
    let mut read = observed(&cluster, wanted).await.unwrap();
    assert_eq!(
        cluster.requests().len(),
        1,
        "{}",
        cluster.rendered_requests()
    );
    through_json(read.snapshot.clone());
    let (inside, elsewhere) = read.take_whole_secrets();
    let [inside, outside] = [&inside[..], elsewhere.items()];
    let names = [inside, outside].map(|all| all.iter().map(own_name).collect::<Vec<_>>());
    assert_eq!(names, [["istio-remote-secret-west"], ["strayed"]]);
    for secret in inside.iter().chain(outside) {
        let space = secret.metadata.namespace.as_deref().unwrap();
        let whole = cluster.get("secrets", space, own_name(secret)).unwrap();
        let read = serde_json::to_value(secret).unwrap();
        for part in ["metadata", "data"] {
            assert_eq!(read[part], whole[part]);
        }
        assert_eq!(read["metadata"]["annotations"]["note"], TOKEN);
    }
    assert_eq!(read.snapshot.uid, Read::NotAsked);
}

#[tokio::test]
async fn parts_that_are_wanted_together_are_asked_for_once_and_are_the_same() {
    let cluster = east();
    for (name, labels) in [
        ("gateway", json!({"topology.istio.io/network": "net-a"})),
        ("istio-eastwestgateway", json!({})),
    ] {
        cluster.create(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": metadata(name, &labels),
            "spec": {"selector": {"istio": name}, "ports": [{"name": "tls", "port": 15443}]}}));
    }
    cluster.create(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": metadata("gateway-1", &json!({"istio": "gateway",
            "service.istio.io/canonical-name": "gateway", "security.istio.io/tlsMode": "istio"})),
        "spec": pod("istio-proxy", "ISTIO_META_CLUSTER_ID")}));
    cluster.create(json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": metadata("ztunnel", &json!({"app.kubernetes.io/name": "ztunnel"})),
        "spec": {"selector": {"matchLabels": {"app": "z"}}, "template": {
            "metadata": {"labels": {"app": "z"}}, "spec": pod("istio-proxy", "ISTIO_META_CLUSTER_ID")}}}));
    let values = json!({"global": {"network": "net-a", "token": TOKEN}}).to_string();
    for (name, data) in [
        (
            "istio-sidecar-injector",
            json!({"values": values, "config": TOKEN}),
        ),
        (
            "istio",
            json!({"mesh": format!("defaultConfig:\n  meshId: m\ntoken: {TOKEN}\n")}),
        ),
        ("other", json!({"token": TOKEN})),
    ] {
        cluster.create(json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": metadata(name, &json!({"istio.io/rev": "default"})), "data": data}));
    }
    let labels = Wanted {
        parts: &[&WantedLabels],
        ..Wanted::identity(NAMESPACE)
    };
    let alone = observed(&cluster, labels).await.unwrap().snapshot;
    let exposure = WantedExposure {
        everywhere: true,
        identity: false,
    };
    let exposure = Wanted {
        parts: &[&WantedLabels, &exposure],
        ..labels
    };
    through_json(observed(&cluster, exposure).await.unwrap().snapshot);
    cluster.clear_recordings();
    let all = Wanted {
        parts: &[&WantedGateways { name: None }, &WantedLabels],
        secrets: Some(&WantedSecrets::Everywhere),
        ..labels
    };
    let all = through_json(observed(&cluster, all).await.unwrap().snapshot);
    let requests = cluster.rendered_requests();
    let asked = || requests.lines().filter(|line| line.contains(" GET "));
    let each: BTreeSet<&str> = asked().collect();
    assert_eq!((each.len(), asked().count()), (20, 20), "{requests}");
    assert_eq!(all.services.items().len(), 2);
    assert_eq!(all.mesh_ids().collect::<Vec<_>>(), ["m"]);
    let counts = [
        all.pods.len(),
        all.injected_pods.items().len(),
        all.meshed_pods.items().len(),
        all.ztunnels.items().len(),
        all.injectors.items().len(),
    ];
    assert_eq!(counts, [2, 1, 1, 1, 1]);
    let [alone, all] = [alone, all].map(|one| IdentityObservation::of(&one));
    assert!(!alone.statements.is_empty());
    assert_eq!(
        format!("{:?}", all.statements),
        format!("{:?}", alone.statements)
    );
}

#[tokio::test]
async fn what_may_not_be_read_says_so_and_the_rest_is_there() {
    let cluster = east();
    let token = cluster.add_user("narrow", &[]);
    cluster.create(
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "narrow", "namespace": NAMESPACE},
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}]}),
    );
    cluster.create(
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "narrow", "namespace": NAMESPACE},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "narrow"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "narrow"}]}),
    );
    let connected = connector()
        .connect(target_as(&cluster, &token))
        .await
        .unwrap();
    let read = read(
        &connected,
        wanted(&WantedSecrets::Everywhere, KeptValues::None),
    )
    .await;
    let snapshot = through_json(read.unwrap().snapshot);
    assert!(matches!(snapshot.uid, Read::Denied(_)));
    assert!(matches!(snapshot.istiods, Read::Denied(_)));
    assert!(matches!(snapshot.secrets_elsewhere, Read::Denied(_)));
    assert_eq!(names(&snapshot).len(), 2);
    assert!(!snapshot.is_without_istiod());
}
