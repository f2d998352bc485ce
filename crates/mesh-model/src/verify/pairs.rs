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

/// Returns the pairs of the cells that concern another cluster than the holder, each pair once, in the order of the cells. `works`
/// returns whether the credential of a cell was used and accepted.
pub(super) fn pairs(cells: &[MatrixCell], works: impl Fn(&MatrixCell) -> bool) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for cell in cells {
        let Some(remote) = cell.peer.as_deref() else {
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
