//! Servers: their certificates, their authorities, their names, and how they speak TLS.

use mesh_testkit::forge::{Forged, Kind, Recipe, Signing, Usage, cases};
use mesh_testkit::pki::Validity;

use crate::row::{Row, Trust};

const TLS_1_1: u16 = 0x0302;
const TLS_1_2: u16 = 0x0303;
const ECDHE_ECDSA_AES_128_GCM: u16 = 0xc02b;
const ECDHE_ECDSA_AES_128_CBC: u16 = 0xc009;
const P256: u16 = 23;
const P384: u16 = 24;
const P521: u16 = 25;
const X25519: u16 = 29;
const X25519_ML_KEM_768: u16 = 4588;

pub(crate) fn rows() -> Vec<Row> {
    let mut all: Vec<Row> = cases()
        .into_iter()
        .map(|case| {
            let shown: Vec<&Forged> = case.shown.iter().collect();
            let trusted: Vec<&Forged> = case.trusted.iter().collect();
            Row::server(case.name, &shown, &trusted)
                .host("127.0.0.1", Some(case.host))
                .expected(case.connects)
        })
        .collect();
    all.extend(keys());
    all.extend(addresses());
    all.extend(unchecked());
    all.extend(handshakes());
    all.extend(policies());
    all.extend(constraints());
    all
}

/// Keys that the table of the test kit lacks, and each kind over TLS 1.2.
fn keys() -> Vec<Row> {
    let authority = Recipe::authority("ca").by_itself();
    let mut all = Vec::new();
    for kind in [Kind::Rsa(768), Kind::Rsa(3072), Kind::Rsa(4096), Kind::P224] {
        let server = Recipe::server("s").key(kind, 2).by(&authority);
        let name = format!("a server's key of {kind:?}");
        all.push(Row::server(name, &[&server], &[&authority]));
    }
    for kind in [Kind::Rsa(3072), Kind::Rsa(4096)] {
        let own = Recipe::new("ca").key(kind, 2).authority_or_not(true);
        let own = own.by_itself();
        let server = Recipe::server("s").by(&own);
        let name = format!("an authority's key of {kind:?}");
        all.push(Row::server(name, &[&server], &[&own]));
    }
    let kinds = [
        Kind::Rsa(1024),
        Kind::Rsa(2048),
        Kind::Rsa(3072),
        Kind::Rsa(4096),
        Kind::P224,
        Kind::P256,
        Kind::P384,
        Kind::P521,
        Kind::Ed25519,
    ];
    for kind in kinds {
        let server = Recipe::server("s").key(kind, 2).by(&authority);
        let name = format!("a server's key of {kind:?} over TLS 1.2");
        all.push(
            Row::server(name, &[&server], &[&authority])
                .door(|door| door.max_version(TLS_1_2))
                .expected(true),
        );
    }
    // A leaf of the first version has no names, and is taken only where names are not looked at.
    let old = Recipe::new("localhost").version(1);
    let by_authority = old.by(&authority);
    let by_itself = old.by_itself();
    all.push(Row::server(
        "a server's certificate of version 1 as its own CA",
        &[&by_itself],
        &[&by_itself],
    ));
    all.push(
        Row::server(
            "a server's certificate of version 1, unchecked",
            &[&by_authority],
            &[],
        )
        .trust(Trust::Anybody),
    );
    all
}

