//! The handle that tests hold: finds the run's supervisor, or starts one.

use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use super::cluster::Cluster;
use super::line::{Line, SOMETHING_ELSE};
use crate::environment;
use crate::parts::workspace_binary;
use crate::supervisor::protocol::{Guest, Key, Kind, Options, Reply, Request};

/// The real clusters of this test run.
#[derive(Debug)]
pub struct Lab {
    line: Line,
    guest: Guest,
    /// Kept open, which is what keeps the clusters.
    _presence: UnixStream,
    /// Kept so that its standard input stays open for as long as this process lives.
    _own: Option<Supervisor>,
}

impl Lab {
    /// The lab of this process: that of the supervisor which the environment names, else of one started now, which ends with
    /// this process however it ends.
    pub fn get() -> Result<&'static Self> {
        static LAB: OnceLock<std::result::Result<Lab, String>> = OnceLock::new();
        LAB.get_or_init(|| Self::find().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|why| anyhow!("{why}"))
    }

    fn find() -> Result<Self> {
        if let Some(socket) = environment::variable(environment::SUPERVISOR) {
            return Self::at(socket.into(), None);
        }
        let own = Supervisor::start()?;
        Self::at(own.socket().to_owned(), Some(own))
    }

    /// A lab of a supervisor that the caller keeps alive. Its clusters end when it is dropped.
    pub fn of(supervisor: &Supervisor) -> Result<Self> {
        Self::at(supervisor.socket().to_owned(), None)
    }

    fn at(socket: PathBuf, own: Option<Supervisor>) -> Result<Self> {
        let line = Line::new(socket);
        let (guest, presence) = line.stay()?;
        Ok(Self {
            line,
            guest,
            _presence: presence,
            _own: own,
        })
    }

    /// A cluster with this name, which is also the name of its context, and kind; started on the first ask of a run, and ready
    /// to be used.
    pub fn cluster(&self, name: &str, kind: Kind) -> Result<Cluster> {
        self.cluster_with(name, kind, Options::default())
    }

    /// As [`Self::cluster`], with options. The same name and kind with other options is an error.
    pub fn cluster_with(&self, name: &str, kind: Kind, options: Options) -> Result<Cluster> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        ensure!(
            !name.is_empty() && name.chars().all(is_plain),
            "{name:?} does not do for a cluster: its name is also that of a folder and a context"
        );
        let key = Key {
            name: name.to_owned(),
            kind,
        };
        let request = Request::Cluster {
            guest: self.guest,
            key: key.clone(),
            options,
        };
        let Reply::Cluster(info) = self.line.ask(&request)? else {
            bail!("{SOMETHING_ELSE}")
        };
        Ok(Cluster::new(self.line.clone(), key, info))
    }

    /// Ends a cluster where there is one, so that the next ask for it makes a new one.
    pub fn without_cluster(&self, name: &str, kind: Kind) -> Result<()> {
        let key = Key {
            name: name.to_owned(),
            kind,
        };
        self.line.ask(&Request::Remove { key }).map(drop)
    }

    /// Several clusters of one kind, started side by side.
    pub fn clusters<const N: usize>(&self, names: [&str; N], kind: Kind) -> Result<[Cluster; N]> {
        let started: Vec<_> = std::thread::scope(|scope| {
            let starts = names.map(|name| scope.spawn(move || self.cluster(name, kind)));
            starts
                .into_iter()
                .map(|start| start.join().expect("a start does not panic"))
                .collect::<Result<_>>()
        })?;
        started
            .try_into()
            .map_err(|_| anyhow!("as many clusters start as were asked for"))
    }

    /// The address of the supervisor.
    pub fn socket(&self) -> &Path {
        self.line.socket()
    }
}

/// A supervisor process. It ends, and all clusters with it, when this is dropped or when this process ends.
#[derive(Debug)]
pub struct Supervisor {
    child: Child,
    stdin: Option<ChildStdin>,
    socket: PathBuf,
}

impl Supervisor {
    /// Builds the supervisor's program where needed, and starts it.
    pub fn start() -> Result<Self> {
        Self::start_program(&workspace_binary(
            "mesh-testkit",
            "mesh-testkit-supervisor",
        )?)
    }

    /// Starts the supervisor's program, built already.
    pub fn start_program(program: &Path) -> Result<Self> {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C at the terminal is for the tests; the supervisor notices that they are gone and clears up.
            .process_group(0)
            .spawn()
            .context("cannot start the supervisor")?;
        let stdin = child.stdin.take();
        let stdout = child
            .stdout
            .take()
            .context("the supervisor has no output")?;
        let mut socket = String::new();
        BufReader::new(stdout).read_line(&mut socket)?;
        let socket = PathBuf::from(socket.trim_end());
        ensure!(socket.is_absolute(), "the supervisor did not start");
        Ok(Self {
            child,
            stdin,
            socket,
        })
    }

    /// The value of [`environment::SUPERVISOR`] for processes that are to share its clusters.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The supervisor's process number, for the tests of the supervisor itself.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It kills what it owns, which takes no time to speak of.
        let _ = self.child.wait();
    }
}
