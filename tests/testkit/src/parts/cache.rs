//! The cache of parts: a folder for each module or package, named by everything that the result depends on.
//!
//! The cache lies outside the repository and outside `target`, so that a clean build does not throw eight minutes away.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::module::Module;
use super::part::Part;
use super::source::Source;
use super::wheel::Wheel;
use crate::environment;

/// Flags of `go build` that are the same for all parts.
pub(super) const BUILD_FLAGS: [&str; 1] = ["-trimpath"];

/// The folder of all parts: `$KUBECTL_MESH_PARTS`, else `kubectl-mesh/parts` in the user's cache.
pub fn cache_dir() -> Result<PathBuf> {
    if let Some(dir) = environment::variable(environment::PARTS) {
        return std::path::absolute(dir).context("cannot tell where the parts are kept");
    }
    environment::cache_home()
        .map(|home| home.join("kubectl-mesh").join("parts"))
        .with_context(|| {
            format!(
                "there is no cache folder: set HOME, XDG_CACHE_HOME or {}",
                environment::PARTS
            )
        })
}

/// The place of a part, whether it is there or not.
pub(super) fn place_of(part: Part) -> Result<PathBuf> {
    let folder = match part.source() {
        Source::Go { module, .. } => folder_of_module(module)?,
        Source::Wheel(wheel) => folder_of_wheel(wheel)?,
    };
    Ok(cache_dir()?.join(folder).join(part.name()))
}

/// The folder of one module's parts, which another version of a module or another flag makes another one.
fn folder_of_module(wanted: Module) -> Result<String> {
    let mut hash = Sha256::new();
    for file in wanted.sources() {
        hash.update(wanted.read(file)?);
    }
    for part in Part::ALL {
        if let Source::Go { module, package } = part.source()
            && module == wanted
        {
            hash.update(package);
            hash.update(part.link_flags()?);
        }
    }
    for flag in BUILD_FLAGS {
        hash.update(flag);
    }
    Ok(folder(wanted.name(), hash))
}

/// The folder of what a Python package holds, which another version or another file of it makes another one.
fn folder_of_wheel(wheel: Wheel) -> Result<String> {
    let path = wheel.requirements();
    let pins = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hash = Sha256::new();
    hash.update(pins);
    hash.update(wheel.file);
    Ok(folder(wheel.name, hash))
}

fn folder(name: &str, hash: Sha256) -> String {
    let mut folder = format!("{name}-");
    for byte in &hash.finalize()[..8] {
        // Writing into a text never fails.
        let _ = write!(folder, "{byte:02x}");
    }
    folder
}
