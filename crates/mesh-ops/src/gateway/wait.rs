//! Waits until the gateways of a cluster have addresses, then asks their ports.

use std::time::Duration;

use jiff::SignedDuration;
use mesh_client::Cluster;
use mesh_model::Error;
use mesh_model::eastwest::{ClusterSnapshot, Gateway};
use mesh_model::error::Kind;
use mesh_model::event::{Event, Events};

use super::addresses::wait_for_addresses;
use super::{ANSWER, Look, ask};

/// The gateways that are waited for, and the limit.
#[derive(Debug, Clone, Copy)]
pub struct AddressWait<'a> {
    /// Istio's namespace.
    pub namespace: &'a str,
    /// The only gateway that is waited for; `None` means every one.
    pub name: Option<&'a str>,
    /// The time after which the wait is given up.
    pub limit: Duration,
    /// True if the ports are probed in the end.
    pub probes: bool,
}

impl AddressWait<'_> {
    /// Waits for the gateways of one cluster, telling each of their states, and asks their ports.
    ///
    /// # Errors
    /// A cluster that is not reached. That time ran out is no error here: [`Self::ran_out`] returns those.
    pub async fn wait(
        &self,
        cluster: &Cluster,
        events: &dyn Events,
    ) -> Result<ClusterSnapshot, Error> {
        let look = Look {
            namespace: self.namespace,
            name: self.name,
            dns: ANSWER,
        };
        let mut told = Ok(());
        let tell = |state: &str| {
            if told.is_ok() {
                let line = format!("context {}: {state}", cluster.context());
                told = events.report(Event::Note(line));
            }
        };
        let seen = wait_for_addresses(cluster, look, self.limit, tell).await?;
        told?;
        ask(cluster, seen, self.probes.then_some(ANSWER)).await
    }

    /// Returns an error for each gateway that has no address after the limit.
    pub fn ran_out(&self, seen: &ClusterSnapshot) -> Vec<Error> {
        let (context, gateways) = (&seen.context, Gateway::found(seen, self.name));
        let after = match SignedDuration::try_from(self.limit) {
            Ok(SignedDuration::ZERO) => String::new(),
            Ok(limit) => format!(" after {limit:#}"),
            Err(_) => " in all this time".to_owned(),
        };
        let error = |sentence: String| Error::new(Kind::WaitRanOut, sentence + &after);
        if gateways.is_empty() {
            let name = self.name;
            let called = name.map_or_else(String::new, |name| format!(" called {name}"));
            return vec![error(format!(
                "context {context} has no east-west gateway{called}"
            ))];
        }
        let missing = gateways.iter().filter_map(|gateway| {
            let (described, lack) = (gateway.described(), gateway.lacks()?);
            Some(error(format!("{described} in context {context} {lack}")))
        });
        missing.collect()
    }
}
