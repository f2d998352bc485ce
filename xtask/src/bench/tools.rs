//! The two programs that are compared, and what of each is typed.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use mesh_testkit::parts::{self, Part};

use crate::repo;

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tool {
    /// `kubectl-mesh_secret`, as it is released.
    Ours,
    /// istioctl.
    Istioctl,
}

impl Tool {
    /// Both, in the order in which they take turns.
    pub(super) const BOTH: [Self; 2] = [Self::Ours, Self::Istioctl];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ours => "kubectl-mesh_secret",
            Self::Istioctl => "istioctl",
        }
    }

    /// A word for it in the name of an object.
    pub(super) fn short(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Istioctl => "istioctl",
        }
    }

    /// The beginning of the user agent of its requests.
    pub(super) fn agent(self) -> &'static str {
        match self {
            Self::Ours => "kubectl-mesh-secret/",
            Self::Istioctl => "istioctl",
        }
    }
}

/// The file of the other plugin that is measured, beside `kubectl-mesh_secret`.
pub(super) const VERIFY: &str = "kubectl-mesh_verify";

/// The paths of the programs.
pub(super) struct Tools {
    ours: PathBuf,
    verify: PathBuf,
    istioctl: PathBuf,
}

impl Tools {
    /// All as their users get them, built where that is needed.
    pub(super) fn released() -> Result<Self> {
        Self::with(&build_release()?)
    }

    /// istioctl, built where that is needed, and this `kubectl-mesh_secret` with the plugin beside it.
    pub(super) fn with(plugin: &Path) -> Result<Self> {
        let there = |path: &Path| {
            let real = path.canonicalize();
            real.with_context(|| format!("cannot measure {}", path.display()))
        };
        let ours = there(plugin)?;
        Ok(Self {
            verify: there(&ours.with_file_name(VERIFY))?,
            ours,
            istioctl: parts::path(Part::Istioctl)?,
        })
    }

    pub(super) fn path(&self, tool: Tool) -> &Path {
        match tool {
            Tool::Ours => &self.ours,
            Tool::Istioctl => &self.istioctl,
        }
    }

    /// `kubectl-mesh_verify`.
    pub(super) fn verify(&self) -> &Path {
        &self.verify
    }

    /// The size of its file, in bytes.
    pub(super) fn size(&self, tool: Tool) -> Result<u64> {
        Ok(std::fs::metadata(self.path(tool))?.len())
    }
}

fn build_release() -> Result<PathBuf> {
    eprintln!(
        "bench: building the plugins as they are released, which takes minutes the first time"
    );
    let built = repo::cargo()
        .args(["build", "--release", "--locked", "--quiet"])
        .args(["--package", "kubectl-mesh-secret"])
        .args(["--package", "kubectl-mesh-verify"])
        .arg("--message-format=json-render-diagnostics")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(built.status.success(), "the build failed");
    repo::programs_in(&String::from_utf8_lossy(&built.stdout))
        .into_iter()
        .find(|program| program.ends_with(Tool::Ours.name()))
        .context("cargo does not say where it put the plugin")
}
