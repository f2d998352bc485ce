//! A server of TLS that shows any certificate before a real API server, by Go's own TLS: what it shows, a kubectl may meet.
//!
//! It must not know what a client is to make of it. Client certificates end here where a door asks for them; bearer tokens pass.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::forge::Forged;
use crate::parts::{self, Part};

/// The certificate and the protocols of one port.
#[derive(Clone, Debug, Default)]
pub struct Door {
    chain: Vec<Forged>,
    clients: Vec<Forged>,
    max_version: u16,
    cipher_suites: Vec<u16>,
    groups: Vec<u16>,
}

impl Door {
    /// Plain HTTP.
    pub fn plain() -> Self {
        Self::default()
    }

    /// TLS with these certificates, the server's own first.
    pub fn showing(chain: &[Forged]) -> Self {
        Self {
            chain: chain.to_vec(),
            ..Self::default()
        }
    }

    /// Clients have to show a certificate of one of these authorities.
    #[must_use]
    pub fn for_clients_of(mut self, authorities: &[Forged]) -> Self {
        self.clients = authorities.to_vec();
        self
    }

    /// The newest version of TLS, such as 0x0303 for 1.2.
    #[must_use]
    pub fn max_version(mut self, version: u16) -> Self {
        self.max_version = version;
        self
    }

    /// Up to TLS 1.2, and by these cipher suites only
    /// (<https://www.iana.org/assignments/tls-parameters/tls-parameters.xhtml#tls-parameters-4>).
    #[must_use]
    pub fn cipher_suites(mut self, suites: &[u16]) -> Self {
        self.cipher_suites = suites.to_vec();
        self.max_version(0x0303)
    }

    /// Keys are exchanged over these groups only
    /// (<https://www.iana.org/assignments/tls-parameters/tls-parameters.xhtml#tls-parameters-8>).
    #[must_use]
    pub fn groups(mut self, groups: &[u16]) -> Self {
        self.groups = groups.to_vec();
        self
    }

    fn to_json(&self) -> Value {
        let encoded = |all: &[Forged]| -> Vec<String> {
            all.iter().map(|one| STANDARD.encode(&one.der)).collect()
        };
        let key = self.chain.first().map(|server| server.key.pkcs8());
        // To Go an empty list of cipher suites is none at all, and null is the usual one.
        let given = |list: &[u16]| (!list.is_empty()).then(|| list.to_vec());
        json!({
            "chain": encoded(&self.chain),
            "key": STANDARD.encode(key.unwrap_or_default()),
            "clients": encoded(&self.clients),
            "maxVersion": self.max_version,
            "cipherSuites": given(&self.cipher_suites),
            "groups": given(&self.groups),
        })
    }
}

/// A running server with a port for each door, all before one API server. It ends when this is dropped or this process ends.
#[derive(Debug)]
pub struct Terminator {
    child: Child,
    stdin: Option<ChildStdin>,
    ports: Vec<u16>,
}

impl Terminator {
    /// Starts it before the API server at `127.0.0.1:PORT`.
    pub fn start(upstream: &str, doors: &[Door]) -> Result<Self> {
        let mut child = Command::new(parts::path(Part::TlsTerminator)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the TLS terminator")?;
        let mut stdin = child.stdin.take().context("it has no input")?;
        let stdout = child.stdout.take().context("it has no output")?;
        let mut started = Self {
            child,
            stdin: None,
            ports: Vec::new(),
        };
        let doors: Vec<Value> = doors.iter().map(Door::to_json).collect();
        let plan = json!({"upstream": upstream, "doors": doors});
        writeln!(stdin, "{plan}").context("the TLS terminator does not read")?;
        started.stdin = Some(stdin);
        let mut answer = String::new();
        BufReader::new(stdout).read_line(&mut answer)?;
        started.ports =
            serde_json::from_str(&answer).context("the TLS terminator does not start")?;
        ensure!(
            started.ports.len() == doors.len(),
            "each door has a port of its own"
        );
        Ok(started)
    }

    /// The port of each door, in their order.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }
}

impl Drop for Terminator {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}
