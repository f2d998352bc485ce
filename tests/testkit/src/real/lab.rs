//! The handle that tests hold: finds the run's supervisor, or starts one.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use super::cluster::Cluster;
use super::line::Line;
use crate::environment;
use crate::parts::workspace_binary;
use crate::supervisor::protocol::{Key, Kind, Options, Reply, Request};

/// The real clusters of this test run.
#[derive(Debug)]
pub struct Lab {
    line: Line,
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
            return Ok(Self {
                line: Line::new(socket.into()),
                _own: None,
            });
        }
        let own = Supervisor::start()?;
        Ok(Self {
            line: Line::new(own.socket().to_owned()),
            _own: Some(own),
        })
    }

    /// The lab of a supervisor that the caller keeps alive.
    pub fn of(supervisor: &Supervisor) -> Self {
        Self {
            line: Line::new(supervisor.socket().to_owned()),
            _own: None,
        }
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
            key: key.clone(),
            options,
        };
        match self.line.ask(&request)? {
            Reply::Cluster(info) => Ok(Cluster::new(self.line.clone(), key, info)),
            Reply::Proxy(_) | Reply::Client { .. } | Reply::Done | Reply::Failed(_) => {
                bail!("the supervisor answered something else")
            }
        }
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

    /// Where the supervisor listens.
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
