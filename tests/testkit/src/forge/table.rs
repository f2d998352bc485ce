//! The table of servers: what one shows, who is trusted, what it is asked for, and whether a client of Go connects.

use super::table_names::{chains, limits, names};
use super::{Forged, Kind, Recipe, Signing, Usage};
use crate::pki::Validity;

/// One row.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its description, for the message of a test.
    pub name: String,
    /// The certificates that the server shows, its own first.
    pub shown: Vec<Forged>,
    /// The CA of the kubeconfig.
    pub trusted: Vec<Forged>,
    /// The name or address that is asked for.
    pub host: &'static str,
    /// True where Go connects.
    pub connects: bool,
}

const EVERY_KIND: [Kind; 6] = [
    Kind::Rsa(1024),
    Kind::Rsa(2048),
    Kind::P256,
    Kind::P384,
    Kind::P521,
    Kind::Ed25519,
];

/// All rows.
pub fn cases() -> Vec<Case> {
    let mut all = keys();
    all.extend(digests());
    all.extend(servers());
    all.extend(authorities());
    all.extend(names());
    all.extend(limits());
    all.extend(chains());
    all
}

pub(super) fn case(
    name: impl Into<String>,
    shown: &[&Forged],
    trusted: &[&Forged],
    host: &'static str,
    connects: bool,
) -> Case {
    let owned = |all: &[&Forged]| all.iter().map(|one| (*one).clone()).collect();
    Case {
        name: name.into(),
        shown: owned(shown),
        trusted: owned(trusted),
        host,
        connects,
    }
}

fn keys() -> Vec<Case> {
    let usual = Recipe::authority("ca").by_itself();
    let of_server = EVERY_KIND.map(|kind| {
        let server = Recipe::server("s").key(kind, 2).by(&usual);
        case(
            format!("a server's key of {kind:?}"),
            &[&server],
            &[&usual],
            "localhost",
            true,
        )
    });
    let kinds = EVERY_KIND.into_iter().chain([Kind::P224]);
    let of_authority = kinds.map(|kind| {
        let authority = Recipe::new("ca")
            .key(kind, 1)
            .authority_or_not(true)
            .by_itself();
        let server = Recipe::server("s").by(&authority);
        case(
            format!("an authority's key of {kind:?}"),
            &[&server],
            &[&authority],
            "localhost",
            true,
        )
    });
    let weak = Recipe::new("ca")
        .key(Kind::Rsa(768), 1)
        .authority_or_not(true)
        .by_itself();
    let below_weak = Recipe::server("s").by(&weak);
    of_server
        .into_iter()
        .chain(of_authority)
        .chain([case(
            "an authority's short RSA key",
            &[&below_weak],
            &[&weak],
            "localhost",
            false,
        )])
        .collect()
}

fn digests() -> Vec<Case> {
    let with = |kind: Kind, signing: Signing, connects: bool| {
        let authority = Recipe::new("ca")
            .key(kind, 1)
            .authority_or_not(true)
            .by_itself();
        let server = Recipe::server("s").signing(signing).by(&authority);
        case(
            format!("{kind:?} signs by {signing:?}"),
            &[&server],
            &[&authority],
            "localhost",
            connects,
        )
    };
    let itself = Recipe::new("ca")
        .key(Kind::Rsa(2048), 1)
        .authority_or_not(true)
        .signing(Signing::Sha1)
        .by_itself();
    let below = Recipe::server("s").by(&itself);
    vec![
        with(Kind::Rsa(1024), Signing::Sha384, true),
        with(Kind::Rsa(1024), Signing::Pss, true),
        with(Kind::Rsa(2048), Signing::Sha512, true),
        with(Kind::Rsa(2048), Signing::Pss, true),
        with(Kind::P256, Signing::Sha512, true),
        with(Kind::P384, Signing::Sha512, true),
        with(Kind::P521, Signing::Sha384, true),
        with(Kind::Rsa(2048), Signing::Sha1, false),
        with(Kind::Rsa(2048), Signing::Md5, false),
        with(Kind::P256, Signing::Sha1, false),
        case(
            "a root that signed itself with SHA-1",
            &[&below],
            &[&itself],
            "localhost",
            true,
        ),
    ]
}

