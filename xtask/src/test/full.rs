//! The tests that only `cargo xtask test --full` runs: they repeat, for further topologies, what another test shows once on real parts.

use super::programs::TestProgram;

/// A test that is left to `--full`, and the one of the same program that runs always.
pub(super) struct LeftOut {
    /// The folder of its package, from the root.
    package: &'static str,
    /// Its test program.
    program: &'static str,
    /// Its name in that, with its modules.
    pub(super) test: &'static str,
    /// The test that shows the same for one topology.
    pub(super) instead: &'static str,
}

/// All of them.
const LEFT_OUT: &[LeftOut] = &[
    LeftOut {
        package: "tests/e2e",
        program: "guides",
        test: "multi_primary",
        instead: "several_networks",
    },
    LeftOut {
        package: "tests/e2e",
        program: "guides",
        test: "ambient",
        instead: "several_networks",
    },
    LeftOut {
        package: "tests/e2e",
        program: "corpus",
        test: "on_real_servers::every_mesh_has_the_same_findings",
        instead: "on_real_servers::one_mesh_of_each_kind_has_the_same_findings",
    },
    LeftOut {
        package: "tests/e2e",
        program: "corpus",
        test: "on_real_servers::every_fix_repairs_what_it_is_printed_for",
        instead: "fixes::each_fix_of_the_corpus_repairs_what_it_is_printed_for",
    },
];

/// Returns those of a test program.
pub(super) fn left_out_of(test: &TestProgram) -> impl Iterator<Item = &'static LeftOut> {
    let is_of = |left: &&LeftOut| test.package == left.package && test.name == left.program;
    LEFT_OUT.iter().filter(is_of)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::LEFT_OUT;
    use crate::repo;

    #[test]
    fn what_is_left_out_is_there_and_so_is_what_runs_instead() {
        for left in LEFT_OUT {
            let folder = repo::root().join(left.package).join("tests");
            let folder = folder.join(left.program);
            for test in [left.test, left.instead] {
                let (module, name) = test.rsplit_once("::").unwrap_or(("main", test));
                let file = folder.join(format!("{module}.rs"));
                let text = fs::read_to_string(&file).unwrap();
                let wanted = format!("#[test]\nfn {name}()");
                assert!(text.contains(&wanted), "{}: {name}", file.display());
            }
            let is_left_out = LEFT_OUT.iter().any(|other| other.test == left.instead);
            assert!(!is_left_out, "{} does not run either", left.instead);
        }
    }
}
