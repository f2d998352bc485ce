//! Secrets cacerts, whole and broken, judged at one moment.

use jiff::Timestamp;
use k8s_openapi::ByteString;
use mesh_testkit::forge::{Forged, Kind, Recipe, Usage};
use mesh_testkit::pki::Validity;
use serde_json::{Map, from_value, json, to_value};

use super::*;
use crate::ca_certs::CaCerts;
use crate::finding::{CheckId, Finding, Severity};
use crate::probe::Roots;
use crate::read::Read;
use crate::snapshot::ClusterSnapshot;
use crate::verify::samples::{cluster, istiod};

fn moment(text: &str) -> Timestamp {
    text.parse().expect("it is a moment")
}

fn now() -> Timestamp {
    moment("2026-11-28T00:00:00Z")
}

/// A CA that is valid from the beginning of the year until then.
fn authority(name: &str, key: u8, until: &str) -> Recipe {
    anybody(name, key, until).authority_or_not(true)
}

fn anybody(name: &str, key: u8, until: &str) -> Recipe {
    let validity = Validity {
        not_before: moment("2026-01-01T00:00:00Z"),
        not_after: moment(until),
    };
    Recipe::new(name).key(Kind::P256, key).validity(validity)
}

fn root(key: u8) -> Forged {
    authority("root", key, "2046-01-01T00:00:00Z").by_itself()
}

fn intermediate(root: &Forged, until: &str) -> Forged {
    authority("intermediate", 9, until).by(root)
}

