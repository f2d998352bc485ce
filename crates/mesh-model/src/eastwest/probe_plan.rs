//! The connections to test a gateway with, and the tests that are skipped, with the reason.

use serde::Serialize;

use super::{Address, Candidate, ClusterSnapshot, Exposure, Gateway, Passthrough, candidates};
use crate::finding::CheckId;
use crate::probe::{Ask, Question};

/// The check that a connection belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "CheckId")]
pub enum Check {
    /// The proxy has its configuration.
    Readiness,
    /// A workload answers through the gateway by mutual TLS.
    Sidecar,
    /// The gateway terminates HBONE.
    Hbone,
    /// istiod answers through the gateway.
    Istiod,
    /// istiod's injection webhook answers through the gateway.
    Webhook,
}

impl From<Check> for CheckId {
    fn from(check: Check) -> Self {
        check.id()
    }
}

/// All connections for one check at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The check.
    pub check: Check,
    /// The port of the Service.
    pub port: i32,
    /// The address; `None` if the gateway has none.
    pub address: Option<String>,
    /// The port that is connected to.
    pub dialled: Option<i32>,
    /// The connections, or the reason why there are none.
    pub asked: Result<Vec<(Question, Option<Candidate>)>, String>,
}

const READINESS_PORT: i32 = 15021;

/// A cluster can have hundreds of nodes, and a few of them show whether the gateway answers.
const ADDRESSES: usize = 8;

impl Check {
    /// Returns the id in the catalogue.
    pub fn id(self) -> CheckId {
        match self {
            Self::Readiness => CheckId::Probe15021,
            Self::Sidecar => CheckId::Probe15443,
            Self::Hbone => CheckId::Probe15008,
            Self::Istiod => CheckId::Probe15012,
            Self::Webhook => CheckId::Probe15017,
        }
    }
}

/// Returns all tests of a gateway: each port of its Service at each of its addresses.
pub(super) fn plan(
    gateway: &Gateway,
    exposure: &Exposure<'_>,
    cluster: &ClusterSnapshot,
) -> Vec<Planned> {
    let mut checks = Vec::new();
    let mut add = |check, port: Option<i32>| checks.extend(port.map(|port| (check, port)));
    let has = |port: i32| gateway.ports().contains(&port).then_some(port);
    add(Check::Readiness, has(READINESS_PORT));
    add(Check::Sidecar, gateway.sidecar_port());
    add(Check::Hbone, gateway.hbone_port());
    for server in &exposure.istiod {
        let check = if server.port == 15012 {
            Check::Istiod
        } else {
            Check::Webhook
        };
        add(check, Some(server.port));
    }
    let mut planned = Vec::new();
    for (check, port) in checks {
        let asks = asks(check, port, exposure, gateway, cluster);
        if gateway.addresses.is_empty() {
            planned.push(Planned {
                check,
                port,
                address: None,
                dialled: None,
                asked: Err("the gateway has no address".to_owned()),
            });
        }
        for address in gateway.addresses.iter().take(ADDRESSES) {
            planned.push(at(address, check, port, asks.clone()));
        }
    }
    planned
}

type Asks = Result<Vec<(Ask, Option<Candidate>)>, String>;

fn at(address: &Address, check: Check, port: i32, asks: Asks) -> Planned {
    let dialled = address.port(port);
    let asked = match (dialled.and_then(|port| u16::try_from(port).ok()), asks) {
        (None, _) => Err(format!("port {port} has no port on the nodes")),
        (Some(_), _) if address.resolved.is_empty() => {
            Err(format!("{} does not resolve from here", address.value))
        }
        (Some(_), Err(reason)) => Err(reason),
        (Some(port), Ok(asks)) => Ok(asks
            .into_iter()
            .map(|(ask, candidate)| {
                let question = Question {
                    addresses: address.resolved.clone(),
                    port,
                    ask,
                };
                (question, candidate)
            })
            .collect()),
    };
    Planned {
        check,
        port,
        address: Some(address.value.clone()),
        dialled,
        asked,
    }
}

fn asks(
    check: Check,
    port: i32,
    exposure: &Exposure<'_>,
    gateway: &Gateway,
    cluster: &ClusterSnapshot,
) -> Asks {
    match check {
        Check::Readiness => Ok(vec![(Ask::Readiness, None)]),
        Check::Hbone => Ok(vec![(Ask::hbone(), None)]),
        Check::Istiod | Check::Webhook => {
            let servers = exposure.istiod.iter().filter(|server| server.port == port);
            Ok(servers
                .map(|server| (Ask::istiod(&server.server_name), None))
                .collect())
        }
        Check::Sidecar => {
            let found = asked_for(&exposure.services, gateway, cluster)?;
            Ok(found
                .into_iter()
                .map(|one| (Ask::service(one.port, &one.host), Some(one)))
                .collect())
        }
    }
}

/// Returns the services to test with. A gateway that passes TLS through presents no certificate of its own.
fn asked_for(
    services: &Passthrough,
    gateway: &Gateway,
    cluster: &ClusterSnapshot,
) -> Result<Vec<Candidate>, String> {
    let unread = [
        cluster.meshed_pods.reason(),
        cluster.meshed_services.reason(),
    ];
    if let Some(reason) = unread.into_iter().flatten().next() {
        return Err(reason.to_owned());
    }
    let (pods, beside) = (cluster.meshed_pods.items(), cluster.meshed_services.items());
    let own = |service: &&k8s_openapi::api::core::v1::Service| {
        let own = gateway.service.as_ref().map(|own| &own.metadata);
        own.is_none_or(|own| {
            (&own.namespace, &own.name) != (&service.metadata.namespace, &service.metadata.name)
        })
    };
    let beside: Vec<_> = beside.iter().filter(own).cloned().collect();
    let found = candidates(pods, &beside, &cluster.domain(), |host| {
        services.takes(host)
    });
    if found.is_empty() {
        return Err(
            "no exposed service has a ready pod that accepts mutual TLS, so there is no SNI to probe with"
                .to_owned(),
        );
    }
    Ok(found)
}
