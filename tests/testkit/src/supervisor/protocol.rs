//! What tests and the supervisor say to each other: one JSON text a line, a reply for each request, over a Unix socket.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How much of a cluster is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// etcd, API server and the controllers that fill token Secrets and delete namespaces. Pods stay pending.
    Bare,
    /// All controllers, the scheduler, KWOK and one node, so that pods become ready and `istioctl install` ends.
    Nodes,
    /// As `Nodes`, with the namespace istio-system, a Deployment and Service `istiod`, and a real istiod process behind the
    /// port-forward of its pod. The istiod calls itself by the cluster's name.
    Istiod,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bare => "bare",
            Self::Nodes => "nodes",
            Self::Istiod => "istiod",
        })
    }
}

/// What a cluster has beyond its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Flags added to the API server's own, such as `--service-account-max-token-expiration=1h`.
    pub api_server_flags: Vec<String>,
    /// Names and addresses for which the API server's certificate holds, besides loopback and the in-cluster names.
    pub server_names: Vec<String>,
    /// Variables of the istiod process, over the ones that it has anyway.
    pub istiod_env: BTreeMap<String, String>,
}

/// Which cluster a request is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.kind)
    }
}

/// What a test may ask for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub(crate) enum Request {
    /// A cluster, started on the first ask.
    Cluster { key: Key, options: Options },
    /// An istiod process for a cluster, in place of one that runs already.
    StartIstiod {
        key: Key,
        env: BTreeMap<String, String>,
    },
    /// SIGKILL for the istiod process of a cluster.
    StopIstiod { key: Key },
    /// The API server again, at the same address.
    StartApiServer { key: Key },
    /// SIGKILL for the API server.
    StopApiServer { key: Key },
    /// A client certificate that the cluster accepts.
    Client {
        key: Key,
        common_name: String,
        organizations: Vec<String>,
    },
    /// SIGKILL for all of a cluster, and its folder removed.
    Remove { key: Key },
}

/// What the supervisor answers. It may hold a private key, so it has no Debug.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    Cluster(ClusterInfo),
    Client {
        certificate_pem: String,
        key_pem: String,
    },
    Done,
    Failed(String),
}

/// A running cluster, as tests see it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ClusterInfo {
    /// The folder of the cluster, with a log for each process.
    pub(crate) dir: PathBuf,
    /// A kubeconfig of an administrator, its one context named as the cluster.
    pub(crate) kubeconfig: PathBuf,
    /// The API server's URL.
    pub(crate) server: String,
    /// The authority that signed the API server's certificate.
    pub(crate) ca_pem: String,
    /// The administrator's client certificate and key.
    pub(crate) admin_certificate: PathBuf,
    pub(crate) admin_key: PathBuf,
    /// Where an istiod of this cluster listens: its port 8080, its port 15017, and its port 15014.
    pub(crate) istiod_http: String,
    pub(crate) istiod_webhooks: String,
    pub(crate) istiod_monitoring: String,
}
