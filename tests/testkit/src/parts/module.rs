//! The Go modules in `tests/tools`: their folders, the versions that they pin, and where Go keeps their sources.
//!
//! It reads go.mod for what the build needs and leaves everything else of that format to Go.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context as _, Result, bail, ensure};

use super::toolchain::check_toolchain;

/// A folder of `tests/tools`, with its own go.mod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Module {
    /// etcd, Kubernetes and kubectl.
    Kubernetes,
    /// Istio, krew and Helm.
    Istio,
    /// KWOK.
    Kwok,
    /// The server that shows any certificate, of our own.
    TlsTerminator,
}

impl Module {
    /// All modules.
    pub const ALL: [Self; 4] = [
        Self::Kubernetes,
        Self::Istio,
        Self::Kwok,
        Self::TlsTerminator,
    ];

    /// The name of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Istio => "istio",
            Self::Kwok => "kwok",
            Self::TlsTerminator => "tls-terminator",
        }
    }

    /// Its folder.
    pub fn dir(self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../tools")
            .join(self.name())
    }

    /// The files that decide what is built from it: the modules that it pins, or its own code.
    pub(super) fn sources(self) -> [&'static str; 2] {
        match self {
            Self::Kubernetes | Self::Istio | Self::Kwok => ["go.mod", "go.sum"],
            Self::TlsTerminator => ["go.mod", "main.go"],
        }
    }

    pub(super) fn read(self, file: &str) -> Result<String> {
        let path = self.dir().join(file);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// The version of a Go module that its go.mod pins, such as `v1.36.3`; that of the replacement where there is one.
    pub fn version(self, path: &str) -> Result<String> {
        let text = self.read("go.mod")?;
        let lines = || text.lines().map(str::trim);
        let replaced = lines()
            .filter_map(|line| line.split_once(" => "))
            .find(|(old, _)| old.split_whitespace().next() == Some(path))
            .and_then(|(_, new)| new.split_whitespace().nth(1));
        let required = || {
            lines()
                .filter_map(|line| line.split_once(' '))
                .find(|(name, _)| *name == path)
                .and_then(|(_, rest)| rest.split_whitespace().next())
        };
        replaced
            .or_else(required)
            .map(str::to_owned)
            .with_context(|| format!("{} pins no version of {path}", self.name()))
    }

    /// The release that a line of its go.mod names in a comment (`release 1.31.0`), for a Go module that the proxy knows
    /// by commit only.
    pub fn release(self, path: &str) -> Result<String> {
        self.read("go.mod")?
            .lines()
            .filter(|line| line.split_whitespace().next() == Some(path))
            .find_map(|line| line.split_once("; release "))
            .map(|(_, release)| release.trim().to_owned())
            .with_context(|| format!("{} names no release of {path}", self.name()))
    }

    #[cfg(test)]
    pub(super) fn tools(self) -> Result<Vec<String>> {
        let text = self.read("go.mod")?;
        let mut tools = Vec::new();
        let mut inside = false;
        for line in text.lines().map(str::trim) {
            match line {
                "tool (" => inside = true,
                ")" => inside = false,
                tool if inside => tools.push(tool.to_owned()),
                other => tools.extend(other.strip_prefix("tool ").map(str::to_owned)),
            }
        }
        Ok(tools)
    }

    /// A `go` command in its folder, that nothing of the user's workspace bends.
    pub(super) fn go(self) -> Command {
        let mut command = Command::new("go");
        command
            .current_dir(self.dir())
            .env("GOWORK", "off")
            .env("GOFLAGS", "-mod=readonly")
            .stdin(Stdio::null());
        command
    }
}

/// The folder where Go keeps the sources of a Go module that `module` pins, such as `istio.io/istio` with its samples and
/// charts; they are downloaded where they are not there yet. Tests read there, and copy nothing into the project.
pub fn module_dir(module: Module, path: &str) -> Result<PathBuf> {
    static KNOWN: Mutex<Vec<(String, PathBuf)>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().expect("no one panics with the lock");
    if let Some((_, dir)) = known.iter().find(|(name, _)| name == path) {
        return Ok(dir.clone());
    }
    check_toolchain()?;
    let dir = if let Some(dir) = listed_dir(module, path)? {
        dir
    } else {
        run(module.go().args(["mod", "download", path]))?;
        listed_dir(module, path)?
            .with_context(|| format!("Go does not say where it keeps {path}"))?
    };
    known.push((path.to_owned(), dir.clone()));
    Ok(dir)
}

fn listed_dir(module: Module, path: &str) -> Result<Option<PathBuf>> {
    let dir = run(module.go().args(["list", "-m", "-f", "{{.Dir}}", path]))?;
    let dir = dir.trim();
    Ok((!dir.is_empty()).then(|| PathBuf::from(dir)))
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output().context("cannot run go")?;
    if !output.status.success() {
        bail!(
            "{command:?} failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let text = String::from_utf8(output.stdout).context("go printed something else than text")?;
    ensure!(!text.contains('\0'), "go printed something else than text");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_versions_win() {
        let replaced = Module::Kubernetes.version("k8s.io/client-go").unwrap();
        assert!(replaced.starts_with("v0."), "{replaced}");
    }

    #[test]
    fn unknown_module_is_named() {
        let error = Module::Kwok.version("example.com/none").unwrap_err();
        assert_eq!(
            error.to_string(),
            "kwok pins no version of example.com/none"
        );
    }
}
