//! Tokens that one holder has for itself: what the API server grants is reported, and each can be revoked alone.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use k8s_openapi::jiff::Timestamp;
use mesh_e2e::plugin::Workstation;
use mesh_testkit::command::Output;
use mesh_testkit::condition::wait_until;
use mesh_testkit::real::{Cluster, Kind, Lab, Options};
use serde_json::Value;

/// An API server remembers for ten seconds that it accepted a token.
const REVOKED_WITHIN: Duration = Duration::from_secs(30);
/// The longest lifetime that the API server grants.
const LONGEST: i64 = 7200;
/// The words of `inspect` for a token that is not accepted.
const INVALID: &str = "secret-token-invalid";
const ACCOUNT: &str = "istio-reader-service-account";

struct Scene {
    source: Cluster,
    workstation: Workstation,
}

impl Scene {
    fn get() -> &'static Self {
        static SCENE: OnceLock<Scene> = OnceLock::new();
        SCENE.get_or_init(|| {
            let options = Options {
                api_server_flags: vec![format!(
                    "--service-account-max-token-expiration={LONGEST}s"
                )],
                ..Options::default()
            };
            let lab = Lab::get().unwrap();
            let source = lab
                .cluster_with("bound-tokens", Kind::Bare, options)
                .unwrap();
            let holders = lab
                .clusters(["owners-source", "owners-holder"], Kind::Bare)
                .unwrap();
            for holder in &holders {
                holder
                    .apply("{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}")
                    .unwrap();
            }
            let [one, other] = &holders;
            let workstation = Workstation::over(&[&source, one, other]);
            let scene = Self {
                source,
                workstation,
            };
            scene.create(&[]);
            scene
        })
    }

    /// A secret for the source, whose name is its context's.
    fn create(&self, more: &[&str]) -> Output {
        let context = self.source.context();
        self.workstation
            .mesh_secret([
                "create",
                "--context",
                context,
                "--name",
                context,
                "--allow-loopback",
            ])
            .args(more)
            .manifest_requested()
            .output()
            .expect_success()
    }

    /// Returns the report of `inspect --probe` on a manifest.
    fn inspect(&self, manifest: &Output) -> Inspection {
        self.probe(&["-f", "-"], &manifest.stdout)
    }

    fn probe(&self, words: &[&str], stdin: &str) -> Inspection {
        let words = [
            &["inspect", "--probe", "--allow-loopback", "-o", "json"],
            words,
        ]
        .concat();
        let output = self.workstation.mesh_secret(words).stdin(stdin).output();
        let report = serde_json::from_str(&output.stdout);
        Inspection {
            code: output.code,
            report: report.unwrap_or_else(|error| panic!("{error}: {}", output.golden())),
        }
    }

    fn works(&self, manifest: &Output, whose: &str) {
        self.inspect(manifest).is_good(whose);
    }

    fn is_revoked(&self, manifest: &Output) {
        let refused = wait_until(REVOKED_WITHIN, || {
            self.inspect(manifest)
                .ids()
                .contains(&INVALID)
                .then_some(())
        });
        assert!(refused.is_some(), "the token still works");
    }

    fn secret(&self, name: &str) -> Value {
        self.source.get(&path(name)).unwrap()
    }

    fn delete(&self, name: &str) {
        assert_eq!(
            self.source
                .request("DELETE", &path(name), None)
                .unwrap()
                .status,
            200,
            "{name}"
        );
    }
}

fn path(name: &str) -> String {
    format!("/api/v1/namespaces/istio-system/secrets/{name}")
}

/// The report of one secret.
struct Inspection {
    code: i32,
    report: Value,
}

impl Inspection {
    fn cluster(&self) -> &Value {
        &self.report["items"][0]["clusters"][0]
    }

    /// There is nothing to find, the token being accepted for all that istiod reads.
    fn is_good(&self, whose: &str) {
        let probe = &self.cluster()["probe"];
        assert_eq!(self.code, 0, "{whose} token: {:?}", self.ids());
        for question in ["authenticated", "rightCluster", "mayRead"] {
            assert_eq!(
                probe[question]["result"], "passed",
                "{whose} token: {probe:#}"
            );
        }
    }

    fn token(&self) -> &Value {
        &self.cluster()["access"]["token"]
    }

    fn ids(&self) -> Vec<&str> {
        let findings = self.cluster()["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|finding| finding["id"].as_str().unwrap())
            .collect()
    }
}

/// Returns the claims of a manifest's token.
fn claims(manifest: &Output) -> Value {
    claims_of(&token(manifest))
}

fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn token(manifest: &Output) -> String {
    let line = manifest
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("token: "));
    line.unwrap().to_owned()
}

/// The time at which the token is said to end.
fn said_expiry(output: &Output) -> i64 {
    let line = output.stderr.lines().find_map(|line| {
        let (_, rest) = line.split_once("token bound to ")?;
        let (_, rest) = rest.split_once(" expires at ")?;
        rest.split_once(": ").map(|(time, _)| time)
    });
    let time: Timestamp = line
        .unwrap_or_else(|| panic!("{}", output.stderr))
        .parse()
        .unwrap();
    time.as_second()
}

