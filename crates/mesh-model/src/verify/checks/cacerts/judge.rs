//! Checks of one cluster's Secret cacerts: whether istiod can use it, and whether it does.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::ca_certs::{CA_CERTS, CaCerts};
use crate::certificate::{CertificateFacts, is_authority, read_der, unusable_authority};
use crate::change::ObjectRef;
use crate::finding::{CheckId, Finding, Severity};
use crate::istiod::has_other_ca;
use crate::snapshot::ClusterSnapshot;
use crate::x509::{self, Flaw, Purpose};

/// The part of its life in which a certificate expires soon, as a divisor.
const LIFE_LEFT: i32 = 5;
/// The lifetime in days above which there is also a warning in the last month.
const LONG_LIFE_DAYS: i64 = 35;
/// That month, in days.
const LAST_DAYS: i64 = 30;

/// Reports what istiod cannot use of a cluster's cacerts, or does not, and what expires.
pub(in crate::verify) fn ca_certs(cluster: &ClusterSnapshot, now: Timestamp) -> Vec<Finding> {
    let Some(Some(certs)) = cluster.ca_certs.seen().filter(|_| signs_itself(cluster)) else {
        return Vec::new();
    };
    let (present, missing) = (certs.present(), certs.missing());
    if present.is_empty() {
        return Vec::new();
    }
    if !missing.is_empty() {
        let message = format!(
            "secret {CA_CERTS} has {} and lacks {}, so istiod does not start",
            present.join(", "),
            missing.join(", ")
        );
        let fix = "put the certificate, its key, the chain and the root of one intermediate CA into secret cacerts";
        return vec![
            finding(
                CheckId::CacertsIncomplete,
                Severity::Error,
                message,
                cluster,
            )
            .fix(fix),
        ];
    }
    let mut findings: Vec<Finding> = expiring(certs, cluster, now).into_iter().collect();
    let unusable = unusable(certs, cluster, now);
    findings.extend(unusable.or_else(|| limited(certs, cluster)));
    findings.extend(without_itself(certs, cluster));
    findings.extend(not_effective(certs, cluster));
    findings
}

/// Returns whether an istiod of the cluster signs certificates.
pub(in crate::verify::checks) fn signs_itself(cluster: &ClusterSnapshot) -> bool {
    cluster.has_istiod() && !cluster.istiods.items().iter().any(has_other_ca)
}

pub(super) fn finding(
    check: CheckId,
    severity: Severity,
    message: String,
    cluster: &ClusterSnapshot,
) -> Finding {
    let secret = ObjectRef::secret(&cluster.istio_namespace, CA_CERTS);
    Finding::new(check, severity, message)
        .in_cluster(&cluster.context)
        .about(secret)
}

/// Reports what istiod finds when it starts: the certificate has to be that of a CA and to end at a root, and the key has to be its
/// own. Source: `Verify` in Istio's `security/pkg/pki/util/keycertbundle.go`, `NewPluggedCertIstioCAOptions` in
/// `security/pkg/pki/ca/ca.go`.
fn unusable(certs: &CaCerts, cluster: &ClusterSnapshot, now: Timestamp) -> Option<Finding> {
    let form = certs.form();
    let flaw = match (certs.signing(), certs.key_flaw()) {
        (_, Some(flaw)) => flaw.to_owned(),
        (None, None) => format!("{} has no certificate", form.certificate),
        (Some(signing), None) => {
            let shown: Vec<&[u8]> = std::iter::once(signing).chain(certs.chain()).collect();
            let roots = x509::Roots::of(certs.roots().map(|der| der.to_vec().into()));
            let verified = x509::verify(&shown, &roots, Purpose::Server(None), now);
            match verified.err().filter(|flaw| !is_of_time(flaw)) {
                Some(flaw) => format!("the certificate in {} {flaw}", form.certificate),
                None if !is_authority(signing) => {
                    format!(
                        "the certificate in {} is not that of a CA",
                        form.certificate
                    )
                }
                None => return None,
            }
        }
    };
    let message = format!("istiod cannot use secret {CA_CERTS}: {flaw}");
    let fix = "issue the intermediate CA again by the root of the mesh, and put its certificate, key, chain and root into secret cacerts";
    Some(finding(CheckId::CacertsVerify, Severity::Error, message, cluster).fix(fix))
}

