//! The repository that the chores work on: where it is and which files belong to it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

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
