//! Authorities, keys and signatures, and the table of servers that the test kit has.

use jiff::Timestamp;
use mesh_testkit::forge::{Forged, Kind, Recipe, Signing, Usage};
use mesh_testkit::pki::Validity;
use rustls::pki_types::CertificateDer;

use crate::x509::*;

pub(super) fn roots(trusted: &[&Forged]) -> Roots {
    Roots::of(
        trusted
            .iter()
            .map(|one| CertificateDer::from(one.der.clone())),
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "the certificates are made for now"
)]
pub(super) fn judged(shown: &[&Forged], trusted: &[&Forged], host: &str) -> String {
    let shown: Vec<&[u8]> = shown.iter().map(|one| one.der.as_slice()).collect();
    let purpose = Purpose::Server(Some(host));
    match verify(&shown, &roots(trusted), purpose, Timestamp::now()) {
        Ok(()) => "accepted".to_owned(),
        Err(flaw) => flaw.to_string(),
    }
}

/// Returns the verdict on a server's certificate, signed by a usual authority.
pub(super) fn of_server(server: &Recipe) -> String {
    let authority = Recipe::authority("ca").by_itself();
    judged(&[&server.by(&authority)], &[&authority], "localhost")
}

/// Returns the verdict on a usual server's certificate, signed by that authority.
fn of_authority(authority: &Recipe) -> String {
    let authority = authority.by_itself();
    judged(
        &[&Recipe::server("s").by(&authority)],
        &[&authority],
        "localhost",
    )
}

