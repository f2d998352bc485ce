//! Runs test programs side by side, since most of them wait for servers most of the time.
//!
//! Each worker has a supervisor of its own, so that programs that run at once never meet in a cluster. It must not know what a
//! program tests.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result};
use mesh_testkit::environment;

use super::supervisor::Supervisor;

/// A program to run.
pub(super) struct Job {
    /// What a person calls it.
    pub(super) name: String,
    pub(super) command: Command,
}

/// Runs all jobs, as many at once as told, and prints what each said when it ends, as a whole; returns the names of those that
/// failed. What they say is kept in `folder` meanwhile.
pub(super) fn run(
    jobs: Vec<Job>,
    at_once: usize,
    folder: &Path,
    supervisor: impl Fn() -> Result<Supervisor> + Sync,
) -> Result<Vec<String>> {
    let jobs = Mutex::new(jobs.into_iter().enumerate());
    let next = || jobs.lock().expect("no one panics with the lock").next();
    let work = || {
        let supervisor = supervisor()?;
        let mut failed = Vec::new();
        while let Some((number, mut job)) = next() {
            job.command
                .env(environment::SUPERVISOR, supervisor.address());
            if !passes(&mut job, &folder.join(format!("{number}.txt")))? {
                failed.push(job.name);
            }
        }
        Ok(failed)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        let all: Result<Vec<_>> = workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker does not panic"))
            .collect();
        Ok(all?.concat())
    })
}

/// Runs one job and prints what it said. That goes through a file, which ends with the program even where a process that it
/// started does not.
fn passes(job: &mut Job, said: &Path) -> Result<bool> {
    eprintln!("     Running {}", job.name);
    let begun = Instant::now();
    let output = File::create(said).with_context(|| format!("cannot write {}", said.display()))?;
    let status = job
        .command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .status()
        .with_context(|| format!("cannot start {}", job.name))?;
    let (outcome, end) = if status.success() {
        ("Passed", String::new())
    } else {
        ("FAILED", format!("{}: {status}\n", job.name))
    };
    let said = fs::read(said).with_context(|| format!("cannot read {}", said.display()))?;
    // At once, so that nothing else comes in between.
    print!(
        "     {outcome} {} after {} s\n{}{end}",
        job.name,
        begun.elapsed().as_secs(),
        String::from_utf8_lossy(&said)
    );
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(name: &str, script: &str) -> Job {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Job {
            name: name.to_owned(),
            command,
        }
    }

    fn supervisor() -> Result<Supervisor> {
        let mut program = Command::new("sh");
        program.args(["-c", "echo /socket/$$; cat >/dev/null"]);
        Supervisor::start(program)
    }

    #[test]
    fn failures_are_named_and_keep_nothing_from_running() {
        let dir = tempfile::tempdir().unwrap();
        let jobs = vec![
            shell("fails", "echo out; echo err >&2; exit 1"),
            shell("passes", "exit 0"),
            shell("dies", "kill -9 $$"),
        ];
        let mut failed = run(jobs, 2, dir.path(), supervisor).unwrap();
        failed.sort();
        assert_eq!(failed, ["dies", "fails"]);
        let said = fs::read_to_string(dir.path().join("0.txt")).unwrap();
        assert_eq!(said, "out\nerr\n");
    }

    #[test]
    fn jobs_run_at_once_and_over_supervisors_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let meet = |own: &str, other: &str| {
            let place = dir.path().display();
            let tell = format!("echo ${} >{place}/{own}", environment::SUPERVISOR);
            let wait = format!("until [ -s {place}/{other} ]; do sleep 0.01; done");
            shell(own, &format!("{tell}; {wait}"))
        };
        let jobs = vec![meet("one", "other"), meet("other", "one")];
        assert_eq!(run(jobs, 2, dir.path(), supervisor).unwrap(), [""; 0]);
        let told = ["one", "other"].map(|name| fs::read_to_string(dir.path().join(name)).unwrap());
        assert!(told[0].starts_with("/socket/"), "{told:?}");
        assert_ne!(told[0], told[1]);
    }

    #[test]
    fn a_supervisor_that_does_not_come_up_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let none = || Supervisor::start(Command::new("false"));
        let error = run(vec![shell("name", "exit 0")], 1, dir.path(), none).unwrap_err();
        assert!(error.to_string().contains("without saying"), "{error}");
    }
}
