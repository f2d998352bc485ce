//! Client certificates and keys as texts: which key goes with which certificate, under which label, and in which place.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::forge::{Forged, Key, Kind, Recipe};
use mesh_testkit::pki::Identity;

use crate::clients::USER;
use crate::row::Row;

/// Certificates and keys that do not go together, or stand where the other belongs.
#[expect(clippy::too_many_lines, reason = "a few lines a row")]
pub(crate) fn rows(authority: &Forged) -> Vec<Row> {
    let usual = Recipe::client(USER).by(authority).identity();
    let ec = Recipe::client(USER).by(authority);
    let rsa = Recipe::client(USER).key(Kind::Rsa(2048), 2).by(authority);
    let relabelled = |pem: &str, from: &str, to: &str| {
        let text = pem.replace(from, to);
        assert_ne!(text, pem);
        text
    };
    let traditional = |client: &Forged| client.key.traditional_pem().unwrap();
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    let legacy = relabelled(
        &traditional(&rsa),
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA",
    );
    let encrypted = format!(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n{}\n-----END ENCRYPTED PRIVATE KEY-----\n",
        BASE64_STANDARD.encode([
            0x30, 0x0d, 0x30, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x04, 0x04, 1, 2, 3, 4
        ])
    );
    let both = format!("{}{}", usual.certificate_pem, usual.key_pem);
    let turned = format!("{}{}", usual.key_pem, usual.certificate_pem);
    let rows = [
        (
            "key of another of its kind",
            &ec,
            Key::of(Kind::P256, 9).pem(),
        ),
        (
            "key of another kind",
            &ec,
            Key::of(Kind::Rsa(2048), 2).pem(),
        ),
        (
            "key of another RSA certificate",
            &rsa,
            Key::of(Kind::Rsa(2048), 1).pem(),
        ),
        ("key of another curve", &ec, Key::of(Kind::P384, 1).pem()),
        (
            "PKCS#8 under the label of PKCS#1",
            &rsa,
            relabelled(&rsa.key.pem(), "PRIVATE", "RSA PRIVATE"),
        ),
        (
            "PKCS#8 under the label of SEC 1",
            &ec,
            relabelled(&ec.key.pem(), "PRIVATE", "EC PRIVATE"),
        ),
        (
            "PKCS#1 under the label of PKCS#8",
            &rsa,
            relabelled(&traditional(&rsa), "RSA PRIVATE", "PRIVATE"),
        ),
        (
            "SEC 1 under the label of PKCS#8",
            &ec,
            relabelled(&traditional(&ec), "EC PRIVATE", "PRIVATE"),
        ),
        (
            "SEC 1 under the label of PKCS#1",
            &ec,
            relabelled(&traditional(&ec), "EC PRIVATE", "RSA PRIVATE"),
        ),
        (
            "PKCS#8 under any label",
            &ec,
            relabelled(&ec.key.pem(), "PRIVATE", "ANY PRIVATE"),
        ),
        (
            "PKCS#8 under the label of an encrypted one",
            &ec,
            relabelled(&ec.key.pem(), "PRIVATE", "ENCRYPTED PRIVATE"),
        ),
        (
            "behind the parameters of its curve",
            &ec,
            format!("{parameters}{}", traditional(&ec)),
        ),
        ("encrypted", &ec, encrypted.clone()),
        ("encrypted in the old way", &rsa, legacy),
        (
            "behind an encrypted one",
            &ec,
            format!("{encrypted}{}", ec.key.pem()),
        ),
        (
            "before another key",
            &ec,
            format!("{}{}", ec.key.pem(), rsa.key.pem()),
        ),
        (
            "behind another key",
            &ec,
            format!("{}{}", rsa.key.pem(), ec.key.pem()),
        ),
        ("behind its certificate", &ec, both.clone()),
        ("before its certificate", &ec, turned.clone()),
        (
            "a certificate in its place",
            &ec,
            usual.certificate_pem.clone(),
        ),
        (
            "a public key in its place",
            &ec,
            relabelled(&ec.key.pem(), "PRIVATE", "PUBLIC"),
        ),
        ("nothing but text", &ec, "key".to_owned()),
    ];
    let keys = rows.into_iter().map(|(name, client, key_pem)| {
        let identity = Identity {
            key_pem,
            ..client.identity()
        };
        Row::client(format!("client key: {name}"), identity)
    });
    let texts = [
        ("before its key", both),
        ("behind its key", turned),
        ("a key in its place", usual.key_pem.clone()),
        ("nothing but text", "certificate".to_owned()),
    ];
    let certificates = texts.into_iter().map(|(name, certificate_pem)| {
        let identity = Identity {
            certificate_pem,
            ..usual.clone()
        };
        Row::client(format!("client certificate text: {name}"), identity)
    });
    keys.chain(certificates).collect()
}
