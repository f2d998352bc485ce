//! Where built parts are kept: a folder for each module, named by everything that the result depends on.
//!
//! The cache lies outside the repository and outside `target`, so that a clean build does not throw eight minutes away.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::module::Module;
use super::part::Part;
use crate::environment;

/// Flags of `go build` that are the same for all parts.
pub(super) const BUILD_FLAGS: [&str; 1] = ["-trimpath"];

/// The folder of all built parts: `$KUBECTL_MESH_PARTS`, else `kubectl-mesh/parts` in the user's cache.
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

/// The folder of one module's parts, which another version of a module or another flag makes another one.
pub(super) fn dir_of(module: Module) -> Result<PathBuf> {
    let mut hash = Sha256::new();
    for file in ["go.mod", "go.sum"] {
        hash.update(module.read(file)?);
    }
    for part in Part::ALL.into_iter().filter(|part| part.module() == module) {
        hash.update(part.package());
        hash.update(part.link_flags()?);
    }
    for flag in BUILD_FLAGS {
        hash.update(flag);
    }
    let mut name = format!("{}-", module.name());
    for byte in &hash.finalize()[..8] {
        write!(name, "{byte:02x}")?;
    }
    Ok(cache_dir()?.join(name))
}

/// The place of a part, whether it is built or not.
pub(super) fn place_of(part: Part) -> Result<PathBuf> {
    Ok(dir_of(part.module())?.join(part.name()))
}
