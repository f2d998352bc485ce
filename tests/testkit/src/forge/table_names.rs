//! The rows about names, the limits of authorities, and chains.

use super::table::{Case, case};
use super::{Forged, Kind, Recipe, Usage};
use crate::pki::Validity;

pub(super) fn names() -> Vec<Case> {
    let authority = Recipe::authority("ca").by_itself();
    let rows: [(&[&str], &str, bool); 13] = [
        (&["127.0.0.1"], "127.0.0.1", true),
        (&["10.0.0.1"], "127.0.0.1", false),
        (&["localhost"], "127.0.0.1", false),
        (&["127.0.0.1"], "localhost", false),
        (&["LocalHost"], "localhost", true),
        (&["*.example.com"], "a.example.com", true),
        (&["*.example.com"], "A.Example.com", true),
        (&["*.example.com"], "example.com", false),
        (&["*.example.com"], "a.b.example.com", false),
        (&["a*.example.com"], "ab.example.com", false),
        (&["*"], "localhost", false),
        (&["under_score.example"], "under_score.example", true),
        (&["user@example.com"], "example.com", false),
    ];
    let all = rows.into_iter().map(|(names, host, connects)| {
        let server = Recipe::new("s").names(names).by(&authority);
        case(
            format!("{names:?} asked for {host}"),
            &[&server],
            &[&authority],
            host,
            connects,
        )
    });
    all.collect()
}

pub(super) fn limits() -> Vec<Case> {
    // Permitted, excluded, the certificate's names, the name dialled, and the outcome.
    type Row<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a str], &'a str, bool);
    let rows: [Row<'_>; 10] = [
        (&["localhost"], &[], &["localhost"], "localhost", true),
        (&["example.com"], &[], &["localhost"], "localhost", false),
        (
            &["example.com", "localhost"],
            &[],
            &["localhost", "a.example.com"],
            "localhost",
            true,
        ),
        (
            &[".example.com"],
            &[],
            &["example.com"],
            "example.com",
            false,
        ),
        (&[], &["localhost"], &["localhost"], "localhost", false),
        (
            &[],
            &["a.example.com"],
            &["*.example.com"],
            "x.example.com",
            false,
        ),
        (
            &["127.0.0.0/255.0.0.0"],
            &[],
            &["localhost", "127.0.0.1"],
            "localhost",
            true,
        ),
        (
            &["10.0.0.0/255.0.0.0"],
            &[],
            &["localhost", "127.0.0.1"],
            "localhost",
            false,
        ),
        (
            &[],
            &["127.0.0.0/255.0.0.0"],
            &["127.0.0.1"],
            "127.0.0.1",
            false,
        ),
        (&["example.com"], &[], &["127.0.0.1"], "127.0.0.1", true),
    ];
    let all = rows
        .into_iter()
        .map(|(permitted, excluded, names, host, connects)| {
            let authority = Recipe::authority("ca")
                .constraints(permitted, excluded)
                .by_itself();
            let server = Recipe::new("s").names(names).by(&authority);
            let name =
                format!("{names:?} where {permitted:?} is permitted and {excluded:?} excluded");
            case(name, &[&server], &[&authority], host, connects)
        });
    all.collect()
}

pub(super) fn chains() -> Vec<Case> {
    let root = Recipe::new("ca")
        .key(Kind::P256, 1)
        .authority_of_length(1)
        .by_itself();
    let below = |number: u8, name: &str, issuer: &Forged| {
        Recipe::new(name)
            .key(Kind::P256, number)
            .authority_or_not(true)
            .by(issuer)
    };
    let first = below(3, "first", &root);
    let second = below(4, "second", &first);
    let server = Recipe::server("s").by(&first);
    let deep = Recipe::server("s").by(&second);
    let middle = || Recipe::new("first").key(Kind::P256, 3);
    let row = |name: &str, shown: &[&Forged], trusted: &Forged, connects: bool| {
        case(
            format!("chain: {name}"),
            shown,
            &[trusted],
            "localhost",
            connects,
        )
    };
    let old = middle().version(1).by(&root);
    let over = middle()
        .authority_or_not(true)
        .validity(Validity::expired())
        .by(&root);
    let for_clients = middle()
        .authority_or_not(true)
        .usage(&[Usage::Client])
        .by(&root);
    vec![
        row("whole", &[&server, &first], &root, true),
        row("out of order", &[&server, &second, &first], &root, true),
        row("a link is missing", &[&server], &root, false),
        row("one in the middle is trusted", &[&server], &first, true),
        row(
            "longer than allowed",
            &[&deep, &second, &first],
            &root,
            false,
        ),
        row("version 1 in the middle", &[&server, &old], &root, false),
        row("expired in the middle", &[&server, &over], &root, false),
        row(
            "for clients in the middle",
            &[&server, &for_clients],
            &root,
            false,
        ),
    ]
}
