//! Client certificates and keys: the API server judges them, kubectl and the plugin read them.

use mesh_testkit::forge::{Forged, Key, Kind, Recipe, Signing, Usage};
use mesh_testkit::pki::{Identity, Validity};

use crate::pairs;
use crate::row::{Row, owned};
use crate::spellings::spellings;

/// The user of all client certificates.
pub(crate) const USER: &str = "client";

const TLS_1_2: u16 = 0x0303;
const TLS_1_3: u16 = 0x0304;

/// Client certificates, and the authorities that sign them.
pub(crate) struct Clients {
    usual: Forged,
    /// Each with its row.
    others: Vec<(String, Forged)>,
}

impl Clients {
    pub(crate) fn new() -> Self {
        let named = |name: &str| Recipe::new(&format!("clients: {name}"));
        let authority = |name: &str| named(name).key(Kind::P256, 11).authority_or_not(true);
        let mut others = vec![
            (
                "version 1".to_owned(),
                named("v1").key(Kind::P256, 11).version(1),
            ),
            (
                "version 3 that does not say so".to_owned(),
                named("v3").key(Kind::P256, 11),
            ),
            (
                "CA:FALSE".to_owned(),
                named("none").key(Kind::P256, 11).authority_or_not(false),
            ),
            (
                "expired".to_owned(),
                authority("expired").validity(Validity::expired()),
            ),
            (
                "for servers only".to_owned(),
                authority("servers").usage(&[Usage::Server]),
            ),
            (
                "may not sign".to_owned(),
                authority("unfit").may_sign(false),
            ),
        ];
        let kinds = [
            Kind::Rsa(1024),
            Kind::Rsa(2048),
            Kind::P224,
            Kind::P384,
            Kind::P521,
            Kind::Ed25519,
        ];
        for kind in kinds {
            let recipe = named(&format!("{kind:?}"));
            others.push((
                format!("a key of {kind:?}"),
                recipe.key(kind, 1).authority_or_not(true),
            ));
        }
        Self {
            usual: authority("usual").by_itself(),
            others: others
                .into_iter()
                .map(|(name, recipe)| (name, recipe.by_itself()))
                .collect(),
        }
    }

    /// All authorities whose clients the API server is to know.
    pub(crate) fn authorities_pem(&self) -> String {
        let others = self.others.iter().map(|(_, authority)| authority.pem());
        std::iter::once(self.usual.pem()).chain(others).collect()
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        let mut all = self.keys();
        all.extend(self.checked_by_a_port());
        all.extend(self.certificates());
        all.extend(self.chains());
        all.extend(pairs::rows(&self.usual));
        all.extend(self.spelled());
        all
    }

    fn usual(&self) -> Identity {
        Recipe::client(USER).by(&self.usual).identity()
    }

    /// Every kind of key, in each of its forms.
    fn keys(&self) -> Vec<Row> {
        let kinds = [
            Kind::Rsa(768),
            Kind::Rsa(1024),
            Kind::Rsa(2048),
            Kind::Rsa(3072),
            Kind::Rsa(4096),
            Kind::RsaOfThreePrimes,
            Kind::P224,
            Kind::P256,
            Kind::P384,
            Kind::P521,
            Kind::Ed25519,
        ];
        let mut all = Vec::new();
        for kind in kinds {
            let number = if kind == Kind::Rsa(768) { 1 } else { 2 };
            let client = Recipe::client(USER).key(kind, number).by(&self.usual);
            let name = format!("client key of {kind:?}");
            let connects = !matches!(kind, Kind::Rsa(768) | Kind::P224);
            all.push(Row::client(name.clone(), client.identity()).expected(connects));
            if let Some(key_pem) = client.key.traditional_pem() {
                let identity = Identity {
                    key_pem,
                    ..client.identity()
                };
                let row = Row::client(format!("{name} in its own form"), identity);
                all.push(row.expected(connects));
            }
        }
        all
    }

    /// Ports that check client certificates themselves: in TLS 1.2, which the API server speaks to nobody who knows 1.3, and as
    /// some proxies do, which end the connection with an alert.
    fn checked_by_a_port(&self) -> Vec<Row> {
        let authority = Recipe::authority("ca").by_itself();
        let server = Recipe::server("s").by(&authority);
        let row = |name: String| {
            Row::server(name, &[&server], &[&authority])
                .door(|door| door.for_clients_of(&owned(&[&self.usual])))
        };
        let kinds = [
            Kind::Rsa(1024),
            Kind::Rsa(2048),
            Kind::P224,
            Kind::P256,
            Kind::P384,
            Kind::P521,
            Kind::Ed25519,
        ];
        let mut all: Vec<Row> = kinds
            .into_iter()
            .map(|kind| {
                let client = Recipe::client(USER).key(kind, 2).by(&self.usual);
                row(format!("client key of {kind:?} over TLS 1.2"))
                    .door(|door| door.max_version(TLS_1_2))
                    .with_client(client.identity())
                    .expected(true)
            })
            .collect();
        let stranger = Recipe::authority("stranger").by_itself();
        let clients = [
            ("usual", Some(Recipe::client(USER).by(&self.usual)), true),
            ("none", None, false),
            (
                "of a stranger",
                Some(Recipe::client(USER).by(&stranger)),
                false,
            ),
            (
                "expired",
                Some(
                    Recipe::client(USER)
                        .validity(Validity::expired())
                        .by(&self.usual),
                ),
                false,
            ),
        ];
        for (name, client, connects) in clients {
            for (version, of) in [(TLS_1_2, "1.2"), (TLS_1_3, "1.3")] {
                let row = row(format!("client certificate asked for by TLS {of}: {name}"))
                    .door(|door| door.max_version(version))
                    .expected(connects);
                all.push(match &client {
                    Some(client) => row.with_client(client.identity()),
                    None => row,
                });
            }
        }
        all
    }

