//! The access of each cluster to each other one, as a matrix shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::finding::Severity;
use crate::secret::{MatrixCell, State};

/// The access of a cluster to another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pair {
    /// The context of the cluster that reads the other one.
    pub holder: String,
    /// The context of the other one.
    pub remote: String,
    /// The state of the access.
    pub state: PairState,
}

/// The state of an access; the better one counts, since one working secret is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PairState {
    /// The credential was used, and works.
    Ok,
    /// No problem was found, but the credential was not used.
    Untested,
    /// There is a remote secret, with a warning.
    Warning,
    /// There is a remote secret, and it does not work.
    Failing,
    /// There is no remote secret.
    Missing,
}

impl PairState {
    /// Returns the word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Untested => "untested",
            Self::Warning => "warning",
            Self::Failing => "failing",
            Self::Missing => "missing",
        }
    }

    fn of(cell: &MatrixCell, works: bool) -> Self {
        let worst = cell.findings.iter().map(|one| one.severity).max();
        match (cell.state, worst) {
            (State::Missing, _) => Self::Missing,
            (_, Some(Severity::Error)) => Self::Failing,
            (_, Some(Severity::Warning)) => Self::Warning,
            (_, Some(Severity::Info) | None) if works => Self::Ok,
            (_, Some(Severity::Info) | None) => Self::Untested,
        }
    }
}

/// Returns the pairs of the cells whose remote cluster has a context, each pair once, in the order of the cells. A secret that
/// gives access to its own holder counts for the cluster that it names: `called` returns the context of a cluster ID. `works`
/// returns whether the credential of a cell was used and accepted.
pub(super) fn pairs<'c, 'a: 'c>(
    cells: &'c [MatrixCell],
    called: impl Fn(&str) -> Option<&'a str>,
    works: impl Fn(&MatrixCell) -> bool,
) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for cell in cells {
        let reached = cell.remote_context.as_deref();
        let reached = reached.filter(|context| *context != cell.context);
        let named = called(&cell.cluster).filter(|context| *context != cell.context);
        let Some(remote) = reached.or(named) else {
            continue;
        };
        let state = PairState::of(cell, works(cell));
        let number = *known.entry((&cell.context, remote)).or_insert(pairs.len());
        match pairs.get_mut(number) {
            Some(pair) => pair.state = pair.state.min(state),
            None => pairs.push(Pair {
                holder: cell.context.clone(),
                remote: remote.to_owned(),
                state,
            }),
        }
    }
    pairs
}
