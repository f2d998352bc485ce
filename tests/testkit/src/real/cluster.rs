//! One real cluster, as a test sees it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::line::{Line, SOMETHING_ELSE};
use crate::command::Run;
use crate::condition::wait_until;
use crate::http::{Body, Endpoint, Response};
use crate::kubeconfig;
use crate::parts::{self, Part};
use crate::pki::Identity;
use crate::supervisor::protocol::{ClusterInfo, Key, Kind, Proxy, ProxyInfo, Reply, Request};

/// A running cluster. Dropping it does not end it, since other tests may use it.
#[derive(Debug)]
pub struct Cluster {
    line: Line,
    key: Key,
    info: ClusterInfo,
    api: OnceLock<Endpoint>,
}

impl Cluster {
    pub(super) fn new(line: Line, key: Key, info: ClusterInfo) -> Self {
        Self {
            line,
            key,
            info,
            api: OnceLock::new(),
        }
    }

    /// Its name, which an istiod of it also calls it by.
    pub fn name(&self) -> &str {
        &self.key.name
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.key.kind
    }

    /// The context in [`Self::kubeconfig`], named as the cluster.
    pub fn context(&self) -> &str {
        &self.key.name
    }

    /// A kubeconfig of an administrator, with one cluster, user and context of the cluster's name. It is shared: copy it
    /// before changing it.
    pub fn kubeconfig(&self) -> &Path {
        &self.info.kubeconfig
    }

    /// The API server's URL, `https://127.0.0.1:PORT`.
    pub fn server(&self) -> &str {
        &self.info.server
    }

    /// The API server's `127.0.0.1:PORT`.
    pub fn authority(&self) -> &str {
        self.info.server.trim_start_matches("https://")
    }

    /// The authority that signed the API server's certificate.
    pub fn ca_pem(&self) -> &str {
        &self.info.ca_pem
    }

    /// The cluster's entry for a kubeconfig of the test's own.
    pub fn entry(&self) -> kubeconfig::Cluster {
        kubeconfig::Cluster::new(self.server()).ca_pem(self.ca_pem())
    }

    /// The administrator's client certificate (`O=system:masters`).
    pub fn admin(&self) -> Result<Identity> {
        Ok(Identity {
            certificate_pem: read(&self.info.admin_certificate)?,
            key_pem: read(&self.info.admin_key)?,
        })
    }

    /// A client certificate for this user and at most two groups, which may do what the cluster's RBAC lets them do.
    pub fn client(&self, common_name: &str, organizations: &[&str]) -> Result<Identity> {
        let request = Request::Client {
            key: self.key.clone(),
            common_name: common_name.to_owned(),
            organizations: organizations.iter().map(ToString::to_string).collect(),
        };
        let Reply::Client {
            certificate_pem,
            key_pem,
        } = self.line.ask(&request)?
        else {
            bail!("{SOMETHING_ELSE}")
        };
        Ok(Identity {
            certificate_pem,
            key_pem,
        })
    }

    /// kubectl, with this cluster's kubeconfig and a home of its own.
    pub fn kubectl<I: IntoIterator<Item: AsRef<std::ffi::OsStr>>>(&self, args: I) -> Result<Run> {
        Ok(Run::new(parts::path(Part::Kubectl)?)
            .env("KUBECONFIG", self.kubeconfig())
            .args(args))
    }

    /// Applies manifests with kubectl, as an administrator.
    pub fn apply(&self, manifests: &str) -> Result<()> {
        let output = self
            .kubectl(["apply", "-f", "-"])?
            .stdin(manifests)
            .output();
        ensure!(output.success(), "kubectl apply: {}", output.stderr);
        Ok(())
    }

    /// A request to the API server, as an administrator, past everything that is under test.
    pub fn request(&self, method: &str, path: &str, body: Option<Body<'_>>) -> Result<Response> {
        self.api()?.request(method, path, body)
    }

    /// GET as an administrator; an error where the answer is not 200.
    pub fn get(&self, path: &str) -> Result<Value> {
        let response = self.request("GET", path, None)?;
        ensure!(
            response.status == 200,
            "GET {path}: {} {}",
            response.status,
            response.body
        );
        Ok(response.json())
    }

    /// Waits until a GET answers 200 with what `good` accepts.
    pub fn wait_for(&self, path: &str, good: impl Fn(&Value) -> bool) -> Result<Value> {
        const WITHIN: Duration = Duration::from_mins(1);
        let mut last = "nothing".to_owned();
        wait_until(WITHIN, || match self.get(path) {
            Ok(value) if good(&value) => Some(value),
            Ok(value) => {
                last = value.to_string();
                None
            }
            Err(error) => {
                last = format!("{error:#}");
                None
            }
        })
        .with_context(|| format!("{path} did not become as wanted; last seen: {last}"))
    }

    fn api(&self) -> Result<&Endpoint> {
        if let Some(api) = self.api.get() {
            return Ok(api);
        }
        let api = Endpoint::tls(self.authority(), self.ca_pem(), &self.admin()?)?;
        Ok(self.api.get_or_init(|| api))
    }

    /// The address of this cluster's istiod for its port 8080: readiness and debug pages. Nobody is there before istiod
    /// was started.
    pub fn istiod_url(&self) -> String {
        format!("http://{}", self.info.istiod_http)
    }

