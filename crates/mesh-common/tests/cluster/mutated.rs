//! Inputs of every kind, changed at random: whatever becomes of them, nothing that reads them panics.
//!
//! What is random is the same in every run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use mesh_common::client::{Kubeconfig, Overrides};
use mesh_common::model::istiod_pages::{known_clusters, secret_metrics};
use mesh_common::model::x509::{self, Purpose, Roots};
use mesh_common::model::{access_facts, certificate, istiod_rules, token, yaml};
use mesh_testkit::environment;
use mesh_testkit::kubeconfig::{self, Cluster, Exec, User};
use mesh_testkit::pki::{CertificateAuthority, Identity, LOOPBACK};
use tempfile::TempDir;

use crate::support::now;

/// The number of inputs that are tried, of all kinds together; and with `cargo xtask test --full`.
const INPUTS: usize = 2_100;
const ALL_INPUTS: usize = 21_000;

/// Texts that mean something to one of the readers.
const MEANINGFUL: [&[u8]; 32] = [
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xe2\x80\xae",
    b"\n",
    b"\r",
    b"\t",
    b": ",
    b"- ",
    b"&a ",
    b"*a",
    b"<<: ",
    b"!!binary ",
    b"---\n",
    b"...\n",
    b"|\n",
    b">-\n",
    b"? ",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"'",
    b"%YAML 9.9\n",
    b"\\u0000",
    b"18446744073709551616",
    b"-1e999",
    b"-----BEGIN CERTIFICATE-----\n",
    b"-----END CERTIFICATE-----\n",
    b"=====",
];

/// Numbers that look random: <https://www.jstatsoft.org/article/view/v008i14>.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        let number = self.next() % (end.max(1) as u64);
        usize::try_from(number).unwrap()
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        start..start + self.below((length - start).min(64) + 1)
    }

    /// `bytes` with some of them changed, taken away, doubled, moved, or cut off.
    fn mutated(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let range = self.range(bytes.len());
            match self.below(7) {
                0 if !bytes.is_empty() => {
                    let at = self.below(bytes.len());
                    bytes[at] ^= 1 << self.below(8);
                }
                1 => drop(bytes.drain(range)),
                2 => {
                    let again = bytes[range.clone()].repeat(1 + self.below(40));
                    bytes.splice(range.start..range.start, again);
                }
                3 => {
                    let meaning = MEANINGFUL[self.below(MEANINGFUL.len())];
                    bytes.splice(range, meaning.iter().copied());
                }
                4 => {
                    let taken: Vec<u8> = bytes.drain(range).collect();
                    let at = self.below(bytes.len() + 1);
                    bytes.splice(at..at, taken);
                }
                5 => bytes.truncate(range.end),
                _ => {
                    let noise: Vec<u8> = range
                        .clone()
                        .map(|_| self.next().to_le_bytes()[0])
                        .collect();
                    bytes.splice(range, noise);
                }
            }
        }
        bytes
    }
}

/// A reader of inputs; its result is of no matter here.
type Reads = fn(&[u8], &Path);

/// The inputs of one kind, and all that reads them.
struct Kind {
    name: &'static str,
    inputs: Vec<Vec<u8>>,
    reads: Reads,
}

