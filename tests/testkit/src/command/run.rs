//! A program to run, and all that it is to see.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::pipe;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::output::Output;
use super::running::Running;
use super::terminal;

/// Long enough for a busy machine, short enough to notice a program that hangs.
const DEADLINE: Duration = Duration::from_mins(3);

/// Programs whose output is recorded unasked, by the beginning of their file name.
const RECORDED: [&str; 3] = ["kubectl-mesh", "kubectl_complete-mesh", "mesh-sample"];

/// A program to run. It sees no variable of this process, an own empty HOME, and the usual search path.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
pub struct Run {
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    home: Option<PathBuf>,
    dir: Option<PathBuf>,
    memory: Option<u64>,
    pub(super) stdin: Option<Vec<u8>>,
    pub(super) deadline: Duration,
    stdout_closed: bool,
    at_terminal: bool,
    pub(super) recorded: bool,
    pub(super) manifest_requested: bool,
}

impl Run {
    /// A run of the program at this path, without arguments.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        let name = program
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let recorded =
            name.is_some_and(|name| RECORDED.iter().any(|start| name.starts_with(start)));
        let usual = [
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("LC_ALL", "C"),
            ("COLUMNS", "100"),
            ("TZ", "UTC"),
        ];
        Self {
            program,
            args: Vec::new(),
            env: usual
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            home: None,
            dir: None,
            memory: None,
            stdin: None,
            deadline: DEADLINE,
            stdout_closed: false,
            at_terminal: false,
            recorded,
            manifest_requested: false,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, args: I) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Says `instead` for every argument that is exactly `arg`.
    #[must_use]
    pub fn with(mut self, arg: &str, instead: &str) -> Self {
        for own in self.args.iter_mut().filter(|own| *own == arg) {
            *own = instead.into();
        }
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env
            .insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// Puts a folder at the head of the search path, as for kubectl to find a plugin there.
    #[must_use]
    pub fn path_dir(mut self, dir: impl AsRef<Path>) -> Self {
        let mut path = dir.as_ref().as_os_str().to_owned();
        if let Some(rest) = self.env.get(OsStr::new("PATH")) {
            path.push(":");
            path.push(rest);
        }
        self.env.insert("PATH".into(), path);
        self
    }

    /// Sets what it reads from its standard input, which is empty otherwise.
    #[must_use]
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(text.into());
        self
    }

    /// Sets HOME to a folder that outlives the run; otherwise it is an empty one that goes away with the run.
    #[must_use]
    pub fn home(mut self, dir: impl Into<PathBuf>) -> Self {
        self.home = Some(dir.into());
        self
    }

    /// Sets the working folder; HOME otherwise.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Bounds its memory: where it wants more bytes than these, it gets none, and is ended for it.
    ///
    /// What counts is all that it may write to (`RLIMIT_DATA`), touched or not, and so never less than its heap. Linux alone keeps
    /// to it.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Sets after which time it is killed; a minute otherwise.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Gives it a standard output that nobody reads: the reading end is closed before it starts.
    #[must_use]
    pub fn stdout_closed(mut self) -> Self {
        self.stdout_closed = true;
        self
    }

    /// Puts it at a terminal by its standard input and standard error, where [`Running::type_in`] answers it. Its standard
    /// output stays a pipe.
    #[must_use]
    pub fn at_terminal(mut self) -> Self {
        self.at_terminal = true;
        self
    }

    /// Records its output for the check that nothing in it is secret. Plugins run by their own name are recorded unasked; ask
    /// for it where kubectl runs one.
    #[must_use]
    pub fn record(mut self) -> Self {
        self.recorded = true;
        self
    }

    /// Says that the run was asked for a manifest, so that its standard output may hold a secret.
    #[must_use]
    pub fn manifest_requested(mut self) -> Self {
        self.manifest_requested = true;
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// Where it cannot be started or outlives its deadline.
    pub fn output(self) -> Output {
        self.spawn().wait()
    }

    /// Starts it.
    ///
    /// # Panics
    /// Where it cannot be started.
    pub fn spawn(self) -> Running {
        let own_home = self
            .home
            .is_none()
            .then(|| tempfile::tempdir().expect("the system has a folder for temporary files"));
        let home = match (&self.home, &own_home) {
            (Some(home), _) => home.clone(),
            (None, Some(home)) => home.path().to_owned(),
            (None, None) => unreachable!("one was made where none was given"),
        };
        let mut command = match self.memory {
            None => Command::new(&self.program),
            Some(bytes) => bounded(&self.program, bytes),
        };
        command
            .args(&self.args)
            .env_clear()
            .env("HOME", &home)
            .envs(&self.env)
            .current_dir(self.dir.as_ref().unwrap_or(&home))
            .stdin(if self.stdin.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(self.stdout())
            .stderr(Stdio::piped());
        let terminal = self.at_terminal.then(|| {
            let (person, program) = terminal::pair().expect("the system has terminals");
            let input = program.try_clone().expect("the system has descriptors");
            command.stdin(input).stderr(program);
            person
        });
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {}: {error}", self.program.display()));
        // The command holds a copy of a closed pipe's writing end, and of the program's end of a terminal.
        drop(command);
        Running::new(self, child, terminal, own_home)
    }

    fn stdout(&self) -> Stdio {
        if self.stdout_closed {
            let (reader, writer) = pipe().expect("the system has pipes");
            drop(reader);
            writer.into()
        } else {
            Stdio::piped()
        }
    }

    /// The command as a person would type it, with the program's file name alone.
    pub(super) fn line(&self) -> String {
        let mut line = self
            .program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        for arg in &self.args {
            line.push(' ');
            line.push_str(&quoted(&arg.to_string_lossy()));
        }
        line
    }
}

/// The program by way of a shell, which bounds its memory first.
fn bounded(program: &Path, bytes: u64) -> Command {
    let mut shell = Command::new("/bin/sh");
    let kibibytes = bytes / 1024;
    shell
        .arg("-c")
        .arg(format!("ulimit -d {kibibytes} && exec \"$0\" \"$@\""))
        .arg(program);
    shell
}

fn quoted(arg: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !arg.is_empty() && arg.chars().all(is_plain) {
        arg.to_owned()
    } else {
        format!("'{}'", arg.replace('\'', r"'\''"))
    }
}
