//! Servers, names, limits, chains, hostile input, and client keys.

use jiff::Timestamp;
use mesh_testkit::forge::{Forged, Kind, Recipe, Usage};
use mesh_testkit::pki::Validity;
use rustls::pki_types::pem::PemObject as _;

use super::authorities::{KINDS, judged, of_server, roots};
use crate::x509::*;

#[test]
fn a_server_has_to_be_for_this_name_this_time_and_a_server() {
    for (recipe, expected) in [
        (Recipe::server("s"), "accepted"),
        (Recipe::new("s").names(&["LocalHost"]), "accepted"),
        (
            Recipe::new("s").names(&["localhost"]).usage(&[Usage::Any]),
            "accepted",
        ),
        (
            Recipe::new("s")
                .names(&["localhost"])
                .usage(&[Usage::Client, Usage::Server]),
            "accepted",
        ),
        (Recipe::new("localhost"), "is not valid for localhost"),
        (
            Recipe::new("s").names(&["127.0.0.1"]),
            "is not valid for localhost",
        ),
        (
            Recipe::server("s").validity(Validity::expired()),
            "has expired on ",
        ),
        (
            Recipe::server("s").validity(Validity::not_yet()),
            "is not valid before ",
        ),
        (
            Recipe::new("s")
                .names(&["localhost"])
                .usage(&[Usage::Client]),
            "cannot be used: it is not for servers (extended key usage)",
        ),
        (
            Recipe::new("s").names(&["localhost"]).usage(&[Usage::Code]),
            "cannot be used: it is not for servers (extended key usage)",
        ),
        (
            Recipe::server("s").extension("1.2.3.4", true, &[5, 0]),
            "cannot be used: it has a critical extension of an unknown kind",
        ),
        (
            Recipe::server("s").extension("1.2.3.4", false, &[5, 0]),
            "accepted",
        ),
        (
            Recipe::server("s").serial(&[0x80]),
            "cannot be read: its serial number is negative",
        ),
        (
            Recipe::server("s")
                .extension("1.2.3.4", false, &[5, 0])
                .extension("1.2.3.4", false, &[5, 0]),
            "cannot be read: it has an extension twice",
        ),
        (
            Recipe::server("a_b").subject_tag(19),
            "cannot be read: a name in it is not of the kind of text that it claims to be",
        ),
        (
            Recipe::server("s").extension("2.5.29.14", true, &[4, 1, 1]),
            "cannot be read: its subject key identifier is marked critical",
        ),
    ] {
        let verdict = of_server(&recipe);
        assert!(verdict.starts_with(expected), "{recipe:?}: {verdict}");
    }
}

#[test]
fn names_and_addresses() {
    let authority = Recipe::authority("ca").by_itself();
    for (names, host, expected) in [
        (vec!["127.0.0.1"], "127.0.0.1", true),
        (vec!["::1"], "::1", true),
        (vec!["::1"], "[::1]", true),
        (vec!["10.0.0.1"], "127.0.0.1", false),
        (vec!["localhost"], "127.0.0.1", false),
        (vec!["*.example.com"], "a.example.com", true),
        (vec!["*.example.com"], "A.Example.com", true),
        (vec!["*.example.com"], "example.com", false),
        (vec!["*.example.com"], "a.b.example.com", false),
        (vec!["a*.example.com"], "ab.example.com", false),
        (vec!["*"], "localhost", false),
        (vec!["example.com"], "example.com.", true),
        (vec!["under_score.example"], "under_score.example", true),
        (vec!["user@example.com"], "example.com", false),
        (vec!["https://example.com/"], "example.com", false),
    ] {
        let server = Recipe::new("s").names(&names).by(&authority);
        let verdict = judged(&[&server], &[&authority], host);
        assert_eq!(
            verdict == "accepted",
            expected,
            "{names:?} {host}: {verdict}"
        );
    }
}

#[test]
fn a_name_in_the_common_name_alone_is_pointed_out() {
    let authority = Recipe::authority("ca").by_itself();
    let server = Recipe::new("localhost").by(&authority);
    let flaw = verify(
        &[&server.der],
        &roots(&[&authority]),
        Purpose::Server(Some("localhost")),
        Timestamp::from_second(Validity::usual().not_before.as_second() + 60).unwrap(),
    );
    assert_eq!(
        flaw,
        Err(Flaw::Name {
            expected: "localhost".to_owned(),
            valid_for: Vec::new(),
            in_common_name: true,
        })
    );
}