#[test]
fn the_granted_expiry_is_said_and_shown() {
    let scene = Scene::get();
    for (asked, granted) in [("10m", 600), ("1h", 3600), ("1h30m", 5400), ("2h", LONGEST)] {
        let made = scene.create(&["--token-duration", asked, "--for", "shown"]);
        let claims = claims(&made);
        let (from, to) = (
            claims["iat"].as_i64().unwrap(),
            claims["exp"].as_i64().unwrap(),
        );
        assert_eq!(to - from, granted, "{asked}");
        assert_eq!(said_expiry(&made), to, "{asked}");
        assert!(
            !made.stderr.contains("warning: "),
            "{asked}: {}",
            made.stderr
        );
        let seen = scene.inspect(&made);
        let shown: Timestamp = seen.token()["expiresAt"].as_str().unwrap().parse().unwrap();
        assert_eq!(shown.as_second(), to, "{asked}");
    }
}

#[test]
fn what_was_granted_in_place_of_what_was_asked_for_is_said() {
    let scene = Scene::get();
    let made = scene.create(&["--token-duration", "4h", "--for", "greedy"]);
    let claims = claims(&made);
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        LONGEST
    );
    assert_eq!(said_expiry(&made), claims["exp"].as_i64().unwrap());
    let warning = "warning: the API server of context bound-tokens granted 7200 s, not the 14400 s asked for\n";
    assert!(made.stderr.contains(warning), "{}", made.stderr);
}

#[test]
fn deleting_the_secret_that_it_is_bound_to_revokes_one_token_and_no_other() {
    let scene = Scene::get();
    let shared = scene.create(&[]);
    let unending = scene.create(&["--for", "stays"]);
    let [revoked, kept] =
        ["goes", "stays"].map(|holder| scene.create(&["--token-duration", "1h", "--for", holder]));
    let all = [
        ("shared", &shared),
        ("unending", &unending),
        ("other", &kept),
    ];
    scene.works(&revoked, "new");
    for (whose, manifest) in all {
        scene.works(manifest, whose);
    }
    let anchor = format!("{ACCOUNT}-token-for-goes");
    assert!(
        revoked
            .stderr
            .contains(&format!("secret/{anchor} in context bound-tokens")),
        "{}",
        revoked.stderr
    );
    assert_eq!(
        claims(&revoked)["kubernetes.io"]["secret"]["name"],
        anchor.as_str()
    );
    assert!(
        scene.secret(&anchor).get("data").is_none(),
        "the token is kept where nobody needs it"
    );
    scene.delete(&anchor);
    scene.is_revoked(&revoked);
    for (whose, manifest) in all {
        scene.works(manifest, whose);
    }
}

#[test]
fn a_holder_may_have_an_unending_token_of_its_own() {
    let scene = Scene::get();
    let shared = scene.create(&[]);
    let [mine, other] = ["mine", "other"].map(|holder| scene.create(&["--for", holder]));
    assert_eq!(
        token(&mine),
        token(&scene.create(&["--for", "mine"])),
        "a second run makes another token"
    );
    let mut tokens = [&shared, &mine, &other].map(token);
    tokens.sort();
    assert!(
        tokens[0] != tokens[1] && tokens[1] != tokens[2],
        "holders share a token"
    );
    let name = format!("{ACCOUNT}-istio-remote-secret-token-mine");
    assert!(
        mine.stderr.contains(&format!("secret/{name} created")),
        "{}",
        mine.stderr
    );
    assert_eq!(
        scene.secret(&name)["type"],
        "kubernetes.io/service-account-token"
    );
    assert!(
        claims(&mine).get("exp").is_none()
            && scene.inspect(&mine).token().get("expiresAt").is_none()
    );
    scene.works(&mine, "own");
    scene.delete(&name);
    scene.is_revoked(&mine);
    scene.works(&other, "other");
    scene.works(&shared, "shared");
}

#[test]
fn each_holder_that_it_is_applied_in_gets_its_own() {
    let scene = Scene::get();
    let holders = ["owners-source", "owners-holder"];
    let made = scene.create(&["--token-duration", "1h", "--into", &holders.join(",")]);
    let mut bound = holders.map(|holder| {
        let line = format!("secret/istio-remote-secret-bound-tokens created in context {holder}\n");
        assert!(made.stdout.contains(&line), "{}", made.golden());
        let seen = scene.probe(&["bound-tokens", "--context", holder], "");
        seen.is_good(holder);
        let name = seen.token()["secret"].as_str().unwrap().to_owned();
        let anchor = scene.secret(&name);
        assert_eq!(
            anchor["metadata"]["annotations"]["mesh.istio-multicluster.dev/holder"],
            holder
        );
        name
    });
    bound.sort();
    assert_ne!(bound[0], bound[1]);
}

#[test]
fn a_token_that_kubernetes_would_refuse_is_not_asked_for() {
    let scene = Scene::get();
    let refused = scene
        .workstation
        .mesh_secret([
            "create",
            "--context",
            "bound-tokens",
            "--token-duration",
            "9m",
            "--allow-loopback",
        ])
        .output();
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert!(
        refused.stderr.contains("hint: add --token-duration 10m"),
        "{}",
        refused.stderr
    );
}
