//! Clusters behind proxies, by the kubeconfig and by the environment.

use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::{
    ConnectFault, Connector, ConnectorOptions, ProxyEnvironment, connect_fault,
};
use mesh_testkit::embedded;
use mesh_testkit::kubeconfig::Cluster;
use mesh_testkit::pki::{CertificateAuthority, LOOPBACK};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{acceptor, connector, options, serve, target};

/// Reads a CONNECT request, checks its login (`me:p@ss`), and joins both sides.
async fn http_proxy(mut client: impl AsyncRead + AsyncWrite + Unpin) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match client.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let request = String::from_utf8(request).unwrap();
    let server = request.split(' ').nth(1).unwrap().to_owned();
    if !request.contains("Proxy-Authorization: Basic bWU6cEBzcw==\r\n") {
        let _ = client
            .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            .await;
        return;
    }
    let mut upstream = TcpStream::connect(server).await.unwrap();
    let _ = client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await;
    let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
}

/// A SOCKS 5 proxy that wants the same login.
async fn socks_proxy(mut client: TcpStream) {
    let mut greeting = [0; 4];
    client.read_exact(&mut greeting).await.unwrap();
    assert_eq!(greeting, [5, 2, 0, 2]);
    client.write_all(&[5, 2]).await.unwrap();
    let mut login = [0; 9];
    client.read_exact(&mut login).await.unwrap();
    assert_eq!(&login, b"\x01\x02me\x04p@ss");
    client.write_all(&[1, 0]).await.unwrap();
    let mut request = [0; 10];
    client.read_exact(&mut request).await.unwrap();
    assert_eq!(request[..4], [5, 1, 0, 1]);
    let port = u16::from_be_bytes([request[8], request[9]]);
    let mut upstream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    client
        .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
        .await
        .unwrap();
    let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
}

async fn reads(embedded: &embedded::Cluster, proxy: &str) {
    embedded.clear_recordings();
    let target = target(
        embedded.kubeconfig_cluster().proxy_url(proxy),
        embedded.kubeconfig_user(),
    );
    let cluster = connector().connect(target).await.unwrap();
    assert!(
        cluster
            .get::<Namespace>(None, "default")
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(embedded.connections().len(), 1);
    assert_eq!(embedded.connections()[0].alpn, "h2");
}

#[tokio::test]
async fn a_kubeconfigs_proxies_of_all_kinds() {
    let embedded = embedded::Cluster::start("east");
    let http = serve(http_proxy).await;
    reads(&embedded, &format!("http://me:p%40ss@127.0.0.1:{http}")).await;
    let socks = serve(socks_proxy).await;
    reads(&embedded, &format!("socks5://me:p%40ss@127.0.0.1:{socks}")).await;
    let acceptor = acceptor(&embedded.ca().server(&LOOPBACK), None);
    let https = serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                http_proxy(stream).await;
            }
        }
    })
    .await;
    reads(&embedded, &format!("https://me:p%40ss@127.0.0.1:{https}")).await;
}

#[tokio::test]
async fn a_proxy_that_shows_a_strange_certificate_is_not_trusted() {
    let embedded = embedded::Cluster::start("east");
    let stranger = CertificateAuthority::new("stranger");
    let acceptor = acceptor(&stranger.server(&LOOPBACK), None);
    let https = serve(move |stream| {
        let acceptor = acceptor.clone();
        async move { drop(acceptor.accept(stream).await) }
    })
    .await;
    let proxy = format!("https://127.0.0.1:{https}");
    let target = target(
        embedded.kubeconfig_cluster().proxy_url(&proxy),
        embedded.kubeconfig_user(),
    );
    let Err(error) = connector().connect(target).await else {
        panic!("it connected");
    };
    assert_eq!(
        connect_fault(&error).map(ToString::to_string),
        Some(format!(
            "proxy {proxy} cannot be reached: the server's certificate is signed by an authority that is not trusted"
        ))
    );
}

#[tokio::test]
async fn the_environments_proxy_serves_what_is_not_exempt() {
    let proxy = serve(http_proxy).await;
    let environment = |no_proxy: Option<&str>| {
        Connector::new(ConnectorOptions {
            proxies: ProxyEnvironment {
                https: Some(format!("127.0.0.1:{proxy}")),
                http: None,
                no_proxy: no_proxy.map(ToOwned::to_owned),
            },
            ..options()
        })
    };
    let fault = async |connector: Connector, server: &str| {
        let target = target(Cluster::new(server), embedded_user());
        let Err(error) = connector.connect(target).await else {
            panic!("it connected");
        };
        connect_fault(&error).unwrap().clone()
    };
    let through = fault(environment(None), "https://nowhere.invalid").await;
    assert!(matches!(through, ConnectFault::Proxy { .. }), "{through:?}");
    let exempt = fault(environment(Some("invalid")), "https://nowhere.invalid").await;
    assert!(
        matches!(exempt, ConnectFault::UnknownHost { .. }),
        "{exempt:?}"
    );
    let loopback = fault(environment(None), "https://127.0.0.1:1").await;
    assert!(
        matches!(loopback, ConnectFault::Refused { .. }),
        "{loopback:?}"
    );
}

/// A proxy that knows where every name is: here.
async fn proxy_that_leads_home(mut client: TcpStream) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match client.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let request = String::from_utf8(request).unwrap();
    let server = request.split(' ').nth(1).unwrap();
    let port: u16 = server.rsplit_once(':').unwrap().1.parse().unwrap();
    let mut upstream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let _ = client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await;
    let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
}

#[tokio::test]
async fn what_was_reached_through_this_machines_proxy_says_so() {
    let embedded = embedded::Cluster::start("east");
    let proxy = serve(proxy_that_leads_home).await;
    let connect = async |https: Option<String>, no_proxy: Option<&str>, server: &str| {
        let connector = Connector::new(ConnectorOptions {
            proxies: ProxyEnvironment {
                https,
                http: None,
                no_proxy: no_proxy.map(ToOwned::to_owned),
            },
            ..options()
        });
        let cluster = Cluster::new(server)
            .ca_pem(&embedded.ca_pem())
            .tls_server_name("localhost");
        let target = target(cluster, embedded.kubeconfig_user());
        connector
            .connect(target)
            .await
            .unwrap()
            .by_proxy_of_environment()
    };
    let url = embedded.server_url();
    let named = url.replace("127.0.0.1", "east.example");
    let by_proxy = || Some(format!("http://me:pa55word@127.0.0.1:{proxy}"));
    for (no_proxy, list) in [(None, "east.example"), (Some("a,.b"), "a,.b,east.example")] {
        assert_eq!(
            connect(by_proxy(), no_proxy, &named).await,
            Some(format!(
                "through the proxy http://127.0.0.1:{proxy} of this machine's environment, which istiod does not have; to bypass it: export NO_PROXY={list}"
            ))
        );
    }
    // Loopback goes past it, and without a proxy there is nothing to say.
    assert_eq!(connect(by_proxy(), None, url).await, None);
    assert_eq!(connect(None, None, url).await, None);
}

fn embedded_user() -> mesh_testkit::kubeconfig::User {
    mesh_testkit::kubeconfig::User::new().token("t")
}
