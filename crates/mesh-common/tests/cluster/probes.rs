//! What a prober sees of each port that a gateway can have.

use std::net::IpAddr;
use std::time::Duration;

use mesh_common::client::probe::{ask, resolve};
use mesh_common::model::probe::{Afterwards, Answer, Ask, Handshake, Judgement, Question, Roots};
use mesh_testkit::gateway::{Door, FakeGateway, Hello, MeshAuthority};
use mesh_testkit::pki::CertificateAuthority;

const LIMIT: Duration = Duration::from_secs(5);
const HELLO: &str = "spiffe://cluster.local/ns/default/sa/hello";

fn service() -> Ask {
    Ask::service(80, "hello.default.svc.cluster.local")
}

async fn asked(gateway: &FakeGateway, ask_for: Ask, limit: Duration) -> Answer {
    let question = Question {
        addresses: vec![gateway.address().parse().unwrap()],
        port: 15443,
        ask: ask_for,
    };
    ask(&question, limit).await
}

async fn behind(door: Door) -> Answer {
    let gateway = FakeGateway::start();
    gateway.open(15443, door);
    asked(&gateway, service(), LIMIT).await
}

fn shaken(answer: Answer) -> Handshake {
    match answer {
        Answer::Handshake(handshake) => *handshake,
        other => panic!("no handshake: {other:?}"),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the chains of these tests hold now"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[tokio::test]
async fn a_healthy_gateway_shows_a_workload_and_misses_our_certificate() {
    let gateway = FakeGateway::start();
    let mesh = MeshAuthority::new();
    let name = "outbound_.80_._.hello.default.svc.cluster.local".to_owned();
    let door = Door::Passthrough(mesh.workload(HELLO), vec![name.clone()]);
    gateway.open(15443, door);
    let answer = asked(&gateway, service(), LIMIT).await;
    assert!(answer.is_mesh());
    let handshake = shaken(answer);
    assert_eq!(
        (handshake.version, handshake.wants_certificate),
        ("1.3".to_owned(), true)
    );
    assert_eq!(
        handshake.afterwards,
        Afterwards::Alert("certificate_required".to_owned())
    );
    let chain = handshake.chain;
    assert_eq!(chain.spiffe(), Some(HELLO));
    assert_eq!(chain.certificates().len(), 3);
    let roots = Roots::from_pem(mesh.root_pem());
    assert_eq!(chain.root(), Some(roots.fingerprints()[0].as_str()));
    assert_eq!(chain.judge(&roots, now()), Judgement::Verified);
    let other = Roots::from_pem(MeshAuthority::new().root_pem());
    assert_eq!(chain.judge(&other, now()), Judgement::AnotherRoot);
    let late = now() + jiff::SignedDuration::from_hours(24 * 365 * 3000);
    assert_eq!(chain.judge(&roots, late), Judgement::Expired);
    assert_eq!(
        gateway.hellos(),
        [Hello {
            port: 15443,
            server_name: Some(name),
            protocols: [
                "istio",
                "istio-peer-exchange",
                "istio-http/1.0",
                "istio-http/1.1",
                "istio-h2"
            ]
            .map(str::to_owned)
            .to_vec(),
        }]
    );
}

#[tokio::test]
async fn clusters_of_one_root_verify_each_other() {
    let both = MeshAuthority::several(2);
    let answer = behind(Door::Passthrough(both[0].workload(HELLO), vec![])).await;
    let roots = Roots::from_pem(both[1].root_pem());
    let chain = answer.chain().unwrap();
    assert_eq!(chain.judge(&roots, now()), Judgement::Verified);
}

#[tokio::test]
async fn an_unknown_name_is_hung_up_on() {
    let mesh = MeshAuthority::new();
    let door = Door::Passthrough(mesh.workload(HELLO), vec!["another".to_owned()]);
    assert_eq!(behind(door).await, Answer::Closed);
    assert_eq!(behind(Door::HangsUp).await, Answer::Closed);
}

#[tokio::test]
async fn a_load_balancer_of_the_web_shows_names_and_wants_nothing() {
    let ca = CertificateAuthority::new("web");
    let answer = behind(Door::Server(ca.server(&["www.example.com"]))).await;
    assert!(!answer.is_mesh());
    let handshake = shaken(answer);
    assert!(!handshake.wants_certificate);
    assert_eq!(handshake.afterwards, Afterwards::NotRead);
    assert_eq!(handshake.chain.identity(), "www.example.com");
}

#[tokio::test]
async fn other_ports_are_told_apart() {
    assert_eq!(behind(Door::Plaintext).await, Answer::NotTls);
    let closed = FakeGateway::start();
    assert_eq!(asked(&closed, service(), LIMIT).await, Answer::Refused);
    let mute = FakeGateway::start();
    mute.open(15443, Door::Mute);
    let short = Duration::from_millis(50);
    assert_eq!(asked(&mute, service(), short).await, Answer::Silent);
    assert_eq!(asked(&mute, Ask::Readiness, short).await, Answer::Silent);
}

#[tokio::test]
async fn readiness_is_a_status() {
    let gateway = FakeGateway::start();
    for status in [200, 503] {
        gateway.open(15443, Door::Ready(status));
        let answer = asked(&gateway, Ask::Readiness, LIMIT).await;
        assert_eq!(answer, Answer::Http { status });
    }
    gateway.open(15443, Door::HangsUp);
    assert_eq!(asked(&gateway, Ask::Readiness, LIMIT).await, Answer::Closed);
}

#[tokio::test]
async fn hbone_and_istiod_show_who_they_are() {
    let mesh = MeshAuthority::new();
    let gateway = FakeGateway::start();
    let id = "spiffe://cluster.local/ns/istio-system/sa/istio-eastwestgateway-istio-east-west";
    gateway.open(15443, Door::Mutual(mesh.workload(id)));
    let answer = asked(&gateway, Ask::hbone(), LIMIT).await;
    assert!(answer.is_mesh());
    assert_eq!(answer.chain().unwrap().spiffe(), Some(id));
    gateway.open(
        15443,
        Door::Server(mesh.istiod(&["istiod.istio-system.svc"])),
    );
    let answer = asked(&gateway, Ask::istiod("istiod.istio-system.svc"), LIMIT).await;
    let chain = shaken(answer).chain;
    assert_eq!(chain.leaf().unwrap().names, ["istiod.istio-system.svc"]);
    let hellos = gateway.hellos();
    assert_eq!(hellos[0].server_name, None);
    assert_eq!(hellos[1].protocols, ["h2"]);
}

#[tokio::test]
async fn names_are_resolved_and_addresses_stand_for_themselves() {
    let loopback: IpAddr = "127.0.0.1".parse().unwrap();
    assert!(resolve("localhost", LIMIT).await.contains(&loopback));
    assert_eq!(resolve("127.0.0.1", LIMIT).await, [loopback]);
    assert_eq!(resolve("gateway.invalid", LIMIT).await, [] as [IpAddr; 0]);
}