    fn certificates(&self) -> Vec<Row> {
        let named = || Recipe::new(USER);
        let rows = [
            ("version 1", named().version(1)),
            ("version 2", named().version(2)),
            ("without a usage", named()),
            ("for anything", named().usage(&[Usage::Any])),
            (
                "for servers and clients",
                named().usage(&[Usage::Server, Usage::Client]),
            ),
            ("for servers only", named().usage(&[Usage::Server])),
            (
                "expired",
                Recipe::client(USER).validity(Validity::expired()),
            ),
            (
                "not yet valid",
                Recipe::client(USER).validity(Validity::not_yet()),
            ),
            (
                "an authority itself",
                Recipe::client(USER).authority_or_not(true),
            ),
            (
                "an unknown critical extension",
                Recipe::client(USER).extension("1.2.3.4", true, &[5, 0]),
            ),
            (
                "a negative serial number",
                Recipe::client(USER).serial(&[0x80]),
            ),
            (
                "an extension twice",
                Recipe::client(USER)
                    .extension("1.2.3.4", false, &[5])
                    .extension("1.2.3.4", false, &[5]),
            ),
            ("signed with SHA-1", {
                Recipe::client(USER).signing(Signing::Sha1)
            }),
        ];
        let by_usual = rows.map(|(name, recipe)| (name.to_owned(), recipe.by(&self.usual)));
        let by_others = self.others.iter().map(|(name, authority)| {
            let client = Recipe::client(USER).by(authority);
            (format!("of an authority: {name}"), client)
        });
        let of_nobody = [
            (
                "of a stranger".to_owned(),
                Recipe::client(USER).by(&Recipe::authority("stranger").by_itself()),
            ),
            (
                "signed by itself".to_owned(),
                Recipe::client(USER).by_itself(),
            ),
        ];
        by_usual
            .into_iter()
            .chain(by_others)
            .chain(of_nobody)
            .map(|(name, client)| {
                Row::client(format!("client certificate: {name}"), client.identity())
            })
            .collect()
    }

    fn chains(&self) -> Vec<Row> {
        let middle = Recipe::new("clients: middle")
            .key(Kind::P256, 12)
            .authority_or_not(true)
            .by(&self.usual);
        let deeper = Recipe::new("clients: deeper")
            .key(Kind::P256, 13)
            .authority_or_not(true)
            .by(&middle);
        let shallow = Recipe::new("clients: shallow")
            .key(Kind::P256, 14)
            .authority_of_length(0)
            .by(&self.usual);
        let too_deep = Recipe::new("clients: too deep")
            .key(Kind::P256, 15)
            .authority_or_not(true)
            .by(&shallow);
        let unread = Recipe::client("unread").serial(&[0x80]).by(&self.usual);
        let client = Recipe::client(USER).by(&middle);
        let deep = Recipe::client(USER).by(&deeper);
        let below_shallow = Recipe::client(USER).by(&too_deep);
        let usual = Recipe::client(USER).by(&self.usual);
        let row = |name: &str, sent: &[&Forged], key: &Key| {
            let identity = Identity {
                certificate_pem: sent.iter().map(|one| one.pem()).collect(),
                key_pem: key.pem(),
            };
            Row::client(format!("client chain: {name}"), identity)
        };
        vec![
            row("whole", &[&client, &middle], &client.key),
            row("a link is missing", &[&client], &client.key),
            row("its authority first", &[&middle, &client], &client.key),
            row(
                "with the root",
                &[&client, &middle, &self.usual],
                &client.key,
            ),
            row("out of order", &[&deep, &middle, &deeper], &deep.key),
            row(
                "longer than allowed",
                &[&below_shallow, &too_deep, &shallow],
                &below_shallow.key,
            ),
            row("something needless", &[&usual, &deeper], &usual.key),
            row(
                "what Go cannot read behind it",
                &[&usual, &unread],
                &usual.key,
            ),
        ]
    }

    fn spelled(&self) -> Vec<Row> {
        let usual = self.usual();
        let certificates = spellings(&usual.certificate_pem);
        let certificates = certificates.into_iter().map(|(name, certificate_pem)| {
            let identity = Identity {
                certificate_pem,
                ..usual.clone()
            };
            Row::client(
                format!("spelling of a client certificate: {name}"),
                identity,
            )
        });
        let keys = spellings(&usual.key_pem)
            .into_iter()
            .map(|(name, key_pem)| {
                let identity = Identity {
                    key_pem,
                    ..usual.clone()
                };
                Row::client(format!("spelling of a client key: {name}"), identity)
            });
        certificates.chain(keys).collect()
    }
}
