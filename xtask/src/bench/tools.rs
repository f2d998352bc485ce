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

/// The folder of both.
pub(super) struct Tools {
    ours: PathBuf,
    istioctl: PathBuf,
}

impl Tools {
    /// Both as their users get them, built where that is needed.
    pub(super) fn released() -> Result<Self> {
        Self::with(&build_release()?)
    }

    /// istioctl, built where that is needed, and this plugin.
    pub(super) fn with(plugin: &Path) -> Result<Self> {
        let ours = plugin.canonicalize();
        Ok(Self {
            ours: ours.with_context(|| plugin.display().to_string())?,
            istioctl: parts::path(Part::Istioctl)?,
        })
    }

    pub(super) fn path(&self, tool: Tool) -> &Path {
        match tool {
            Tool::Ours => &self.ours,
            Tool::Istioctl => &self.istioctl,
        }
    }

    /// The size of its file, in bytes.
    pub(super) fn size(&self, tool: Tool) -> Result<u64> {
        Ok(std::fs::metadata(self.path(tool))?.len())
    }
}

fn build_release() -> Result<PathBuf> {
    eprintln!("bench: building the plugin as it is released, which takes minutes the first time");
    let built = repo::cargo()
        .args(["build", "--release", "--locked", "--quiet"])
        .args(["--package", "kubectl-mesh-secret"])
        .arg("--message-format=json-render-diagnostics")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(built.status.success(), "the build failed");
    repo::programs_in(&String::from_utf8_lossy(&built.stdout))
        .pop()
        .context("cargo does not say where it put the plugin")
}
