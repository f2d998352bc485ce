//! The protocol between tests and the supervisor: one JSON text a line, a reply for each request, over a Unix socket.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The parts of a cluster that are wanted.
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

/// The options of a cluster beyond its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Flags added to the API server's own, such as `--service-account-max-token-expiration=1h`.
    pub api_server_flags: Vec<String>,
    /// Flags added to the controller manager's own.
    pub controller_flags: Vec<String>,
    /// Names and addresses for which the API server's certificate holds, besides loopback and the in-cluster names.
    pub server_names: Vec<String>,
    /// Authorities, as PEM, whose client certificates the API server takes besides its own authority's.
    pub client_authorities: String,
    /// Variables of the istiod process, over the ones that it has anyway.
    pub istiod_env: BTreeMap<String, String>,
}

/// The role of a proxy in the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A gateway.
    Router,
    /// Beside an application.
    Sidecar,
}

/// A proxy to start: all that it would learn from its pod. It holds a token, which Debug does not show.
#[derive(Clone, Serialize, Deserialize)]
pub struct Proxy {
    /// The pod's name.
    pub pod: String,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's `ServiceAccount`.
    pub service_account: String,
    /// The pod's address.
    pub address: Ipv4Addr,
    /// Its role in the mesh.
    pub role: Role,
    /// The pod's labels.
    pub labels: BTreeMap<String, String>,
    /// Variables over the ones that it has anyway, such as `ISTIO_META_NETWORK`.
    pub env: BTreeMap<String, String>,
    /// A token of the `ServiceAccount` for the audience `istio-ca`.
    pub token: String,
    /// The root that istiod's certificate leads to.
    pub root_pem: String,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("pod", &self.pod)
            .field("namespace", &self.namespace)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// A running proxy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProxyInfo {
    /// The log of pilot-agent and Envoy.
    pub log: PathBuf,
    /// A folder with the workload's `cert-chain.pem`, `key.pem` and `root-cert.pem`.
    pub certificates: PathBuf,
    /// The address at which Envoy says whether it is ready (`/healthz/ready`), as on port 15021 of a gateway.
    pub ready: String,
    /// Envoy's admin pages.
    pub admin: String,
    /// The address at which a sidecar takes requests as an HTTP proxy.
    pub forward: String,
}

/// The cluster of a request.
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

/// A process that asks for clusters, by the number that the supervisor gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Guest(pub(crate) u64);

/// A request of a test.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub(crate) enum Request {
    /// To be a guest for as long as the connection of this request stays open. Nothing else is asked on it.
    Stay,
    /// A cluster, started on the first ask, and ended when the last guest who asked for it has left.
    Cluster {
        guest: Guest,
        key: Key,
        options: Options,
    },
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
    /// A proxy process for a pod of a cluster, in place of one that runs already.
    StartProxy { key: Key, proxy: Proxy },
    /// SIGKILL for the proxy process of a pod.
    StopProxy { key: Key, pod: String },
    /// A client certificate that the cluster accepts.
    Client {
        key: Key,
        common_name: String,
        organizations: Vec<String>,
    },
    /// SIGKILL for all of a cluster, and its folder removed.
    Remove { key: Key },
}

/// A reply of the supervisor. It may hold a private key, so it has no Debug.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    Guest(Guest),
    Cluster(ClusterInfo),
    Proxy(ProxyInfo),
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
    /// The addresses of an istiod of this cluster: its port 8080, its port 15017, and its port 15014.
    pub(crate) istiod_http: String,
    pub(crate) istiod_webhooks: String,
    pub(crate) istiod_monitoring: String,
    /// The address of etcd.
    pub(crate) etcd: String,
}
