//! The repository that the chores work on: where it is, which files belong to it, and its cargo.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use mesh_testkit::environment;

/// The root of the workspace, as it was when this crate was built.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The files that belong to the repository: tracked ones and new ones that are not ignored, by their path from
/// the root, sorted, without those that are deleted in the work tree.
pub(crate) fn files() -> Result<Vec<String>> {
    let root = root();
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "--deduplicate",
        ])
        .current_dir(&root)
        .output()
        .context("git is needed to list the files of the repository")?;
    ensure!(
        listed.status.success(),
        "git ls-files in {}: {}",
        root.display(),
        String::from_utf8_lossy(&listed.stderr).trim()
    );
    let mut paths: Vec<String> = String::from_utf8(listed.stdout)?
        .split_terminator('\0')
        .filter(|path| root.join(path).is_file())
        .map(str::to_owned)
        .collect();
    paths.sort();
    Ok(paths)
}

/// The cargo that runs this chore, at the root.
pub(crate) fn cargo() -> Command {
    let mut cargo = environment::cargo();
    cargo.current_dir(root());
    cargo
}

/// Returns the folder in `target` for what chores make.
pub(crate) fn folder() -> Result<PathBuf> {
    let target = variable("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let folder = root().join(target).join("xtask");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Makes `folder` anew, without what was in it.
pub(crate) fn fresh_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// The value of a variable that is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the chores read their environment"
)]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The programs, other than tests, that cargo says it built, from its messages in JSON.
pub(crate) fn programs_in(messages: &str) -> Vec<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["profile"]["test"] == false)
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::programs_in;

    #[test]
    fn programs_are_told_from_tests_and_libraries() {
        let messages = r#"{"reason":"compiler-artifact","profile":{"test":false},"executable":"/t/kubectl-mesh_x"}
{"reason":"compiler-artifact","profile":{"test":true},"executable":"/t/deps/cli-0"}
{"reason":"compiler-artifact","profile":{"test":false},"executable":null}
{"reason":"build-finished","success":true}
not JSON"#;
        assert_eq!(
            programs_in(messages),
            [std::path::Path::new("/t/kubectl-mesh_x")]
        );
    }
}