    /// The `127.0.0.1:PORT` where this cluster's istiod serves its webhooks, as on its port 15017.
    pub fn istiod_webhooks(&self) -> &str {
        &self.info.istiod_webhooks
    }

    /// The address of this cluster's istiod for its port 15014: metrics and debug pages.
    pub fn istiod_monitoring_url(&self) -> String {
        format!("http://{}", self.info.istiod_monitoring)
    }

    /// A debug page of this cluster's istiod, such as `/debug/clusterz`, asked for past Kubernetes.
    pub fn debug(&self, path: &str) -> Result<String> {
        let response = Endpoint::plain(&self.info.istiod_http).request("GET", path, None)?;
        ensure!(
            response.status == 200,
            "GET {path} on istiod: {} {}",
            response.status,
            response.body
        );
        Ok(response.body)
    }

    /// The status of another cluster in this cluster's istiod (`synced`, `syncing`, `timeout`, `error…`), by `/debug/clusterz`;
    /// `None` where it does not know it.
    pub fn sync_status(&self, cluster: &str) -> Result<Option<String>> {
        let page: Value = serde_json::from_str(&self.debug("/debug/clusterz")?)?;
        let of_cluster = |entry: &&Value| entry["id"] == cluster;
        Ok(page
            .as_array()
            .and_then(|entries| entries.iter().find(of_cluster))
            .and_then(|entry| entry["syncStatus"].as_str())
            .map(str::to_owned))
    }

    /// Starts an istiod for this cluster in place of one that runs, with these variables over the usual ones, and waits until
    /// it is ready. Clusters of kind [`Kind::Istiod`] have one from the start; others get one here, for instance after
    /// `istioctl install` put the objects there.
    pub fn start_istiod(&self, env: &[(&str, &str)]) -> Result<()> {
        let env: BTreeMap<_, _> = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.tell(&Request::StartIstiod {
            key: self.key.clone(),
            env,
        })
    }

    /// Ends istiod with SIGKILL.
    pub fn stop_istiod(&self) -> Result<()> {
        self.tell(&Request::StopIstiod {
            key: self.key.clone(),
        })
    }

    /// Ends the API server with SIGKILL: the cluster is dead, its port refuses.
    pub fn stop_api_server(&self) -> Result<()> {
        self.tell(&Request::StopApiServer {
            key: self.key.clone(),
        })
    }

    /// Starts the API server again, at the same address and with the same data.
    pub fn start_api_server(&self) -> Result<()> {
        self.tell(&Request::StartApiServer {
            key: self.key.clone(),
        })
    }

    /// Starts a proxy for a pod in place of one that runs, and waits until it is ready. Envoy must be among the parts that can
    /// be had.
    pub fn start_proxy(&self, proxy: &Proxy) -> Result<ProxyInfo> {
        let request = Request::StartProxy {
            key: self.key.clone(),
            proxy: proxy.clone(),
        };
        let Reply::Proxy(info) = self.line.ask(&request)? else {
            bail!("{SOMETHING_ELSE}")
        };
        Ok(info)
    }

    /// Ends a pod's proxy with SIGKILL.
    pub fn stop_proxy(&self, pod: &str) -> Result<()> {
        self.tell(&Request::StopProxy {
            key: self.key.clone(),
            pod: pod.to_owned(),
        })
    }

    /// Writes an object straight into etcd, past the API server's checks, as for an address that it refuses. Whoever watches
    /// sees it like any other. `key` is what follows `/registry/`.
    pub fn put_into_store(&self, key: &str, object: &Value) -> Result<()> {
        let entry = json!({
            "key": BASE64_STANDARD.encode(format!("/registry/{key}")),
            "value": BASE64_STANDARD.encode(object.to_string()),
        });
        let entry = entry.to_string();
        let body = Body {
            content_type: "application/json",
            text: &entry,
        };
        let response =
            Endpoint::plain(&self.info.etcd).request("POST", "/v3/kv/put", Some(body))?;
        ensure!(
            response.is_success(),
            "etcd: {} {}",
            response.status,
            response.body
        );
        Ok(())
    }

    /// Ends all of the cluster and forgets it; the next ask for its name makes a new one.
    pub fn remove(self) -> Result<()> {
        self.tell(&Request::Remove {
            key: self.key.clone(),
        })
    }

    /// The log of one of its processes, such as `kube-apiserver`.
    pub fn log(&self, part: Part) -> Result<String> {
        let dir = match part {
            Part::PilotDiscovery => self.info.dir.join("istiod"),
            Part::Etcd
            | Part::KubeApiserver
            | Part::KubeControllerManager
            | Part::KubeScheduler
            | Part::Kubectl
            | Part::Istioctl
            | Part::PilotAgent
            | Part::Krew
            | Part::ValidateKrewManifest
            | Part::Helm
            | Part::Kwok
            | Part::Envoy
            | Part::TlsTerminator => self.info.dir.clone(),
        };
        read(&dir.join(format!("{part}.log")))
    }

    fn tell(&self, request: &Request) -> Result<()> {
        let Reply::Done = self.line.ask(request)? else {
            bail!("{SOMETHING_ELSE}")
        };
        Ok(())
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
