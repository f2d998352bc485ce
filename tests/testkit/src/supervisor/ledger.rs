//! The folder of a supervisor and its list of processes, and what becomes of those of a dead one.
//!
//! All supervisors of a user share one folder, of which each has a folder of its own with a locked file `alive`. A lock that
//! can be had means that its holder is dead, however it died. The list is what lets a later supervisor end what was left, and
//! nothing else: a number alone would not do, since numbers are used again.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Signal, kill_process};

use super::process_identity::identity;
use super::under_parent::pid;

const ALIVE: &str = "alive";
const PROCESSES: &str = "processes";

/// A live supervisor's folder. Dropping it removes the folder.
pub(super) struct Ledger {
    dir: PathBuf,
    processes: Mutex<File>,
    _alive: File,
}

impl Ledger {
    /// Ends what dead supervisors left, then makes a folder below `root`.
    pub(super) fn open(root: &Path) -> Result<Self> {
        private_dir(root)?;
        // Without this, a folder could be taken for a dead one's between being made and being locked.
        let _others_wait = locked(&root.join("lock"))?;
        for entry in fs::read_dir(root)?.flatten() {
            if entry.path().is_dir() {
                end_if_dead(&entry.path());
            }
        }
        let dir = root.join(std::process::id().to_string());
        DirBuilder::new()
            .mode(0o700)
            .create(&dir)
            .with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(Self {
            processes: Mutex::new(File::create(dir.join(PROCESSES))?),
            _alive: locked(&dir.join(ALIVE))?,
            dir,
        })
    }

    /// The supervisor's folder.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Enters a process that was just started.
    pub(super) fn enter(&self, number: u32) -> Result<()> {
        let started = pid(number).and_then(identity).unwrap_or_default();
        let mut file = self.processes.lock().expect("no one panics with the lock");
        writeln!(file, "{number} {started}").context("cannot write the list of processes")
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // A folder that stays is removed by the next supervisor.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The folder that all supervisors of this user share.
pub(super) fn shared_root() -> PathBuf {
    let user = rustix::process::getuid();
    std::env::temp_dir().join(format!("kubectl-mesh-testkit-{}", user.as_raw()))
}

fn private_dir(dir: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("cannot make {}", dir.display()))?;
    let metadata = fs::symlink_metadata(dir)?;
    ensure!(
        metadata.is_dir()
            && metadata.uid() == rustix::process::getuid().as_raw()
            && metadata.mode().trailing_zeros() >= 6,
        "{} is not a folder of this user alone",
        dir.display()
    );
    Ok(())
}

fn locked(path: &Path) -> Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))?;
    file.lock()
        .with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

/// Ends the processes of a supervisor that is dead and removes its folder. What cannot be done is left to the next one.
fn end_if_dead(dir: &Path) {
    let Ok(alive) = File::open(dir.join(ALIVE)) else {
        let _ = fs::remove_dir_all(dir);
        return;
    };
    if alive.try_lock().is_err() {
        return;
    }
    let list = fs::read_to_string(dir.join(PROCESSES)).unwrap_or_default();
    for line in list.lines() {
        let Some((number, started)) = line.split_once(' ') else {
            continue;
        };
        let Some(pid) = number.parse().ok().and_then(pid) else {
            continue;
        };
        if !started.is_empty() && identity(pid).as_deref() == Some(started) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    let _ = fs::remove_dir_all(dir);
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::*;
    use crate::condition::wait_until;

    #[test]
    fn leftovers_of_a_dead_supervisor_are_ended_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("shared");
        let dead = root.join("dead");
        private_dir(&root).unwrap();
        private_dir(&dead).unwrap();
        let mut left = waiting();
        let mut strange = waiting();
        let started = pid(left.id()).and_then(identity).unwrap();
        fs::write(
            dead.join(PROCESSES),
            format!(
                "{} {started}\n{} another-start\nnonsense\n",
                left.id(),
                strange.id()
            ),
        )
        .unwrap();
        fs::write(dead.join(ALIVE), "").unwrap();

        let ledger = Ledger::open(&root).unwrap();

        assert!(!dead.exists());
        let ended = wait_until(Duration::from_secs(10), || left.try_wait().unwrap());
        assert!(ended.is_some_and(|status| !status.success()));
        assert!(strange.try_wait().unwrap().is_none());
        strange.kill().unwrap();
        strange.wait().unwrap();
        let dir = ledger.dir().to_owned();
        drop(ledger);
        assert!(!dir.exists());
    }

    #[test]
    fn a_living_supervisor_keeps_its_folder() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("shared");
        let living = root.join("living");
        private_dir(&root).unwrap();
        private_dir(&living).unwrap();
        let _alive = locked(&living.join(ALIVE)).unwrap();
        let _ledger = Ledger::open(&root).unwrap();
        assert!(living.exists());
    }

    fn waiting() -> std::process::Child {
        Command::new("cat").stdin(Stdio::piped()).spawn().unwrap()
    }
}
