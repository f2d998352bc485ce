//! One data path at a time on a machine: its addresses are fixed.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

/// Held for as long as the addresses are in use; the system lets go when the process ends.
pub(super) struct Exclusive {
    _file: File,
}

impl Exclusive {
    /// Waits until no other process, and no other test of this one, uses the addresses.
    pub(super) fn wait() -> Result<Self> {
        let path = place();
        // Another user's file can be read and locked, though not written.
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .or_else(|_| File::open(&path))
            .with_context(|| format!("cannot open {}", path.display()))?;
        file.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(Self { _file: file })
    }
}

fn place() -> PathBuf {
    std::env::temp_dir().join("kubectl-mesh-testkit-data-path")
}
