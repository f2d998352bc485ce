//! The checks and findings that the user selects: `--only`, `--skip` and `--deny`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::finding::{CheckId, Finding};

/// A pattern of checks: an id, or the beginning of ids with a star (`secret-*`); with `@CLUSTER` only findings of that
/// context, and with `@CLUSTER/PEER` only those about this peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    checks: Vec<CheckId>,
    place: Option<String>,
}

/// A pattern that fits no check.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no check is called {text:?}")]
pub struct UnknownPattern {
    /// The pattern.
    pub text: String,
}

impl FromStr for Pattern {
    type Err = UnknownPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, place) = match text.split_once('@') {
            Some((id, place)) => (id, Some(place.to_owned())),
            None => (text, None),
        };
        let fits = |check: &&CheckId| match id.strip_suffix('*') {
            Some(beginning) => check.as_str().starts_with(beginning),
            None => check.as_str() == id,
        };
        let checks: Vec<CheckId> = CheckId::ALL.iter().filter(fits).copied().collect();
        if checks.is_empty() || place.as_deref() == Some("") {
            return Err(UnknownPattern {
                text: text.to_owned(),
            });
        }
        Ok(Self {
            text: text.to_owned(),
            checks,
            place,
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Pattern {
    /// Returns whether it is for one cluster, or one pair, only.
    pub(super) fn is_placed(&self) -> bool {
        self.place.is_some()
    }

    /// Returns whether it fits the whole check, in every cluster.
    pub(super) fn fits_check(&self, check: CheckId) -> bool {
        self.place.is_none() && self.checks.contains(&check)
    }

    /// Returns whether it fits a finding. Names of contexts may contain slashes, so the place is compared as a whole.
    fn fits(&self, finding: &Finding) -> bool {
        if !self.checks.contains(&finding.id) {
            return false;
        }
        let Some(place) = self.place.as_deref() else {
            return true;
        };
        let found = finding.details();
        let cluster = found.and_then(|found| found.cluster.as_deref());
        let peer = found.and_then(|found| found.peer.as_deref());
        cluster.is_some_and(|cluster| {
            place == cluster || peer.is_some_and(|peer| place == format!("{cluster}/{peer}"))
        })
    }
}

/// The selected checks.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The only checks to make; empty for all.
    pub only: Vec<Pattern>,
    /// The checks and findings to skip.
    pub skip: Vec<Pattern>,
    /// The checks whose findings always count as errors.
    pub deny: Vec<Pattern>,
    /// True if findings that an annotation says to ignore count as all others.
    pub no_ignore: bool,
    /// True if findings that another one explains count as all others.
    pub no_fold: bool,
}

impl Selection {
    /// Returns the reason why a check is not made in any cluster, if it is not.
    pub(super) fn skips_check(&self, check: CheckId) -> bool {
        let is_wanted =
            self.only.is_empty() || self.only.iter().any(|one| one.checks.contains(&check));
        !is_wanted || self.skip.iter().any(|one| one.fits_check(check))
    }

    /// Returns whether a finding is reported.
    pub(super) fn takes(&self, finding: &Finding) -> bool {
        let is_wanted = self.only.is_empty() || self.only.iter().any(|one| one.fits(finding));
        is_wanted && !self.skip.iter().any(|one| one.fits(finding))
    }

    /// Returns whether a finding of this check counts, whatever its severity.
    pub fn denies(&self, finding: &Finding) -> bool {
        self.deny.iter().any(|one| one.fits(finding))
    }

    /// Returns the patterns that fit none of these findings, and no check as a whole.
    pub(super) fn without_effect<'s>(
        &'s self,
        findings: &'s [Finding],
    ) -> impl Iterator<Item = &'s Pattern> {
        let placed = self.only.iter().chain(&self.skip).chain(&self.deny);
        let placed = placed.filter(|one| one.place.is_some());
        placed.filter(|one| !findings.iter().any(|finding| one.fits(finding)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;

    fn pattern(text: &str) -> Pattern {
        text.parse().expect("it is a pattern")
    }

    fn finding(id: CheckId) -> Finding {
        let finding = Finding::new(id, Severity::Warning, "");
        finding.in_cluster("a/b").with_peer("west")
    }

    #[test]
    fn a_pattern_fits_ids_their_beginnings_and_places() {
        let found = finding(CheckId::SecretSelf);
        for (text, expected) in [
            ("secret-self", true),
            ("secret-*", true),
            ("*", true),
            ("ewg-*", false),
            ("secret-self@a/b", true),
            ("secret-self@a/b/west", true),
            ("secret-self@a", false),
            ("secret-*@west", false),
        ] {
            assert_eq!(pattern(text).fits(&found), expected, "{text}");
        }
        for text in ["secret", "", "secret-selfs", "x*", "secret-self@"] {
            assert_eq!(
                text.parse::<Pattern>().map_err(|e| e.text),
                Err(text.to_owned())
            );
        }
    }

    #[test]
    fn skipping_wins_over_selecting() {
        let selection = Selection {
            only: vec![pattern("secret-*")],
            skip: vec![pattern("secret-self"), pattern("secret-rbac@east")],
            deny: vec![pattern("secret-missing")],
            ..Selection::default()
        };
        let taken = |id| selection.takes(&finding(id));
        assert!(taken(CheckId::SecretRbac) && taken(CheckId::SecretMissing));
        assert!(!taken(CheckId::SecretSelf) && !taken(CheckId::EwgPods));
        assert!(selection.skips_check(CheckId::SecretSelf));
        assert!(selection.skips_check(CheckId::EwgPods));
        assert!(!selection.skips_check(CheckId::SecretRbac));
        assert!(selection.denies(&finding(CheckId::SecretMissing)));
        assert!(!selection.denies(&finding(CheckId::SecretRbac)));
        let found = [finding(CheckId::SecretRbac)];
        let without: Vec<String> = selection
            .without_effect(&found)
            .map(Pattern::to_string)
            .collect();
        assert_eq!(without, ["secret-rbac@east"]);
    }
}
