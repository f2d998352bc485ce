//! The wait itself, for every verb that waits: one cluster at a time, and what is shown of all in the end.

use std::time::Duration;

use mesh_common::client::Cluster;
use mesh_common::client::eastwest::{Look, wait_for_addresses};
use mesh_common::model::fleet::{EachOnce, each_once};
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::output::{OutputFlags, render};
use mesh_common::terminal::{Environment, Streams};

use super::report::{Waited, ran_out};
use crate::status::{ANSWER, Seen, Status, ask};

/// What is waited for, and how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Within<'a> {
    /// Istio's namespace.
    pub namespace: &'a str,
    /// The one gateway that is waited for; nothing is every one.
    pub name: Option<&'a str>,
    pub limit: Duration,
    /// Whether the ports are asked in the end.
    pub probes: bool,
}

impl Within<'_> {
    /// Waits for the gateways of one cluster, telling each of their states, and asks their ports.
    ///
    /// # Errors
    /// A cluster that is not reached; that time ran out is no error yet.
    pub(crate) async fn wait(&self, cluster: &Cluster, streams: &Streams) -> Result<Seen, Error> {
        let look = Look {
            namespace: self.namespace,
            name: self.name,
            dns: ANSWER,
        };
        let tell = |state: &str| streams.say(&format!("context {}: {state}", cluster.context()));
        let seen = wait_for_addresses(cluster, look, self.limit, tell).await?;
        ask(cluster, seen, self.probes.then_some(ANSWER)).await
    }

    /// Shows what the wait came to in each cluster.
    ///
    /// # Errors
    /// Every gateway without an address, as a wait that ran out; what was last seen is shown before.
    pub(crate) fn show(
        &self,
        waited: Vec<(String, Result<Seen, Error>)>,
        output: &OutputFlags,
        environment: &Environment,
        streams: &Streams,
    ) -> Result<Exit, Error> {
        let once: EachOnce<Seen> = each_once(waited, |seen| seen.facts.uid())?;
        for note in &once.notes {
            streams.say(note);
        }
        let lacking: Vec<Error> = once
            .read
            .iter()
            .flat_map(|(_, seen)| ran_out(seen, self.name, self.limit))
            .collect();
        let status = Status::new(once, environment.now);
        let reached = status.unreached.is_empty();
        streams.data(&render(&Waited(status), output)?)?;
        match Error::all(lacking) {
            Some(error) => Err(error),
            None if reached => Ok(Exit::Fine),
            None => Ok(Exit::Partial),
        }
    }
}
