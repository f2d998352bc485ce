//! The checks of a token that do not use it.

use crate::access_facts::AccessFacts;
use crate::command::Knob;
use crate::finding::{CheckId, Finding, Severity};
use crate::names::{CONFIG_ACCOUNT, READER_ACCOUNT};
use crate::token::TokenFacts;
use jiff::Timestamp;

use super::checks::day_and_time;
use super::found::FoundSecret;
use super::remedies::{create_again, create_again_with};

/// The remaining part of its lifetime below which a credential expires soon.
pub(super) const LIFE_LEFT: f64 = 0.2;
/// The lifetime in days above which there is also a warning in the last week.
pub(super) const LONG_LIFE_DAYS: i64 = 35;
pub(super) const LAST_DAYS: i64 = 7;

pub(super) fn token_findings(
    found: &FoundSecret,
    key: &str,
    access: &AccessFacts,
    now: Timestamp,
) -> Vec<Finding> {
    let Some(token) = &access.token else {
        let opaque = access.authentication.iter().any(|way| way == "token");
        return opaque
            .then(|| {
                Finding::new(
                    CheckId::SecretTokenIdentity,
                    Severity::Info,
                    "its token is not a JSON Web Token, so its account and expiry are unknown",
                )
            })
            .into_iter()
            .collect();
    };
    let mut findings: Vec<Finding> = expiry_finding(found, key, token, now).into_iter().collect();
    let expected = [READER_ACCOUNT, CONFIG_ACCOUNT];
    let subject = token.subject.as_deref().unwrap_or_default();
    let account = subject.rsplit(':').next().unwrap_or_default();
    if !subject.starts_with("system:serviceaccount:") || !expected.contains(&account) {
        findings.push(Finding::new(
            CheckId::SecretTokenIdentity,
            Severity::Warning,
            format!("its token is {subject}'s, not the reader's ({READER_ACCOUNT})"),
        ));
    }
    findings
}

fn expiry_finding(
    found: &FoundSecret,
    key: &str,
    token: &TokenFacts,
    now: Timestamp,
) -> Option<Finding> {
    const ID: CheckId = CheckId::SecretTokenExpiry;
    let Some(end) = token.expires_at else {
        return Some(
            Finding::new(
                ID,
                Severity::Info,
                "its token does not expire, as in every secret of istioctl",
            )
            .fix(create_again_with(found, key, Knob::TokenDuration, "8760h")),
        );
    };
    if token.has_expired(now) {
        return Some(
            Finding::new(
                ID,
                Severity::Error,
                format!("its token expired at {}", day_and_time(end)),
            )
            .fix(create_again(found, key)),
        );
    }
    let life = token
        .issued_at
        .map(|from| end.duration_since(from).as_hours() / 24);
    let days_left = end.duration_since(now).as_hours() / 24;
    let short = token.life_left(now).is_some_and(|left| left < LIFE_LEFT);
    let last_week = life.is_some_and(|days| days > LONG_LIFE_DAYS) && days_left < LAST_DAYS;
    (short || last_week).then(|| {
        Finding::new(
            ID,
            Severity::Warning,
            format!("its token expires at {}", day_and_time(end)),
        )
        .fix(create_again(found, key))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * DAY).expect("days are moments")
    }

    fn severity(life: Option<(i64, i64)>, now: i64) -> Option<Severity> {
        let token = TokenFacts {
            subject: None,
            issuer: None,
            audience: Vec::new(),
            issued_at: life.map(|(from, _)| at(from)),
            expires_at: life.map(|(_, to)| at(to)),
            secret: None,
            secret_uid: None,
            account_uid: None,
        };
        expiry_finding(&FoundSecret::in_east(), "west", &token, at(now))
            .map(|finding| finding.severity)
    }

    #[test]
    fn expiry_is_judged_by_the_tokens_own_life() {
        use Severity::{Error, Info, Warning};
        for (life, now, expected) in [
            (None, 0, Some(Info)),
            (Some((0, 10)), 1, None),
            (Some((0, 10)), 8, None),
            (Some((0, 10)), 9, Some(Warning)),
            (Some((0, 10)), 10, Some(Error)),
            // A long lifetime has a warning in its last week, a month's lifetime has not.
            (Some((0, 36)), 28, None),
            (Some((0, 36)), 30, Some(Warning)),
            (Some((0, 30)), 23, None),
        ] {
            assert_eq!(severity(life, now), expected, "{life:?} on day {now}");
        }
    }
}