#[test]
fn an_authority_may_be_limited_to_some_names() {
    for (permitted, excluded, names, expected) in [
        (vec!["localhost"], vec![], vec!["localhost"], "accepted"),
        (
            vec!["example.com"],
            vec![],
            vec!["localhost"],
            "cannot be used: authority CN=ca may not sign for localhost",
        ),
        (
            vec!["example.com", "localhost"],
            vec![],
            vec!["localhost", "a.example.com"],
            "accepted",
        ),
        (
            vec![".example.com"],
            vec![],
            vec!["example.com"],
            "cannot be used: authority CN=ca may not sign for example.com",
        ),
        (
            vec![],
            vec!["localhost"],
            vec!["localhost"],
            "cannot be used: authority CN=ca may not sign for localhost",
        ),
        (
            vec![],
            vec!["a.example.com"],
            vec!["*.example.com"],
            "cannot be used: authority CN=ca may not sign for *.example.com",
        ),
        (
            vec!["127.0.0.0/255.0.0.0"],
            vec![],
            vec!["localhost", "127.0.0.1"],
            "accepted",
        ),
        (
            vec!["10.0.0.0/255.0.0.0"],
            vec![],
            vec!["localhost", "127.0.0.1"],
            "cannot be used: authority CN=ca may not sign for 127.0.0.1",
        ),
        (
            vec![],
            vec!["127.0.0.0/255.0.0.0"],
            vec!["127.0.0.1"],
            "cannot be used: authority CN=ca may not sign for 127.0.0.1",
        ),
        (
            vec!["::/ffff::"],
            vec![],
            vec!["127.0.0.1"],
            "cannot be used: authority CN=ca may not sign for 127.0.0.1",
        ),
    ] {
        let authority = Recipe::authority("ca")
            .constraints(&permitted, &excluded)
            .by_itself();
        let server = Recipe::new("s").names(&names).by(&authority);
        let verdict = judged(&[&server], &[&authority], names[0].trim_start_matches("*."));
        let host = names[0].replace('*', "x");
        let verdict = if host == names[0] {
            verdict
        } else {
            judged(&[&server], &[&authority], &host)
        };
        assert_eq!(verdict, expected, "{permitted:?} {excluded:?} {names:?}");
    }
}

#[test]
fn chains_by_way_of_others() {
    let root = Recipe::new("ca")
        .key(Kind::P256, 1)
        .authority_of_length(1)
        .by_itself();
    let middle = |number: u8, name: &str, issuer: &Forged| {
        Recipe::new(name)
            .key(Kind::P256, number)
            .authority_or_not(true)
            .by(issuer)
    };
    let first = middle(3, "first", &root);
    let second = middle(4, "second", &first);
    let server = Recipe::server("s").by(&first);
    assert_eq!(
        judged(&[&server, &first], &[&root], "localhost"),
        "accepted"
    );
    // The order does not matter, nor do unrelated certificates; a missing one does.
    assert_eq!(
        judged(&[&server, &second, &first], &[&root], "localhost"),
        "accepted"
    );
    assert_eq!(
        judged(&[&server], &[&root], "localhost"),
        "is signed by an authority that is not trusted"
    );
    // A certificate in the middle that is itself trusted ends the chain, if it is an authority.
    assert_eq!(judged(&[&server], &[&first], "localhost"), "accepted");
    let deep = Recipe::server("s").by(&second);
    assert_eq!(
        judged(&[&deep, &second, &first], &[&root], "localhost"),
        "is signed by an authority that is not trusted: authority CN=ca cannot be used: it allows no more than 1 authorities below it"
    );
    let over = Recipe::new("first")
        .key(Kind::P256, 3)
        .authority_or_not(true)
        .validity(Validity::expired())
        .by(&root);
    let verdict = judged(&[&server, &over], &[&root], "localhost");
    assert!(
        verdict.starts_with(
            "is signed by an authority that is not trusted: authority CN=first has expired on "
        ),
        "{verdict}"
    );
    let for_clients = Recipe::new("first")
        .key(Kind::P256, 3)
        .authority_or_not(true)
        .usage(&[Usage::Client])
        .by(&root);
    assert_eq!(
        judged(&[&server, &for_clients], &[&root], "localhost"),
        "cannot be used: authority CN=first is not for servers (extended key usage)"
    );
}

