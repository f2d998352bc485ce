//! `cargo xtask install`: the plugins for one's own PATH.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::repo;

/// The folder for the plugins.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder; by default the one that `cargo install` uses
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// Builds every plugin as it is released and copies it under the name by which kubectl finds it.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let folder = match &args.to {
        Some(folder) => folder.clone(),
        None => cargo_bin()?,
    };
    eprintln!("install: building with all optimizations, which takes minutes the first time");
    let programs = build()?;
    ensure!(!programs.is_empty(), "the workspace has no plugin");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for program in &programs {
        println!("{}", copy(program, &folder)?.display());
    }
    if !on_path(&folder) {
        eprintln!(
            "warning: {} is not on your PATH, so kubectl will not find them there",
            folder.display()
        );
    }
    eprintln!("next: {} --help", typed(&programs[0]));
    Ok(ExitCode::SUCCESS)
}

fn build() -> Result<Vec<PathBuf>> {
    let built = repo::cargo()
        .args([
            "build",
            "--release",
            "--locked",
            "--workspace",
            "--bins",
            "--message-format=json-render-diagnostics",
        ])
        .args([
            "--exclude",
            "xtask",
            "--exclude",
            "mesh-testkit",
            "--exclude",
            "mesh-sample-plugin",
            "--exclude",
            "mesh-e2e",
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(built.status.success(), "the build failed");
    Ok(repo::programs_in(&String::from_utf8_lossy(&built.stdout)))
}

/// Copies beside the place first and renames then, so that a plugin that runs is not disturbed.
fn copy(program: &Path, folder: &Path) -> Result<PathBuf> {
    let name = program.file_name().context("a program has a name")?;
    let place = folder.join(name);
    let beside = folder.join(format!(".{}.new", name.to_string_lossy()));
    fs::copy(program, &beside)
        .and_then(|_| fs::rename(&beside, &place))
        .with_context(|| format!("cannot write {}", place.display()))?;
    Ok(place)
}

/// `$CARGO_HOME/bin`, else `~/.cargo/bin`.
fn cargo_bin() -> Result<PathBuf> {
    let home = || repo::variable("HOME").map(|home| Path::new(&home).join(".cargo"));
    let cargo = repo::variable("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(home);
    Ok(cargo
        .context("neither CARGO_HOME nor HOME is set: say where with --to DIR")?
        .join("bin"))
}

fn on_path(folder: &Path) -> bool {
    let same = |entry: PathBuf| match (entry.canonicalize(), folder.canonicalize()) {
        (Ok(entry), Ok(folder)) => entry == folder,
        (Ok(_) | Err(_), _) => false,
    };
    repo::variable("PATH").is_some_and(|path| std::env::split_paths(&path).any(same))
}

/// Returns the plugin as it is typed: kubectl finds `mesh-secret` as `kubectl-mesh_secret`.
fn typed(program: &Path) -> String {
    let name = program.file_stem().unwrap_or_default().to_string_lossy();
    name.replacen('-', " ", 1).replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::{copy, typed};

    #[test]
    fn a_plugin_is_typed_as_kubectl_finds_it() {
        assert_eq!(
            typed("/t/kubectl-mesh_secret".as_ref()),
            "kubectl mesh-secret"
        );
    }

    #[test]
    fn a_plugin_that_is_there_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (built, bin) = (dir.path().join("kubectl-a"), dir.path().join("bin"));
        std::fs::create_dir(&bin).unwrap();
        for text in ["one", "two"] {
            std::fs::write(&built, text).unwrap();
            let place = copy(&built, &bin).unwrap();
            assert_eq!(std::fs::read_to_string(place).unwrap(), text);
        }
        assert_eq!(std::fs::read_dir(bin).unwrap().count(), 1);
    }
}
