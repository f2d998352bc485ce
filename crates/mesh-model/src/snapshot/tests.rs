//! A snapshot is the same after a file held it.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use mesh_testkit::gateway::MeshAuthority;
use serde_json::{Value, from_value, json};

use super::{
    Asked, AskedIstiod, CheckedCredential, ClusterSnapshot, CredentialPlace, MeshSnapshot,
    by_holder,
};
use crate::Error;
use crate::access::{Access, AccessTrust, AccessUser};
use crate::ca_certs::CaCerts;
use crate::command::Kubectl;
use crate::istiod_pages::KnownCluster;
use crate::mesh_config::MeshConfig;
use crate::probe::{
    Afterwards, Answer, Ask, Chain, GatewayProbe, Handshake, Judgement, Question, Roots,
};
use crate::proxy_sync::KnownProxy;
use crate::read::Read;
use crate::remote_cluster::Address;
use crate::secret::{Acceptance, Connected, Contexts, ProbeFacts, SecretFacts, SecretPool};
use crate::topology::ExpectedPair;
use crate::x509;

const TOKEN: &str = "hidden-token";

fn facts(name: &str, value: &[u8]) -> SecretFacts {
    let secret: Secret = from_value(json!({
        "metadata": {"name": name, "namespace": "istio-system", "labels": {"istio/multiCluster": "true"},
            "managedFields": [{"manager": "istioctl", "fieldsV1": {"f:data": {"f:west": {}}}}]},
        "data": {"west": ByteString(value.to_vec())},
    }))
    .expect("it is a Secret");
    SecretFacts::split(secret, &SecretPool::of_tests()).0
}

fn kubeconfig() -> String {
    let access = Access {
        server: "https://w:6443".to_owned(),
        trust: AccessTrust::Insecure,
        tls_server_name: Some("w".to_owned()),
        proxy_url: None,
        user: AccessUser::Token(TOKEN.into()),
    };
    access.to_kubeconfig("west")
}

fn seen<T: serde::de::DeserializeOwned>(object: Value) -> Read<Vec<T>> {
    Read::Seen(vec![from_value(object).expect("it is such an object")])
}

/// A port that presented a certificate.
fn probe() -> GatewayProbe {
    let authority = MeshAuthority::new();
    let certificates = x509::certificates(authority.root_pem().as_bytes());
    GatewayProbe {
        question: Question {
            addresses: vec![[203, 0, 113, 7].into()],
            port: 15443,
            ask: Ask::service(80, "a.shop.svc.cluster.local"),
        },
        answer: Answer::Handshake(Box::new(Handshake {
            chain: Chain::new(certificates),
            version: "1.3".to_owned(),
            protocol: None,
            wants_certificate: true,
            afterwards: Afterwards::Silent,
        })),
    }
}

/// A cluster of which every part was read, or has another reason why not.
fn full() -> ClusterSnapshot {
    let named = json!({"metadata": {"name": "a", "namespace": "n"}});
    let known = KnownCluster {
        id: "west".to_owned(),
        secret_name: "istio-system/s".to_owned(),
        sync_status: "synced".to_owned(),
    };
    ClusterSnapshot {
        is_local: true,
        uid: Read::Seen(Some("u".to_owned())),
        namespace: Read::Seen(Some(from_value(named.clone()).expect("it is a Namespace"))),
        istiods: seen(named.clone()),
        istiods_elsewhere: Read::Denied("not allowed".into()),
        secrets: Read::Seen(vec![
            facts("s", kubeconfig().as_bytes()),
            facts("broken", b"{"),
            facts("empty", b""),
        ]),
        secrets_elsewhere: Read::Late("no answer".into()),
        secrets_by_name: Read::Seen(BTreeMap::from([
            ("gone".to_owned(), Read::Seen(None)),
            ("closed".to_owned(), Read::Failed("broken".into())),
        ])),
        istiod_pages: Read::Seen(vec![AskedIstiod {
            pod: "istiod-1".to_owned(),
            started_at: None,
            clusters: Read::Seen(vec![known]),
            gateways: Read::Late("no answer".into()),
            proxies: Read::Seen(vec![KnownProxy::default()]),
        }]),
        ca_certs: Read::Seen(Some(CaCerts::default())),
        mesh_configs: Read::Seen(vec![MeshConfig::default().into()]),
        roots: Read::Seen(Roots::from_pem("no certificate")),
        services: seen(named.clone()),
        api_gateways: Read::Absent("no such kind".into()),
        usual_pods: seen(named.clone()),
        pods: BTreeMap::from([(("n".to_owned(), "a".to_owned()), seen(named.clone()))]),
        nodes: seen(named.clone()),
        istio_gateways: seen(json!({"metadata": {"name": "a"}, "spec": {"selector": {"a": "b"}}})),
        virtual_services: Read::NotAsked,
        events: seen(json!({"metadata": {"name": "a"}, "involvedObject": {"name": "b"}})),
        meshed_pods: seen(named.clone()),
        meshed_services: seen(named.clone()),
        nearby_services: Read::Seen(()),
        injectors: seen(named.clone()),
        ztunnels: seen(named.clone()),
        resolved_names: BTreeMap::from([("lb.example".to_owned(), vec![[203, 0, 113, 7].into()])]),
        gateway_probes: Read::Seen(vec![probe()]),
        peer_authentications: seen(named.clone()),
        injected_pods: seen(named),
        ..ClusterSnapshot::new(
            "east",
            Address::new("https://E:6443/", Some("e")),
            Kubectl::new(Some("my config".to_owned())).context("east"),
            "istio-system",
        )
    }
}