#[expect(clippy::too_many_lines, reason = "one row a kind of input")]
fn kinds() -> Vec<Kind> {
    let authority = CertificateAuthority::new("east-ca");
    let server = authority.server(&LOOPBACK);
    let client = authority.client("jane", &["a", "b"]);
    let kubeconfigs = kubeconfigs(&authority, &client);
    let pages: [&[u8]; 3] = [
        br#"[{"id":"west","secretName":"istio-system/a","syncStatus":"synced"},{"id":"east","syncStatus":"timeout"}]"#,
        b"istio_build{component=\"pilot\",tag=\"1.31.0\"} 1\nremote_cluster_secret_events_total{event=\"add\"} 3\n",
        b"null",
    ];
    let claims = br#"eyJhbGciOiJub25lIn0.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6YTpiIiwiZXhwIjo0MDAwMDAwMDAwfQ.c2ln"#;
    let der = |identity: &Identity| {
        let pem = identity.certificate_pem.as_bytes();
        x509::certificates(pem)[0].to_vec()
    };
    vec![
        Kind {
            name: "a kubeconfig",
            inputs: kubeconfigs.clone(),
            reads: |bytes, folder| {
                let file = folder.join("config");
                std::fs::write(&file, bytes).unwrap();
                if let Ok(read) = Kubeconfig::load(None, Some(file.as_os_str()), None) {
                    let contexts: Vec<String> = read.context_names().map(str::to_owned).collect();
                    for context in contexts {
                        let overrides = Overrides {
                            context: Some(context),
                            ..Overrides::default()
                        };
                        let _ = read.target(&overrides);
                    }
                }
            },
        },
        Kind {
            name: "a secret's kubeconfig",
            inputs: kubeconfigs.clone(),
            reads: |bytes, _| {
                let (_, facts) = istiod_rules::judge(bytes);
                assert_eq!(facts, access_facts::read(bytes));
                let _ = access_facts::bearer_token(bytes);
            },
        },
        Kind {
            name: "a manifest",
            inputs: kubeconfigs,
            reads: |bytes, _| {
                if let Some(text) = yaml::text(bytes) {
                    for document in yaml::documents(&text, "it").unwrap_or_default() {
                        assert_eq!(
                            yaml::documents(&yaml::to_yaml(&document), "it").unwrap(),
                            [document]
                        );
                    }
                }
            },
        },
        Kind {
            name: "certificates as text",
            inputs: [&server, &client, &authority.identity()]
                .map(|one| format!("{}{}", one.certificate_pem, one.key_pem).into_bytes())
                .into(),
            reads: |bytes, _| {
                let _ = certificate::read_pem(bytes);
                let _ = x509::no_authority(bytes);
                let _ = x509::ClientPair::read(bytes, bytes).is_ok();
            },
        },
        Kind {
            name: "certificates",
            inputs: vec![der(&server), der(&client), der(&authority.identity())],
            reads: |bytes, _| {
                let _ = certificate::read_der(bytes);
                let roots = Roots::of([bytes.to_vec().into()]);
                let _ = x509::verify(&[bytes], &roots, Purpose::Server(Some("localhost")), now());
                let _ = x509::verify(&[bytes], &Roots::default(), Purpose::Client, now());
            },
        },
        Kind {
            name: "an istiod's pages",
            inputs: pages.map(<[u8]>::to_vec).into(),
            reads: |bytes, _| {
                let page = String::from_utf8_lossy(bytes);
                let _ = known_clusters(&page);
                let _ = secret_metrics(&page);
            },
        },
        Kind {
            name: "a token",
            inputs: vec![claims.to_vec()],
            reads: |bytes, _| {
                let text = String::from_utf8_lossy(bytes);
                if let Some(facts) = token::read(&text) {
                    let _ = (
                        facts.life_left(now()),
                        facts.account(),
                        facts.has_expired(now()),
                    );
                }
            },
        },
    ]
}

fn kubeconfigs(authority: &CertificateAuthority, client: &Identity) -> Vec<Vec<u8>> {
    let cluster =
        || Cluster::new("https://127.0.0.1:6443/k8s").ca_pem(&authority.certificate_pem());
    let single = |cluster, user| kubeconfig::Kubeconfig::single("east", cluster, user);
    let texts = [
        single(cluster().tls_server_name("a.b"), User::new().token("a.b.c")).to_yaml(),
        single(cluster(), User::new().client_certificate(client))
            .to_json()
            .to_string(),
        single(
            Cluster::new("https://u:p@[::1]")
                .proxy_url("socks5://p:1080")
                .insecure_skip_tls_verify(),
            User::new()
                .exec(Exec::new("aws").args(&["eks"]).env("A", "b"))
                .impersonate("x", &["y"]),
        )
        .entry("west", cluster(), User::new().basic("a", "b"))
        .to_yaml(),
        "a: &a {x: y}\nb: {<<: *a}\nc: !!binary aGk=\nd: [yes, 1_000, 0x1f, .inf, ~, 2026-01-01]\n"
            .to_owned(),
    ];
    texts.map(String::into_bytes).into()
}

#[test]
fn no_reader_panics_whatever_it_reads() {
    let folder = TempDir::new().unwrap();
    let kinds = kinds();
    let all = if environment::full() {
        ALL_INPUTS
    } else {
        INPUTS
    };
    let mut random = Random(0x5eed_1e55_0f0f_a11a);
    let mut wrong = Vec::new();
    for kind in &kinds {
        // What is not changed is read as well.
        for input in &kind.inputs {
            (kind.reads)(input, folder.path());
        }
        for number in 0..all / kinds.len() {
            let input = random.mutated(&kind.inputs[number % kind.inputs.len()]);
            let read = || (kind.reads)(&input, folder.path());
            if catch_unwind(AssertUnwindSafe(read)).is_err() {
                let text = String::from_utf8_lossy(&input).into_owned();
                wrong.push(format!("{} {number}: {text:?}", kind.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
