//! The two clusters and what runs in them, and the ways to break and repair it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::application::Application;
use super::exclusive::Exclusive;
use super::pods::{self, Workload};
use super::trust::Root;
use super::{arrange, gateway};
use crate::condition::wait_until;
use crate::http::Endpoint;
use crate::parts::{self, Part};
use crate::proxy::Relay;
use crate::real::{Cluster, Kind, Lab, ProxyInfo};

/// The clusters, by the names of their contexts.
const NAMES: [&str; 2] = ["path-east", "path-west"];
/// Their networks.
const NETWORKS: [&str; 2] = ["net-east", "net-west"];
/// The gateway's Service, and the application of its pods.
pub const GATEWAY: &str = "istio-eastwestgateway";
/// The address that a load balancer would give to the gateway. The gateway itself listens there.
const GATEWAY_ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 20, 1);
/// The address at which it takes what is meant for its network's applications.
const GATEWAY_PORT: u16 = 15443;
/// The address at which it says whether it is ready.
const READINESS_PORT: u16 = 15021;
const BACKEND: &str = "hello";
const BACKEND_ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 20, 20);
const CLIENT: &str = "client";
const CLIENT_ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 10, 20);
/// The host that the client calls: the application's Service in west.
pub const HOST: &str = "hello.default.svc.cluster.local";
/// The time in which a change has to reach the proxies. It takes a second or two on an idle machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The answer to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: String,
}

struct RunningGateway {
    workload: Workload,
    /// The address to which a load balancer would lead from its port for readiness.
    _readiness: Relay,
}

/// The running data path. Dropping it ends both clusters.
pub struct DataPath {
    east: Cluster,
    west: Cluster,
    root: Root,
    /// Starts the meshes with two roots.
    west_root: Option<Root>,
    application: Application,
    backend: Workload,
    client: Workload,
    client_proxy: ProxyInfo,
    gateway: Option<RunningGateway>,
    _exclusive: Exclusive,
}

impl DataPath {
    /// Starts both clusters with everything but the gateway, after waiting for any other data path on this machine. Envoy must
    /// be among the parts that can be had.
    pub fn start() -> Result<Self> {
        parts::ensure(&[Part::PilotAgent, Part::Envoy])?;
        let exclusive = Exclusive::wait()?;
        let lab = Lab::get()?;
        for name in NAMES {
            lab.without_cluster(name, Kind::Istiod)?;
        }
        let [east, west] = lab.clusters(NAMES, Kind::Istiod)?;
        let root = Root::new("root of the mesh");
        let application = Application::start()?;
        let address = application.address();
        let ((client, client_proxy), backend) = thread::scope(|scope| {
            let client = scope.spawn(|| start_client(&east, &root));
            let backend = scope.spawn(|| start_backend(&west, &root, address));
            let client = client.join().expect("starting does not panic")?;
            Ok::<_, anyhow::Error>((client, backend.join().expect("starting does not panic")?))
        })?;
        arrange::lead_to(&east, &west)?;
        arrange::lead_to(&west, &east)?;
        Ok(Self {
            east,
            west,
            root,
            west_root: None,
            application,
            backend,
            client,
            client_proxy,
            gateway: None,
            _exclusive: exclusive,
        })
    }

    /// The client's cluster.
    pub fn east(&self) -> &Cluster {
        &self.east
    }

    /// The application's cluster, which has the gateway.
    pub fn west(&self) -> &Cluster {
        &self.west
    }

    /// Lets the client call the application.
    pub fn request(&self) -> Result<Answer> {
        let answer = Endpoint::plain(&self.client_proxy.forward).request(
            "GET",
            &format!("http://{HOST}/"),
            None,
        )?;
        Ok(Answer {
            status: answer.status,
            body: answer.body,
        })
    }

    /// Lets the client call until it is answered with this status; what it was answered last is in the error.
    pub fn await_status(&self, status: u16) -> Result<Answer> {
        let mut last = None;
        wait_until(PATIENCE, || {
            let answer = self.request();
            let good = answer.as_ref().is_ok_and(|answer| answer.status == status);
            let answer = last.insert(answer);
            good.then(|| answer.as_ref().ok().cloned()).flatten()
        })
        .with_context(|| format!("the client was not answered {status} but {last:?}"))
    }

    /// Returns the address to which the client's sidecar leads requests to the application: `ADDRESS:PORT`, from Envoy itself.
    pub fn endpoints(&self) -> Result<Vec<String>> {
        let page = Endpoint::plain(&self.client_proxy.admin).request("GET", "/clusters", None)?;
        let of_host = format!("outbound|80||{HOST}::");
        let mut endpoints: Vec<_> = page
            .body
            .lines()
            .filter_map(|line| line.strip_prefix(&of_host)?.split("::").next())
            .filter(|endpoint| endpoint.parse::<SocketAddr>().is_ok())
            .map(str::to_owned)
            .collect();
        endpoints.sort();
        endpoints.dedup();
        Ok(endpoints)
    }

    /// The client's certificate in the mesh: a folder with `cert-chain.pem`, `key.pem` and `root-cert.pem`.
    pub fn client_certificates(&self) -> &Path {
        &self.client_proxy.certificates
    }

