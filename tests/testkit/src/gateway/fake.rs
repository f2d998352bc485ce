//! The gateway as tests hold it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ring::rand::{SecureRandom, SystemRandom};

use super::door::{self, Door, Hello};
use crate::proxy::Listener;

/// A loopback address that nobody else uses, and the ports that were opened there. It ends when the value is dropped.
pub struct FakeGateway {
    address: Ipv4Addr,
    /// Nobody answers there; that it is bound keeps the address for us.
    _claim: TcpListener,
    ports: Mutex<BTreeMap<u16, Port>>,
    hellos: Arc<Mutex<Vec<Hello>>>,
}

struct Port {
    door: Arc<Mutex<Door>>,
    _listener: Listener,
}

/// The port that stands for an address being ours. It is below those that systems hand out.
const CLAIM: u16 = 15_000;

impl FakeGateway {
    /// A gateway of which every port is closed.
    pub fn start() -> Self {
        loop {
            let mut bytes = [0; 3];
            SystemRandom::new()
                .fill(&mut bytes)
                .expect("the system gives random bytes");
            // Three digits each, so that texts with the address are of one width.
            let [b, c, d] = bytes.map(|byte| 100 + byte % 150);
            let address = Ipv4Addr::new(127, b, c, d);
            if let Ok(claim) = TcpListener::bind((address, CLAIM)) {
                return Self {
                    address,
                    _claim: claim,
                    ports: Mutex::default(),
                    hellos: Arc::default(),
                };
            }
        }
    }

    /// Its address.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Opens a port, or lets an open one behave otherwise from the next connection on.
    pub fn open(&self, port: u16, door: Door) {
        let mut ports = locked(&self.ports);
        if let Some(open) = ports.get(&port) {
            *locked(&open.door) = door;
            return;
        }
        let listener = TcpListener::bind((self.address, port)).expect("the address is ours");
        let door = Arc::new(Mutex::new(door));
        let (shared, hellos) = (Arc::clone(&door), Arc::clone(&self.hellos));
        let serve = move |stream| {
            let now = locked(&shared).clone();
            door::serve(stream, port, now, Arc::clone(&hellos))
        };
        let opened = Port {
            door,
            _listener: Listener::on(listener, serve),
        };
        ports.insert(port, opened);
    }

    /// The TLS greetings that came, in their order.
    pub fn hellos(&self) -> Vec<Hello> {
        locked(&self.hellos).clone()
    }
}

impl std::fmt::Debug for FakeGateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeGateway")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
