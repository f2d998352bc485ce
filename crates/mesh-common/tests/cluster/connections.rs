//! How many connections are opened, and what they are shared by.

use std::net::Ipv6Addr;
use std::time::{Duration, Instant};

use futures::future::join_all;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use mesh_common::client::{
    Cluster, Connector, ConnectorOptions, Overrides, Selection, Target, connect_fault, fan_out,
};
use mesh_common::model::error::Kind;
use mesh_testkit::embedded;
use mesh_testkit::kubeconfig::{self, User};

use crate::support::{acceptor, authority, connector, options, target, target_of};

async fn connect(cluster: &embedded::Cluster) -> Cluster {
    connector()
        .connect(target_of(&cluster.kubeconfig()))
        .await
        .unwrap()
}

async fn read(cluster: &Cluster, name: &str) {
    let found: Option<Namespace> = cluster.get(None, name).await.unwrap();
    assert!(found.is_some(), "{name}");
}

#[tokio::test]
async fn a_first_wave_of_requests_shares_one_connection() {
    let embedded = embedded::Cluster::start("east");
    embedded.inject(embedded::Fault::everywhere().latency(Duration::from_millis(50)));
    let cluster = connect(&embedded).await;
    join_all(["default", "kube-system", "kube-public"].map(|name| read(&cluster, name))).await;
    let connections = embedded.connections();
    assert_eq!(connections.len(), 1);
    assert_eq!(connections[0].alpn, "h2");
    assert_eq!(
        embedded.rendered_requests(),
        "1 GET /api/v1/namespaces/default 200\n\
         1 GET /api/v1/namespaces/kube-public 200\n\
         1 GET /api/v1/namespaces/kube-system 200\n"
    );
    assert!(
        embedded
            .requests()
            .iter()
            .all(|request| request.user_agent == "mesh-test/1")
    );
}

#[tokio::test]
async fn a_server_that_speaks_http_1_1_only_is_served_too() {
    let embedded = embedded::Cluster::builder("east").http1_only().start();
    let cluster = connect(&embedded).await;
    for name in ["default", "kube-system", "kube-public"] {
        read(&cluster, name).await;
    }
    let connections = embedded.connections();
    assert_eq!(connections.len(), 1, "one after another they share it");
    assert_eq!(connections[0].alpn, "http/1.1");
    join_all(["default", "kube-system"].map(|name| read(&cluster, name))).await;
    assert_eq!(embedded.requests().len(), 5);
}

#[tokio::test]
async fn connecting_sends_no_request_and_a_lost_connection_is_replaced() {
    let embedded = embedded::Cluster::start("east");
    let cluster = connect(&embedded).await;
    assert_eq!(
        (embedded.connections().len(), embedded.requests().len()),
        (1, 0)
    );
    read(&cluster, "default").await;
    embedded.drop_connections();
    read(&cluster, "default").await;
    assert_eq!(embedded.connections().len(), 2);
}

#[tokio::test]
async fn another_credential_shares_the_connection_where_that_is_sound() {
    let embedded = embedded::Cluster::start("east");
    let other = embedded::Cluster::start("west");
    let reader = embedded.add_user("reader", &["system:masters"]);
    let by = |user: User| target(embedded.kubeconfig_cluster(), user);
    let by_certificate = || by(User::new().client_certificate(embedded.admin_identity()));
    let connector = connector();
    let admin = connector
        .connect(by(embedded.kubeconfig_user()))
        .await
        .unwrap();
    let personal = connector.connect(by_certificate()).await.unwrap();
    embedded.clear_recordings();

    let shared = connector
        .reach(by(User::new().token(&reader)), &admin)
        .await
        .unwrap();
    read(&shared, "default").await;
    assert_eq!(
        embedded.connections().len(),
        0,
        "the same server, both by token"
    );
    assert_eq!(embedded.requests()[0].user, "reader");

    for (what, target, existing) in [
        (
            "a certificate over a token's connection",
            by_certificate(),
            &admin,
        ),
        (
            "a token over a certificate's connection",
            by(User::new().token(&reader)),
            &personal,
        ),
        (
            "another trust",
            target(
                kubeconfig::Cluster::new(embedded.server_url()).insecure_skip_tls_verify(),
                User::new().token(&reader),
            ),
            &admin,
        ),
        (
            "another name",
            target(
                embedded.kubeconfig_cluster().tls_server_name("kubernetes"),
                User::new().token(&reader),
            ),
            &admin,
        ),
    ] {
        embedded.clear_recordings();
        read(&connector.reach(target, existing).await.unwrap(), "default").await;
        assert_eq!(embedded.connections().len(), 1, "{what}");
    }

    let elsewhere = connector
        .reach(target_of(&other.kubeconfig()), &admin)
        .await
        .unwrap();
    read(&elsewhere, "default").await;
    assert_eq!(other.connections().len(), 1);
}

