//! The clusters that are there: each is started once, on the first ask, and clusters of different names start side by side. Each
//! is ended when nobody who asked for it is left, so that a run of many test programs needs no more room than its largest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, anyhow, bail, ensure};

use super::cluster::{Cluster, Means};
use super::protocol::{ClusterInfo, Guest, Key, Options, Proxy, Reply, Request};

/// A place for one cluster. Whoever holds its lock starts or changes that cluster; the others wait.
type Slot = Arc<Mutex<State>>;

enum State {
    Absent,
    Running {
        cluster: Box<Cluster>,
        guests: BTreeSet<Guest>,
    },
    /// A start that failed would fail again, and every test would wait for that.
    Failed(String),
}

/// All clusters of this supervisor.
pub(super) struct Registry {
    means: Means,
    slots: Mutex<BTreeMap<Key, Slot>>,
    guests: Mutex<Guests>,
}

#[derive(Default)]
struct Guests {
    last: u64,
    present: BTreeSet<Guest>,
}

impl Registry {
    pub(super) fn new(means: Means) -> Self {
        Self {
            means,
            slots: Mutex::default(),
            guests: Mutex::default(),
        }
    }

    /// A new guest.
    pub(super) fn welcome(&self) -> Guest {
        let mut guests = lock(&self.guests);
        guests.last += 1;
        let guest = Guest(guests.last);
        guests.present.insert(guest);
        guest
    }

    /// Lets a guest go, and ends the clusters that nobody wants any more.
    pub(super) fn leave(&self, guest: Guest) {
        lock(&self.guests).present.remove(&guest);
        let slots: Vec<_> = lock(&self.slots).values().cloned().collect();
        for slot in slots {
            let mut state = lock(&slot);
            if let State::Running { guests, .. } = &*state {
                // Only now, since somebody may have come and asked for this very cluster meanwhile.
                let unwanted = guests.is_disjoint(&lock(&self.guests).present);
                if unwanted {
                    end(&mut state);
                }
            }
        }
    }

    /// Does what a test asks for.
    pub(super) fn answer(&self, request: Request) -> Reply {
        self.try_answer(request)
            .unwrap_or_else(|error| Reply::Failed(format!("{error:#}")))
    }

    fn try_answer(&self, request: Request) -> Result<Reply> {
        match request {
            Request::Stay => bail!("a guest stays by its connection"),
            Request::Cluster {
                guest,
                key,
                options,
            } => self.cluster(guest, &key, &options).map(Reply::Cluster),
            Request::StartIstiod { key, env } => {
                self.with(&key, |cluster| cluster.start_istiod(&self.means, &env))
            }
            Request::StopIstiod { key } => self.with(&key, |cluster| {
                cluster.stop_istiod();
                Ok(())
            }),
            Request::StartApiServer { key } => {
                self.with(&key, |cluster| cluster.start_api_server(&self.means))
            }
            Request::StopApiServer { key } => self.with(&key, |cluster| {
                cluster.stop_api_server();
                Ok(())
            }),
            Request::StartProxy { key, proxy } => self.start_proxy(&key, &proxy),
            Request::StopProxy { key, pod } => self.with(&key, |cluster| {
                cluster.stop_proxy(&pod);
                Ok(())
            }),
            Request::Client {
                key,
                common_name,
                organizations,
            } => self.client(&key, &common_name, &organizations),
            Request::Remove { key } => {
                end(&mut lock(&self.slot(&key)));
                Ok(Reply::Done)
            }
        }
    }

    fn cluster(&self, guest: Guest, key: &Key, options: &Options) -> Result<ClusterInfo> {
        let slot = self.slot(key);
        let mut state = lock(&slot);
        if let State::Absent = *state {
            *state = match Cluster::start(&self.means, key, options) {
                Ok(cluster) => State::Running {
                    cluster: Box::new(cluster),
                    guests: BTreeSet::new(),
                },
                Err(error) => State::Failed(format!("{error:#}")),
            };
        }
        match &mut *state {
            State::Running { cluster, guests } => {
                ensure!(
                    cluster.options() == options,
                    "cluster {key} runs already with other options: take another name"
                );
                guests.insert(guest);
                Ok(cluster.info())
            }
            State::Failed(why) => Err(anyhow!("{why}")),
            State::Absent => bail!("cluster {key} did not start"),
        }
    }

    fn with(&self, key: &Key, change: impl FnOnce(&mut Cluster) -> Result<()>) -> Result<Reply> {
        let slot = self.slot(key);
        match &mut *lock(&slot) {
            State::Running { cluster, .. } => change(cluster).map(|()| Reply::Done),
            State::Absent | State::Failed(_) => bail!("cluster {key} does not run"),
        }
    }

    fn start_proxy(&self, key: &Key, proxy: &Proxy) -> Result<Reply> {
        let slot = self.slot(key);
        match &mut *lock(&slot) {
            State::Running { cluster, .. } => {
                cluster.start_proxy(&self.means, proxy).map(Reply::Proxy)
            }
            State::Absent | State::Failed(_) => bail!("cluster {key} does not run"),
        }
    }

    fn client(&self, key: &Key, common_name: &str, organizations: &[String]) -> Result<Reply> {
        let slot = self.slot(key);
        match &*lock(&slot) {
            State::Running { cluster, .. } => {
                let organizations: Vec<_> = organizations.iter().map(String::as_str).collect();
                let identity = cluster.client(common_name, &organizations);
                Ok(Reply::Client {
                    certificate_pem: identity.certificate_pem,
                    key_pem: identity.key_pem,
                })
            }
            State::Absent | State::Failed(_) => bail!("cluster {key} does not run"),
        }
    }

    fn slot(&self, key: &Key) -> Slot {
        let absent = || Arc::new(Mutex::new(State::Absent));
        Arc::clone(lock(&self.slots).entry(key.clone()).or_insert_with(absent))
    }
}

/// Ends the cluster of a slot, if there is one.
fn end(state: &mut State) {
    match std::mem::replace(state, State::Absent) {
        State::Running { cluster, .. } => cluster.remove(),
        State::Absent | State::Failed(_) => {}
    }
}

/// A start that panicked leaves its slot absent, and the next ask tries again.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