fn servers() -> Vec<Case> {
    let authority = Recipe::authority("ca").by_itself();
    let named = || Recipe::new("s").names(&["localhost"]);
    let rows = [
        ("usual", Recipe::server("s"), true),
        ("without a usage", named(), true),
        ("for anything", named().usage(&[Usage::Any]), true),
        (
            "for clients and servers",
            named().usage(&[Usage::Client, Usage::Server]),
            true,
        ),
        ("for clients only", named().usage(&[Usage::Client]), false),
        ("for programs only", named().usage(&[Usage::Code]), false),
        (
            "expired",
            Recipe::server("s").validity(Validity::expired()),
            false,
        ),
        (
            "not yet valid",
            Recipe::server("s").validity(Validity::not_yet()),
            false,
        ),
        (
            "name in the common name only",
            Recipe::new("localhost"),
            false,
        ),
        (
            "version 1, name in the common name only",
            Recipe::new("localhost").version(1),
            false,
        ),
        (
            "an authority itself",
            Recipe::server("s").authority_or_not(true),
            true,
        ),
        (
            "an unknown critical extension",
            Recipe::server("s").extension("1.2.3.4", true, &[5, 0]),
            false,
        ),
        (
            "an unknown extension",
            Recipe::server("s").extension("1.2.3.4", false, &[5, 0]),
            true,
        ),
        (
            "a negative serial number",
            Recipe::server("s").serial(&[0x80]),
            false,
        ),
        (
            "an extension twice",
            Recipe::server("s")
                .extension("1.2.3.4", false, &[5])
                .extension("1.2.3.4", false, &[5]),
            false,
        ),
        (
            "a subject that is no PrintableString",
            Recipe::server("a_b").subject_tag(19),
            false,
        ),
        (
            "a critical subject key identifier",
            Recipe::server("s").extension("2.5.29.14", true, &[4, 1, 1]),
            false,
        ),
    ];
    let all = rows.into_iter().map(|(name, recipe, connects)| {
        let server = recipe.by(&authority);
        case(
            format!("server: {name}"),
            &[&server],
            &[&authority],
            "localhost",
            connects,
        )
    });
    all.chain(own_authorities(&authority)).collect()
}

/// Certificates of servers that are the trusted authority themselves.
fn own_authorities(authority: &Forged) -> Vec<Case> {
    let named = || Recipe::new("s").names(&["localhost"]);
    let itself = [
        (
            "a server's certificate as its own CA",
            Recipe::server("s"),
            true,
        ),
        (
            "one for clients as its own CA",
            named().usage(&[Usage::Client]),
            false,
        ),
        (
            "an expired one as its own CA",
            Recipe::server("s").validity(Validity::expired()),
            false,
        ),
        (
            "one marked as no authority as its own CA",
            Recipe::server("s").authority_or_not(false),
            true,
        ),
    ];
    let itself = itself.into_iter().map(|(name, recipe, connects)| {
        let server = recipe.by_itself();
        case(name, &[&server], &[&server], "localhost", connects)
    });
    let signed = Recipe::server("s").by(authority);
    let trusted = case(
        "a server's certificate as the CA",
        &[&signed],
        &[&signed],
        "localhost",
        true,
    );
    itself.chain([trusted]).collect()
}

fn authorities() -> Vec<Case> {
    let rows = [
        ("version 1", Recipe::new("ca").version(1), true),
        ("version 2", Recipe::new("ca").version(2), true),
        ("version 3 that does not say so", Recipe::new("ca"), false),
        ("CA:FALSE", Recipe::new("ca").authority_or_not(false), false),
        ("may sign", Recipe::authority("ca").may_sign(true), true),
        (
            "may not sign",
            Recipe::authority("ca").may_sign(false),
            false,
        ),
        (
            "expired",
            Recipe::authority("ca").validity(Validity::expired()),
            false,
        ),
        (
            "not yet valid",
            Recipe::authority("ca").validity(Validity::not_yet()),
            false,
        ),
        (
            "an unknown critical extension",
            Recipe::authority("ca").extension("1.2.3.4", true, &[5, 0]),
            false,
        ),
        (
            "for clients only",
            Recipe::authority("ca").usage(&[Usage::Client]),
            false,
        ),
        (
            "for servers",
            Recipe::authority("ca").usage(&[Usage::Server]),
            true,
        ),
    ];
    let all = rows.into_iter().map(|(name, recipe, connects)| {
        let authority = recipe.by_itself();
        let server = Recipe::server("s").by(&authority);
        case(
            format!("authority: {name}"),
            &[&server],
            &[&authority],
            "localhost",
            connects,
        )
    });
    let old = Recipe::authority("ca")
        .validity(Validity::expired())
        .by_itself();
    let new = Recipe::authority("ca").serial(&[2]).by_itself();
    let server = Recipe::server("s").by(&new);
    let other = Recipe::new("ca")
        .key(Kind::P256, 7)
        .authority_or_not(true)
        .by_itself();
    let stranger = Recipe::new("x")
        .key(Kind::P256, 7)
        .authority_or_not(true)
        .by_itself();
    all.chain([
        case(
            "an expired authority beside the new one",
            &[&server],
            &[&old, &new],
            "localhost",
            true,
        ),
        case(
            "another authority of the same name",
            &[&server],
            &[&other],
            "localhost",
            false,
        ),
        case(
            "another authority",
            &[&server],
            &[&stranger],
            "localhost",
            false,
        ),
    ])
    .collect()
}
