//! A running cluster: the order in which its parts start, and what can be done to it later.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::api::{await_answer, create};
use super::files::Files;
use super::{control_plane, istiod, nodes, proxy};
use crate::http::Endpoint;
use crate::parts::{self, Part};
use crate::pki::Identity;
use crate::supervisor::owner::{Owner, Process, Program};
use crate::supervisor::ports::Ports;
use crate::supervisor::protocol::{ClusterInfo, Key, Kind, Options, Proxy, ProxyInfo};

/// The number of starts that are tried when another server takes one of its ports first.
const TRIES: usize = 3;

/// The settings with which a cluster is started.
pub(in crate::supervisor) struct Means {
    pub(in crate::supervisor) owner: Owner,
    pub(in crate::supervisor) ports: Ports,
    /// The supervisor's folder, in which each cluster has one.
    pub(in crate::supervisor) dir: PathBuf,
}

/// A cluster and its processes, which end when it is dropped.
pub(in crate::supervisor) struct Cluster {
    key: Key,
    options: Options,
    files: Files,
    server: String,
    etcd_port: u16,
    api: Endpoint,
    istiod_ports: istiod::Ports,
    api_server_program: Program,
    /// By the names of their pods.
    proxies: BTreeMap<String, Process>,
    istiod: Option<Process>,
    api_server: Option<Process>,
    /// The rest, which nobody asks for by name.
    others: Vec<Process>,
}

impl Cluster {
    /// Starts a cluster and waits until it is ready.
    pub(in crate::supervisor) fn start(
        means: &Means,
        key: &Key,
        options: &Options,
    ) -> Result<Self> {
        parts::ensure(parts_of(key.kind))?;
        let mut tries = 0;
        loop {
            tries += 1;
            match Self::try_start(means, key, options) {
                Err(error) if tries < TRIES && is_port_clash(&error) => {}
                outcome => return outcome.with_context(|| format!("cannot start cluster {key}")),
            }
        }
    }

    fn try_start(means: &Means, key: &Key, options: &Options) -> Result<Self> {
        let dir = means.dir.join(format!("{}-{}", key.name, key.kind));
        if dir.exists() {
            fs::remove_dir_all(&dir).context("cannot clear the folder of a failed start")?;
        }
        let files = Files::create(dir, key, options)?;
        let (etcd_port, port) = (means.ports.free()?, means.ports.free()?);
        let authority = format!("127.0.0.1:{port}");
        let server = format!("https://{authority}");
        files.write_kubeconfig(&key.name, &server);
        let api = Endpoint::tls(&authority, &files.authority.certificate_pem(), &files.admin)?;

        let etcd = means.owner.start(control_plane::etcd(&files, etcd_port)?)?;
        let api_server_program = control_plane::api_server(&files, etcd_port, port, options)?;
        let api_server = means.owner.start(api_server_program.clone())?;
        await_answer(&api, "/readyz?verbose", &[&etcd, &api_server], |_| true)?;
        let mut cluster = Self {
            key: key.clone(),
            options: options.clone(),
            files,
            server,
            etcd_port,
            api,
            istiod_ports: istiod::Ports::free(&means.ports)?,
            api_server_program,
            proxies: BTreeMap::new(),
            istiod: None,
            api_server: Some(api_server),
            others: vec![etcd],
        };
        cluster.start_controllers(means)?;
        Ok(cluster)
    }

    fn start_controllers(&mut self, means: &Means) -> Result<()> {
        let controllers = control_plane::controllers(&self.files, self.key.kind, &self.options)?;
        self.others.push(means.owner.start(controllers)?);
        match self.key.kind {
            Kind::Bare => {}
            Kind::Nodes => self.start_nodes(means)?,
            Kind::Istiod => {
                self.start_nodes(means)?;
                create(&self.api, "/api/v1/namespaces", &istiod::namespace())?;
                for (path, object) in istiod::objects(&self.key.name)? {
                    create(&self.api, &path, &object)?;
                }
                self.start_istiod(means, &BTreeMap::new())?;
                self.await_istiod_pod()?;
            }
        }
        let account = "/api/v1/namespaces/default/serviceaccounts/default";
        self.await_answer(account, |_| true)
    }

    fn start_nodes(&mut self, means: &Means) -> Result<()> {
        let scheduler = nodes::scheduler(&self.files)?;
        let kwok = nodes::kwok(&self.files, means.ports.free()?, self.istiod_ports)?;
        self.others.push(means.owner.start(scheduler)?);
        self.others.push(means.owner.start(kwok)?);
        create(&self.api, "/api/v1/nodes", &nodes::node())?;
        self.await_answer(&format!("/api/v1/nodes/{}", nodes::NODE), nodes::is_ready)
    }

    fn await_istiod_pod(&self) -> Result<()> {
        let pods = format!(
            "/api/v1/namespaces/{}/pods?labelSelector=app%3Distiod",
            istiod::NAMESPACE
        );
        self.await_answer(&pods, |list| {
            list["items"]
                .as_array()
                .is_some_and(|pods| !pods.is_empty() && pods.iter().all(nodes::is_ready))
        })
    }

