//! Suggestions for misspelled names.

/// The maximum number of suggestions.
const SHOWN: usize = 3;

/// Returns the known names that are similar to `wanted`, the closest first: those that contain it or are contained in
/// it, and those that differ by a few letters.
pub fn close_names<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let far = (wanted.chars().count() / 3).max(1);
    let mut close: Vec<_> = known
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let distance = strsim::damerau_levenshtein(&wanted, &lower);
            let contained =
                !wanted.is_empty() && (lower.contains(&wanted) || wanted.contains(&lower));
            (distance <= far || contained).then_some((distance, name))
        })
        .collect();
    close.sort_unstable();
    close
        .into_iter()
        .take(SHOWN)
        .map(|(_, name)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::close_names;

    #[test]
    fn the_closest_comes_first_and_strangers_not_at_all() {
        let known = ["west", "east", "prod-east", "yeast", "staging"];
        assert_eq!(close_names("eest", known.into_iter()), ["east", "west"]);
        assert_eq!(close_names("wets", known.into_iter()), ["west"]);
        assert_eq!(
            close_names("EAST", known.into_iter()),
            ["east", "yeast", "prod-east"]
        );
        assert_eq!(
            close_names("gibraltar", known.into_iter()),
            Vec::<&str>::new()
        );
    }
}
