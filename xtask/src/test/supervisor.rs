//! The process that owns all real parts of a run.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// A running supervisor. It ends, with all that it started, when the other end of its standard input closes: when
/// this is dropped, and as well when this process dies in whatever way.
pub(super) struct Supervisor {
    process: Child,
    address: String,
}

impl Supervisor {
    /// Starts the program and waits until it says where it listens.
    pub(super) fn start(mut program: Command) -> Result<Self> {
        let mut process = program
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.get_program().display()))?;
        let mut address = String::new();
        let said = process
            .stdout
            .take()
            .context("the supervisor has an output")?;
        BufReader::new(said).read_line(&mut address)?;
        let supervisor = Self {
            process,
            address: address.trim_end().to_owned(),
        };
        ensure!(
            !supervisor.address.is_empty(),
            "the supervisor ended without saying where it listens"
        );
        Ok(supervisor)
    }

    /// The address at which tests reach it.
    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It kills what it owns, which takes no time worth a deadline.
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::Supervisor;

    fn script(text: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", text]);
        shell
    }

    #[test]
    fn it_ends_when_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let ended = dir.path().join("ended");
        let program = script(&format!(
            "echo /the/socket; cat >/dev/null; touch {}",
            ended.display()
        ));
        let supervisor = Supervisor::start(program).unwrap();
        assert_eq!(supervisor.address(), "/the/socket");
        assert!(!ended.exists());
        drop(supervisor);
        assert!(ended.exists());
    }

    #[test]
    fn one_that_does_not_come_up_is_an_error() {
        let error = Supervisor::start(script("exit 1")).err().unwrap();
        assert!(error.to_string().contains("without saying"), "{error}");
    }
}