    fn await_answer(&self, path: &str, good: impl Fn(&serde_json::Value) -> bool) -> Result<()> {
        let processes: Vec<_> = self.api_server.iter().chain(&self.others).collect();
        await_answer(&self.api, path, &processes, good)
    }

    /// Starts istiod, after ending one that runs already, and waits until it says that it is ready.
    pub(in crate::supervisor) fn start_istiod(
        &mut self,
        means: &Means,
        env: &BTreeMap<String, String>,
    ) -> Result<()> {
        self.stop_istiod();
        // istiod keeps its own authority there, and is not ready before it could.
        create(&self.api, "/api/v1/namespaces", &istiod::namespace())?;
        let mut variables = self.options.istiod_env.clone();
        variables.extend(env.clone());
        let program = istiod::process(&self.files, &self.key.name, self.istiod_ports, &variables)?;
        let process = means.owner.start(program)?;
        let endpoint = Endpoint::plain(&format!("127.0.0.1:{}", self.istiod_ports.http));
        await_answer(&endpoint, "/ready", &[&process], |_| true)?;
        self.istiod = Some(process);
        Ok(())
    }

    /// Ends istiod.
    pub(in crate::supervisor) fn stop_istiod(&mut self) {
        self.istiod = None;
    }

    /// Starts a pod's proxy, after ending one that runs already, and waits until Envoy says that it is ready.
    pub(in crate::supervisor) fn start_proxy(
        &mut self,
        means: &Means,
        proxy: &Proxy,
    ) -> Result<ProxyInfo> {
        self.stop_proxy(&proxy.pod);
        let prepared = proxy::prepare(
            &self.files,
            &self.key.name,
            self.istiod_ports,
            &means.ports,
            proxy,
        )?;
        let process = means.owner.start(prepared.program)?;
        let endpoint = Endpoint::plain(&prepared.info.ready);
        await_answer(&endpoint, "/healthz/ready", &[&process], |_| true)?;
        self.proxies.insert(proxy.pod.clone(), process);
        Ok(prepared.info)
    }

    /// Ends a pod's proxy.
    pub(in crate::supervisor) fn stop_proxy(&mut self, pod: &str) {
        self.proxies.remove(pod);
    }

    /// Starts the API server again where it was stopped, and waits until it is ready.
    pub(in crate::supervisor) fn start_api_server(&mut self, means: &Means) -> Result<()> {
        if self.api_server.is_none() {
            let process = means.owner.start(self.api_server_program.clone())?;
            await_answer(&self.api, "/readyz", &[&process], |_| true)?;
            self.api_server = Some(process);
        }
        Ok(())
    }

    /// Ends the API server, as a dead machine would.
    pub(in crate::supervisor) fn stop_api_server(&mut self) {
        self.api_server = None;
    }

    /// A client certificate that this cluster accepts.
    pub(in crate::supervisor) fn client(&self, name: &str, organizations: &[&str]) -> Identity {
        self.files.authority.client(name, organizations)
    }

    /// Its options beyond its kind.
    pub(in crate::supervisor) fn options(&self) -> &Options {
        &self.options
    }

    /// Returns its addresses and credentials for tests.
    pub(in crate::supervisor) fn info(&self) -> ClusterInfo {
        let address = |port: u16| format!("127.0.0.1:{port}");
        ClusterInfo {
            dir: self.files.dir.clone(),
            kubeconfig: self.files.kubeconfig(),
            server: self.server.clone(),
            ca_pem: self.files.authority.certificate_pem(),
            admin_certificate: self.files.pki("admin.crt"),
            admin_key: self.files.pki("admin.key"),
            istiod_http: address(self.istiod_ports.http),
            istiod_webhooks: address(self.istiod_ports.https),
            istiod_monitoring: address(self.istiod_ports.monitoring),
            etcd: address(self.etcd_port),
        }
    }

    /// Ends all of it and removes its folder.
    pub(in crate::supervisor) fn remove(self) {
        let dir = self.files.dir.clone();
        drop(self);
        // What stays goes with the supervisor's folder.
        let _ = fs::remove_dir_all(dir);
    }
}

fn parts_of(kind: Kind) -> &'static [Part] {
    const BARE: [Part; 3] = [Part::Etcd, Part::KubeApiserver, Part::KubeControllerManager];
    const NODES: [Part; 5] = [BARE[0], BARE[1], BARE[2], Part::KubeScheduler, Part::Kwok];
    const ISTIOD: [Part; 6] = [
        NODES[0],
        NODES[1],
        NODES[2],
        NODES[3],
        NODES[4],
        Part::PilotDiscovery,
    ];
    match kind {
        Kind::Bare => &BARE,
        Kind::Nodes => &NODES,
        Kind::Istiod => &ISTIOD,
    }
}

fn is_port_clash(error: &anyhow::Error) -> bool {
    format!("{error:#}").contains("address already in use")
}
