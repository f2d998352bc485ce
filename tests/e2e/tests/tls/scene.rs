//! The API server, the ports before it, and the two programs that are tried on each row.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_e2e::plugin::Workstation;
use mesh_testkit::command::Output;
use mesh_testkit::kubeconfig::{self, Kubeconfig, User};
use mesh_testkit::real::{Cluster, Kind, Lab, Options};
use mesh_testkit::terminator::{Door, Terminator};
use serde_json::json;

use crate::clients::USER;
use crate::row::{Row, Trust};

/// The outcome of a row, with the reason of whoever refused.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) name: String,
    pub(crate) kubectl: Result<(), String>,
    pub(crate) ours: Result<(), String>,
}

pub(crate) struct Scene {
    api: Cluster,
    token: String,
    _terminator: Terminator,
    /// The port of each row's door.
    ports: Vec<Option<u16>>,
}

impl Scene {
    /// Starts an API server that also takes the client certificates of these authorities, and all ports before it.
    pub(crate) fn start(rows: &[Row], client_authorities: &str) -> Self {
        let options = Options {
            client_authorities: client_authorities.to_owned(),
            ..Options::default()
        };
        let api = Lab::get()
            .unwrap()
            .cluster_with("certificates", Kind::Bare, options)
            .unwrap();
        let token = administrators(&api);
        let doors: Vec<Door> = rows.iter().filter_map(|row| row.door.clone()).collect();
        let terminator = Terminator::start(api.authority(), &doors).unwrap();
        let mut ports = terminator.ports().iter().copied();
        let ports = rows
            .iter()
            .map(|row| row.door.as_ref().and_then(|_| ports.next()))
            .collect();
        Self {
            api,
            token,
            _terminator: terminator,
            ports,
        }
    }

    /// Tries all rows, some at once.
    pub(crate) fn try_all(&self, rows: &[Row]) -> Vec<Tried> {
        let next = AtomicUsize::new(0);
        let tried = Mutex::new(Vec::new());
        let workers = thread::available_parallelism().map_or(2, usize::from);
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some((index, row)) = {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        rows.get(index).map(|row| (index, row))
                    } {
                        let one = self.try_one(row, self.ports[index]);
                        tried.lock().unwrap().push((index, one));
                    }
                });
            }
        });
        let mut tried = tried.into_inner().unwrap();
        tried.sort_by_key(|(index, _)| *index);
        tried.into_iter().map(|(_, one)| one).collect()
    }

    fn try_one(&self, row: &Row, port: Option<u16>) -> Tried {
        let server = match port {
            Some(port) => format!("https://{}:{port}", row.host),
            None => self.api.server().to_owned(),
        };
        let cluster = kubeconfig::Cluster::new(&server);
        let cluster = match &row.trust {
            Trust::OfCluster => cluster.ca_pem(self.api.ca_pem()),
            Trust::Pem(pem) => cluster.field("certificate-authority-data", encoded(pem)),
            Trust::Anybody => cluster.insecure_skip_tls_verify(),
        };
        let cluster = match row.tls_server_name {
            Some(name) => cluster.tls_server_name(name),
            None => cluster,
        };
        let user = User::new();
        // Behind a port the client certificate is gone.
        let user = match port {
            Some(_) => user.token(&self.token),
            None => user,
        };
        let user = match &row.client {
            Some(client) => user
                .field("client-certificate-data", encoded(&client.certificate_pem))
                .field("client-key-data", encoded(&client.key_pem)),
            None => user,
        };
        let workstation = Workstation::with(&Kubeconfig::single("c", cluster, user));
        let kubectl = workstation
            .kubectl(["get", "--raw", "/api/v1/namespaces/default"])
            .output();
        let ours = workstation.mesh_secret(["list", "--context", "c"]).output();
        let shown = |text: &str| match port {
            Some(port) => text.replace(&port.to_string(), "PORT"),
            None => text.replace(self.api.authority(), "127.0.0.1:PORT"),
        };
        Tried {
            name: row.name.clone(),
            kubectl: outcome(&kubectl, &shown),
            ours: outcome(&ours, &shown),
        }
    }
}

/// Base64 of a text, in Latin-1 where that has all of its characters.
fn encoded(text: &str) -> String {
    let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
    BASE64_STANDARD.encode(bytes.unwrap_or_else(|_| text.as_bytes().to_vec()))
}

/// Makes administrators of the user of the client certificates and of one account, whose token this is.
fn administrators(api: &Cluster) -> String {
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "certificates"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": USER},
            {"kind": "ServiceAccount", "name": "default", "namespace": "default"},
        ],
    });
    api.apply(&binding.to_string()).unwrap();
    let token = api.kubectl(["create", "token", "default"]).unwrap();
    token.output().expect_success().stdout.trim().to_owned()
}

/// The sentences of who refused, on one line, without hints and without what differs from run to run.
fn outcome(output: &Output, shown: &dyn Fn(&str) -> String) -> Result<(), String> {
    if output.success() {
        return Ok(());
    }
    let lines: Vec<&str> = output
        .stderr
        .lines()
        .map(str::trim)
        .filter(|line| {
            let starts = ["hint:", "check:", "or:", "then:"];
            !starts.iter().any(|start| line.starts_with(start))
        })
        .collect();
    Err(without_times(&shown(&lines.join(" | "))))
}

/// Moments such as `2026-01-31T10:00:00Z` as `TIME`.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| {
        let word = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        word.len() == 20 && word.starts_with("20") && word.ends_with('Z') && word.contains('T')
    };
    let words = text.split(' ').map(|word| {
        if is_time(word) {
            format!("TIME{}", &word[20..])
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
