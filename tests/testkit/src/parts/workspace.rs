//! Programs of this workspace: the plugins under test and the supervisor.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::SystemTime;

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

/// A program of this workspace: the one beside the test that runs, where it is newer than its sources, else built now with
/// the cargo that runs the tests. An old one is never handed out, and a cargo that is busy elsewhere is seldom waited for.
pub fn workspace_binary(package: &str, binary: &str) -> Result<PathBuf> {
    static BUILT: Mutex<Vec<(String, PathBuf)>> = Mutex::new(Vec::new());
    let mut built = BUILT.lock().expect("no one panics with the lock");
    if let Some((_, path)) = built.iter().find(|(name, _)| name == binary) {
        return Ok(path.clone());
    }
    let path = match fresh_neighbour(package, binary) {
        Some(path) => path,
        None => build(binary)?,
    };
    built.push((binary.to_owned(), path.clone()));
    Ok(path)
}

/// Tests run as `target/PROFILE/deps/NAME`, and programs lie in `target/PROFILE`.
fn fresh_neighbour(package: &str, binary: &str) -> Option<PathBuf> {
    let path = std::env::current_exe()
        .ok()?
        .parent()?
        .parent()?
        .join(binary);
    let built = modified(&path)?;
    let sources: &[&str] = match package {
        "mesh-testkit" => &[
            "tests/fake-apiserver/Cargo.toml",
            "tests/fake-apiserver/src",
            "tests/testkit/Cargo.toml",
            "tests/testkit/src",
        ],
        _ => &["crates", "plugins"],
    };
    let newest = ["Cargo.toml", "Cargo.lock"]
        .iter()
        .chain(sources)
        .filter_map(|source| newest(&workspace_dir().join(source)))
        .max()?;
    (newest < built).then_some(path)
}

/// When the last file of a tree was changed.
fn newest(path: &Path) -> Option<SystemTime> {
    if path.is_dir() {
        let entries = fs::read_dir(path).ok()?.flatten();
        entries.filter_map(|entry| newest(&entry.path())).max()
    } else {
        modified(path)
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

fn build(binary: &str) -> Result<PathBuf> {
    let output = environment::cargo()
        .current_dir(workspace_dir())
        .args([
            "build",
            "--quiet",
            "--message-format=json-render-diagnostics",
        ])
        // Of the whole workspace, so that its dependencies have the same features as for `cargo test --workspace`.
        .args(["--workspace", "--bin", binary])
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
