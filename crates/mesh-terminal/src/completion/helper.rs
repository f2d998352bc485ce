//! The helper that kubectl runs: a script of two lines beside the plugin. Krew links only one file of a plugin, so it
//! cannot install this one (<https://github.com/kubernetes-sigs/krew/issues/812>).

use std::ffi::OsStr;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use mesh_model::Error;
use mesh_model::command::Command;

/// The path and the content of a plugin's helper.
#[derive(Debug)]
pub(super) struct Helper {
    path: PathBuf,
    text: String,
    typed: String,
}

impl Helper {
    /// Returns the helper of the plugin with the spelling `typed`, in the first folder of the search path that contains
    /// the plugin, because kubectl looks there.
    pub(super) fn of(typed: &str, search_path: Option<&OsStr>) -> Result<Self, Error> {
        // kubectl's rule: blanks separate words, dashes join them, and a dash inside a word is an underscore in the
        // file's name.
        let words: Vec<String> = typed
            .split(' ')
            .map(|word| word.replace('-', "_"))
            .collect();
        let plugin = words.join("-");
        let helper = plugin.replacen("kubectl-", "kubectl_complete-", 1);
        let file = format!("{plugin}{}", std::env::consts::EXE_SUFFIX);
        let folder = search_path
            .into_iter()
            .flat_map(std::env::split_paths)
            .find(|folder| folder.join(&file).is_file())
            .ok_or_else(|| {
                Error::refused(format!(
                    "kubectl cannot find this plugin: no folder of PATH has {file}"
                ))
                .hint(Command::new("kubectl plugin list"))
            })?;
        let (name, text) = if cfg!(windows) {
            let text = format!(
                "@rem {}\r\n@\"%~dp0{file}\" __complete %*\r\n",
                owner(typed)
            );
            (format!("{helper}.cmd"), text)
        } else {
            let text = format!(
                "#!/bin/sh\n# {}\nexec \"${{0%/*}}/{file}\" __complete \"$@\"\n",
                owner(typed)
            );
            (helper, text)
        };
        Ok(Self {
            path: folder.join(name),
            text,
            typed: typed.to_owned(),
        })
    }

    /// Writes it, and returns the message about that.
    pub(super) fn install(&self) -> Result<String, Error> {
        let there = self.read()?;
        let done = match there {
            Some(text) if text == self.text => "unchanged",
            Some(_) => "configured",
            None => "created",
        };
        if done != "unchanged" {
            self.write().map_err(|e| {
                let refused = Error::refused(format!("cannot write {}", self.path.display()));
                refused.because(e).hint(self.with_rights("install"))
            })?;
        }
        Ok(format!("{} {done}", self.path.display()))
    }

    /// Deletes it, and returns the message about that.
    pub(super) fn uninstall(&self) -> Result<String, Error> {
        if self.read()?.is_none() {
            return Ok(format!("{} is not there", self.path.display()));
        }
        std::fs::remove_file(&self.path).map_err(|e| {
            let refused = Error::refused(format!("cannot delete {}", self.path.display()));
            refused.because(e).hint(self.with_rights("uninstall"))
        })?;
        Ok(format!("{} deleted", self.path.display()))
    }

    /// Reads the existing helper, and fails if the suite did not write it.
    fn read(&self) -> Result<Option<String>, Error> {
        let shown = self.path.display();
        match std::fs::read(&self.path) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::refused(format!("cannot read {shown}")).because(e)),
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) if text.contains(&owner(&self.typed)) => Ok(Some(text)),
                _ => Err(
                    Error::refused(format!("{shown} is not a helper that this plugin wrote")).hint(
                        Command::new("mv").args(&[&shown.to_string(), &format!("{shown}.old")]),
                    ),
                ),
            },
        }
    }

    /// Writes to a temporary file first, so that kubectl never runs half of it.
    fn write(&self) -> std::io::Result<()> {
        let new = self
            .path
            .with_extension(format!("new-{}", std::process::id()));
        let written = (|| {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o755);
            options.open(&new)?.write_all(self.text.as_bytes())?;
            std::fs::rename(&new, &self.path)
        })();
        if written.is_err() {
            let _ = std::fs::remove_file(&new);
        }
        written
    }

    fn with_rights(&self, step: &str) -> String {
        format!(
            "run {} completion {step} as a user who may write to {}",
            self.typed,
            self.path.parent().unwrap_or(&self.path).display()
        )
    }
}

/// Returns the line by which our helper is recognized.
fn owner(typed: &str) -> String {
    format!("Completes {typed}; {typed} completion uninstall deletes this file.")
}
