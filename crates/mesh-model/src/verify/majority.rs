//! The value that most clusters have.

use std::collections::BTreeMap;

/// Returns the value that most clusters have, with the first context that has it; of several equally common values the one of
/// the first context. `known` are contexts with their values.
pub(super) fn most_common<'a, V: Ord + Copy>(known: &[(&'a str, V)]) -> Option<(&'a str, V)> {
    let mut counts: BTreeMap<V, usize> = BTreeMap::new();
    for (_, value) in known {
        *counts.entry(*value).or_default() += 1;
    }
    let most = counts.values().max()?;
    let mut known = known.iter();
    known.find(|(_, value)| counts[value] == *most).copied()
}

#[cfg(test)]
mod tests {
    use super::most_common;

    #[test]
    fn the_first_of_the_most_common_values_counts() {
        assert_eq!(most_common::<u8>(&[]), None);
        assert_eq!(most_common(&[("a", 1), ("b", 2)]), Some(("a", 1)));
        let known = [("a", 1), ("b", 2), ("c", 2)];
        assert_eq!(most_common(&known), Some(("b", 2)));
    }
}