#[test]
fn a_hostile_chain_ends() {
    let root = Recipe::authority("ca").by_itself();
    // Authorities that all signed one another: there are too many paths through them to follow.
    let all: Vec<Forged> = (0..20)
        .map(|number| {
            Recipe::new("loop")
                .key(Kind::P256, 10 + number)
                .authority_or_not(true)
                .by(&Recipe::new("loop")
                    .key(Kind::P256, 10 + (number + 1) % 20)
                    .by_itself())
        })
        .collect();
    let server = Recipe::server("s").by(&all[0]);
    let mut shown = vec![&server];
    shown.extend(&all);
    let verdict = judged(&shown, &[&root], "localhost");
    assert_eq!(
        verdict,
        "cannot be used: its chain takes too many signatures to check"
    );
}

#[test]
fn nothing_that_is_no_certificate_is_read() {
    let good = Recipe::server("s").by_itself().der;
    for end in 0..good.len() {
        assert!(Certificate::read(&good[..end]).is_err(), "{end}");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert!(Certificate::read(&longer).is_err());
    // Any single wrong byte: the certificate is read or refused, and nothing else happens.
    for index in 0..good.len() {
        let mut other = good.clone();
        other[index] ^= 0x41;
        let _ = Certificate::read(&other).map(|read| read.not_after());
    }
}

#[test]
fn control_characters_of_a_certificate_are_not_shown() {
    let authority = Recipe::authority("ca\u{1b}[2J\u{202e}").by_itself();
    let other = Recipe::new("ca\u{1b}[2J\u{202e}")
        .key(Kind::P256, 5)
        .authority_or_not(true)
        .by_itself();
    let server = Recipe::server("s").by(&authority);
    let verdict = judged(&[&server], &[&other], "localhost");
    assert!(
        !verdict.chars().any(|c| c.is_control() || c == '\u{202e}'),
        "{verdict:?}"
    );
}

#[test]
fn client_keys_of_every_kind_sign_for_their_certificate() {
    let authority = Recipe::authority("ca").by_itself();
    for kind in KINDS {
        let own = Recipe::client("jane").key(kind, 2).by(&authority);
        let other = Recipe::client("joe").key(kind, 3).by(&authority);
        let read = |forged: &Forged| Certificate::read(&forged.der).unwrap();
        let der = |forged: &Forged| {
            let key = rustls::pki_types::PrivateKeyDer::from_pem_slice(forged.key.pem().as_bytes());
            key.unwrap().secret_der().to_vec()
        };
        assert_eq!(
            signing_key(&der(&other), &read(&own)).unwrap_err(),
            KeyFlaw::Foreign,
            "{kind:?}"
        );
        let key = match (signing_key(&der(&own), &read(&own)), kind) {
            (Err(KeyFlaw::Unknown), Kind::P224) => continue,
            (key, _) => key.unwrap(),
        };
        let signer = key.choose_scheme(&SCHEMES).unwrap();
        let signature = signer.sign(b"message").unwrap();
        verify_tls13(b"message", &own.der, signer.scheme(), &signature).unwrap();
        verify_tls12(b"message", &own.der, signer.scheme(), &signature).unwrap();
        assert!(verify_tls13(b"other", &own.der, signer.scheme(), &signature).is_err());
        assert!(verify_tls13(b"message", &other.der, signer.scheme(), &signature).is_err());
    }
    let weak = Recipe::client("jane").key(Kind::Rsa(768), 2).by(&authority);
    let weak_key =
        rustls::pki_types::PrivateKeyDer::from_pem_slice(weak.key.pem().as_bytes()).unwrap();
    assert_eq!(
        signing_key(
            weak_key.secret_der(),
            &Certificate::read(&weak.der).unwrap()
        )
        .unwrap_err(),
        KeyFlaw::Weak
    );
}
