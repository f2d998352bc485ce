//! What can be told of a secret without using it. Pure: it sees what was read, and the time.

use jiff::Timestamp;
use mesh_common::model::access_facts::{AccessFacts, TrustFacts};
use mesh_common::model::finding::{CheckId, Finding, Severity};
use mesh_common::model::istiod_rules::Refusal;
use mesh_common::model::names::{CONFIG_SECRET, MULTI_CLUSTER_LABEL};
use mesh_common::model::remote_secret::{annotated_cluster, has_label};
use mesh_common::model::server;

use super::certificate::certificate_findings;
use super::remedies::{create_again, create_again_by_hand, create_again_with, kubectl};
use super::report::{ClusterReport, SecretReport};
use super::secret::Held;
use super::token::token_findings;

/// What to make a secret again with whose server leads nowhere from its holder.
pub(crate) const OTHER_SERVER: &str = "with --server, and an address that the holder's pods reach";

/// What to make a secret again with whose CA has expired.
const RENEWED_CA: &str = "with --ca-file, and the CA that signs the server's certificate now";

/// How to judge.
#[derive(Clone, Copy)]
pub(crate) struct View {
    /// The time to judge expiry by.
    pub now: Timestamp,
    /// Whether kubeconfigs go into the report in clear.
    pub reveal: bool,
    /// Whether servers that only mean something on one machine are meant so.
    pub allow_loopback: bool,
}

/// Judges one secret.
pub(crate) fn check(held: &Held, view: View) -> SecretReport {
    let metadata = &held.secret.metadata;
    let created_at = metadata.creation_timestamp.as_ref().map(|time| time.0);
    let clusters = held
        .secret
        .data
        .iter()
        .flatten()
        .filter(|_| !held.is_of_argo_cd())
        .map(|(key, value)| cluster(held, key, &value.0, view))
        .collect();
    SecretReport {
        context: held.context.clone(),
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone().unwrap_or_default(),
        created_at,
        age_seconds: created_at.map(|created| view.now.duration_since(created).as_secs()),
        clusters,
        findings: secret_findings(held),
    }
}

/// What is to be said of one that is meant for a namespace where istiod does not look.
fn misplaced(held: &Held) -> Option<Finding> {
    let found = held.secret.metadata.namespace.as_deref()?;
    let right = held.namespace.as_deref().filter(|right| *right != found)?;
    Some(
        Finding::new(
            CheckId::SecretWrongNamespace,
            Severity::Error,
            format!("it is for namespace {found}, and istiod looks into {right} only"),
        )
        .fix(format!(
            "apply it to namespace {right}, or name the namespace of istiod with -n"
        )),
    )
}

fn secret_findings(held: &Held) -> Vec<Finding> {
    let secret = &held.secret;
    if held.is_of_argo_cd() {
        return vec![Finding::new(
            CheckId::SecretLabel,
            Severity::Info,
            "it is no remote secret: Argo CD keeps a cluster in it that it deploys to, and istiod does not look at it",
        )];
    }
    let mut findings: Vec<Finding> = misplaced(held).into_iter().collect();
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
                format!(
                    "label {MULTI_CLUSTER_LABEL} {seen}, so istiod does not look at the secret"
                ),
            )
            .fix(
                kubectl(held)
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
            "the secret has no data, so it leads nowhere",
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
                "its annotation names cluster {annotated}, its data {}: istiod goes by the data",
                keys.iter()
                    .map(|key| key.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        ));
    }
    findings
}

fn cluster(held: &Held, key: &str, kubeconfig: &[u8], view: View) -> ClusterReport {
    let judged = held.judged(key);
    let refusal = judged.and_then(|judged| judged.refusal.clone());
    let access = judged.and_then(|judged| judged.access.clone());
    let refused = refusal.as_ref();
    let refused = refused.map(|refusal| refusal_finding(held, key, refusal));
    let mut findings: Vec<Finding> = refused.into_iter().collect();
    if let Some(access) = &access {
        findings.extend(server_findings(held, key, access, view));
        findings.extend(token_findings(held, key, access, view.now));
        findings.extend(certificate_findings(held, key, access, view.now));
    }
    ClusterReport {
        name: key.to_owned(),
        access,
        accepted: refusal.is_none(),
        refusal: refusal.map(|refusal| refusal.to_string()),
        probe: None,
        kubeconfig: view
            .reveal
            .then(|| String::from_utf8_lossy(kubeconfig).into_owned()),
        findings,
    }
}

fn refusal_finding(held: &Held, key: &str, refusal: &Refusal) -> Finding {
    let id = match refusal {
        Refusal::Denied(_) => CheckId::SecretAuthDenied,
        Refusal::Empty | Refusal::NotLoadable(_) | Refusal::NotValid(_) | Refusal::NotUsable(_) => {
            CheckId::SecretUnparsable
        }
    };
    Finding::new(id, Severity::Error, format!("istiod refuses it: {refusal}"))
        .fix(create_again(held, key))
}

fn server_findings(held: &Held, key: &str, access: &AccessFacts, view: View) -> Vec<Finding> {
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
                held,
                key,
                "--server",
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
    if let Some(dead) = server::dead(address).filter(|_| !view.allow_loopback) {
        findings.push(
            Finding::new(
                CheckId::SecretServerLoopback,
                Severity::Error,
                format!("server {address} {}", dead.reason()),
            )
            .fix(create_again_by_hand(held, key, OTHER_SERVER)),
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
                held,
                key,
                "with --ca-file, and the CA that signed the server's certificate",
            )),
        ),
        TrustFacts::Authorities { certificates } => {
            let ended = !certificates.is_empty()
                && certificates
                    .iter()
                    .all(|certificate| certificate.not_after < view.now);
            if ended {
                findings.push(
                    Finding::new(
                        CheckId::SecretCaMismatch,
                        Severity::Error,
                        "every certificate of its CA has expired, so istiod trusts no server by it",
                    )
                    // Made again as it was made, it would hold the same CA.
                    .fix(create_again_by_hand(held, key, RENEWED_CA)),
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

/// A moment as people read it, in UTC.
pub(crate) fn day_and_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