/// The credential of a secret of east, which the server accepted.
fn checked(snapshot: &MeshSnapshot) -> CheckedCredential {
    let mut secrets = snapshot.clusters[0].secrets_of_namespace();
    let facts = secrets.next().expect("there is one");
    let judged = facts.judged("west").expect("it has this key");
    CheckedCredential {
        mark: judged.mark.clone(),
        held_in: ["s", "again"]
            .map(|secret| CredentialPlace {
                context: "east".to_owned(),
                secret: secret.to_owned(),
                key: "west".to_owned(),
            })
            .to_vec(),
        answer: ProbeFacts::Connected(Box::new(Connected {
            server: "https://w:6443".to_owned(),
            is_tls: true,
            proxy: None,
            acceptance: Acceptance::Accepted(None),
            uid: Read::Denied("not allowed".into()),
            missing: Read::Seen(Vec::new()),
            granted: Read::NotAsked,
        })),
    }
}

#[test]
fn a_full_snapshot_is_the_same_after_json_and_gives_no_access() {
    let moment = "2026-11-28T00:00:00Z".parse().expect("it is a moment");
    let unread = ClusterSnapshot::new("w", Address::default(), Kubectl::default(), "mesh");
    let again = ClusterSnapshot {
        context: "east-again".to_owned(),
        ..full()
    };
    let lost = Error::refused("refused");
    let readings = [Ok(full()), Err(lost), Ok(again), Ok(unread)];
    let contexts = ["east", "north", "east-again", "w"].map(str::to_owned);
    let readings = contexts.into_iter().zip(readings).collect();
    let snapshot = MeshSnapshot::join(moment, readings).expect("some could be read");
    let west = ("w".to_owned(), Address::new("https://w:6443", Some("w")));
    let snapshot = MeshSnapshot {
        asked: Asked {
            istio_namespace: "mesh".to_owned(),
            are_named: false,
            allow_loopback: true,
            expected_pairs: Some(vec![ExpectedPair {
                holder: "east".to_owned(),
                remote: "w".to_owned(),
            }]),
        },
        credential_checks: Read::Seen(vec![checked(&snapshot)]),
        credentials_left_out: 7,
        ..snapshot.with_contexts(&Contexts::new([west], None))
    };
    assert_eq!(snapshot.contexts.len(), 1);
    let members: Vec<String> = snapshot.members().map(|one| one.context).collect();
    assert_eq!(members, ["east", "w", "east-again"]);
    assert_eq!(
        snapshot.notes(),
        ["context east-again is the same cluster as east and is skipped"]
    );
    assert_eq!(snapshot.unreached[0].context, "north");
    let text = serde_json::to_string(&snapshot).expect("a snapshot is JSON");
    let again: MeshSnapshot = serde_json::from_str(&text).expect("it is read again");
    assert_eq!(again, snapshot);
    let credentials = by_holder(again.credential_checks.items());
    let places: Vec<&str> = credentials["east"].keys().map(|(name, _)| *name).collect();
    assert_eq!(places, ["again", "s"]);
    let mark = again.credential_checks.items()[0].mark.as_deref();
    assert!(
        mark.is_some_and(|mark| text.matches(mark).count() == 2),
        "{text}"
    );
    let probes = again.clusters[0].gateway_probes.items();
    let chain = probes[0].answer.chain().expect("a certificate was shown");
    let roots = Roots::from_pem("no certificate");
    assert_eq!(chain.judge(&roots, moment), Judgement::AnotherRoot);
    assert_eq!(
        serde_json::to_string(&again).expect("it is JSON again"),
        text
    );
    let encoded = serde_json::to_value(ByteString(kubeconfig().into_bytes()));
    let encoded = encoded.expect("bytes are a text");
    for hidden in [TOKEN, encoded.as_str().expect("it is a text")] {
        assert!(!text.contains(hidden) && !format!("{snapshot:?}").contains(hidden));
    }
}

#[test]
fn what_a_file_does_not_have_was_not_asked_for_and_what_is_new_in_it_is_ignored() {
    let old = json!({"context": "east", "istioNamespace": "istio-system", "futureField": 1});
    let snapshot: ClusterSnapshot = from_value(old).expect("it is a snapshot");
    assert_eq!(snapshot.context, "east");
    assert_eq!(snapshot.uid, Read::NotAsked);
    assert_eq!(snapshot.secrets, Read::NotAsked);
    assert!(!snapshot.is_without_istiod() && snapshot.unread().is_empty());
}
