//! Tells from their sources which test programs need real parts.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use crate::{repo, rust};

/// The packages of tests over real parts, by their folder, and whether all of their tests are.
const PACKAGES: &[(&str, &str, bool)] = &[
    ("tests/e2e/tests/", "mesh-e2e", true),
    ("tests/testkit/tests/", "mesh-testkit", false),
];
/// Paths of real parts: a test program that names one of these needs them.
const REAL: &[&str] = &["mesh_testkit::real", "mesh_testkit::parts"];

/// The test programs of those packages, by package and name, and whether each needs real parts.
pub(super) struct Sources(BTreeMap<(&'static str, String), bool>);

/// Reads the sources of the test programs.
pub(super) fn read() -> Result<Sources> {
    let mut sources = Sources(BTreeMap::new());
    for path in repo::files()? {
        let text = || {
            std::fs::read_to_string(repo::root().join(&path))
                .with_context(|| format!("cannot read {path}"))
        };
        if PACKAGES.iter().any(|(folder, ..)| path.starts_with(folder)) {
            sources.add(&path, &text()?);
        }
    }
    Ok(sources)
}

impl Sources {
    fn add(&mut self, path: &str, text: &str) {
        for (folder, package, all) in PACKAGES {
            let inside = path
                .strip_prefix(folder)
                .and_then(|inside| inside.strip_suffix(".rs"));
            let Some(program) = inside.and_then(|inside| inside.split('/').next()) else {
                continue;
            };
            let paths = rust::paths(&rust::blank(text), &[]);
            let names_real = paths
                .iter()
                .any(|(_, path)| REAL.iter().any(|real| path.starts_with(real)));
            let program = program.to_owned();
            *self.0.entry((package, program)).or_default() |= *all || names_real;
        }
    }

    /// Those that need real parts, as a person reads them.
    pub(super) fn over_real_parts(&self) -> Vec<String> {
        let real = self.0.iter().filter(|(_, real)| **real);
        real.map(|((package, program), _)| format!("{package}::{program}"))
            .collect()
    }

    /// Tells whether a program of the tests of a package, which lies in this folder, needs real parts.
    pub(super) fn needs_parts(&self, folder: &str, program: &str) -> bool {
        let of = |(place, package, _): &(&str, &'static str, bool)| {
            let own = place.strip_suffix("/tests/") == Some(folder);
            own.then(|| (*package, program.to_owned()))
        };
        let key = PACKAGES.iter().find_map(of);
        key.is_some_and(|key| self.0.get(&key).is_some_and(|real| *real))
    }

    /// The test kit's that need none, as arguments of `cargo test`.
    pub(super) fn of_test_kit_without_parts(&self) -> Vec<String> {
        let rest = self
            .0
            .iter()
            .filter(|((package, _), real)| *package == "mesh-testkit" && !**real);
        rest.flat_map(|((_, program), _)| ["--test".to_owned(), program.clone()])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_needs_real_parts_where_one_of_its_files_names_them() {
        let mut sources = Sources(BTreeMap::new());
        sources.add("tests/e2e/tests/parity.rs", "");
        sources.add(
            "tests/testkit/tests/proxy.rs",
            "// mesh_testkit::real\nuse mesh_testkit::embedded;",
        );
        sources.add("tests/testkit/tests/behaviour/main.rs", "mod both;");
        sources.add(
            "tests/testkit/tests/behaviour/both.rs",
            "use mesh_testkit::{pki, real::Lab};",
        );
        sources.add("tests/testkit/src/lib.rs", "pub mod real;");
        assert_eq!(
            sources.over_real_parts(),
            ["mesh-e2e::parity", "mesh-testkit::behaviour"]
        );
        assert_eq!(sources.of_test_kit_without_parts(), ["--test", "proxy"]);
        assert!(sources.needs_parts("tests/e2e", "parity"));
        assert!(!sources.needs_parts("tests/testkit", "proxy"));
        assert!(!sources.needs_parts("plugins/kubectl-mesh-label", "parity"));
    }
}
