//! The checks of a client certificate that do not use it.

use crate::access_facts::AccessFacts;
use crate::certificate::CertificateFacts;
use crate::finding::{CheckId, Finding, Severity};
use crate::names::READER_ACCOUNT;
use jiff::Timestamp;

use super::checks::day_and_time;
use super::found::FoundSecret;
use super::remedies::create_again;
use super::token::{LAST_DAYS, LIFE_LEFT, LONG_LIFE_DAYS};

/// The group whose members have all permissions.
const MASTERS: &str = "system:masters";

/// Judges the client certificate, if there is one. `istiod_rules` checks its key.
pub(super) fn certificate_findings(
    found: &FoundSecret,
    key: &str,
    access: &AccessFacts,
    now: Timestamp,
) -> Vec<Finding> {
    let Some(certificate) = &access.client_certificate else {
        return Vec::new();
    };
    let has_token = access.authentication.iter().any(|way| way == "token");
    let mut findings: Vec<Finding> = life(certificate, now)
        .map(|finding| {
            if has_token {
                beside_token(finding)
            } else {
                finding
            }
        })
        .map(|finding| finding.fix(create_again(found, key)))
        .into_iter()
        .collect();
    let subject = &certificate.subject;
    let power = if subject.contains(MASTERS) {
        ", which may do anything there"
    } else {
        ""
    };
    findings.push(Finding::new(
        CheckId::SecretCertificateIdentity,
        Severity::Warning,
        format!(
            "it authenticates by the client certificate of {subject}{power}, not by a token of the reader ({READER_ACCOUNT})"
        ),
    ));
    findings
}

/// Adds that there is a token as well: an API server uses the token if it does not accept the certificate.
fn beside_token(mut finding: Finding) -> Finding {
    if finding.severity == Severity::Error {
        finding.severity = Severity::Warning;
        finding.message += ", so that the token beside it counts";
    }
    finding
}

fn life(certificate: &CertificateFacts, now: Timestamp) -> Option<Finding> {
    const ID: CheckId = CheckId::SecretCertificateExpiry;
    let (from, end) = (certificate.not_before, certificate.not_after);
    if now > end {
        let message = format!("its client certificate expired at {}", day_and_time(end));
        return Some(Finding::new(ID, Severity::Error, message));
    }
    if now < from {
        let message = format!(
            "its client certificate is not valid before {}",
            day_and_time(from)
        );
        return Some(Finding::new(ID, Severity::Error, message));
    }
    let (life, left) = (end.duration_since(from), end.duration_since(now));
    let is_short = left.as_secs_f64() < LIFE_LEFT * life.as_secs_f64();
    let is_last_week = life.as_hours() / 24 > LONG_LIFE_DAYS && left.as_hours() / 24 < LAST_DAYS;
    (is_short || is_last_week).then(|| {
        let message = format!("its client certificate expires at {}", day_and_time(end));
        Finding::new(ID, Severity::Warning, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_judged_by_its_life_as_a_token_is() {
        use Severity::{Error, Warning};
        const DAY: i64 = 86_400;
        let at = |day: i64| Timestamp::from_second(day * DAY).expect("days are moments");
        for (from, end, now, expected) in [
            (0, 10, 1, None),
            (0, 10, 8, None),
            (0, 10, 9, Some(Warning)),
            (0, 10, 10, Some(Warning)),
            (0, 10, 11, Some(Error)),
            (5, 10, 4, Some(Error)),
            // A year: there is a warning in the last fifth.
            (0, 365, 200, None),
            (0, 365, 300, Some(Warning)),
        ] {
            let certificate = CertificateFacts {
                subject: "CN=jane".to_owned(),
                sha256: String::new(),
                not_before: at(from),
                not_after: at(end),
            };
            let found = life(&certificate, at(now)).map(|finding| finding.severity);
            assert_eq!(found, expected, "{from} to {end} on day {now}");
        }
    }
}
