//! Builds the tests and the programs of the workspace, and puts the plugins where tests and kubectl find them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};

use crate::repo;

/// Built programs.
pub(super) struct Programs {
    /// A folder with the plugins and nothing else, since kubectl warns of whatever is beside them.
    pub plugins: PathBuf,
    /// The owner of real parts.
    pub supervisor: PathBuf,
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
    let programs = repo::programs_in(&String::from_utf8_lossy(&built.stdout));
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
    })
}
