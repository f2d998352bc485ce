//! Tokens and other credentials without a certificate, and ways that lead nowhere. A case is a line.

use std::time::{SystemTime, UNIX_EPOCH};

use mesh_testkit::kubeconfig::{Cluster, User};
use serde_json::json;

use super::case::Case;
use super::source::Source;

const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

pub(super) fn cases(source: &Source) -> Vec<Case> {
    let case = |name: &str, user: User, syncs| Case::new(name, source.api.entry(), user, syncs);
    let token = |text: &str| User::new().token(text);
    let good = source.token();
    let at = |name: &str, cluster: Cluster| Case::new(name, cluster, token(&good), false);
    let elsewhere = format!("{}/elsewhere", source.api.server());
    let signed = |from: i64, until: i64, issuer: &str| token(&signed(source, from, until, issuer));
    vec![
        case("token", token(&good), true),
        case("token-signed-elsewhere", signed(-60, 3600, ISSUER), true),
        case("token-expired", signed(-7200, -3600, ISSUER), false),
        case("token-not-yet-valid", signed(3600, 7200, ISSUER), false),
        case(
            "token-of-another-issuer",
            signed(-60, 3600, "https://elsewhere"),
            false,
        ),
        case("token-revoked", token(&revoked(source)), false),
        case(
            "token-of-an-account-that-is-gone",
            token(&orphaned(source)),
            false,
        ),
        case(
            "token-for-another-audience",
            token(&source.kubectl("create token default --audience elsewhere")),
            false,
        ),
        case("token-without-rights", token(&powerless(source)), false),
        case("token-made-up", token("made-up"), false),
        case("token-cut-off", token(&good[..good.len() - 4]), false),
        case("password", User::new().basic("admin", "admin"), false),
        case("nobody", User::new(), false),
        at(
            "path-of-nothing",
            Cluster::new(&elsewhere).ca_pem(source.api.ca_pem()),
        ),
        at(
            "proxy-unreachable",
            source.api.entry().proxy_url("http://127.0.0.1:1"),
        ),
        case(
            "as-somebody-without-rights",
            token(&good).impersonate("jane", &[]),
            false,
        ),
        case(
            "as-an-administrator",
            token(&good).impersonate("jane", &["system:masters"]),
            true,
        ),
    ]
}

/// A token of the usual account that the API server's other key signs.
fn signed(source: &Source, from: i64, until: i64, issuer: &str) -> String {
    let account = source
        .api
        .get("/api/v1/namespaces/default/serviceaccounts/default")
        .unwrap();
    let now = seconds();
    source.issuer.jwt(&json!({
        "iss": issuer,
        "aud": [ISSUER],
        "sub": "system:serviceaccount:default:default",
        "iat": now + from,
        "nbf": now + from,
        "exp": now + until,
        "kubernetes.io": {
            "namespace": "default",
            "serviceaccount": {"name": "default", "uid": account["metadata"]["uid"]},
        },
    }))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the API server compares the token with the real clock"
)]
fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// A token whose Secret is gone.
fn revoked(source: &Source) -> String {
    source.kubectl("create secret generic bound");
    let token =
        source.kubectl("create token default --bound-object-kind Secret --bound-object-name bound");
    source.kubectl("delete secret bound");
    token
}

/// A token whose account is gone.
fn orphaned(source: &Source) -> String {
    source.kubectl("create serviceaccount gone");
    let token = source.kubectl("create token gone");
    source.kubectl("delete serviceaccount gone");
    token
}

/// A token of an account that may read nothing.
fn powerless(source: &Source) -> String {
    source.kubectl("create serviceaccount powerless");
    source.kubectl("create token powerless")
}
