//! The environment and the clock, read once at the start; everything else gets values.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use mesh_client::{InCluster, ProxyEnvironment};

/// The folder in which a pod finds its service account.
///
/// <https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/>
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The environment that the process was started with.
#[derive(Debug, Clone)]
pub struct Environment {
    /// `$KUBECONFIG`, a list of files.
    pub kubeconfig: Option<OsString>,
    /// `$KUBERC`, kubectl's file of preferences, or `off`.
    pub kuberc: Option<OsString>,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// `$PATH`, a list of folders.
    pub path: Option<OsString>,
    /// The access to the own cluster, if the suite runs in a pod.
    pub pod: Option<InCluster>,
    /// The environment's proxy settings.
    pub proxies: ProxyEnvironment,
    /// The time at which the process started.
    pub now: Timestamp,
}

impl Environment {
    /// Reads the process's own environment and the clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads them"
    )]
    pub fn read() -> Self {
        let text = |names: [&str; 2]| {
            names
                .iter()
                .filter_map(|name| std::env::var(name).ok())
                .find(|value| !value.is_empty())
        };
        Self {
            kubeconfig: std::env::var_os("KUBECONFIG").filter(|value| !value.is_empty()),
            kuberc: std::env::var_os("KUBERC").filter(|value| !value.is_empty()),
            home: std::env::home_dir().filter(|path| !path.as_os_str().is_empty()),
            path: std::env::var_os("PATH"),
            pod: InCluster::find(
                text(["KUBERNETES_SERVICE_HOST"; 2]).as_deref(),
                text(["KUBERNETES_SERVICE_PORT"; 2]).as_deref(),
                text(["POD_NAMESPACE"; 2]).as_deref(),
                Path::new(SERVICE_ACCOUNT),
            ),
            proxies: ProxyEnvironment {
                https: text(["HTTPS_PROXY", "https_proxy"]),
                http: text(["HTTP_PROXY", "http_proxy"]),
                no_proxy: text(["NO_PROXY", "no_proxy"]),
            },
            now: Timestamp::now(),
        }
    }
}
