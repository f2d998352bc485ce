//! Every check of the catalogue is filed by some code.

use super::file::{File, Finding};
use crate::rust;

const CATALOGUE: &str = "crates/mesh-model/src/finding/catalogue.rs";

/// Names the checks that no product code files.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let Some(catalogue) = files.iter().find(|file| file.path == CATALOGUE) else {
        return Vec::new();
    };
    let is_product = |file: &&File| {
        let product = ["crates/", "plugins/"];
        file.is_rust()
            && file.path != CATALOGUE
            && file.path.contains("/src/")
            && product.iter().any(|folder| file.path.starts_with(folder))
    };
    let code: Vec<String> = files
        .iter()
        .filter(is_product)
        .map(|file| rust::without_tests(&rust::blank(&file.text)).to_owned())
        .collect();
    let lines = catalogue.text.lines().enumerate();
    lines
        .filter_map(|(number, line)| Some((number, entry(line)?)))
        .filter(|(_, (check, _))| !code.iter().any(|code| files_it(code, check)))
        .map(|(number, (_, id))| {
            catalogue.finding(number + 1, format!("no code files {id}: remove the entry"))
        })
        .collect()
}

/// The variant and the id, where the line begins an entry: `SecretSelf "secret-self" Error`.
fn entry(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (check, id, severity) = (words.next()?, words.next()?, words.next()?);
    let is_last = words.next().is_none() && matches!(severity, "Error" | "Warning" | "Info");
    let id = id.strip_prefix('"')?.strip_suffix('"')?;
    is_last.then_some((check, id))
}

/// Tells whether the code names the check other than to match on it.
fn files_it(code: &str, check: &str) -> bool {
    let name = format!("CheckId::{check}");
    let is_whole = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric());
    code.lines().any(|line| {
        let mut found = line.match_indices(&name);
        found.any(|(at, _)| {
            let rest = &line[at + name.len()..];
            is_whole(rest) && !rest.contains("=>")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{CATALOGUE, check};
    use crate::tidy::file::{File, lines};

    #[test]
    fn a_check_that_is_only_matched_or_tested_is_named() {
        let catalogue = "    A \"a\" Error\n        \"t\"\n    Ab \"ab\" Info\n    C \"c\" Warning\n    D \"d\" Error\n";
        let code = "match id { CheckId::A => f(CheckId::Ab) }\n// CheckId::C\n#[cfg(test)]\nmod tests { fn t() { f(CheckId::D) } }\n";
        let files = [
            File::new(CATALOGUE, catalogue),
            File::new("plugins/kubectl-mesh-secret/src/list/state.rs", code),
        ];
        assert_eq!(lines(&check(&files)), [1, 4, 5]);
    }
}
