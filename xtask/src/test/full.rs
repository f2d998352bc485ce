//! The tests that only `cargo xtask test --full` runs: they repeat, for further topologies, what another test shows once on real parts.

use super::programs::TestProgram;

/// A test that is left to `--full`, and the one of the same program that runs always.
pub(super) struct LeftOut {
    /// The folder of its package, from the root.
    package: &'static str,
    /// Its test program.
    program: &'static str,
    /// Its name in that.
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
            let tests = repo::root().join(left.package).join("tests");
            let main = tests.join(left.program).join("main.rs");
            let text = fs::read_to_string(&main).unwrap();
            for name in [left.test, left.instead] {
                let wanted = format!("#[test]\nfn {name}()");
                assert!(text.contains(&wanted), "{}: {name}", main.display());
            }
            let is_left_out = LEFT_OUT.iter().any(|other| other.test == left.instead);
            assert!(!is_left_out, "{} does not run either", left.instead);
        }
    }
}