/// The ways to say which name is meant.
fn addresses() -> Vec<Row> {
    let authority = Recipe::authority("ca").by_itself();
    let of = |names: &[&str]| Recipe::new("127.0.0.1").names(names).by(&authority);
    let row = |name: &str, names: &[&str], host: &'static str, asked: Option<&'static str>| {
        let name = format!("address: {name}");
        Row::server(name, &[&of(names)], &[&authority]).host(host, asked)
    };
    vec![
        row("of the URL", &["127.0.0.1"], "127.0.0.1", None),
        row("another than the URL's", &["10.0.0.1"], "127.0.0.1", None),
        row("as a name", &["example.com"], "127.0.0.1", None),
        row("name of the URL", &["localhost"], "localhost", None),
        row("name in capitals", &["localhost"], "LOCALHOST", None),
        row("tls-server-name wins", &["a.b"], "localhost", Some("a.b")),
        row(
            "tls-server-name with a period",
            &["a.b"],
            "127.0.0.1",
            Some("a.b."),
        ),
        row(
            "tls-server-name wins where the URL would do",
            &["localhost"],
            "localhost",
            Some("a.b"),
        ),
        row(
            "tls-server-name as an address",
            &["10.0.0.1"],
            "127.0.0.1",
            Some("10.0.0.1"),
        ),
        row("IPv6", &["fd00::1"], "127.0.0.1", Some("fd00::1")),
        row(
            "IPv6 in brackets",
            &["fd00::1"],
            "127.0.0.1",
            Some("[fd00::1]"),
        ),
        row(
            "IPv6 spelled out",
            &["fd00::1"],
            "127.0.0.1",
            Some("fd00:0:0:0:0:0:0:1"),
        ),
        row(
            "IPv4 within IPv6",
            &["127.0.0.1"],
            "127.0.0.1",
            Some("::ffff:127.0.0.1"),
        ),
        row("a name with spaces", &["a b"], "127.0.0.1", Some("a b")),
        row("a port as a name", &["a:1"], "127.0.0.1", Some("a:1")),
        row("an underscore", &["a_b"], "127.0.0.1", Some("a_b")),
        row("one label", &["a"], "127.0.0.1", Some("a")),
        row(
            "a wildcard asked for",
            &["*.a.b"],
            "127.0.0.1",
            Some("*.a.b"),
        ),
        row("a name of numbers", &["1.2.3"], "127.0.0.1", Some("1.2.3")),
        row(
            "a name outside ASCII",
            &["xn--bcher-kva.example"],
            "127.0.0.1",
            Some("b\u{fc}cher.example"),
        ),
    ]
}

/// `insecure-skip-tls-verify`: what is not checked, and what has to hold all the same.
fn unchecked() -> Vec<Row> {
    let authority = Recipe::authority("ca").by_itself();
    let row = |name: &str, shown: &[&Forged]| {
        Row::server(format!("unchecked: {name}"), shown, &[]).trust(Trust::Anybody)
    };
    let by = |recipe: Recipe| recipe.by(&authority);
    let usual = by(Recipe::server("s"));
    let negative = by(Recipe::server("s").serial(&[0x80]));
    vec![
        row("usual", &[&usual]),
        row(
            "expired",
            &[&by(Recipe::server("s").validity(Validity::expired()))],
        ),
        row(
            "another name",
            &[&by(Recipe::new("s").names(&["example.com"]))],
        ),
        row(
            "for clients",
            &[&by(Recipe::new("s").usage(&[Usage::Client]))],
        ),
        row(
            "a signature that does not hold",
            &[&by(Recipe::server("s").signing(Signing::Sha1))],
        ),
        row(
            "a key of P521",
            &[&by(Recipe::server("s").key(Kind::P521, 2))],
        ),
        row(
            "a short RSA key",
            &[&by(Recipe::server("s").key(Kind::Rsa(768), 1))],
        ),
        row("what Go cannot read", &[&negative]),
        row("what Go cannot read behind it", &[&usual, &negative]),
        row(
            "an unknown critical extension",
            &[&by(Recipe::server("s").extension("1.2.3.4", true, &[5, 0]))],
        ),
    ]
}

