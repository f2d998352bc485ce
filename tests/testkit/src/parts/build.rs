//! Builds a program from its Go package.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::cache;
use super::module::Module;

/// Builds `package` of `module` into the file `place`. What Go has to say of a failure is on stderr already.
pub(super) fn build(module: Module, package: &str, link_flags: &str, place: &Path) -> Result<()> {
    let status = module
        .go()
        .arg("build")
        .args(cache::BUILD_FLAGS)
        .arg(format!("-ldflags={link_flags}"))
        .arg("-o")
        .arg(place)
        .arg(package)
        .status()
        .context("cannot run go")?;
    ensure!(status.success(), "go build failed ({status})");
    Ok(())
}
