//! The checks of one secret that neither use its credential nor depend on other secrets.

use crate::access_facts::{AccessFacts, TrustFacts};
use crate::command::Knob;
use crate::finding::{CheckId, Finding, Severity};
use crate::istiod_rules::Refusal;
use crate::names::{CONFIG_SECRET, MULTI_CLUSTER_LABEL};
use crate::remote_secret::{annotated_cluster, has_label};
use crate::server;
use jiff::Timestamp;

use super::client_certificate::certificate_findings;
use super::found::FoundSecret;
use super::remedies::{create_again, create_again_by_hand, create_again_with, kubectl};
use super::report::{ClusterReport, SecretReport};
use super::token::token_findings;

/// Advice for a secret whose server its holder cannot reach.
pub(super) const OTHER_SERVER: &str = "an address that istiod in the holder can reach";

/// Advice for a secret whose CA has expired.
const RENEWED_CA: &str = "the CA that signs the server's certificate now";

/// The options of all checks.
#[derive(Debug, Clone, Copy)]
pub struct InspectOptions {
    /// The time to judge expiry by.
    pub now: Timestamp,
    /// True if the report contains kubeconfigs in plain text.
    pub reveal: bool,
    /// True if loopback addresses are accepted.
    pub allow_loopback: bool,
}

/// Judges one secret.
pub fn check(found: &FoundSecret, options: InspectOptions) -> SecretReport {
    let metadata = &found.facts.secret.metadata;
    let created_at = found.facts.created_at();
    let clusters = found.keys().map(|key| cluster(found, key, options));
    let clusters = clusters.collect();
    SecretReport {
        context: found.context.clone(),
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone().unwrap_or_default(),
        created_at,
        age_seconds: created_at.map(|created| options.now.duration_since(created).as_secs()),
        clusters,
        peer: None,
        findings: secret_findings(found),
    }
}

/// Judges a secret for a namespace that istiod does not read.
fn misplaced(found: &FoundSecret) -> Option<Finding> {
    let meant = found.facts.secret.metadata.namespace.as_deref()?;
    let right = found.namespace.as_deref().filter(|right| *right != meant)?;
    Some(
        Finding::new(
            CheckId::SecretWrongNamespace,
            Severity::Error,
            format!("it is for namespace {meant}, and istiod reads remote secrets in {right} only"),
        )
        .fix(format!(
            "apply it to namespace {right}, or name the namespace of istiod with -n"
        )),
    )
}