/// Versions of TLS, cipher suites and groups.
fn handshakes() -> Vec<Row> {
    let authority = Recipe::authority("ca").by_itself();
    let server = Recipe::server("s").by(&authority);
    let row = |name: &str| Row::server(name, &[&server], &[&authority]);
    let groups = |name: &str, group: u16| {
        row(&format!("keys exchanged {name}")).door(|door| door.groups(&[group]))
    };
    vec![
        row("TLS 1.1").door(|door| door.max_version(TLS_1_1)),
        row("TLS 1.2 by GCM")
            .door(|door| door.cipher_suites(&[ECDHE_ECDSA_AES_128_GCM]))
            .expected(true),
        row("TLS 1.2 by CBC").door(|door| door.cipher_suites(&[ECDHE_ECDSA_AES_128_CBC])),
        groups("over P-256", P256),
        groups("over P-384", P384),
        groups("over P-521", P521),
        groups("over X25519", X25519),
        groups("by ML-KEM", X25519_ML_KEM_768),
    ]
}

/// Certificate policies, which few use: an authority that demands one, and what it is called below.
fn policies() -> Vec<Row> {
    const POLICIES: &str = "2.5.29.32";
    const MAPPINGS: &str = "2.5.29.33";
    const DEMANDS: &str = "2.5.29.36";
    // The policies 1.2.3.4 and 1.2.3.5, the one as the other, and one demanded at once.
    let policy = |last: u8| [0x30, 7, 0x30, 5, 6, 3, 0x2a, 3, last];
    let first_as_second = [0x30, 12, 0x30, 10, 6, 3, 0x2a, 3, 4, 6, 3, 0x2a, 3, 5];
    let demanded = [0x30, 3, 0x80, 1, 0];
    let root = Recipe::authority("ca").by_itself();
    let middle = || {
        Recipe::new("middle")
            .key(Kind::P256, 3)
            .authority_or_not(true)
            .extension(POLICIES, false, &policy(4))
            .extension(DEMANDS, true, &demanded)
    };
    let plain = middle().by(&root);
    let mapping = middle()
        .extension(MAPPINGS, true, &first_as_second)
        .by(&root);
    let row = |name: &str, issuer: &Forged, own: Option<u8>| {
        let server = Recipe::server("s");
        let server = match own {
            Some(last) => server.extension(POLICIES, false, &policy(last)),
            None => server,
        };
        let server = server.by(issuer);
        Row::server(format!("policies: {name}"), &[&server, issuer], &[&root])
    };
    vec![
        row("demanded and there", &plain, Some(4)),
        row("demanded and another", &plain, Some(5)),
        row("demanded and none", &plain, None),
        row("demanded and mapped", &mapping, Some(5)),
        row("demanded and mapped away", &mapping, Some(4)),
    ]
}

/// Name constraints on names that are not asked for, and of other kinds.
fn constraints() -> Vec<Row> {
    let row = |permitted: &[&str], excluded: &[&str], names: &[&str]| {
        let authority = Recipe::authority("ca")
            .constraints(permitted, excluded)
            .by_itself();
        let server = Recipe::new("s").names(names).by(&authority);
        let name =
            format!("constraints: {permitted:?} permitted, {excluded:?} excluded, {names:?}");
        Row::server(name, &[&server], &[&authority])
    };
    vec![
        row(&["localhost"], &[], &["localhost", "example.com"]),
        row(&[], &["example.com"], &["localhost", "a.example.com"]),
        row(&[], &["Example.COM"], &["localhost", "a.example.com"]),
        row(&["a@example.com"], &[], &["localhost", "a@example.com"]),
        row(&["a@example.com"], &[], &["localhost", "b@example.com"]),
        row(&["example.com"], &[], &["localhost"]),
        row(&["localhost"], &[], &["localhost", "https://example.com/x"]),
        row(&["fd00::/ffff::"], &[], &["localhost", "fd00::1"]),
        row(&["fd00::/ffff::"], &[], &["localhost", "fe80::1"]),
        row(&[], &["0.0.0.0/0.0.0.0"], &["localhost", "fd00::1"]),
    ]
}
