//! Keeps what the plugins said in all tests of a run, for one check at its end that nothing in it is secret.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::output::Output;
use crate::environment;

/// The output of one run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recording {
    /// The command as typed.
    pub command: String,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
    /// Its exit code.
    pub code: i32,
    /// A manifest was asked for, so that the standard output may hold a secret.
    pub manifest_requested: bool,
}

/// Keeps a run's output where the environment names a folder for it.
pub(super) fn keep(output: &Output, manifest_requested: bool) {
    let Some(dir) = environment::variable(environment::RECORD).map(PathBuf::from) else {
        return;
    };
    let recording = Recording {
        command: output.command.clone(),
        stdout: output.stdout.clone(),
        stderr: output.stderr.clone(),
        code: output.code,
        manifest_requested,
    };
    append(&dir, &recording).expect("the folder for recordings can be written to");
}

/// One file for each test process, one line for each run, each line written at once.
fn append(dir: &Path, recording: &Recording) -> Result<()> {
    fs::create_dir_all(dir)?;
    let path = dir.join(format!("{}.jsonl", std::process::id()));
    let mut line = serde_json::to_vec(recording)?;
    line.push(b'\n');
    let mut file = File::options().create(true).append(true).open(path)?;
    file.write_all(&line)?;
    Ok(())
}

/// All recordings in a folder.
pub fn recordings(dir: &Path) -> Result<Vec<Recording>> {
    let mut all = Vec::new();
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for line in text.lines() {
            let recording = serde_json::from_str(line)
                .with_context(|| format!("no recording in {}", path.display()))?;
            all.push(recording);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let recording = Recording {
            command: "kubectl-mesh_secret create".to_owned(),
            stdout: "two\nlines\n".to_owned(),
            stderr: String::new(),
            code: 0,
            manifest_requested: true,
        };
        append(dir.path(), &recording).unwrap();
        append(dir.path(), &recording).unwrap();
        let read = recordings(dir.path()).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[1].stdout, recording.stdout);
    }
}
