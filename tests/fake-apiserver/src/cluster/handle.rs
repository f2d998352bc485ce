//! The handle by which tests start an embedded cluster, arrange what is in it, make it fail, and look at what happened.

use std::fmt;
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::sync::watch;

use crate::background;
use crate::kubeconfig;
use crate::model::attributes::Denial;
use crate::model::definitions;
use crate::model::resources;
use crate::model::user::{MASTERS, User};
use crate::pki::{CertificateAuthority, Identity, LOOPBACK, Validity};
use crate::server::serve::{self, Door, Server};
use crate::server::tls::{self, ClientAuthority};
use crate::state::clock::Clock;
use crate::state::faults::{Fault, Faults};
use crate::state::grants::{Grant, Signer};
use crate::state::recording::{self, Connection, Recorded, Recording};
use crate::state::shared::{Shared, State, TokenController};
use crate::state::store::{Key, Store};

/// The settings of a cluster; [`Builder::start`] makes it.
pub struct Builder {
    name: String,
    ca: Option<Arc<CertificateAuthority>>,
    http1_only: bool,
    token_controller: TokenController,
    longest_token: Option<Duration>,
    definitions: Vec<Value>,
}

impl Builder {
    /// Has Istio's definitions of custom resources: `gateways`, `virtualservices`, `destinationrules` and
    /// `peerauthentications`, in v1. A cluster has none unless it is said, and [`Cluster::delete`] takes a single one away.
    #[must_use]
    pub fn istio_crds(mut self) -> Self {
        self.definitions.extend(definitions::istio());
        self
    }

    /// Has the Gateway API's definitions of `gateways` and `gatewayclasses`, in v1.
    #[must_use]
    pub fn gateway_api_crds(mut self) -> Self {
        self.definitions.extend(definitions::gateway_api());
        self
    }

    /// Speaks HTTP/1.1 only.
    #[must_use]
    pub fn http1_only(mut self) -> Self {
        self.http1_only = true;
        self
    }

    /// Uses this authority instead of one of its own.
    #[must_use]
    pub fn ca(mut self, ca: &Arc<CertificateAuthority>) -> Self {
        self.ca = Some(Arc::clone(ca));
        self
    }

    /// Says when token Secrets are filled; 10 ms after they are made, unless said otherwise.
    #[must_use]
    pub fn token_controller(mut self, controller: TokenController) -> Self {
        self.token_controller = controller;
        self
    }

    /// Grants no token from `TokenRequest` a longer life than this, as some providers do.
    #[must_use]
    pub fn longest_token(mut self, longest: Duration) -> Self {
        self.longest_token = Some(longest);
        self
    }

    /// Starts the cluster on a free port of 127.0.0.1. It is ready at once.
    pub fn start(self) -> Cluster {
        Cluster::launch(self)
    }
}

