//! Tests of proxies, relays and fronts, with plain sockets and the embedded cluster.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its own arrangement fails"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use mesh_testkit::embedded::Cluster;
use mesh_testkit::pki::CertificateAuthority;
use mesh_testkit::proxy::{ConnectProxy, Front, Relay, SocksProxy};
use mesh_testkit::wire::{Client, Protocol};

/// A server that answers one connection with what it was sent.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes).unwrap();
        stream.write_all(&bytes).unwrap();
    });
    address
}

fn talk(stream: &mut TcpStream, said: &[u8], length: usize) -> Vec<u8> {
    stream.write_all(said).unwrap();
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).unwrap();
    answer
}

fn dial(url: &str) -> TcpStream {
    TcpStream::connect(url.rsplit("://").next().unwrap()).unwrap()
}

#[test]
fn connect_opens_a_tunnel() {
    let (proxy, target) = (ConnectProxy::start(), echo());
    let mut stream = dial(&proxy.url());
    let established = b"HTTP/1.1 200 Connection established\r\n\r\n";
    let answer = talk(
        &mut stream,
        format!("CONNECT {target} HTTP/1.1\r\n\r\n").as_bytes(),
        established.len(),
    );
    assert_eq!(answer, established);
    assert_eq!(talk(&mut stream, b"hello", 5), b"hello");
    assert_eq!(proxy.tunnels(), [target]);
}

#[test]
fn connect_wants_its_password() {
    let (proxy, target) = (ConnectProxy::with_basic_auth("me", "secret"), echo());
    let line = format!("CONNECT {target} HTTP/1.1");
    let answer = talk(
        &mut dial(&proxy.url()),
        format!("{line}\r\n\r\n").as_bytes(),
        12,
    );
    assert_eq!(answer, b"HTTP/1.1 407");
    assert_eq!(proxy.refused(), std::slice::from_ref(&line));
    let head = format!("{line}\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n");
    assert_eq!(
        talk(&mut dial(&proxy.url()), head.as_bytes(), 12),
        b"HTTP/1.1 200"
    );
}

#[test]
fn socks_opens_a_tunnel() {
    let (proxy, target) = (SocksProxy::start(), echo());
    let port: u16 = target.rsplit(':').next().unwrap().parse().unwrap();
    let mut stream = dial(&proxy.url());
    assert_eq!(talk(&mut stream, &[5, 1, 0], 2), [5, 0]);
    let mut request = vec![5, 1, 0, 1, 127, 0, 0, 1];
    request.extend(port.to_be_bytes());
    assert_eq!(talk(&mut stream, &request, 10)[..2], [5, 0]);
    assert_eq!(talk(&mut stream, b"hello", 5), b"hello");
    assert_eq!(proxy.tunnels(), [target]);
}

#[test]
fn relay_counts_and_resets() {
    let east = Cluster::start("east");
    let mut relay = Relay::start(east.server_url());
    let client = || Client::new(&relay.url(), &east.ca_pem(), None);
    assert_eq!(
        client().send("GET", "/version", &[], "").unwrap().status,
        200
    );
    assert_eq!(relay.connections(), 1);
    assert!(relay.bytes_sent() > 100 && relay.bytes_received() > 500);
    relay.reset_after(200);
    assert!(client().send("GET", "/version", &[], "").is_err());
    relay.stop();
    drop(relay);
}

#[test]
fn front_has_its_own_certificate_and_passes_tokens() {
    let east = Cluster::start("east");
    let ca = CertificateAuthority::new("company");
    let front = Front::start(east.server_url(), &east.ca_pem(), &ca);
    let mut stranger = Client::new(&front.url(), &east.ca_pem(), None);
    assert!(stranger.send("GET", "/version", &[], "").is_err());
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let client =
            Client::new(&front.url(), &ca.certificate_pem(), None).bearer(east.admin_token());
        let mut client = client.protocol(protocol);
        let body = "{\"metadata\":{\"name\":\"a\"}}";
        client
            .send("POST", "/api/v1/namespaces?dryRun=All", &[], body)
            .unwrap();
        let reply = client
            .send("GET", "/api/v1/namespaces/kube-system", &[], "")
            .unwrap();
        assert_eq!(reply.json()["metadata"]["uid"], east.uid());
    }
    let expected = [
        "POST /api/v1/namespaces?dryRun=All 201",
        "GET /api/v1/namespaces/kube-system 200",
    ];
    assert_eq!(front.requests()[..2], expected);
    assert_eq!(front.connections(), 3);
}
