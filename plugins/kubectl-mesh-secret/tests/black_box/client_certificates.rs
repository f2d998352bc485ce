//! Secrets that authenticate by a client certificate, which is judged as a token is: its time, whose it is, and what comes of it.

use mesh_testkit::command::Output;
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use mesh_testkit::pki::{CertificateAuthority, Identity, Validity};
use serde_json::Value;

use crate::list::secret;
use crate::support::{World, istiod, namespace};

/// East holds a secret for west with this client certificate.
fn holding(identity: impl FnOnce(&Cluster) -> Identity) -> World {
    holding_user(|west| User::new().client_certificate(&identity(west)))
}

/// East holds a secret for west with this credential.
fn holding_user(user: impl FnOnce(&Cluster) -> User) -> World {
    let world = World::bare();
    for cluster in [&world.east, &world.west] {
        cluster.create(namespace("istio-system"));
        cluster.create(istiod(cluster.name()));
    }
    let user = user(&world.west);
    let kubeconfig = Kubeconfig::single("c", world.west.kubeconfig_cluster(), user);
    world.east.create(secret(
        "istio-remote-secret-west",
        "istio-system",
        "west",
        &kubeconfig,
    ));
    world
}

fn west_of(output: &Output, list: &str) -> Value {
    let report: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{}", output.golden()));
    if list == "list" {
        report["items"][0].clone()
    } else {
        report["items"][0]["clusters"][0].clone()
    }
}

fn found<'a>(report: &'a Value, id: &str) -> Option<&'a str> {
    let all = report["findings"].as_array().unwrap();
    let one = all.iter().find(|finding| finding["id"] == id)?;
    one["message"].as_str()
}

#[test]
fn one_that_has_ended_is_an_error_in_every_verb() {
    let ca = CertificateAuthority::new("some-ca");
    for (validity, words) in [
        (Validity::expired(), "its client certificate expired at "),
        (
            Validity::not_yet(),
            "its client certificate is not valid before ",
        ),
    ] {
        let world = holding(|_| ca.client_with_validity("jane", &["devs"], validity));
        let inspect = world
            .run("inspect --context east --allow-loopback -o json")
            .output();
        assert_eq!(inspect.code, 1, "{}", inspect.golden());
        let west = west_of(&inspect, "inspect");
        let message = found(&west, "secret-certificate-expiry").unwrap();
        assert!(message.starts_with(words), "{message}");
        let list = world
            .run("list --context east --allow-loopback -o json")
            .output();
        assert_eq!(list.code, 1, "{}", list.golden());
        assert_eq!(west_of(&list, "list")["state"], "expired");
    }
}

#[test]
fn whose_it_is_and_until_when_is_shown() {
    let ca = CertificateAuthority::new("some-ca");
    let world = holding(|_| ca.client("jane", &["devs"]));
    let shown = world
        .run("inspect --context east --allow-loopback")
        .output();
    let line = shown
        .stdout
        .lines()
        .find(|line| line.contains("  client "))
        .unwrap();
    assert!(
        line.contains("CN=jane") && line.contains("O=devs"),
        "{line}"
    );
    let json = world
        .run("inspect --context east --allow-loopback -o json")
        .output();
    let west = west_of(&json, "inspect");
    let subject = west["access"]["clientCertificate"]["subject"]
        .as_str()
        .unwrap();
    assert!(subject.contains("CN=jane"), "{subject}");
    assert!(
        found(&west, "secret-certificate-identity")
            .unwrap()
            .contains("CN=jane")
    );
    assert_eq!(found(&west, "secret-certificate-expiry"), None);
    let world = holding(|_| ca.client("admin", &["system:masters"]));
    let json = world
        .run("inspect --context east --allow-loopback -o json")
        .output();
    let west = west_of(&json, "inspect");
    assert!(
        found(&west, "secret-certificate-identity")
            .unwrap()
            .contains("may do anything")
    );
}

#[test]
fn one_that_the_server_does_not_accept_is_not_called_a_token() {
    let stranger = CertificateAuthority::new("stranger");
    let world = holding(|_| stranger.client("jane", &[]));
    let probe = world
        .run("inspect --context east --allow-loopback --probe")
        .output();
    assert!(
        probe.stdout.contains("client certificate accepted: "),
        "{}",
        probe.golden()
    );
    assert!(
        !probe.stdout.contains("token accepted"),
        "{}",
        probe.golden()
    );
    let json = world
        .run("inspect --context east --allow-loopback --probe -o json")
        .output();
    let west = west_of(&json, "inspect");
    assert!(
        found(&west, "secret-certificate-invalid").is_some(),
        "{}",
        json.golden()
    );
}

#[test]
fn one_that_works() {
    let world = holding(|west| west.ca().client("jane", &["system:masters"]));
    let probe = world
        .run("inspect --context east --allow-loopback --probe")
        .output();
    assert!(
        probe.stdout.contains("client certificate accepted: yes"),
        "{}",
        probe.golden()
    );
}

#[test]
fn the_key_of_another_certificate_is_refused_as_by_istiod() {
    let ca = CertificateAuthority::new("some-ca");
    let mixed = Identity {
        key_pem: ca.client("joe", &[]).key_pem,
        ..ca.client("jane", &[])
    };
    let world = holding(|_| mixed);
    let json = world
        .run("inspect --context east --allow-loopback -o json")
        .output();
    let west = west_of(&json, "inspect");
    assert_eq!(west["accepted"], false);
    assert!(
        west["refusal"]
            .as_str()
            .unwrap()
            .contains("belongs to another certificate")
    );
}

#[test]
fn an_ended_one_beside_a_token_is_a_warning_since_the_token_counts() {
    let ca = CertificateAuthority::new("some-ca");
    let ended = ca.client_with_validity("jane", &[], Validity::expired());
    let world = holding_user(|_| User::new().client_certificate(&ended).token("t"));
    let inspect = world
        .run("inspect --context east --allow-loopback -o json")
        .output();
    assert_eq!(inspect.code, 0, "{}", inspect.golden());
    let west = west_of(&inspect, "inspect");
    let message = found(&west, "secret-certificate-expiry").unwrap();
    assert!(
        message.ends_with(", so that the token beside it counts"),
        "{message}"
    );
}

#[test]
fn whom_the_server_takes_for_nobody_is_not_said_to_be_accepted() {
    for user in [User::new(), User::new().basic("admin", "admin")] {
        let world = holding_user(|_| user);
        let inspect = world
            .run("inspect --context east --allow-loopback --probe -o json")
            .output();
        assert_eq!(inspect.code, 1, "{}", inspect.golden());
        let west = west_of(&inspect, "inspect");
        assert_eq!(west["probe"]["connected"]["result"], "passed");
        assert_eq!(west["probe"]["authenticated"]["result"], "failed");
        assert_eq!(
            found(&west, "secret-token-invalid"),
            Some("the API server does not accept its credential")
        );
    }
}