    /// Starts the client's sidecar anew. Only a new connection shows what has become of the gateway.
    pub fn restart_client(&mut self) -> Result<()> {
        self.client_proxy = pods::start_proxy(&self.east, &self.client, &self.root.pem())?;
        Ok(())
    }

    /// Starts the gateway of the Deployment [`GATEWAY`] in west, or starts it anew, gives its Service an address, and lets it
    /// listen there alone.
    pub fn start_gateway(&mut self) -> Result<()> {
        gateway::give_address(&self.west, GATEWAY, GATEWAY_ADDRESS)?;
        self.bind_gateway()?;
        let workload = gateway::workload(&self.west, GATEWAY)?;
        // Its address is free again before it is taken again.
        self.gateway = None;
        await_refusal(SocketAddr::from((GATEWAY_ADDRESS, READINESS_PORT)))?;
        let proxy = pods::start_proxy(&self.west, &workload, &self.west_root().pem())?;
        let readiness = TcpListener::bind((GATEWAY_ADDRESS, READINESS_PORT))
            .context("the gateway's address is taken")?;
        self.gateway = Some(RunningGateway {
            workload,
            _readiness: Relay::on(readiness, &proxy.ready),
        });
        Ok(())
    }

    /// Lets each Gateway object in west's system namespace listen at the gateway's address alone and not at all of the
    /// machine's, where other tests have servers too.
    pub fn bind_gateway(&self) -> Result<()> {
        gateway::bind(&self.west, GATEWAY_ADDRESS)
    }

    /// Ends the gateway with SIGKILL.
    pub fn stop_gateway(&mut self) -> Result<()> {
        if let Some(gateway) = self.gateway.take() {
            self.west.stop_proxy(&gateway.workload.pod)?;
        }
        for port in [GATEWAY_PORT, READINESS_PORT] {
            await_refusal(SocketAddr::from((GATEWAY_ADDRESS, port)))?;
        }
        Ok(())
    }

    /// Starts the application's sidecar anew.
    pub fn start_backend(&self) -> Result<()> {
        pods::start_proxy(&self.west, &self.backend, &self.west_root().pem()).map(drop)
    }

    /// Ends the application's sidecar with SIGKILL.
    pub fn stop_backend(&self) -> Result<()> {
        self.west.stop_proxy(&self.backend.pod)?;
        await_refusal(SocketAddr::from((BACKEND_ADDRESS, arrange::POD_PORT)))
    }

    /// Lets the application answer again.
    pub fn start_application(&mut self) -> Result<()> {
        self.application.resume()
    }

    /// Ends the application; its sidecar stays.
    pub fn stop_application(&mut self) -> Result<()> {
        self.application.stop();
        await_refusal(self.application.address())
    }

    /// Lists the application's pod as the endpoint of its Service.
    pub fn add_endpoint(&self) -> Result<()> {
        arrange::endpoint(&self.west, BACKEND, BACKEND_ADDRESS)
    }

    /// Leaves the application's Service without endpoints.
    pub fn remove_endpoint(&self) -> Result<()> {
        arrange::no_endpoint(&self.west, BACKEND)
    }

    /// Gives all of west another root than east's, or lets it share the root again, and starts its proxies anew.
    pub fn separate_roots(&mut self, separate: bool) -> Result<()> {
        self.west_root = separate.then(|| Root::new("root of west alone"));
        let had_gateway = self.gateway.is_some();
        self.stop_gateway()?;
        self.stop_backend()?;
        arrange::start_istiod(&self.west, self.west_root())?;
        self.start_backend()?;
        if had_gateway {
            self.start_gateway()?;
        }
        Ok(())
    }

    fn west_root(&self) -> &Root {
        self.west_root.as_ref().unwrap_or(&self.root)
    }
}

impl Drop for DataPath {
    fn drop(&mut self) {
        let Ok(lab) = Lab::get() else { return };
        for name in NAMES {
            // Whatever stays goes with the supervisor.
            let _ = lab.without_cluster(name, Kind::Istiod);
        }
    }
}

/// A killed process is gone a moment later.
fn await_refusal(address: SocketAddr) -> Result<()> {
    let refused = || TcpStream::connect(address).is_err().then_some(());
    wait_until(PATIENCE, refused).with_context(|| format!("{address} still takes connections"))
}

fn start_client(east: &Cluster, root: &Root) -> Result<(Workload, ProxyInfo)> {
    arrange::prepare(east, NETWORKS[0], root)?;
    arrange::client(east, CLIENT, CLIENT_ADDRESS, HOST)?;
    let workload = pods::create_sidecar_pod(east, CLIENT, NETWORKS[0], CLIENT_ADDRESS)?;
    let proxy = pods::start_proxy(east, &workload, &root.pem())?;
    Ok((workload, proxy))
}

fn start_backend(west: &Cluster, root: &Root, application: SocketAddr) -> Result<Workload> {
    arrange::prepare(west, NETWORKS[1], root)?;
    // Before its Service, so that no controller lists the address that the pod had first.
    let workload = pods::create_sidecar_pod(west, BACKEND, NETWORKS[1], BACKEND_ADDRESS)?;
    arrange::backend(west, BACKEND, BACKEND_ADDRESS, application)?;
    arrange::endpoint(west, BACKEND, BACKEND_ADDRESS)?;
    pods::start_proxy(west, &workload, &root.pem())?;
    Ok(workload)
}
