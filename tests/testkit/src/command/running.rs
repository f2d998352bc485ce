//! A program that runs.

use std::fs::File;
use std::io::{Read, Write as _};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::output::Output;
use super::record;
use super::run::Run;
use crate::condition::wait_until;

type Text = Arc<Mutex<Vec<u8>>>;

/// A program that runs. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    run: Run,
    pid: Pid,
    started: Instant,
    ended: Option<Receiver<std::io::Result<ExitStatus>>>,
    stdout: Text,
    stderr: Text,
    readers: Vec<JoinHandle<()>>,
    terminal: Option<File>,
    _home: Option<TempDir>,
}

impl Running {
    pub(super) fn new(
        mut run: Run,
        mut child: Child,
        terminal: Option<File>,
        home: Option<TempDir>,
    ) -> Self {
        let pid = i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a process has a positive number");
        let mut readers = Vec::new();
        let stdout = Text::default();
        if let Some(source) = child.stdout.take() {
            readers.push(keep(source, &stdout));
        }
        let stderr = Text::default();
        if let Some(source) = child.stderr.take() {
            readers.push(keep(source, &stderr));
        }
        if let Some(terminal) = &terminal {
            let source = terminal.try_clone().expect("the system has descriptors");
            readers.push(keep(source, &stderr));
        }
        if let (Some(text), Some(mut stdin)) = (run.stdin.take(), child.stdin.take()) {
            // A program may end without having read everything.
            thread::spawn(move || stdin.write_all(&text));
        }
        let (tell, ended) = channel();
        thread::spawn(move || tell.send(child.wait()));
        Self {
            run,
            pid,
            started: Instant::now(),
            ended: Some(ended),
            stdout,
            stderr,
            readers,
            terminal,
            _home: home,
        }
    }

    /// Sends SIGINT, as ctrl-c does.
    ///
    /// # Panics
    /// Where it has ended already.
    pub fn interrupt(&self) {
        kill_process(self.pid, Signal::INT).expect("it runs");
    }

    /// Types this at its terminal; it stands in standard error as well, as on any terminal.
    ///
    /// # Panics
    /// Where it was not put at one.
    pub fn type_in(&self, text: &str) {
        let mut terminal = self.terminal.as_ref().expect("it is at a terminal");
        terminal
            .write_all(text.as_bytes())
            .expect("a terminal takes a line");
    }

    /// Its standard output so far.
    pub fn stdout(&self) -> String {
        text(&self.stdout)
    }

    /// Its standard error so far.
    pub fn stderr(&self) -> String {
        let text = text(&self.stderr);
        match &self.terminal {
            // A terminal ends its lines with two characters.
            Some(_) => text.replace("\r\n", "\n"),
            None => text,
        }
    }

    /// Waits until standard error holds this text.
    ///
    /// # Panics
    /// Where it does not within the run's deadline.
    pub fn wait_for_stderr(&self, wanted: &str) {
        self.wait_for(wanted, "stderr", &self.stderr);
    }

    /// Waits until standard output holds this text.
    ///
    /// # Panics
    /// Where it does not within the run's deadline.
    pub fn wait_for_stdout(&self, wanted: &str) {
        self.wait_for(wanted, "stdout", &self.stdout);
    }

    fn wait_for(&self, wanted: &str, name: &str, source: &Text) {
        let found = wait_until(self.run.deadline, || {
            text(source).contains(wanted).then_some(())
        });
        assert!(
            found.is_some(),
            "{}: no {wanted:?} in {name}:\n{}",
            self.run.line(),
            text(source)
        );
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// Where it outlives its deadline; it is killed then.
    pub fn wait(mut self) -> Output {
        let ended = self.ended.take().expect("it is waited for once");
        let left = self.run.deadline.saturating_sub(self.started.elapsed());
        let Ok(status) = ended.recv_timeout(left) else {
            self.kill();
            panic!(
                "{} ran for more than {:?}\nstdout:\n{}\nstderr:\n{}",
                self.run.line(),
                self.run.deadline,
                self.stdout(),
                self.stderr()
            );
        };
        let took = self.started.elapsed();
        for reader in self.readers.drain(..) {
            reader.join().expect("reading does not panic");
        }
        let status = status.expect("a child can be waited for");
        let output = self.finished(status, took);
        if self.run.recorded {
            record::keep(&output, self.run.manifest_requested);
        }
        output
    }

    fn finished(&self, status: ExitStatus, took: Duration) -> Output {
        Output {
            command: self.run.line(),
            stdout: self.stdout(),
            stderr: self.stderr(),
            code: super::output::code(status),
            took,
        }
    }

    fn kill(&self) {
        // It may have ended by itself in the meantime.
        let _ = kill_process(self.pid, Signal::KILL);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let still_runs = self
            .ended
            .as_ref()
            .is_some_and(|ended| ended.try_recv().is_err());
        if still_runs {
            self.kill();
        }
    }
}

/// Reads to the end on a thread of its own, so that a program that says much on both outputs never waits for us.
fn keep(mut source: impl Read + Send + 'static, kept: &Text) -> JoinHandle<()> {
    let kept = Arc::clone(kept);
    thread::spawn(move || {
        let mut chunk = [0; 8192];
        while let Ok(read @ 1..) = source.read(&mut chunk) {
            kept.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend_from_slice(&chunk[..read]);
        }
    })
}

fn text(kept: &Text) -> String {
    let bytes = kept.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&bytes).into_owned()
}
