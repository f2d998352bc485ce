//! Several clusters that are read at once: each cluster once although several contexts select it, and clusters that
//! could not be read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A cluster that could not be read, as reports show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unreached {
    /// The context that was tried.
    pub context: String,
    /// The reason, in one line.
    pub reason: String,
}

/// The clusters behind several contexts.
#[derive(Debug)]
pub struct EachOnce<T> {
    /// Each cluster with the first context that selects it, in the order of the readings.
    pub read: Vec<(String, T)>,
    /// The others that are the same cluster, each with the first context.
    pub doubles: Vec<(T, String)>,
    /// Those that could not be read.
    pub unreached: Vec<Unreached>,
}

/// Returns each cluster once, even if several contexts select it: `uid` is the UID of its namespace kube-system, if it
/// may be read.
///
/// # Errors
/// All errors, joined, if no cluster could be read.
pub fn each_once<T>(
    readings: Vec<(String, Result<T, Error>)>,
    uid: impl Fn(&T) -> Option<&str>,
) -> Result<EachOnce<T>, Error> {
    let (once, lost) = as_far_as_read(readings, uid);
    match Error::all(lost) {
        Some(error) if once.read.is_empty() => Err(error),
        Some(_) | None => Ok(once),
    }
}

/// Returns each cluster once, as [`each_once`] does, and the errors of those that could not be read, even if none could.
pub fn as_far_as_read<T>(
    readings: Vec<(String, Result<T, Error>)>,
    uid: impl Fn(&T) -> Option<&str>,
) -> (EachOnce<T>, Vec<Error>) {
    let (mut read, mut unreached, mut lost) = (Vec::new(), Vec::new(), Vec::new());
    for (context, result) in readings {
        match result {
            Ok(one) => read.push((context, one)),
            Err(error) => {
                unreached.push(Unreached {
                    context,
                    reason: error.in_one_line(),
                });
                lost.push(error);
            }
        }
    }
    let uids: Vec<Option<&str>> = read.iter().map(|(_, one)| uid(one)).collect();
    let doubles = doubles(&uids);
    let contexts: Vec<String> = read.iter().map(|(context, _)| context.clone()).collect();
    let mut once = EachOnce {
        read: Vec::new(),
        doubles: Vec::new(),
        unreached,
    };
    for (number, (context, one)) in read.into_iter().enumerate() {
        match doubles.get(&number) {
            Some(first) => once.doubles.push((one, contexts[*first].clone())),
            None => once.read.push((context, one)),
        }
    }
    (once, lost)
}

/// Returns a number for each of `count` clusters: those that pairs connect, directly or through others, have the same.
pub fn connected(count: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Vec<usize> {
    let mut groups: Vec<usize> = (0..count).collect();
    for (one, other) in pairs {
        let (one, other) = (groups[one], groups[other]);
        if one == other {
            continue;
        }
        for group in &mut groups {
            if *group == other {
                *group = one;
            }
        }
    }
    groups
}

/// Returns the index of each cluster that occurs again, with the index of the first cluster that has the same UID; a
/// cluster without a UID is equal to no other.
pub fn doubles(uids: &[Option<&str>]) -> BTreeMap<usize, usize> {
    let mut first = BTreeMap::new();
    let mut doubles = BTreeMap::new();
    for (number, uid) in uids.iter().enumerate() {
        let Some(uid) = uid.filter(|uid| !uid.is_empty()) else {
            continue;
        };
        match first.get(uid) {
            Some(earlier) => {
                doubles.insert(number, *earlier);
            }
            None => {
                first.insert(uid, number);
            }
        }
    }
    doubles
}

/// Returns `items` without those that are in [`doubles`].
pub fn without<T>(doubles: &BTreeMap<usize, usize>, items: Vec<T>) -> Vec<T> {
    let numbered = items.into_iter().enumerate();
    numbered
        .filter(|(number, _)| !doubles.contains_key(number))
        .map(|(_, item)| item)
        .collect()
}

/// Returns the note about a context whose cluster cannot be compared with others, because kube-system could not be
/// read.
pub fn not_compared(context: &str, reason: &str) -> String {
    format!("skipped comparing context {context} with the other clusters: {reason}")
}

/// Returns the note about a context whose cluster was already read through another context.
pub fn left_out(context: &str, first: &str) -> String {
    format!("context {context} is the same cluster as {first} and is skipped")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn readings(of: &[(&str, Option<&str>)]) -> Vec<(String, Result<String, Error>)> {
        of.iter()
            .map(|(context, uid)| {
                let dead = || Error::new(Kind::Unreachable, format!("{context} is gone"));
                (
                    (*context).to_owned(),
                    uid.map(str::to_owned).ok_or_else(dead),
                )
            })
            .collect()
    }

    #[test]
    fn each_cluster_is_read_once_and_the_lost_cost_only_themselves() {
        let all = readings(&[
            ("a", Some("1")),
            ("b", None),
            ("c", Some("1")),
            ("d", Some("")),
        ]);
        let once = each_once(all, |uid| Some(uid.as_str())).unwrap();
        let contexts: Vec<&str> = once
            .read
            .iter()
            .map(|(context, _)| context.as_str())
            .collect();
        assert_eq!(contexts, ["a", "d"]);
        assert_eq!(once.doubles, [("1".to_owned(), "a".to_owned())]);
        assert_eq!(once.unreached[0].context, "b");
        assert_eq!(once.unreached[0].reason, "b is gone");
    }

    #[test]
    fn where_none_is_read_all_is_lost() {
        let error = each_once(readings(&[("a", None), ("b", None)]), |uid| {
            Some(uid.as_str())
        });
        assert_eq!(error.unwrap_err().also().len(), 1);
        assert!(each_once(readings(&[]), |uid| Some(uid.as_str())).is_ok());
    }

    #[test]
    fn who_has_no_uid_is_like_no_other() {
        let uids = [
            None,
            Some("1"),
            None,
            Some(""),
            Some(""),
            Some("1"),
            Some("1"),
        ];
        assert_eq!(doubles(&uids), BTreeMap::from([(5, 1), (6, 1)]));
    }
}
