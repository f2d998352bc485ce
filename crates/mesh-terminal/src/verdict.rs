//! The last line of a report: how much was read, the conclusion, and everything that the conclusion does not cover.

use mesh_model::finding::Severity;
use mesh_model::fleet::Unreached;
use mesh_model::report::SkippedCheck;

use crate::report_text::{counted, wrapped_line};

/// More contexts than this are counted, and not named again.
const NAMED: usize = 3;

/// The verdict of a report.
#[derive(Debug, Clone, Default)]
pub struct Verdict<'a> {
    /// The number of clusters that were read; `None` if the report is not about clusters.
    pub read: Option<usize>,
    /// The clusters that were not read.
    pub unreached: &'a [Unreached],
    /// Counts of the objects in the report: `2 gateways`.
    pub counts: Vec<String>,
    /// The conclusion: `no drift`.
    pub conclusion: String,
    /// Everything else that the conclusion does not cover, each as a clause: `some checks were skipped`.
    pub gaps: Vec<String>,
}

impl Verdict<'_> {
    /// Writes the line: `1 of 2 clusters read, 1 gateway: no errors, no warnings; context east was not read`.
    pub fn write(&self, text: &mut String) {
        let counts = self.clusters().into_iter().chain(self.counts.clone());
        let counts: Vec<String> = counts.collect();
        let said = [self.conclusion.clone()].into_iter();
        let said = said.chain(self.unread()).chain(self.gaps.clone());
        let said: Vec<String> = said.collect();
        let told = format!("{}: {}", counts.join(", "), said.join("; "));
        wrapped_line(&told, text);
    }

    fn clusters(&self) -> Option<String> {
        let read = self.read?;
        Some(match self.unreached.len() {
            0 => counted(read, "cluster"),
            lost => format!("{read} of {} read", counted(read + lost, "cluster")),
        })
    }

    fn unread(&self) -> Option<String> {
        let contexts: Vec<&str> = self
            .unreached
            .iter()
            .map(|lost| lost.context.as_str())
            .collect();
        match contexts[..] {
            [] => None,
            [one] => Some(format!("context {one} was not read")),
            [.., _] if contexts.len() > NAMED => {
                Some(format!("{} contexts were not read", contexts.len()))
            }
            [ref others @ .., last] => Some(format!(
                "contexts {} and {last} were not read",
                others.join(", ")
            )),
        }
    }
}

/// Returns the gap that skipped checks leave, for [`Verdict::gaps`].
pub fn skipped_checks(skipped: &[SkippedCheck]) -> Vec<String> {
    let gap = (!skipped.is_empty()).then(|| "some checks were skipped".to_owned());
    gap.into_iter().collect()
}

/// Returns the counts of findings by their severity: `1 error, no warnings, 2 notes`. Notes are counted only if there are any.
pub fn severities(findings: impl IntoIterator<Item = Severity>) -> String {
    let counts = Counts::of(findings);
    let or_no = |count, word| match count {
        0 => format!("no {word}s"),
        _ => counted(count, word),
    };
    let mut told = vec![
        or_no(counts.errors, "error"),
        or_no(counts.warnings, "warning"),
    ];
    told.extend(counts.notes());
    told.join(", ")
}

/// Returns `conclusion` with the counts of the findings that there are: `no drift, 1 warning`.
pub fn beside_findings(conclusion: &str, findings: impl IntoIterator<Item = Severity>) -> String {
    let counts = Counts::of(findings);
    let mut told = vec![conclusion.to_owned()];
    for (count, word) in [(counts.errors, "error"), (counts.warnings, "warning")] {
        told.extend((count > 0).then(|| counted(count, word)));
    }
    told.extend(counts.notes());
    told.join(", ")
}

/// The number of findings of each severity.
#[derive(Default)]
struct Counts {
    errors: usize,
    warnings: usize,
    notes: usize,
}

impl Counts {
    fn of(findings: impl IntoIterator<Item = Severity>) -> Self {
        let mut counts = Self::default();
        for severity in findings {
            match severity {
                Severity::Error => counts.errors += 1,
                Severity::Warning => counts.warnings += 1,
                Severity::Info => counts.notes += 1,
            }
        }
        counts
    }

    fn notes(&self) -> Option<String> {
        (self.notes > 0).then(|| counted(self.notes, "note"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(contexts: &[&str]) -> Vec<Unreached> {
        let lost = contexts.iter().map(|context| Unreached {
            context: (*context).to_owned(),
            reason: "it is away".to_owned(),
        });
        lost.collect()
    }

    fn shown(verdict: &Verdict<'_>) -> String {
        let mut text = String::new();
        verdict.write(&mut text);
        text
    }

    #[test]
    fn clusters_that_were_not_read_are_counted_and_named() {
        for (contexts, expected) in [
            (&[][..], "2 clusters: no drift\n"),
            (
                &["a"],
                "2 of 3 clusters read: no drift; context a was not read\n",
            ),
            (
                &["a", "b"],
                "2 of 4 clusters read: no drift; contexts a and b were not read\n",
            ),
            (
                &["a", "b", "c"],
                "2 of 5 clusters read: no drift; contexts a, b and c were not read\n",
            ),
            (
                &["a", "an-autonomous-cluster"],
                "2 of 4 clusters read: no drift; contexts a and an-autonomous-cluster were not\n  read\n",
            ),
            (
                &["a", "b", "c", "d"],
                "2 of 6 clusters read: no drift; 4 contexts were not read\n",
            ),
        ] {
            let verdict = Verdict {
                read: Some(2),
                unreached: &lost(contexts),
                conclusion: "no drift".to_owned(),
                ..Verdict::default()
            };
            assert_eq!(shown(&verdict), expected);
        }
    }

    #[test]
    fn what_the_conclusion_does_not_cover_follows_it() {
        let verdict = Verdict {
            counts: vec!["1 secret".to_owned(), "2 missing".to_owned()],
            conclusion: "no errors, no warnings".to_owned(),
            gaps: vec!["probes were skipped".to_owned()],
            ..Verdict::default()
        };
        assert_eq!(
            shown(&verdict),
            "1 secret, 2 missing: no errors, no warnings; probes were skipped\n"
        );
    }

    #[test]
    fn notes_are_counted_where_there_are_any() {
        use Severity::{Error, Info, Warning};
        for (found, all, beside) in [
            (&[][..], "no errors, no warnings", "no drift"),
            (
                &[Info, Info],
                "no errors, no warnings, 2 notes",
                "no drift, 2 notes",
            ),
            (
                &[Error, Warning, Warning],
                "1 error, 2 warnings",
                "no drift, 1 error, 2 warnings",
            ),
            (
                &[Warning, Info],
                "no errors, 1 warning, 1 note",
                "no drift, 1 warning, 1 note",
            ),
        ] {
            let found = found.iter().copied();
            assert_eq!(severities(found.clone()), all);
            assert_eq!(beside_findings("no drift", found), beside);
        }
    }
}
