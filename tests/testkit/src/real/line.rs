//! The line to the supervisor: a connection for each request, so that requests of several tests do not wait for each other.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use crate::supervisor::protocol::{Guest, Reply, Request};

/// The error for a reply of another kind than its request.
pub(super) const SOMETHING_ELSE: &str = "the supervisor answered something else";

/// The address of the supervisor.
#[derive(Clone, Debug)]
pub(super) struct Line {
    socket: PathBuf,
}

impl Line {
    pub(super) fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Sends a request and waits for what comes of it, however long that takes: the parts may have to be built first.
    pub(super) fn ask(&self, request: &Request) -> Result<Reply> {
        self.begin(request).map(|(reply, _)| reply)
    }

    /// Becomes a guest, for as long as the connection is held.
    pub(super) fn stay(&self) -> Result<(Guest, UnixStream)> {
        let (Reply::Guest(guest), connection) = self.begin(&Request::Stay)? else {
            bail!("{SOMETHING_ELSE}")
        };
        Ok((guest, connection))
    }

    fn begin(&self, request: &Request) -> Result<(Reply, UnixStream)> {
        let mut stream = UnixStream::connect(&self.socket)
            .with_context(|| format!("no supervisor answers at {}", self.socket.display()))?;
        let mut text = serde_json::to_string(request)?;
        text.push('\n');
        stream.write_all(text.as_bytes())?;
        let mut answer = String::new();
        BufReader::new(&stream).read_line(&mut answer)?;
        ensure!(
            !answer.is_empty(),
            "the supervisor ended before it answered"
        );
        match serde_json::from_str(&answer).context("the supervisor speaks another version")? {
            Reply::Failed(why) => bail!("{why}"),
            reply @ (Reply::Guest(_)
            | Reply::Cluster(_)
            | Reply::Proxy(_)
            | Reply::Client { .. }
            | Reply::Done) => Ok((reply, stream)),
        }
    }
}
