//! Conditions that gateways do not fulfil yet, and that other clusters need to find them.

use super::address::node_selector;
use super::{Address, Gateway};

impl Gateway {
    /// Returns the missing condition, as the end of a sentence; `None` if it has an address that resolves on this
    /// machine.
    pub fn lacks(&self) -> Option<String> {
        if self.addresses.is_empty() {
            return Some("has no address".to_owned());
        }
        let is_known = |address: &Address| !address.resolved.is_empty();
        (!self.addresses.iter().any(is_known))
            .then(|| format!("has no address that resolves from here ({})", values(self)))
    }

    /// Returns whether only a change of its own objects can provide the missing condition; otherwise DNS, the nodes or
    /// a Service that does not exist yet can.
    pub fn is_up_to_its_objects(&self) -> bool {
        let Some(service) = &self.service else {
            return false;
        };
        let has_nodes = self.service_type.as_deref() == Some("NodePort")
            && matches!(node_selector(service), Some(Ok(_)));
        self.addresses.is_empty() && !has_nodes
    }
}

/// Returns the state of a cluster's gateways in one line.
pub fn told(gateways: &[Gateway]) -> String {
    if gateways.is_empty() {
        return "no gateway yet".to_owned();
    }
    let each = gateways.iter().map(|gateway| {
        let described = gateway.described();
        match gateway.lacks() {
            Some(lack) => format!("{described} {lack} yet"),
            None => format!("{described} has address {}", values(gateway)),
        }
    });
    each.collect::<Vec<_>>().join(", ")
}

fn values(gateway: &Gateway) -> String {
    let values = gateway.addresses.iter();
    let values: Vec<&str> = values.map(|address| address.value.as_str()).collect();
    values.join(", ")
}