#[test]
fn the_table_of_servers_holds() {
    let mut wrong = Vec::new();
    for case in mesh_testkit::forge::cases() {
        let shown: Vec<&Forged> = case.shown.iter().collect();
        let trusted: Vec<&Forged> = case.trusted.iter().collect();
        let verdict = judged(&shown, &trusted, case.host);
        if (verdict == "accepted") != case.connects {
            wrong.push(format!("{}: {verdict}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

pub(super) const KINDS: [Kind; 7] = [
    Kind::Rsa(1024),
    Kind::Rsa(2048),
    Kind::P224,
    Kind::P256,
    Kind::P384,
    Kind::P521,
    Kind::Ed25519,
];

#[test]
fn keys_of_every_kind_are_taken_from_servers_and_authorities() {
    for kind in KINDS {
        assert_eq!(
            of_server(&Recipe::server("s").key(kind, 2)),
            "accepted",
            "{kind:?}"
        );
        let authority = Recipe::new("ca").key(kind, 1).authority_or_not(true);
        assert_eq!(of_authority(&authority), "accepted", "{kind:?}");
    }
}

#[test]
fn every_digest_goes_with_every_key() {
    for kind in KINDS {
        for signing in [Signing::Sha384, Signing::Sha512, Signing::Pss] {
            let authority = Recipe::new("ca")
                .key(kind, 1)
                .authority_or_not(true)
                .by_itself();
            let server = Recipe::server("s").signing(signing).by(&authority);
            let verdict = judged(&[&server], &[&authority], "localhost");
            assert_eq!(verdict, "accepted", "{kind:?} {signing:?}");
        }
    }
}

#[test]
fn short_rsa_keys_and_old_digests_sign_nothing() {
    let weak = Recipe::new("ca")
        .key(Kind::Rsa(768), 1)
        .authority_or_not(true);
    assert_eq!(
        of_authority(&weak),
        "is signed by an authority that is not trusted: authority CN=ca cannot be used: its RSA key of 768 bits is too short to be secure"
    );
    for (signing, name) in [(Signing::Sha1, "SHA-1"), (Signing::Md5, "MD5")] {
        let authority = Recipe::new("ca")
            .key(Kind::Rsa(2048), 1)
            .authority_or_not(true)
            .by_itself();
        let server = Recipe::server("s").signing(signing).by(&authority);
        assert_eq!(
            judged(&[&server], &[&authority], "localhost"),
            format!(
                "is signed by an authority that is not trusted: authority CN=ca cannot be used: what it signed is signed with {name}, which is not secure"
            )
        );
        // Fields of a root are not checked.
        let itself = Recipe::new("ca")
            .key(Kind::Rsa(2048), 1)
            .authority_or_not(true)
            .signing(signing);
        assert_eq!(of_authority(&itself), "accepted");
    }
}

#[test]
fn what_is_itself_trusted_needs_no_issuer() {
    let authority = Recipe::authority("ca").by_itself();
    let server = Recipe::server("s").by(&authority);
    assert_eq!(judged(&[&server], &[&server], "localhost"), "accepted");
    let alone = Recipe::new("s").names(&["localhost"]).by_itself();
    assert_eq!(judged(&[&alone], &[&alone], "localhost"), "accepted");
    // But it must be valid now, for this name and for a server.
    for (recipe, expected) in [
        (
            Recipe::server("s").validity(Validity::expired()),
            "has expired on ",
        ),
        (
            Recipe::new("s").names(&["elsewhere"]),
            "is not valid for localhost",
        ),
        (
            Recipe::new("s")
                .names(&["localhost"])
                .usage(&[Usage::Client]),
            "cannot be used: it is not for servers (extended key usage)",
        ),
    ] {
        let alone = recipe.by_itself();
        let verdict = judged(&[&alone], &[&alone], "localhost");
        assert!(verdict.starts_with(expected), "{verdict}");
    }
}

#[test]
fn the_first_version_is_taken_and_has_no_names() {
    let authority = Recipe::new("ca").version(1);
    assert_eq!(of_authority(&authority), "accepted");
    let server = Recipe::new("localhost").version(1);
    assert_eq!(of_server(&server), "is not valid for localhost");
    // Below the root it is not an authority, because it has no such extension.
    let root = Recipe::authority("ca").by_itself();
    let middle = Recipe::new("middle")
        .key(Kind::P256, 3)
        .version(1)
        .by(&root);
    let server = Recipe::server("s").by(&middle);
    assert_eq!(
        judged(&[&server, &middle], &[&root], "localhost"),
        "is signed by an authority that is not trusted: authority CN=middle cannot be used: it is not marked as an authority (basicConstraints CA:TRUE)"
    );
}

#[test]
fn an_authority_has_to_be_one_and_to_be_of_this_time() {
    let not = "is signed by an authority that is not trusted: authority CN=ca ";
    for (recipe, expected) in [
        (
            Recipe::new("ca"),
            "cannot be used: it is not marked as an authority (basicConstraints CA:TRUE)",
        ),
        (
            Recipe::new("ca").authority_or_not(false),
            "cannot be used: it is not marked as an authority (basicConstraints CA:TRUE)",
        ),
        (
            Recipe::authority("ca").may_sign(false),
            "cannot be used: its key usage does not allow it to sign certificates",
        ),
        (
            Recipe::authority("ca").validity(Validity::expired()),
            "has expired on ",
        ),
        (
            Recipe::authority("ca").validity(Validity::not_yet()),
            "is not valid before ",
        ),
        (
            Recipe::authority("ca").extension("1.2.3.4", true, &[5, 0]),
            "cannot be used: it has a critical extension of an unknown kind",
        ),
    ] {
        let verdict = of_authority(&recipe);
        assert!(
            verdict.starts_with(&format!("{not}{expected}")),
            "{verdict}"
        );
    }
    assert_eq!(
        of_authority(&Recipe::authority("ca").may_sign(true)),
        "accepted"
    );
}

#[test]
fn an_authority_that_is_over_beside_one_that_is_not() {
    let old = Recipe::authority("ca")
        .validity(Validity::expired())
        .by_itself();
    let new = Recipe::authority("ca").serial(&[2]).by_itself();
    let server = Recipe::server("s").by(&new);
    assert_eq!(judged(&[&server], &[&old, &new], "localhost"), "accepted");
}

#[test]
fn another_authority_of_the_same_name_is_told_apart() {
    let other = Recipe::new("ca")
        .key(Kind::P256, 7)
        .authority_or_not(true)
        .by_itself();
    let server = Recipe::server("s").by(&Recipe::authority("ca").by_itself());
    assert_eq!(
        judged(&[&server], &[&other], "localhost"),
        "is signed by an authority that is not trusted: authority CN=ca did not make this signature: another authority of the same name did"
    );
    let stranger = Recipe::new("stranger")
        .key(Kind::P256, 7)
        .authority_or_not(true)
        .by_itself();
    assert_eq!(
        judged(&[&server], &[&stranger], "localhost"),
        "is signed by an authority that is not trusted"
    );
}
