//! Finds contexts that name the same cluster. Pure.

use std::collections::BTreeMap;

use mesh_model::Error;
use mesh_model::fleet::doubles;

/// Facts about a cluster when it is compared with the others.
pub(super) struct Known<'a> {
    pub context: &'a str,
    /// UID of kube-system, where it could be read.
    pub uid: Option<&'a str>,
    /// The value that was asked for there.
    pub value: Option<&'a str>,
}

/// Returns the position of each cluster that is to be left out, with the position of the first context for it.
///
/// # Errors
/// Two values are asked for in one cluster.
pub(super) fn same_clusters(known: &[Known<'_>]) -> Result<BTreeMap<usize, usize>, Error> {
    let uids: Vec<Option<&str>> = known.iter().map(|one| one.uid).collect();
    let doubles = doubles(&uids);
    let both = |(double, first): (&usize, &usize)| (&known[*first], &known[*double]);
    let disagree = doubles.iter().map(both).filter(|(a, b)| a.value != b.value);
    let errors = disagree.map(|(first, double)| {
        Error::usage(format!(
            "contexts {} and {} are the same cluster, which cannot be both {} and {}",
            first.context,
            double.context,
            first.value.unwrap_or("unlabeled"),
            double.value.unwrap_or("unlabeled"),
        ))
    });
    match Error::all(errors) {
        Some(error) => Err(error),
        None => Ok(doubles),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_contexts_of_one_cluster_agree_or_are_refused() {
        let known = |uid, value| Known {
            context: "c",
            uid,
            value,
        };
        let map = |pairs: &[(usize, usize)]| pairs.iter().copied().collect();
        for (known, expected) in [
            (
                vec![known(Some("1"), Some("a")), known(Some("2"), Some("a"))],
                Some(map(&[])),
            ),
            (
                vec![known(None, Some("a")), known(None, Some("b"))],
                Some(map(&[])),
            ),
            (
                vec![known(Some("1"), Some("a")), known(Some("1"), Some("a"))],
                Some(map(&[(1, 0)])),
            ),
            (
                vec![known(Some("1"), Some("a")), known(Some("1"), Some("b"))],
                None,
            ),
        ] {
            assert_eq!(same_clusters(&known).ok(), expected);
        }
    }
}
