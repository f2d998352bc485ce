//! One row: a kubeconfig, and what it leads to.

use mesh_testkit::forge::Forged;
use mesh_testkit::pki::Identity;
use mesh_testkit::terminator::Door;

/// A kubeconfig, and what it leads to.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// The port that is dialled; without one, the API server itself.
    pub(crate) door: Option<Door>,
    /// The host of the server's URL.
    pub(crate) host: &'static str,
    pub(crate) tls_server_name: Option<&'static str>,
    pub(crate) trust: Trust,
    pub(crate) client: Option<Identity>,
    /// The expected answer of kubectl, where that was said before it was asked.
    pub(crate) expected: Option<bool>,
}

/// The authorities that are trusted to sign for the server.
#[derive(Clone, Debug)]
pub(crate) enum Trust {
    /// The authority of the API server.
    OfCluster,
    /// `certificate-authority-data` of this text.
    Pem(String),
    /// `insecure-skip-tls-verify`.
    Anybody,
}

impl Row {
    /// A port that shows certificates, with these authorities in the kubeconfig, asked for as `localhost`.
    pub(crate) fn server(name: impl Into<String>, shown: &[&Forged], trusted: &[&Forged]) -> Self {
        Self {
            name: name.into(),
            door: Some(Door::showing(&owned(shown))),
            host: "127.0.0.1",
            tls_server_name: Some("localhost"),
            trust: Trust::Pem(trusted.iter().map(|one| one.pem()).collect()),
            client: None,
            expected: None,
        }
    }

    /// The API server itself, and this client certificate with its key.
    pub(crate) fn client(name: impl Into<String>, client: Identity) -> Self {
        Self {
            name: name.into(),
            door: None,
            host: "127.0.0.1",
            tls_server_name: None,
            trust: Trust::OfCluster,
            client: Some(client),
            expected: None,
        }
    }

    /// Changes what the port speaks.
    pub(crate) fn door(mut self, change: impl FnOnce(Door) -> Door) -> Self {
        self.door = self.door.map(change);
        self
    }

    pub(crate) fn host(mut self, host: &'static str, name: Option<&'static str>) -> Self {
        self.host = host;
        self.tls_server_name = name;
        self
    }

    pub(crate) fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    pub(crate) fn with_client(mut self, client: Identity) -> Self {
        self.client = Some(client);
        self
    }

    pub(crate) fn expected(mut self, connects: bool) -> Self {
        self.expected = Some(connects);
        self
    }
}

pub(crate) fn owned(all: &[&Forged]) -> Vec<Forged> {
    all.iter().map(|one| (*one).clone()).collect()
}