/// A running embedded cluster; it ends when the value is dropped.
pub struct Cluster {
    name: String,
    pub(super) shared: Shared,
    server: Arc<Server>,
    evict: Option<watch::Sender<u64>>,
    /// Closes once the server has let go of its port.
    ended: Mutex<Receiver<()>>,
    /// Keeps the port from anybody else once the server is gone.
    kept_port: Option<TcpSocket>,
    ca: Arc<CertificateAuthority>,
    url: String,
    admin_token: String,
    admin_identity: OnceLock<Identity>,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("name", &self.name)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Cluster {
    /// Starts a cluster with an authority of its own.
    pub fn start(name: &str) -> Self {
        Self::builder(name).start()
    }

    /// Begins a cluster that is not like the others.
    pub fn builder(name: &str) -> Builder {
        Builder {
            name: name.to_owned(),
            ca: None,
            http1_only: false,
            token_controller: TokenController::After(Duration::from_millis(10)),
            longest_token: None,
            definitions: Vec::new(),
        }
    }

    fn launch(builder: Builder) -> Self {
        let Builder {
            name,
            ca,
            http1_only,
            token_controller,
            longest_token,
            definitions,
        } = builder;
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener
            .set_nonblocking(true)
            .expect("sockets can be non-blocking");
        let address = listener
            .local_addr()
            .expect("the socket is bound")
            .to_string();
        let ca = ca.unwrap_or_else(|| Arc::new(CertificateAuthority::new(&format!("{name}-ca"))));
        let mut state = State {
            address: address.clone(),
            ca_pem: ca.certificate_pem(),
            store: Store::new(),
            kinds: resources::built_in(),
            tokens: std::collections::BTreeMap::new(),
            signer: Signer::new(&format!("https://kubernetes.default.svc.{name}")),
            denials: Vec::new(),
            faults: Faults::default(),
            recording: Recording::default(),
            clock: Arc::new(Clock::default()),
            token_controller,
            longest_token,
            ports: std::collections::BTreeMap::new(),
            without_status: std::collections::BTreeSet::new(),
        };
        state.bootstrap();
        let shared = Shared::new(state);
        let (evict, evicted) = watch::channel(0);
        let identity = ca.server(&server_names());
        let server = Arc::new(Server {
            shared: shared.clone(),
            clients: ClientAuthority::new(&ca.certificate_pem()),
            door: Mutex::new(Door {
                tls: tls::server_config(&identity, http1_only),
                http1_only,
                mute: false,
                clock_ahead: 0,
            }),
            evict: evicted,
        });
        let (serving, ended) = channel();
        let running = serve::run(Arc::clone(&server), listener);
        background::spawn(async move {
            running.await;
            drop(serving);
        });
        let cluster = Self {
            url: format!("https://{address}"),
            name,
            shared,
            server,
            evict: Some(evict),
            ended: Mutex::new(ended),
            kept_port: None,
            ca,
            admin_token: String::new(),
            admin_identity: OnceLock::new(),
        };
        for definition in definitions {
            cluster.create(definition);
        }
        let admin_token = cluster.add_user("admin", &[MASTERS]);
        Self {
            admin_token,
            ..cluster
        }
    }
}

/// Addresses and credentials for clients.
impl Cluster {
    /// The name that it was started with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `https://127.0.0.1:PORT`.
    pub fn server_url(&self) -> &str {
        &self.url
    }

    /// The authority that signed the server's certificate and signs client certificates.
    pub fn ca(&self) -> &Arc<CertificateAuthority> {
        &self.ca
    }

    /// That authority's certificate.
    pub fn ca_pem(&self) -> String {
        self.ca.certificate_pem()
    }

    /// The UID of the namespace kube-system, by which clusters are told apart.
    pub fn uid(&self) -> String {
        self.shared
            .lock()
            .uid_of(&Key::core("namespaces", "", "kube-system"))
            .expect("kube-system cannot be deleted")
    }

    /// The issuer of its ServiceAccount tokens, which is also their usual audience.
    pub fn issuer(&self) -> String {
        self.shared.lock().signer.issuer.clone()
    }

    /// A bearer token of a `system:masters` user called `admin`.
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// A client certificate of the same user.
    pub fn admin_identity(&self) -> &Identity {
        self.admin_identity
            .get_or_init(|| self.ca.client("admin", &[MASTERS]))
    }

    /// Makes up a user with these groups (`system:authenticated` comes along) and returns its bearer token.
    pub fn add_user(&self, name: &str, groups: &[&str]) -> String {
        let token = format!("{name}-{}", crate::state::random::uid());
        let user = User::authenticated(name, groups);
        self.shared
            .lock()
            .tokens
            .insert(token.clone(), Grant::User(user));
        token
    }

    /// Accepts `token` as that user, as an authenticator beside Kubernetes' own would, whatever the token says of itself.
    pub fn accept(&self, token: &str, user: &str, uid: &str) {
        let mut user = User::authenticated(user, &[]);
        uid.clone_into(&mut user.uid);
        let mut state = self.shared.lock();
        state.tokens.insert(token.to_owned(), Grant::User(user));
    }

    /// Makes a bearer token worthless at once.
    pub fn revoke(&self, token: &str) {
        self.shared.lock().tokens.remove(token);
    }

    /// The `cluster` part of a kubeconfig.
    pub fn kubeconfig_cluster(&self) -> kubeconfig::Cluster {
        kubeconfig::Cluster::new(&self.url).ca_pem(&self.ca_pem())
    }

