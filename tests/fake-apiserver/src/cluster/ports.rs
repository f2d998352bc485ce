//! Lets tests put something behind the ports of pods.

use super::handle::Cluster;
use crate::model::forward::{Listener, Port};

/// Listeners in its pods.
impl Cluster {
    /// Lets something listen on a port of a pod.
    pub fn listen(&self, namespace: &str, pod: &str, port: u16, listener: Listener) {
        let address = (namespace.to_owned(), pod.to_owned(), port);
        let port = Port::Listens(listener);
        self.shared.lock().ports.insert(address, port);
    }

    /// Lets the pod's side refuse whoever wants to connect, in these words.
    pub fn refuse(&self, namespace: &str, pod: &str, port: u16, words: &str) {
        let address = (namespace.to_owned(), pod.to_owned(), port);
        let port = Port::Refuses(words.to_owned());
        self.shared.lock().ports.insert(address, port);
    }

    /// Lets nobody listen there any more; connections that are open stay.
    pub fn close(&self, namespace: &str, pod: &str, port: u16) {
        let address = (namespace.to_owned(), pod.to_owned(), port);
        self.shared.lock().ports.remove(&address);
    }
}
