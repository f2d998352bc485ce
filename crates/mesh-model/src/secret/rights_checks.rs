//! The checks of what a credential may do: less than istiod needs, or more.

use crate::finding::{CheckId, Finding, Severity};
use crate::required_rights::{READS_CONFIG_MAPS, Required};

use super::report::{Outcome, ProbeReport};

const ID: CheckId = CheckId::SecretRbac;

/// Judges the required rights that are missing, and writes them down in the report.
pub(super) fn missing(missing: &[Required], report: &mut ProbeReport) -> Option<Finding> {
    let (needed, perhaps): (Vec<&Required>, Vec<&Required>) =
        missing.iter().partition(|one| one.is_certain);
    let texts = |rights: &[&Required]| -> Vec<String> {
        rights.iter().map(|one| one.right.to_string()).collect()
    };
    if !needed.is_empty() {
        report.missing_rights = texts(&needed);
        report.may_read = Outcome::Failed {
            detail: format!("{} rights are missing", needed.len()),
        };
        let message = format!(
            "it is not allowed to {}: istiod's first sync of the cluster does not complete",
            some(&report.missing_rights)
        );
        return Some(Finding::new(ID, Severity::Error, message).fix(
            "in the cluster that the secret gives access to, apply the reader ClusterRole and its binding from Istio's chart istiod, of the version of the istiod that uses the secret",
        ));
    }
    if perhaps.is_empty() {
        report.may_read = Outcome::Passed {
            detail: String::new(),
        };
        return None;
    }
    let message = format!(
        "it is not allowed to {}, which {READS_CONFIG_MAPS} need; the version of the istiod that uses the secret is not known",
        some(&texts(&perhaps))
    );
    report.may_read = Outcome::Skipped {
        detail: message.clone(),
    };
    Some(Finding::new(ID, Severity::Warning, message).fix(
        "if that istiod is of such a version, apply the reader ClusterRole from its chart in the cluster that the secret gives access to",
    ))
}

/// Judges the rights beyond the chart's reader role, and writes them down in the report.
pub(super) fn excess(excess: Vec<String>, report: &mut ProbeReport) -> Option<Finding> {
    if excess.is_empty() {
        report.no_more_than_needed = Outcome::Passed {
            detail: String::new(),
        };
        return None;
    }
    report.no_more_than_needed = Outcome::Failed {
        detail: format!("{} rights are not needed", excess.len()),
    };
    report.excess_rights = excess;
    Some(Finding::new(
        ID,
        Severity::Warning,
        format!(
            "it may do more than the reader role of Istio's chart: {}",
            some(&report.excess_rights)
        ),
    ))
}

/// The first few of a list that JSON has in full.
fn some(rights: &[String]) -> String {
    const SHOWN: usize = 6;
    let more = rights.len().saturating_sub(SHOWN);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{rest}", rights[..rights.len() - more].join(", "))
}

#[cfg(test)]
mod tests {
    use crate::istio_version::IstioVersion;
    use crate::required_rights::required_rights;

    use super::*;

    /// The severity for a credential that lacks `lacks` under istiods of these versions.
    fn severity(lacks: &[&str], versions: &[&str]) -> Option<Severity> {
        let versions: Vec<_> = versions
            .iter()
            .map(|text| IstioVersion::read(text))
            .collect();
        let mut rights = required_rights(&versions);
        rights.retain(|one| lacks.contains(&&*one.right.resource));
        let mut report = ProbeReport::default();
        let finding = missing(&rights, &mut report);
        let is_failed = matches!(report.may_read, Outcome::Failed { .. });
        let severity = finding.map(|finding| finding.severity);
        assert_eq!(is_failed, severity == Some(Severity::Error));
        severity
    }

    #[test]
    fn a_right_is_missing_for_certain_where_the_holders_istiod_needs_it() {
        use Severity::{Error, Warning};
        for (lacks, versions, expected) in [
            (&["configmaps"][..], &["1.24.6"][..], None),
            (&["configmaps"], &["1.25.0"], None),
            (&["configmaps"], &["1.26.1"], Some(Error)),
            (&["configmaps"], &["1.27.3"], None),
            (&["configmaps"], &["1.28.4"], None),
            (&["configmaps"], &["1.29.0"], Some(Error)),
            (&["configmaps"], &["1.31.0"], Some(Error)),
            (&["configmaps"], &[], Some(Warning)),
            (&["configmaps"], &["latest"], Some(Warning)),
            (&["configmaps", "pods"], &["1.28.4"], Some(Error)),
            (&["configmaps", "pods"], &[], Some(Error)),
            (&[], &[], None),
        ] {
            assert_eq!(
                severity(lacks, versions),
                expected,
                "{lacks:?} {versions:?}"
            );
        }
    }
}
