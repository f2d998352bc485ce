//! Every way in which a connection does not come about has its own type, words and hint.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::{
    ConnectFault, Connector, ConnectorOptions, ProxyFault, Target, connect_fault,
};
use mesh_common::model::Error;
use mesh_common::model::error::Kind;
use mesh_testkit::kubeconfig::{Cluster, User};
use mesh_testkit::pki::{CertificateAuthority, LOOPBACK, Validity};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{acceptor, authority, connector, options, serve, serve_tls, target};

fn user() -> User {
    User::new().token("t0ken")
}

fn at(port: u16) -> Cluster {
    Cluster::new(&format!("https://127.0.0.1:{port}"))
}

async fn fault_of(connector: &Connector, target: Target) -> (ConnectFault, Error) {
    let Err(error) = connector.connect(target).await else {
        panic!("it connected");
    };
    let fault = connect_fault(&error)
        .unwrap_or_else(|| panic!("{error:?} has no fault"))
        .clone();
    assert_eq!(error.kind(), Kind::Unreachable, "{error}");
    assert!(error.to_string().ends_with("of context east"), "{error}");
    assert!(!error.hints().is_empty(), "{error} has no hint");
    assert!(!format!("{error:?}").contains("t0ken"));
    (fault, error)
}

#[tokio::test]
async fn a_name_that_does_not_resolve() {
    let target = target(Cluster::new("https://nowhere.invalid:6443"), user());
    let (fault, error) = fault_of(&connector(), target).await;
    assert_eq!(
        fault,
        ConnectFault::UnknownHost {
            host: "nowhere.invalid".to_owned()
        }
    );
    assert_eq!(
        error.to_string(),
        "cannot connect to https://nowhere.invalid:6443 of context east"
    );
    assert_eq!(error.hints(), ["getent hosts nowhere.invalid"]);
}

#[tokio::test]
async fn a_port_where_nothing_listens() {
    let port = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let (fault, error) = fault_of(&connector(), target(at(port), user())).await;
    assert_eq!(
        fault,
        ConnectFault::Refused {
            address: format!("127.0.0.1:{port}")
        }
    );
    assert_eq!(
        error.hints(),
        [format!("curl -vk https://127.0.0.1:{port}/livez")]
    );
}

