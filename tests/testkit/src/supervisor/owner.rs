//! Starts and ends processes. Nothing else in the supervisor does.
//!
//! All of them are spawned on the main thread (why: see [`super::under_parent`]), which does nothing else.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, Weak};

use anyhow::{Context as _, Result, anyhow};

use super::ledger::Ledger;
use super::under_parent;

/// The number of lines of a process's log that an error shows.
const TAIL: usize = 15;

/// A process to start.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// Its name in errors and the log's file name.
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) env: BTreeMap<String, String>,
    /// Its working folder, its HOME, and where its log goes.
    pub(super) dir: PathBuf,
}

impl Program {
    /// The file of its output.
    pub(super) fn log(&self) -> PathBuf {
        self.dir.join(format!("{}.log", self.name))
    }

    fn command(&self) -> Result<Command> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .with_context(|| format!("cannot open the log of {}", self.name))?;
        let mut command = under_parent::command(&self.path);
        command
            .args(&self.args)
            .env_clear()
            .envs(&self.env)
            .env("HOME", &self.dir)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(command)
    }
}

/// A process that was started. Dropping it kills it.
pub(super) struct Process {
    program: Program,
    child: Arc<Mutex<Child>>,
}

impl Process {
    /// Its end, if it ended.
    pub(super) fn exited(&self) -> Option<ExitStatus> {
        self.child
            .lock()
            .expect("no one panics with the lock")
            .try_wait()
            .ok()
            .flatten()
    }

    /// The program that it was started from.
    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    /// The last lines of its log, for an error.
    pub(super) fn tail(&self) -> String {
        tail(&self.program.log())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        end(&self.child);
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

/// Kills and reaps, after which its ports are free.
fn end(child: &Mutex<Child>) {
    let mut child = child.lock().expect("no one panics with the lock");
    let _ = child.kill();
    let _ = child.wait();
}

type Answer = Sender<Result<Process>>;

enum Order {
    Start(Box<Program>, Answer),
    End,
}

/// Orders processes from the main thread.
#[derive(Clone)]
pub(super) struct Owner {
    orders: Sender<Order>,
}

impl Owner {
    /// Starts a process.
    pub(super) fn start(&self, program: Program) -> Result<Process> {
        let (answer, answered) = channel();
        self.orders
            .send(Order::Start(Box::new(program), answer))
            .map_err(|_| anyhow!("the supervisor is ending"))?;
        answered
            .recv()
            .map_err(|_| anyhow!("the supervisor is ending"))?
    }

    /// Ends everything, and the main thread with it.
    pub(super) fn end_all(&self) {
        // Where nobody hears it, everything has ended already.
        let _ = self.orders.send(Order::End);
    }
}

/// The main thread's side.
pub(super) struct Orders {
    received: Receiver<Order>,
    children: Vec<Weak<Mutex<Child>>>,
}

/// The two ends of the line to the main thread.
pub(super) fn owner() -> (Owner, Orders) {
    let (orders, received) = channel();
    let orders_taken = Orders {
        received,
        children: Vec::new(),
    };
    (Owner { orders }, orders_taken)
}

impl Orders {
    /// Carries orders out until everything is to end; then kills all that still runs.
    pub(super) fn carry_out(mut self, ledger: &Ledger) {
        while let Ok(Order::Start(program, answer)) = self.received.recv() {
            // Where nobody waits for the process any more, dropping it kills it.
            let _ = answer.send(self.start(*program, ledger));
        }
        for child in self.children.iter().filter_map(Weak::upgrade) {
            end(&child);
        }
    }

    fn start(&mut self, program: Program, ledger: &Ledger) -> Result<Process> {
        let child = program
            .command()?
            .spawn()
            .with_context(|| format!("cannot start {}", program.name))?;
        let number = child.id();
        let child = Arc::new(Mutex::new(child));
        self.children.push(Arc::downgrade(&child));
        let process = Process { program, child };
        ledger.enter(number)?;
        Ok(process)
    }
}
