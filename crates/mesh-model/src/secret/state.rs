//! The state of a pair of clusters in one word: its worst finding.

use crate::finding::{CheckId, Finding, Severity};
use serde::Serialize;

/// The state of a pair; the first that holds, in this order, but for the last two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is in a namespace that istiod does not read.
    WrongNamespace,
    /// It has no label, or one with another value, so istiod ignores it.
    NoLabel,
    /// It gives access to the holder itself.
    #[serde(rename = "self")]
    Itself,
    /// It has the name of one cluster and gives access to another one.
    WrongCluster,
    /// Its data key is not the cluster ID of the cluster's own istiod.
    WrongName,
    /// istiod refuses its kubeconfig.
    Refused,
    /// Another secret gives access to the same cluster.
    Duplicate,
    /// Its token or client certificate has expired, or is not valid yet.
    Expired,
    /// Its server cannot be reached from another cluster.
    BadServer,
    /// The CA in it has expired.
    BadCa,
    /// Its token or certificate expires soon.
    Expiring,
    /// It has another finding.
    Warning,
    /// No problem was found without using it; whether it works is unknown.
    NotProbed,
    /// The secret is missing.
    Missing,
}

impl State {
    /// Returns the state of a secret with these findings.
    pub fn of(findings: &[Finding]) -> Self {
        findings
            .iter()
            .map(Self::of_one)
            .min()
            .unwrap_or(Self::NotProbed)
    }

    fn of_one(finding: &Finding) -> Self {
        match (finding.severity, finding.id) {
            (Severity::Info, _) => Self::NotProbed,
            (Severity::Error, CheckId::SecretWrongNamespace) => Self::WrongNamespace,
            (Severity::Error, CheckId::SecretLabel) => Self::NoLabel,
            (Severity::Error, CheckId::SecretSelf) => Self::Itself,
            (Severity::Error, CheckId::SecretWrongCluster) => Self::WrongCluster,
            (Severity::Error, CheckId::ClusterIdSecretKey | CheckId::SecretStrayKey) => {
                Self::WrongName
            }
            (Severity::Error, CheckId::SecretDuplicate) => Self::Duplicate,
            (Severity::Error, CheckId::SecretTokenExpiry | CheckId::SecretCertificateExpiry) => {
                Self::Expired
            }
            (Severity::Error, CheckId::SecretServerLoopback | CheckId::SecretServerScheme) => {
                Self::BadServer
            }
            (Severity::Error, CheckId::SecretCaMismatch) => Self::BadCa,
            (Severity::Error, _) => Self::Refused,
            (Severity::Warning, CheckId::SecretTokenExpiry | CheckId::SecretCertificateExpiry) => {
                Self::Expiring
            }
            (Severity::Warning, _) => Self::Warning,
        }
    }

    /// Returns the word in tables, which is the same as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::WrongNamespace => "wrong-namespace",
            Self::NoLabel => "no-label",
            Self::Itself => "self",
            Self::WrongCluster => "wrong-cluster",
            Self::WrongName => "wrong-name",
            Self::Refused => "refused",
            Self::Duplicate => "duplicate",
            Self::Expired => "expired",
            Self::BadServer => "bad-server",
            Self::BadCa => "bad-ca",
            Self::Expiring => "expiring",
            Self::Warning => "warning",
            Self::NotProbed => "not-probed",
            Self::Missing => "missing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_gives_the_word_and_what_is_normal_gives_none() {
        use Severity::{Error, Info, Warning};
        let cases: [(&[(CheckId, Severity)], State); 6] = [
            (&[], State::NotProbed),
            (&[(CheckId::SecretTokenExpiry, Info)], State::NotProbed),
            (&[(CheckId::SecretTokenExpiry, Warning)], State::Expiring),
            (
                &[
                    (CheckId::SecretTokenExpiry, Error),
                    (CheckId::SecretLabel, Error),
                ],
                State::NoLabel,
            ),
            (&[(CheckId::SecretTokenIdentity, Warning)], State::Warning),
            (
                &[
                    (CheckId::SecretAuthDenied, Error),
                    (CheckId::SecretDuplicate, Error),
                ],
                State::Refused,
            ),
        ];
        for (ids, expected) in cases {
            let findings: Vec<Finding> = ids
                .iter()
                .map(|(id, severity)| Finding::new(*id, *severity, ""))
                .collect();
            assert_eq!(State::of(&findings), expected, "{ids:?}");
        }
    }

    #[test]
    fn the_table_and_json_use_the_same_words() {
        for state in [
            State::WrongNamespace,
            State::NoLabel,
            State::Itself,
            State::WrongCluster,
            State::WrongName,
            State::BadCa,
            State::NotProbed,
            State::Missing,
        ] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.word());
        }
    }
}