    /// The `user` part of a kubeconfig: the admin, by token.
    pub fn kubeconfig_user(&self) -> kubeconfig::User {
        kubeconfig::User::new().token(&self.admin_token)
    }

    /// A whole kubeconfig of the admin, with the cluster's name for everything.
    pub fn kubeconfig(&self) -> kubeconfig::Kubeconfig {
        kubeconfig::Kubeconfig::single(
            &self.name,
            self.kubeconfig_cluster(),
            self.kubeconfig_user(),
        )
    }
}

/// Faults.
impl Cluster {
    /// Adds a fault; they hold until [`Self::clear_faults`].
    pub fn inject(&self, fault: Fault) {
        self.shared.lock().faults.add(fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Forbids a verb on a resource (`serviceaccounts/token` for a subresource) to a user, whatever its groups; `*`
    /// stands for anything.
    pub fn deny(&self, user: &str, verb: &str, resource: &str) {
        self.shared.lock().denials.push(Denial {
            user: user.to_owned(),
            verb: verb.to_owned(),
            resource: resource.to_owned(),
        });
    }

    /// Shows another certificate from the next handshake on.
    pub fn show_certificate(&self, identity: &Identity) {
        self.change_door(|door| door.tls = tls::server_config(identity, door.http1_only));
    }

    /// Shows a certificate of an authority that nobody knows, and returns that authority.
    pub fn show_foreign_certificate(&self) -> CertificateAuthority {
        let foreign = CertificateAuthority::new("foreign-ca");
        self.show_certificate(&foreign.server(&server_names()));
        foreign
    }

    /// Shows a certificate that expired an hour ago.
    pub fn show_expired_certificate(&self) {
        self.show_certificate(
            &self
                .ca
                .server_with_validity(&server_names(), Validity::expired()),
        );
    }

    /// Says in the `Date` of its answers that its clock is so many seconds ahead, over connections that come from now on.
    pub fn show_clock_ahead(&self, seconds: i64) {
        self.change_door(|door| door.clock_ahead = seconds);
    }

    /// Accepts connections and never answers, not even the handshake.
    pub fn mute(&self) {
        self.change_door(|door| door.mute = true);
    }

    /// Drops all connections that are open.
    pub fn drop_connections(&self) {
        if let Some(evict) = &self.evict {
            evict.send_modify(|count| *count += 1);
        }
    }

    /// Ends the cluster's server: connections are refused from then on. Its state can still be looked at.
    pub fn stop(&mut self) {
        self.evict = None;
        let ended = self.ended.get_mut();
        let ended = ended.unwrap_or_else(PoisonError::into_inner);
        let ended = ended.recv_timeout(Duration::from_secs(10));
        assert_eq!(
            ended,
            Err(RecvTimeoutError::Disconnected),
            "the server lets go of its port"
        );
        // Nobody listens there, and no server that another test starts gets it.
        let socket = TcpSocket::new_v4().expect("the system has sockets");
        let address = self.url.trim_start_matches("https://");
        let address = address.parse().expect("it is an address");
        // Connections that have just ended still have the port.
        let bound = socket
            .set_reuseaddr(true)
            .and_then(|()| socket.bind(address));
        self.kept_port = bound.is_ok().then_some(socket);
    }

    fn change_door(&self, change: impl FnOnce(&mut Door)) {
        change(
            &mut self
                .server
                .door
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
    }
}

/// Recordings of clients.
impl Cluster {
    /// All connections since the last clearing.
    pub fn connections(&self) -> Vec<Connection> {
        self.shared.lock().recording.connections.clone()
    }

    /// All requests since the last clearing, in the order of their arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.lock().recording.requests.clone()
    }

    /// The requests as text for a golden file, see [`crate::render`].
    pub fn rendered_requests(&self) -> String {
        recording::render(&self.requests())
    }

    /// Forgets connections and requests.
    pub fn clear_recordings(&self) {
        self.shared.lock().recording.clear();
    }
}

fn server_names() -> Vec<&'static str> {
    let inside = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
    LOOPBACK.into_iter().chain(["::1"]).chain(inside).collect()
}
