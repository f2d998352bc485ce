//! One real API server that counts, with a token in place, and the kubeconfigs by which both programs reach it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use mesh_testkit::http::Body;
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use mesh_testkit::proxy::Relay;
use mesh_testkit::real::{Cluster, Kind, Lab, Options};
use serde_json::{Value, json};

use super::audit::Audit;
use crate::repo;

/// The cluster, which is also the context.
pub(super) const CLUSTER: &str = "bench";
/// The namespace in which the token is in place.
pub(super) const NAMESPACE: &str = "istio-system";

/// The credential of a kubeconfig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    /// By bearer token, as with cloud providers.
    Token,
    /// By client certificate, as kubeadm and kind have it.
    Certificate,
}

/// The way to the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Straight.
    Straight,
    /// Through the relay that counts connections.
    Counted,
}

pub(super) struct Arena {
    folder: PathBuf,
    cluster: Cluster,
    pub(super) audit: Audit,
    pub(super) relay: Relay,
}

impl Arena {
    /// Starts it, and writes the kubeconfigs.
    pub(super) fn start() -> Result<Self> {
        let folder = repo::folder()?.join("bench");
        repo::fresh_folder(&folder)?;
        let audit = Audit::prepare(&folder)?;
        let options = Options {
            api_server_flags: audit.flags(),
            ..Options::default()
        };
        eprintln!("bench: starting an API server");
        let cluster = Lab::get()?.cluster_with(CLUSTER, Kind::Bare, options)?;
        let relay = Relay::start(cluster.authority());
        let arena = Self {
            folder,
            cluster,
            audit,
            relay,
        };
        let token = admin_token(&arena.cluster)?;
        for login in [Login::Token, Login::Certificate] {
            for way in [Way::Straight, Way::Counted] {
                arena.write_kubeconfig(login, way, &token)?;
            }
        }
        Ok(arena)
    }

    /// An empty folder to be HOME.
    pub(super) fn home(&self) -> Result<PathBuf> {
        let home = self.folder.join("home");
        fs::create_dir_all(&home)?;
        Ok(home)
    }

    /// The kubeconfig of an administrator.
    pub(super) fn kubeconfig(&self, login: Login, way: Way) -> PathBuf {
        let login = match login {
            Login::Token => "token",
            Login::Certificate => "certificate",
        };
        let way = match way {
            Way::Straight => "straight",
            Way::Counted => "counted",
        };
        self.folder.join(format!("{login}-{way}.kubeconfig"))
    }

    fn write_kubeconfig(&self, login: Login, way: Way, token: &str) -> Result<()> {
        let user = match login {
            Login::Token => User::new().token(token),
            Login::Certificate => User::new().client_certificate(&self.cluster.admin()?),
        };
        let entry = match way {
            Way::Straight => self.cluster.entry(),
            Way::Counted => mesh_testkit::kubeconfig::Cluster::new(&self.relay.url())
                .ca_pem(self.cluster.ca_pem()),
        };
        let path = self.kubeconfig(login, way);
        fs::write(&path, Kubeconfig::single(CLUSTER, entry, user).to_yaml())?;
        private(&path)
    }
}

/// The token of an account that may do everything.
pub(super) fn admin_token(cluster: &Cluster) -> Result<String> {
    let account = "/api/v1/namespaces/default/serviceaccounts";
    post(
        cluster,
        account,
        &json!({"metadata": {"name": "bench-admin"}}),
    )?;
    post(
        cluster,
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        &json!({
            "metadata": {"name": "bench-admin"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "bench-admin", "namespace": "default"}],
        }),
    )?;
    let granted = post(
        cluster,
        &format!("{account}/bench-admin/token"),
        &json!({"spec": {"expirationSeconds": 36000}}),
    )?;
    let token = granted["status"]["token"].as_str();
    Ok(token.context("no token was granted")?.to_owned())
}

fn post(cluster: &Cluster, path: &str, object: &Value) -> Result<Value> {
    let text = object.to_string();
    let body = Body {
        content_type: "application/json",
        text: &text,
    };
    let response = cluster.request("POST", path, Some(body))?;
    ensure!(response.is_success(), "POST {path}: {}", response.status);
    Ok(response.json())
}

/// Nobody else is to read it.
pub(super) fn private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(())
}
