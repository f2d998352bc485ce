//! Builds the tests and the programs of the workspace, and puts the plugins where tests and kubectl find them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::repo;

/// Built programs.
pub(super) struct Programs {
    /// A folder with the plugins and nothing else, since kubectl warns of whatever is beside them.
    pub plugins: PathBuf,
    /// The owner of real parts.
    pub supervisor: PathBuf,
    /// The test programs, in the order of their names.
    pub tests: Vec<TestProgram>,
}

/// A built test program: the tests in the sources of a library or of a program, or one below `tests/`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TestProgram {
    /// The folder of its package, from the root.
    pub package: String,
    /// `lib`, `bin` or `test`.
    pub kind: String,
    /// The name of what cargo built it from.
    pub name: String,
    pub path: PathBuf,
}

/// Builds everything that the tests run, in the way that `cargo test` will, so that nothing is built twice; the
/// plugins are put into `folder`.
pub(super) fn build(folder: &Path) -> Result<Programs> {
    let built = repo::cargo()
        .args([
            "build",
            "--workspace",
            "--all-targets",
            "--message-format=json-render-diagnostics",
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(built.status.success(), "the build failed");
    let messages = String::from_utf8_lossy(&built.stdout);
    let programs = repo::programs_in(&messages);
    let supervisor = programs
        .iter()
        .find(|path| path.ends_with("mesh-testkit-supervisor"))
        .cloned();
    let plugins = folder.join("plugins");
    repo::fresh_folder(&plugins)?;
    for program in programs {
        let name = program.file_name().unwrap_or_default();
        if name.to_string_lossy().starts_with("kubectl") {
            fs::hard_link(&program, plugins.join(name))
                .or_else(|_| fs::copy(&program, plugins.join(name)).map(drop))
                .with_context(|| format!("cannot copy {}", program.display()))?;
        }
    }
    Ok(Programs {
        plugins,
        supervisor: supervisor.context("the workspace has no program mesh-testkit-supervisor")?,
        tests: tests_in(&messages, &repo::root()),
    })
}

/// The test programs that cargo says it built, from its messages in JSON, sorted.
fn tests_in(messages: &str, root: &Path) -> Vec<TestProgram> {
    let test = |message: Value| {
        let manifest = Path::new(message["manifest_path"].as_str()?);
        let package = manifest.parent()?.strip_prefix(root).ok()?;
        Some(TestProgram {
            package: package.to_str()?.to_owned(),
            kind: message["target"]["kind"][0].as_str()?.to_owned(),
            name: message["target"]["name"].as_str()?.to_owned(),
            path: message["executable"].as_str()?.into(),
        })
    };
    let mut tests: Vec<_> = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["profile"]["test"] == true)
        .filter_map(test)
        .collect();
    tests.sort();
    tests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_from_programs_and_have_their_package() {
        let messages = r#"{"reason":"compiler-artifact","manifest_path":"/r/plugins/x/Cargo.toml","target":{"kind":["test"],"name":"black_box"},"profile":{"test":true},"executable":"/t/deps/black_box-1"}
{"reason":"compiler-artifact","manifest_path":"/r/plugins/x/Cargo.toml","target":{"kind":["bin"],"name":"kubectl-x"},"profile":{"test":false},"executable":"/t/kubectl-x"}
{"reason":"compiler-artifact","manifest_path":"/r/crates/y/Cargo.toml","target":{"kind":["lib"],"name":"y"},"profile":{"test":true},"executable":"/t/deps/y-0"}
{"reason":"compiler-artifact","manifest_path":"/r/crates/y/Cargo.toml","target":{"kind":["lib"],"name":"y"},"profile":{"test":false},"executable":null}
{"reason":"build-finished","success":true}"#;
        let test = |package: &str, kind: &str, name: &str, path: &str| TestProgram {
            package: package.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            path: path.into(),
        };
        assert_eq!(
            tests_in(messages, Path::new("/r")),
            [
                test("crates/y", "lib", "y", "/t/deps/y-0"),
                test("plugins/x", "test", "black_box", "/t/deps/black_box-1")
            ]
        );
    }
}
