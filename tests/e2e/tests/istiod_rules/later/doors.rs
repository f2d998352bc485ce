//! Servers, and who is trusted to sign for them. A case is a line.

use mesh_testkit::forge::{Forged, Kind, Recipe, Signing, Usage};
use mesh_testkit::kubeconfig::{Cluster, User};
use mesh_testkit::pki::Validity;
use mesh_testkit::terminator::{Door, Terminator};

use super::case::Case;
use super::source::Source;

/// A server, and the words by which a kubeconfig leads there.
pub(super) struct Server {
    pub(super) name: &'static str,
    door: Option<Door>,
    pub(super) url: String,
    /// The CA; without one, nothing is checked.
    pub(super) ca_pem: Option<String>,
    pub(super) tls_server_name: Option<&'static str>,
    pub(super) syncs: bool,
}

/// All servers, and what keeps their ports open.
pub(super) fn start(source: &Source) -> (Vec<Server>, Terminator) {
    let mut servers = servers();
    let doors: Vec<Door> = servers
        .iter()
        .filter_map(|server| server.door.clone())
        .collect();
    let terminator = Terminator::start(source.api.authority(), &doors).unwrap();
    let mut ports = terminator.ports().iter();
    for server in servers.iter_mut().filter(|server| server.door.is_some()) {
        server.url = format!("{}127.0.0.1:{}", server.url, ports.next().unwrap());
    }
    (servers, terminator)
}

impl Server {
    /// A secret that leads there with a good token.
    pub(super) fn case(&self, token: &str) -> Case {
        let cluster = Cluster::new(&self.url);
        let cluster = match &self.ca_pem {
            Some(pem) => cluster.ca_pem(pem),
            None if self.url.starts_with("https") => cluster.insecure_skip_tls_verify(),
            None => cluster,
        };
        let cluster = match self.tls_server_name {
            Some(name) => cluster.tls_server_name(name),
            None => cluster,
        };
        Case::new(self.name, cluster, User::new().token(token), self.syncs)
    }
}

#[expect(clippy::too_many_lines, reason = "a few lines a server")]
fn servers() -> Vec<Server> {
    let server = |name, shown: &[&Forged], trusted: &[&Forged], syncs| Server {
        name,
        door: Some(Door::showing(
            &shown.iter().map(|one| (*one).clone()).collect::<Vec<_>>(),
        )),
        url: "https://".to_owned(),
        ca_pem: Some(trusted.iter().map(|one| one.pem()).collect()),
        tls_server_name: None,
        syncs,
    };
    let usual = Recipe::authority("ca").by_itself();
    let of = |recipe: Recipe| recipe.by(&usual);
    let good = of(Recipe::server("s"));
    // An authority that is not as it should be, and a good server of it.
    let below = |name, recipe: Recipe, syncs| {
        let authority = recipe.by_itself();
        let shown = Recipe::server("s").by(&authority);
        server(name, &[&shown], &[&authority], syncs)
    };
    let other = Recipe::new("ca")
        .key(Kind::P256, 7)
        .authority_or_not(true)
        .by_itself();
    let middle = Recipe::new("middle")
        .key(Kind::P256, 3)
        .authority_or_not(true)
        .by(&usual);
    let below_middle = Recipe::server("s").by(&middle);
    let named = of(Recipe::new("s").names(&["api.example.com"]));
    let own = Recipe::server("s").by_itself();
    let as_name = |mut server: Server, name| {
        server.tls_server_name = Some(name);
        server
    };
    let unchecked = |mut server: Server| {
        server.ca_pem = None;
        server
    };
    let elsewhere = |name, url: &str| Server {
        door: None,
        url: url.to_owned(),
        ..server(name, &[&good], &[&usual], false)
    };
    let plain = Server {
        door: Some(Door::plain()),
        url: "http://".to_owned(),
        ca_pem: None,
        ..server("server-without-tls", &[], &[], false)
    };
    let old = Recipe::authority("ca").validity(Validity::expired());
    let early = Recipe::authority("ca").validity(Validity::not_yet());
    vec![
        server("server", &[&good], &[&usual], true),
        server(
            "server-expired",
            &[&of(Recipe::server("s").validity(Validity::expired()))],
            &[&usual],
            false,
        ),
        server(
            "server-not-yet-valid",
            &[&of(Recipe::server("s").validity(Validity::not_yet()))],
            &[&usual],
            false,
        ),
        server("server-of-another-name", &[&named], &[&usual], false),
        server(
            "server-named-in-its-common-name",
            &[&of(Recipe::new("127.0.0.1"))],
            &[&usual],
            false,
        ),
        as_name(
            server("server-name", &[&named], &[&usual], true),
            "api.example.com",
        ),
        as_name(
            server("server-name-wrong", &[&named], &[&usual], false),
            "other.example.com",
        ),
        server(
            "server-for-clients",
            &[&of(Recipe::new("s")
                .names(&["127.0.0.1"])
                .usage(&[Usage::Client]))],
            &[&usual],
            false,
        ),
        server(
            "server-of-rsa-1024",
            &[&of(Recipe::server("s").key(Kind::Rsa(1024), 2))],
            &[&usual],
            true,
        ),
        server(
            "server-signed-with-sha-1",
            &[&of(Recipe::server("s").signing(Signing::Sha1))],
            &[&usual],
            false,
        ),
        server("server-as-its-own-ca", &[&own], &[&own], true),
        server("server-chain", &[&below_middle, &middle], &[&usual], true),
        server(
            "server-chain-with-a-link-missing",
            &[&below_middle],
            &[&usual],
            false,
        ),
        below("ca-version-1", Recipe::new("ca").version(1), true),
        below(
            "ca-p521",
            Recipe::new("ca").key(Kind::P521, 1).authority_or_not(true),
            true,
        ),
        below("ca-false", Recipe::new("ca").authority_or_not(false), false),
        below("ca-expired", old.clone(), false),
        below("ca-not-yet-valid", early, false),
        below(
            "ca-that-may-not-sign",
            Recipe::authority("ca").may_sign(false),
            false,
        ),
        below(
            "ca-of-rsa-768",
            Recipe::new("ca")
                .key(Kind::Rsa(768), 1)
                .authority_or_not(true),
            false,
        ),
        below(
            "ca-for-other-names",
            Recipe::authority("ca").constraints(&["example.com"], &[]),
            false,
        ),
        below(
            "ca-with-a-negative-serial-number",
            Recipe::authority("ca").serial(&[0x80]),
            false,
        ),
        server("ca-of-the-same-name", &[&good], &[&other], false),
        server(
            "ca-of-somebody-else",
            &[&good],
            &[&Recipe::authority("stranger").by_itself()],
            false,
        ),
        server(
            "ca-beside-an-expired-one",
            &[&good],
            &[&old.by_itself(), &usual],
            true,
        ),
        unchecked(server("unchecked", &[&named], &[], true)),
        unchecked(server(
            "unchecked-with-a-negative-serial-number",
            &[&of(Recipe::server("s").serial(&[0x80]))],
            &[],
            false,
        )),
        plain,
        elsewhere("server-unreachable", "https://127.0.0.1:1"),
        elsewhere("server-unknown", "https://nowhere.invalid:6443"),
    ]
}