#[tokio::test]
async fn a_path_before_the_api_is_kept() {
    let embedded = embedded::Cluster::start("east");
    let server = format!("{}/k8s/clusters/c-1", embedded.server_url());
    for server in [server.clone(), format!("{server}/")] {
        embedded.clear_recordings();
        let target = target(
            kubeconfig::Cluster::new(&server).ca_pem(&embedded.ca_pem()),
            embedded.kubeconfig_user(),
        );
        assert_eq!(target.server(), server);
        let cluster = connector().connect(target).await.unwrap();
        cluster.get::<Namespace>(None, "default").await.unwrap_err();
        assert_eq!(
            embedded.requests()[0].path,
            "/k8s/clusters/c-1/api/v1/namespaces/default"
        );
    }
}

#[tokio::test]
async fn ipv6_addresses_are_dialled() {
    let (authority, _) = authority();
    let identity = authority.server(&["::1"]);
    let Ok(listener) = tokio::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await else {
        // A machine without IPv6 cannot show this.
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let acceptor = acceptor(&identity, None);
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let _kept = acceptor.accept(stream).await;
        std::future::pending::<()>().await;
    });
    let cluster = kubeconfig::Cluster::new(&format!("https://[::1]:{port}"))
        .ca_pem(&authority.certificate_pem());
    connector()
        .connect(target(cluster, User::new()))
        .await
        .unwrap();
}

#[tokio::test]
async fn impersonation_reaches_the_server() {
    let embedded = embedded::Cluster::start("east");
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("config");
    embedded.kubeconfig().write(&path);
    let target = mesh_common::client::Kubeconfig::load(Some(&path), None, None)
        .unwrap()
        .target(&Overrides {
            impersonate: Some("jane".to_owned()),
            impersonate_groups: vec!["system:masters".to_owned()],
            ..Overrides::default()
        })
        .unwrap();
    let cluster = connector().connect(target).await.unwrap();
    read(&cluster, "default").await;
    assert_eq!(embedded.requests()[0].impersonated.as_deref(), Some("jane"));
}

#[tokio::test]
async fn a_hundred_clusters_take_one_connection_each_and_a_dead_one_only_its_own_time() {
    let clusters: Vec<_> = (0..100)
        .map(|n| embedded::Cluster::start(&format!("c{n}")))
        .collect();
    clusters[7].mute();
    let connector = Connector::new(ConnectorOptions {
        connect_timeout: Duration::from_secs(2),
        ..options()
    });
    let targets: Vec<Target> = clusters
        .iter()
        .map(|cluster| target_of(&cluster.kubeconfig()))
        .collect();
    let begun = Instant::now();
    let results = fan_out(targets, |target| async {
        let cluster = connector.connect(target).await?;
        let selection = Selection::default();
        let (secrets, maps) = futures::join!(
            cluster.list::<Secret>(Some("istio-system"), &selection),
            cluster.list::<ConfigMap>(None, &selection),
        );
        secrets.and(maps)
    })
    .await;
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    for (n, result) in results.iter().enumerate() {
        assert_eq!(result.is_err(), n == 7, "{n}: {result:?}");
        if n != 7 {
            assert_eq!(clusters[n].connections().len(), 1, "{n}");
        }
    }
    let error = results[7].as_ref().unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
    assert!(connect_fault(error).is_some());
}