type Data = Vec<(&'static str, String)>;

/// The Secret as Istio's documentation has it made.
fn data(root: &Forged, signing: &Forged) -> Data {
    vec![
        ("ca-cert.pem", signing.pem()),
        ("ca-key.pem", signing.key.pem()),
        ("cert-chain.pem", signing.pem() + &root.pem()),
        ("root-cert.pem", root.pem()),
    ]
}

fn with(mut data: Data, key: &'static str, value: String) -> Data {
    data.retain(|(other, _)| *other != key);
    data.push((key, value));
    data
}

fn certs(data: &Data) -> CaCerts {
    let values = data.iter().map(|(key, value)| {
        let value = to_value(ByteString(value.clone().into_bytes())).expect("it is a text");
        ((*key).to_owned(), value)
    });
    let values: Map<_, _> = values.collect();
    let secret = json!({"metadata": {"name": "cacerts"}, "data": values});
    CaCerts::of(from_value(secret).expect("it is a Secret"))
}

fn cluster_of(context: &str, certs: Option<CaCerts>, effective: &str) -> ClusterSnapshot {
    ClusterSnapshot {
        ca_certs: Read::Seen(certs),
        roots: Read::Seen(Roots::from_pem(effective)),
        ..cluster(context, vec![istiod(Some(context), "1.31.0")])
    }
}

fn reported(data: &Data, effective: &str) -> Vec<(&'static str, Severity, String)> {
    let east = cluster_of("east", Some(certs(data)), effective);
    let found = ca_certs(&east, now()).into_iter();
    found
        .map(|one| (one.id.as_str(), one.severity, one.message))
        .collect()
}

fn ids(data: &Data, effective: &str) -> Vec<(&'static str, Severity)> {
    let found = reported(data, effective).into_iter();
    found.map(|(id, severity, _)| (id, severity)).collect()
}

const LONG: &str = "2036-01-01T00:00:00Z";

#[test]
fn what_istiod_can_use_has_no_finding_in_either_form() {
    let root = root(1);
    let signing = intermediate(&root, LONG);
    assert_eq!(ids(&data(&root, &signing), &root.pem()), []);
    let of_tls = vec![
        ("tls.crt", signing.pem()),
        ("tls.key", signing.key.pem()),
        ("ca.crt", root.pem()),
    ];
    assert_eq!(ids(&of_tls, &root.pem()), []);
    // A root that signs itself needs no intermediate.
    assert_eq!(ids(&data(&root, &root), &root.pem()), []);
    // A middle CA, which the chain has.
    let top = authority("top", 5, LONG).by_itself();
    let middle = authority("middle", 6, LONG).by(&top);
    let below = intermediate(&middle, LONG);
    let chain = below.pem() + &middle.pem() + &top.pem();
    let long = with(data(&top, &below), "cert-chain.pem", chain);
    assert_eq!(ids(&long, &top.pem()), []);
    let short = with(long, "cert-chain.pem", below.pem() + &top.pem());
    assert_eq!(
        ids(&short, &top.pem()),
        [("cacerts-verify", Severity::Error)]
    );
}

#[test]
fn each_fault_has_its_finding() {
    let (root, other) = (root(1), root(2));
    let signing = intermediate(&root, LONG);
    let whole = || data(&root, &signing);
    let error = |id| vec![(id, Severity::Error)];
    let mut incomplete = whole();
    incomplete.remove(1);
    let messages = reported(&incomplete, &root.pem());
    assert_eq!(
        messages[0].2,
        "secret cacerts has ca-cert.pem, cert-chain.pem, root-cert.pem and lacks ca-key.pem, so istiod does not start"
    );
    assert_eq!(ids(&incomplete, &root.pem()), error("cacerts-incomplete"));
    let verify = error("cacerts-verify");
    let foreign = with(whole(), "ca-key.pem", other.key.pem());
    assert_eq!(
        reported(&foreign, &root.pem())[0].2,
        "istiod cannot use secret cacerts: ca-key.pem is not the key of the certificate in ca-cert.pem"
    );
    assert_eq!(ids(&foreign, &root.pem()), verify);
    for (key, value) in [
        ("ca-key.pem", "no key".to_owned()),
        ("ca-key.pem", String::new()),
        ("ca-cert.pem", "no certificate".to_owned()),
        ("root-cert.pem", other.pem()),
    ] {
        let broken = with(whole(), key, value);
        let effective = if key == "root-cert.pem" {
            &other
        } else {
            &root
        };
        assert_eq!(ids(&broken, &effective.pem()), verify, "{key}");
    }
    let leaf = anybody("leaf", 9, LONG).by(&root);
    assert_eq!(ids(&data(&root, &leaf), &root.pem()), verify);
    let without = with(whole(), "cert-chain.pem", root.pem());
    assert_eq!(ids(&without, &root.pem()), error("cacerts-chain-content"));
    assert_eq!(ids(&whole(), &other.pem()), error("root-not-effective"));
    let two = with(whole(), "root-cert.pem", root.pem() + &other.pem());
    assert_eq!(
        ids(&two, &root.pem()),
        [("root-not-effective", Severity::Warning)]
    );
    assert_eq!(ids(&two, ""), [], "the roots of the proxies are not known");
}

#[test]
fn an_authority_may_sign_for_clients_and_servers_alike() {
    let root = root(1);
    let of = |recipe: Recipe| ids(&data(&root, &recipe.by(&root)), &root.pem());
    let limited = [("cacerts-eku-sig", Severity::Error)];
    let intermediate = || authority("intermediate", 9, LONG);
    assert_eq!(of(intermediate().may_sign(true)), []);
    assert_eq!(of(intermediate().may_sign(false)), limited);
    assert_eq!(
        of(intermediate().usage(&[Usage::Server, Usage::Client])),
        []
    );
    assert_eq!(of(intermediate().usage(&[Usage::Server])), limited);
    // istiod does not start with one that is not for servers.
    assert_eq!(
        of(intermediate().usage(&[Usage::Client])),
        [("cacerts-verify", Severity::Error)]
    );
}

#[test]
fn each_cluster_signs_with_a_key_of_its_own() {
    let root = root(1);
    let of = |context: &str, signing: &Forged| {
        cluster_of(context, Some(certs(&data(&root, signing))), &root.pem())
    };
    let own = |key| authority("intermediate", key, LONG).by(&root);
    let (one, again) = (of("east", &own(9)), of("west", &own(9)));
    let found = shared_keys(&[&one, &again]);
    let place = found[0].details().cloned().unwrap_or_default();
    assert_eq!((found.len(), found[0].id), (1, CheckId::CacertsSharedKey));
    assert_eq!(
        (place.cluster.as_deref(), place.peer.as_deref()),
        (Some("west"), Some("east"))
    );
    assert_eq!(shared_keys(&[&one, &of("west", &own(8))]), []);
    assert_eq!(
        shared_keys(&[&one, &cluster_of("west", None, &root.pem())]),
        []
    );
}

#[test]
fn a_certificate_expires_soon_in_the_last_fifth_of_its_life_and_in_its_last_month() {
    let root = root(1);
    let of = |until: &str| ids(&data(&root, &intermediate(&root, until)), &root.pem());
    let warning = [("cacerts-expiry", Severity::Warning)];
    // It began at the start of the year, 331 days ago.
    assert_eq!(
        of("2026-11-27T00:00:00Z"),
        [("cacerts-expiry", Severity::Error)]
    );
    assert_eq!(of("2027-02-01T00:00:00Z"), warning);
    assert_eq!(of("2028-01-01T00:00:00Z"), []);
    let short = authority("root", 1, "2026-12-24T00:00:00Z").by_itself();
    assert_eq!(ids(&data(&short, &short), &short.pem()), warning);
}

#[test]
fn clusters_with_a_root_of_their_own_are_reported_where_nobody_shares_it() {
    let (one, other) = (root(1).pem(), root(2).pem());
    let reported = |clusters: &[ClusterSnapshot]| {
        let clusters: Vec<&ClusterSnapshot> = clusters.iter().collect();
        let found = own_roots(&clusters).into_iter();
        let place = |one: Finding| {
            let cluster = one.details().and_then(|place| place.cluster.clone());
            format!("{} {}", one.id, cluster.unwrap_or_default())
        };
        found.map(place).collect::<Vec<_>>()
    };
    let bare = |context: &str, effective: &str| cluster_of(context, None, effective);
    let nothing: [&str; 0] = [];
    assert_eq!(
        reported(&[bare("east", &one), bare("west", &other)]),
        ["cacerts-absent east", "cacerts-absent west"]
    );
    assert_eq!(reported(&[bare("east", &one), bare("west", &one)]), nothing);
    assert_eq!(reported(&[bare("east", &one)]), nothing);
    assert_eq!(reported(&[bare("east", &one), bare("west", "")]), nothing);
    let signing = root(1);
    let mut made = data(&signing, &signing);
    made.push(("istio-generated", String::new()));
    let generated = cluster_of("east", Some(certs(&made)), &one);
    assert_eq!(
        reported(&[generated, bare("west", &other)]),
        ["cacerts-istio-generated east", "cacerts-absent west"]
    );
    let whole = cluster_of("east", Some(certs(&data(&signing, &signing))), &one);
    assert_eq!(
        reported(&[whole, bare("west", &other)]),
        ["cacerts-absent west"]
    );
}

#[test]
fn a_cluster_whose_certificates_somebody_else_issues_has_no_finding() {
    let root = root(1);
    let broken = certs(&with(data(&root, &root), "ca-key.pem", String::new()));
    for (name, value) in [
        ("ENABLE_CA_SERVER", "false"),
        ("EXTERNAL_CA", "ISTIOD_RA_KUBERNETES_API"),
    ] {
        let mut east = cluster_of("east", Some(broken.clone()), &root.pem());
        let specs = east.istiods.seen_mut().into_iter().flatten();
        let specs = specs.filter_map(|one| one.spec.as_mut()?.template.spec.as_mut());
        for container in specs.flat_map(|spec| &mut spec.containers) {
            let env = from_value(json!({"name": name, "value": value}));
            let env = env.expect("it is a variable");
            container.env.get_or_insert_default().push(env);
        }
        assert_eq!(ca_certs(&east, now()), [], "{name}");
        let note = other_authority(&east).expect("it is a note");
        assert_eq!(
            (note.id, note.severity),
            (CheckId::ExternalCa, Severity::Info)
        );
    }
    let remote = ClusterSnapshot {
        istiods: Read::Seen(Vec::new()),
        ..cluster_of("east", Some(broken), &root.pem())
    };
    assert_eq!(ca_certs(&remote, now()), []);
    assert_eq!(other_authority(&remote), None);
}

#[test]
fn no_private_key_is_in_the_facts() {
    let root = root(1);
    let signing = intermediate(&root, LONG);
    // Somebody put the key beside a certificate too.
    let both = with(
        data(&root, &signing),
        "root-cert.pem",
        root.pem() + &root.key.pem(),
    );
    // And there under the name of a certificate.
    let misnamed = root.key.pem().replace("PRIVATE KEY", "CERTIFICATE");
    let both = with(both, "cert-chain.pem", signing.pem() + &misnamed);
    let facts = certs(&both);
    let text = serde_json::to_string(&facts).expect("facts are JSON");
    let again: CaCerts = serde_json::from_str(&text).expect("it is read again");
    assert_eq!(again, facts);
    for key in [&root.key, &signing.key] {
        let pem = key.pem();
        let line = pem.lines().nth(1).expect("a key has a line");
        assert!(!text.contains(line) && !format!("{facts:?}").contains(line));
    }
    assert_eq!((facts.roots().count(), facts.chain().count()), (1, 1));
}