/// Reports a certificate that istiod can use, and whose uses are limited so that nobody accepts what it signs.
fn limited(certs: &CaCerts, cluster: &ClusterSnapshot) -> Option<Finding> {
    let signing = std::iter::once(certs.signing()?).chain(certs.chain());
    let flaw = signing
        .filter(|der| is_authority(der))
        .find_map(unusable_authority)?;
    let message = format!(
        "a certificate of secret {CA_CERTS} is not for workloads: {flaw}, so what it signs is not accepted"
    );
    let fix = "issue the intermediate CA again with the key usages keyCertSign and cRLSign and no extended key usage, and put it into secret cacerts";
    Some(finding(CheckId::CacertsEkuSig, Severity::Error, message, cluster).fix(fix))
}

/// Returns whether a certificate is refused for its time alone, which has a check of its own.
fn is_of_time(flaw: &Flaw) -> bool {
    match flaw {
        Flaw::Expired(_) | Flaw::NotYetValid(_) => true,
        Flaw::UnknownAuthority {
            candidate: Some(candidate),
        } => is_of_time(&candidate.flaw),
        _ => false,
    }
}

/// Reports a chain that lacks the certificate that istiod signs with: workloads do not present it, so nobody can verify theirs.
fn without_itself(certs: &CaCerts, cluster: &ClusterSnapshot) -> Option<Finding> {
    let signing = certs.signing()?;
    let is_there = certs.chain().chain(certs.roots()).any(|der| der == signing);
    let form = certs.form();
    let message = format!(
        "{} of secret {CA_CERTS} lacks the certificate of {}, which workloads have to present with their own",
        form.chain, form.certificate
    );
    let fix = "put the certificate of the intermediate CA, and those above it, into cert-chain.pem of secret cacerts";
    (!is_there).then(|| {
        finding(
            CheckId::CacertsChainContent,
            Severity::Error,
            message,
            cluster,
        )
        .fix(fix)
    })
}

/// Reports roots of the Secret that the proxies do not trust: istiod does not use them.
fn not_effective(certs: &CaCerts, cluster: &ClusterSnapshot) -> Option<Finding> {
    let effective = cluster.roots.seen().filter(|roots| !roots.is_empty())?;
    let effective: BTreeSet<String> = effective.fingerprints().iter().cloned().collect();
    let own = certs.root_fingerprints();
    let lost = own.difference(&effective).count();
    if lost == 0 {
        return None;
    }
    let (severity, which) = if lost == own.len() {
        (Severity::Error, "the root".to_owned())
    } else {
        (Severity::Warning, format!("{lost} of {} roots", own.len()))
    };
    let message = format!(
        "istiod does not use {which} of secret {CA_CERTS}: the proxies of the cluster do not trust it"
    );
    let kubectl = cluster.kubectl.in_namespace(&cluster.istio_namespace);
    let restart = kubectl.words("rollout restart deployment");
    let restart = restart.flag("-l", crate::istiod::SELECTOR);
    Some(finding(CheckId::RootNotEffective, severity, message, cluster).fix(restart))
}

/// Reports the certificate that expires first, of those that have expired or will soon.
fn expiring(certs: &CaCerts, cluster: &ClusterSnapshot, now: Timestamp) -> Option<Finding> {
    let signing = certs
        .signing()
        .into_iter()
        .map(|der| ("intermediate CA", der));
    let chain = certs.chain().map(|der| ("certificate of the chain", der));
    let roots = certs.roots().map(|der| ("root", der));
    let all = roots.chain(signing).chain(chain);
    let all = all.filter_map(|(what, der)| Some((what, read_der(der)?)));
    let (what, facts) = all.min_by_key(|(_, facts)| facts.not_after)?;
    let severity = urgency(&facts, now)?;
    let verb = match severity {
        Severity::Error => "has expired at",
        Severity::Warning | Severity::Info => "expires at",
    };
    let message = format!(
        "the {what} {} of secret {CA_CERTS} {verb} {}; istiod issues no certificate that lives longer",
        facts.subject,
        facts.not_after.strftime("%Y-%m-%d %H:%M UTC")
    );
    let fix = "issue the certificate again by the root of the mesh, and put it into secret cacerts";
    Some(finding(CheckId::CacertsExpiry, severity, message, cluster).fix(fix))
}

fn urgency(facts: &CertificateFacts, now: Timestamp) -> Option<Severity> {
    let left = facts.not_after.duration_since(now);
    if left.is_negative() {
        return Some(Severity::Error);
    }
    let life = facts.not_after.duration_since(facts.not_before);
    let days = |days: i64| SignedDuration::from_hours(days * 24);
    let is_soon =
        left < life / LIFE_LEFT || (life > days(LONG_LIFE_DAYS) && left < days(LAST_DAYS));
    is_soon.then_some(Severity::Warning)
}