#[tokio::test]
async fn a_server_that_never_says_a_word() {
    let port = serve(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let after = Duration::from_millis(300);
    let connector = Connector::new(ConnectorOptions {
        connect_timeout: after,
        ..options()
    });
    let (fault, _) = fault_of(&connector, target(at(port), user())).await;
    assert_eq!(fault, ConnectFault::TimedOut { after });
    assert_eq!(fault.to_string(), "no connection within 0.3 s");
}

#[tokio::test]
async fn a_connection_that_is_closed_in_the_handshake() {
    let port = serve(|stream| async move { drop(stream) }).await;
    let (fault, _) = fault_of(&connector(), target(at(port), user())).await;
    assert_eq!(fault, ConnectFault::Reset);
}

#[tokio::test]
async fn a_server_that_speaks_plain_http() {
    let port = serve(|mut stream| async move {
        let mut hello = [0; 64];
        let _ = stream.read(&mut hello).await;
        let _ = stream
            .write_all(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request")
            .await;
    })
    .await;
    let (fault, error) = fault_of(&connector(), target(at(port), user())).await;
    assert_eq!(fault, ConnectFault::NotTls);
    assert_eq!(
        error.hints(),
        [
            "name the address at which the API server speaks TLS, since without TLS no credential is sent"
        ]
    );
}

#[tokio::test]
async fn an_authority_that_is_not_trusted() {
    let (_, identity) = authority();
    let port = serve_tls(acceptor(&identity, None)).await;
    let other = CertificateAuthority::new("test");
    let (fault, _) = fault_of(
        &connector(),
        target(at(port).ca_pem(&other.certificate_pem()), user()),
    )
    .await;
    let ConnectFault::UnknownAuthority { reason } = &fault else {
        panic!("{fault:?}");
    };
    // Both call themselves the same.
    assert_eq!(
        reason.as_deref(),
        Some(
            "authority CN=test did not make this signature: another authority of the same name did"
        )
    );
    assert!(!fault.is_unreachable());
}

#[tokio::test]
async fn a_certificate_whose_time_is_over_or_not_come() {
    let authority = CertificateAuthority::new("test");
    let trusting = |port| target(at(port).ca_pem(&authority.certificate_pem()), user());
    let expired = authority.server_with_validity(&LOOPBACK, Validity::expired());
    let port = serve_tls(acceptor(&expired, None)).await;
    let (fault, _) = fault_of(&connector(), trusting(port)).await;
    assert!(
        matches!(fault, ConnectFault::CertificateExpired { .. }),
        "{fault:?}"
    );
    let early = authority.server_with_validity(&LOOPBACK, Validity::not_yet());
    let port = serve_tls(acceptor(&early, None)).await;
    let (fault, _) = fault_of(&connector(), trusting(port)).await;
    assert!(
        matches!(fault, ConnectFault::CertificateNotYetValid { .. }),
        "{fault:?}"
    );
}

#[tokio::test]
async fn a_certificate_for_other_names() {
    let authority = CertificateAuthority::new("test");
    let identity = authority.server(&["kubernetes.default", "10.0.0.1"]);
    let port = serve_tls(acceptor(&identity, None)).await;
    let cluster = at(port).ca_pem(&authority.certificate_pem());
    let (fault, error) = fault_of(&connector(), target(cluster.clone(), user())).await;
    assert_eq!(
        fault,
        ConnectFault::NameMismatch {
            expected: "127.0.0.1".to_owned(),
            valid_for: vec!["kubernetes.default".to_owned(), "10.0.0.1".to_owned()],
            in_common_name: false,
        }
    );
    assert_eq!(
        error.hints(),
        ["kubectl config set-cluster east --tls-server-name kubernetes.default"]
    );
    let named = target(cluster.tls_server_name("kubernetes.default"), user());
    connector().connect(named).await.unwrap();
}

#[tokio::test]
async fn insecure_skip_tls_verify_accepts_all_of_these() {
    let authority = CertificateAuthority::new("test");
    let identity = authority.server_with_validity(&["elsewhere.example"], Validity::expired());
    let port = serve_tls(acceptor(&identity, None)).await;
    let insecure = target(at(port).insecure_skip_tls_verify(), user());
    connector().connect(insecure).await.unwrap();
}

#[tokio::test]
async fn a_client_certificate_that_the_server_refuses() {
    let (authority, identity) = authority();
    let port = serve_tls(acceptor(&identity, Some(&authority))).await;
    let stranger = CertificateAuthority::new("stranger").client("jane", &[]);
    for user in [user(), User::new().client_certificate(&stranger)] {
        let target = target(at(port).ca_pem(&authority.certificate_pem()), user);
        // With TLS 1.3 the refusal comes after the client's side of the handshake is done.
        let error = match connector().connect(target).await {
            Ok(cluster) => cluster.get::<Namespace>(None, "default").await.unwrap_err(),
            Err(error) => error,
        };
        let fault = connect_fault(&error).unwrap();
        assert!(
            matches!(fault, ConnectFault::ClientCertificateRefused { .. }),
            "{fault:?}"
        );
        assert_eq!(
            error.to_string(),
            "the server of context east refuses the client certificate"
        );
        assert_eq!(error.kind(), Kind::Unauthenticated);
    }
}

#[tokio::test]
async fn proxies_that_do_not_let_us_through() {
    for (answer, expected) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            ProxyFault::WantsAuthentication,
        ),
        (
            "HTTP/1.1 403 Forbidden\r\nA: b\r\n\r\n",
            ProxyFault::Refused {
                answer: "HTTP 403 Forbidden".to_owned(),
            },
        ),
        (
            "SSH-2.0-OpenSSH\r\n",
            ProxyFault::NotAProxy { kind: "HTTP" },
        ),
        ("", ProxyFault::NotAProxy { kind: "HTTP" }),
    ] {
        let port = serve(move |mut stream| async move {
            let mut request = [0; 512];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        })
        .await;
        let cluster = at(1).proxy_url(&format!("http://me:pa55word@127.0.0.1:{port}"));
        let (fault, error) = fault_of(&connector(), target(cluster, user())).await;
        let proxy = format!("http://127.0.0.1:{port}");
        assert_eq!(
            fault,
            ConnectFault::Proxy {
                proxy,
                fault: Box::new(expected)
            }
        );
        assert!(!format!("{error:?}").contains("pa55word"), "{error:?}");
    }
}

#[tokio::test]
async fn proxies_that_are_not_there() {
    let cluster = at(1).proxy_url("http://nowhere.invalid:3128");
    let (fault, _) = fault_of(&connector(), target(cluster, user())).await;
    assert_eq!(
        fault.to_string(),
        "proxy http://nowhere.invalid:3128 cannot be reached: the name nowhere.invalid does not resolve"
    );
}

#[tokio::test]
async fn what_breaks_off_behind_a_401_was_turned_away_too() {
    const BODY: &str = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Unauthorized","code":401}"#;
    for (refuses, expected) in [
        (true, [Kind::Unauthenticated; 2]),
        (false, [Kind::Unreachable; 2]),
    ] {
        let answered = AtomicBool::new(!refuses);
        let port = serve(move |mut stream| {
            let is_first = !answered.swap(true, Ordering::Relaxed);
            async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                if is_first {
                    let length = BODY.len();
                    let answer = format!(
                        "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{BODY}"
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            }
        })
        .await;
        let server = Cluster::new(&format!("http://127.0.0.1:{port}"));
        let cluster = connector().connect(target(server, user())).await.unwrap();
        for kind in expected {
            let error = cluster.get::<Namespace>(None, "default").await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
        }
    }
}
