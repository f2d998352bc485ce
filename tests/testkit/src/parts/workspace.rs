//! Programs of this workspace: the plugins under test and the supervisor.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context as _, Result, bail};

use crate::environment;

/// The root of the workspace.
pub fn workspace_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the test kit lies two folders below the root")
}

/// The program of a plugin, such as `kubectl-mesh_secret`: in `$MESH_TESTKIT_PLUGINS` where that is set, else built now.
pub fn plugin(binary: &str) -> Result<PathBuf> {
    if let Some(dir) = environment::variable(environment::PLUGINS) {
        let path = PathBuf::from(dir).join(binary);
        if !path.is_file() {
            bail!(
                "{} says that {} exists, but it does not",
                environment::PLUGINS,
                path.display()
            );
        }
        return Ok(path);
    }
    workspace_binary(&binary.replace('_', "-"), binary)
}

/// Builds a program of this workspace with the cargo that runs the tests, and says where it is. Once built it costs a
/// fraction of a second, and never hands out an old one.
pub fn workspace_binary(package: &str, binary: &str) -> Result<PathBuf> {
    static BUILT: Mutex<Vec<(String, PathBuf)>> = Mutex::new(Vec::new());
    let mut built = BUILT.lock().expect("no one panics with the lock");
    if let Some((_, path)) = built.iter().find(|(name, _)| name == binary) {
        return Ok(path.clone());
    }
    let path = build(package, binary)?;
    built.push((binary.to_owned(), path.clone()));
    Ok(path)
}

fn build(package: &str, binary: &str) -> Result<PathBuf> {
    let output = Command::new(environment::cargo())
        .current_dir(workspace_dir())
        .args([
            "build",
            "--quiet",
            "--message-format=json-render-diagnostics",
        ])
        .args(["--package", package, "--bin", binary])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!("cargo build of {binary} failed ({})", output.status);
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == binary)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .with_context(|| format!("cargo does not say where it put {binary}"))
}