fn secret_findings(found: &FoundSecret) -> Vec<Finding> {
    let secret = &found.facts.secret;
    if found.is_of_argo_cd() {
        return vec![Finding::new(
            CheckId::SecretLabel,
            Severity::Info,
            "not a remote secret: it is a cluster secret of Argo CD, which istiod does not read",
        )];
    }
    let mut findings: Vec<Finding> = misplaced(found).into_iter().collect();
    let name = secret.metadata.name.as_deref().unwrap_or_default();
    if !has_label(secret) {
        let label = secret
            .metadata
            .labels
            .as_ref()
            .and_then(|labels| labels.get(MULTI_CLUSTER_LABEL));
        let seen = label.map_or_else(
            || "is missing".to_owned(),
            |value| format!("is {value:?}, not \"true\""),
        );
        findings.push(
            Finding::new(
                CheckId::SecretLabel,
                Severity::Error,
                format!("label {MULTI_CLUSTER_LABEL} {seen}, so istiod ignores the secret"),
            )
            .fix(
                kubectl(found)
                    .words("label secret")
                    .arg(name)
                    .pair(MULTI_CLUSTER_LABEL, "true")
                    .words("--overwrite"),
            ),
        );
    }
    let keys: Vec<&String> = secret.data.iter().flatten().map(|(key, _)| key).collect();
    if keys.is_empty() {
        findings.push(Finding::new(
            CheckId::SecretUnparsable,
            Severity::Error,
            "the secret has no data, so it gives access to no cluster",
        ));
    }
    if let Some(annotated) = annotated_cluster(secret)
        && name != CONFIG_SECRET
        && !keys.is_empty()
        && !keys.contains(&annotated)
    {
        findings.push(Finding::new(
            CheckId::SecretStrayKey,
            Severity::Warning,
            format!(
                "its annotation names cluster {annotated}, its data {}: istiod uses the data",
                keys.iter()
                    .map(|key| key.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        ));
    }
    findings
}

fn cluster(found: &FoundSecret, key: &str, options: InspectOptions) -> ClusterReport {
    let judged = found.judged(key);
    let refusal = judged.and_then(|judged| judged.refusal.clone());
    let access = judged.and_then(|judged| judged.access.clone());
    let refused = refusal.as_ref();
    let refused = refused.map(|refusal| refusal_finding(found, key, refusal));
    let mut findings: Vec<Finding> = refused.into_iter().collect();
    if let Some(access) = &access {
        findings.extend(server_findings(found, key, access, options));
        findings.extend(token_findings(found, key, access, options.now));
        findings.extend(certificate_findings(found, key, access, options.now));
    }
    ClusterReport {
        name: key.to_owned(),
        access,
        accepted: refusal.is_none(),
        refusal: refusal.map(|refusal| refusal.to_string()),
        probe: None,
        peer: None,
        kubeconfig: found
            .values
            .get(key)
            .filter(|_| options.reveal)
            .map(|value| String::from_utf8_lossy(value).into_owned()),
        findings,
    }
}

fn refusal_finding(found: &FoundSecret, key: &str, refusal: &Refusal) -> Finding {
    let id = match refusal {
        Refusal::Denied(_) => CheckId::SecretAuthDenied,
        Refusal::Empty | Refusal::NotLoadable(_) | Refusal::NotValid(_) | Refusal::NotUsable(_) => {
            CheckId::SecretUnparsable
        }
    };
    Finding::new(id, Severity::Error, "istiod refuses it")
        .because(&refusal.to_string())
        .fix(create_again(found, key))
}

fn server_findings(
    found: &FoundSecret,
    key: &str,
    access: &AccessFacts,
    options: InspectOptions,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let address = &access.server;
    if !address.contains("://") {
        findings.push(
            Finding::new(
                CheckId::SecretServerScheme,
                Severity::Error,
                format!("server {address} has no scheme, so it is spoken to without TLS"),
            )
            .fix(create_again_with(
                found,
                key,
                Knob::Server,
                &format!("https://{address}"),
            )),
        );
    } else if address.starts_with("http://") {
        findings.push(Finding::new(
            CheckId::SecretServerScheme,
            Severity::Warning,
            format!("server {address} is spoken to without TLS: istiod sends no credential there"),
        ));
    }
    if let Some(dead) = server::dead(address).filter(|_| !options.allow_loopback) {
        findings.push(
            Finding::new(
                CheckId::SecretServerLoopback,
                Severity::Error,
                format!("server {address} {}", dead.reason()),
            )
            .fix(create_again_by_hand(found, key, Knob::Server, OTHER_SERVER)),
        );
    }
    match &access.trust {
        TrustFacts::Nothing => findings.push(
            Finding::new(
                CheckId::SecretServerScheme,
                Severity::Warning,
                "the server's certificate is not checked (insecure-skip-tls-verify)",
            )
            .fix(create_again_by_hand(
                found,
                key,
                Knob::CaFile,
                "the CA that signed the server's certificate",
            )),
        ),
        TrustFacts::Authorities { certificates } => {
            let ended = !certificates.is_empty()
                && certificates
                    .iter()
                    .all(|certificate| certificate.not_after < options.now);
            if ended {
                findings.push(
                    Finding::new(
                        CheckId::SecretCaMismatch,
                        Severity::Error,
                        "every certificate of its CA has expired, so istiod trusts no server by it",
                    )
                    // Created again in the same way, it would contain the same CA.
                    .fix(create_again_by_hand(
                        found,
                        key,
                        Knob::CaFile,
                        RENEWED_CA,
                    )),
                );
            }
        }
        TrustFacts::AuthoritiesFile { path } => findings.push(Finding::new(
            CheckId::SecretCaMismatch,
            Severity::Warning,
            format!("its CA is {path} on istiod's own disk"),
        )),
        TrustFacts::SystemRoots => {}
    }
    findings
}

/// Returns a time for people, in UTC.
pub fn day_and_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
