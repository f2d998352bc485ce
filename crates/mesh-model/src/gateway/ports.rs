//! The ports of a gateway's Service, and their notation on the command line.

use std::str::FromStr;

use serde_json::{Value, json};

use crate::Error;
use crate::cluster_name::is_dns_label;
use crate::command::{Knob, Remedy};
use crate::services_port::SERVICES_PORT;

/// The name of the port for traffic into the network.
const TLS: &str = "tls";
/// The name of the port for health checks.
pub(super) const STATUS: &str = "status-port";

/// The default ports of an east-west gateway, in their order, by name: health, the network, istiod's discovery and its
/// webhooks. Source: `networkGatewayPorts` in Istio's chart gateway, and
/// `samples/multicluster/gen-eastwest-gateway.sh`.
const USUAL: [(&str, u16); 4] = [
    (STATUS, 15021),
    (TLS, SERVICES_PORT),
    ("tls-istiod", 15012),
    ("tls-webhook", 15017),
];

/// One port of a gateway's Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayPort {
    /// Its name.
    pub name: String,
    /// The Service's port, which istiods of other networks use.
    pub port: u16,
    /// The target port of the pods, if it was set; see [`Self::target`].
    pub target: Option<u16>,
}

impl GatewayPort {
    /// Returns the target port of the pods: unless it was set, the one of the default port of this name, otherwise the
    /// same as the Service's. Source: `gateway.networkGatewayPort` in `templates/_helpers.tpl` of Istio's chart
    /// gateway.
    pub fn target(&self) -> u16 {
        self.target
            .or_else(|| usual(&self.name))
            .unwrap_or(self.port)
    }

    /// Returns the port as in a Service, without the protocol.
    pub(super) fn in_service(&self) -> Value {
        json!({"name": self.name, "port": self.port, "targetPort": self.target()})
    }

    /// Returns the port as in a Service, with the protocol.
    pub(super) fn with_protocol(&self) -> Value {
        let mut port = self.in_service();
        port["protocol"] = json!("TCP");
        port
    }
}

fn usual(name: &str) -> Option<u16> {
    USUAL
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, port)| *port)
}

impl FromStr for GatewayPort {
    type Err = Error;

    /// Reads `NAME` of a default port, or `NAME=PORT[:TARGETPORT]`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, numbers) = text
            .split_once('=')
            .map_or((text, None), |(name, numbers)| (name, Some(numbers)));
        if !is_dns_label(name) {
            return Err(unreadable(text, "its name is not a DNS label"));
        }
        let Some(numbers) = numbers else {
            let port = usual(name).ok_or_else(|| unreadable(text, "it has no number"))?;
            return Ok(Self {
                name: name.to_owned(),
                port,
                target: None,
            });
        };
        let (port, target) = numbers
            .split_once(':')
            .map_or((numbers, None), |(port, target)| (port, Some(target)));
        let number = |digits: &str| {
            let number = digits.parse::<u16>().ok().filter(|number| *number > 0);
            number.ok_or_else(|| unreadable(text, &format!("{digits:?} is not a port")))
        };
        Ok(Self {
            name: name.to_owned(),
            port: number(port)?,
            target: target.map(number).transpose()?,
        })
    }
}

fn unreadable(text: &str, why: &str) -> Error {
    let known: Vec<&str> = USUAL.iter().map(|(name, _)| *name).collect();
    Error::usage(format!("port {text:?} cannot be read: {why}")).hint(format!(
        "NAME=PORT or NAME=PORT:TARGETPORT, such as tls=443:15443, or a NAME alone: one of {}",
        known.join(", ")
    ))
}

/// All ports of a gateway's Service: `tls` is one of them, and no name or number occurs twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports(Vec<GatewayPort>);

impl Default for Ports {
    fn default() -> Self {
        let port = |(name, port): (&str, u16)| GatewayPort {
            name: name.to_owned(),
            port,
            target: None,
        };
        Self(USUAL.map(port).to_vec())
    }
}

impl Ports {
    /// Returns these ports.
    ///
    /// # Errors
    /// `tls` is missing, or a name or a number occurs twice.
    pub fn new(ports: Vec<GatewayPort>) -> Result<Self, Error> {
        let mut errors = Vec::new();
        for (at, port) in ports.iter().enumerate() {
            let before = &ports[..at];
            if before.iter().any(|other| other.name == port.name) {
                errors.push(Error::usage(format!("port {} is named twice", port.name)));
            } else if let Some(other) = before.iter().find(|other| other.port == port.port) {
                errors.push(Error::usage(format!(
                    "ports {} and {} are both {}",
                    other.name, port.name, port.port
                )));
            }
        }
        if !ports.iter().any(|port| port.name == TLS) {
            let error = Error::usage("the port tls is missing, which other networks connect to");
            errors.push(error.hint(Remedy::add(Knob::Ports, "status-port,tls")));
        }
        Error::all(errors).map_or(Ok(Self(ports)), Err)
    }

    /// Returns the ports for other networks, without those for istiod.
    pub fn network_only() -> Self {
        let mut ports = Self::default();
        ports
            .0
            .retain(|port| port.name == STATUS || port.name == TLS);
        ports
    }

    /// Returns the ports in their order.
    pub fn iter(&self) -> impl Iterator<Item = &GatewayPort> {
        self.0.iter()
    }

    /// Returns the Service's port for traffic from other networks.
    pub fn tls(&self) -> u16 {
        let tls = self.0.iter().find(|port| port.name == TLS);
        tls.map_or(SERVICES_PORT, |port| port.port)
    }

    /// Returns whether they are the ports of a network's gateway in Istio's chart.
    pub(super) fn are_usual(&self) -> bool {
        let numbers = |ports: &Self| -> Vec<_> {
            let each = ports.0.iter();
            each.map(|port| (port.name.clone(), port.port, port.target()))
                .collect()
        };
        numbers(self) == numbers(&Self::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Result<Vec<(String, u16, u16)>, String> {
        let ports = Error::gather(texts.iter().map(|text| text.parse())).and_then(Ports::new);
        match ports {
            Ok(ports) => Ok(ports
                .iter()
                .map(|port| (port.name.clone(), port.port, port.target()))
                .collect()),
            Err(error) => {
                let rest = error.also().iter().map(ToString::to_string);
                let all: Vec<String> = std::iter::once(error.to_string()).chain(rest).collect();
                Err(all.join("; "))
            }
        }
    }

    #[test]
    fn a_port_is_a_usual_name_or_a_name_with_its_numbers() {
        for (text, name, port, target) in [
            ("tls", "tls", 15443, 15443),
            ("tls=443", "tls", 443, 15443),
            ("tls=443:8443", "tls", 443, 8443),
            ("tls=15443:15443", "tls", 15443, 15443),
        ] {
            assert_eq!(
                read(&[text]),
                Ok(vec![(name.to_owned(), port, target)]),
                "{text}"
            );
        }
        let own = read(&["tls", "api=6443", "status-port=80"]).unwrap();
        assert_eq!(
            own[1..],
            [
                ("api".to_owned(), 6443, 6443),
                ("status-port".to_owned(), 80, 15021)
            ]
        );
    }

    #[test]
    fn what_is_no_port_and_what_does_not_go_together_is_said_at_once() {
        for (texts, errors) in [
            (vec!["api"], "port \"api\" cannot be read: it has no number"),
            (
                vec!["=1"],
                "port \"=1\" cannot be read: its name is not a DNS label",
            ),
            (
                vec!["Tls"],
                "port \"Tls\" cannot be read: its name is not a DNS label",
            ),
            (
                vec!["tls="],
                "port \"tls=\" cannot be read: \"\" is not a port",
            ),
            (
                vec!["tls=0"],
                "port \"tls=0\" cannot be read: \"0\" is not a port",
            ),
            (
                vec!["tls=65536"],
                "port \"tls=65536\" cannot be read: \"65536\" is not a port",
            ),
            (
                vec!["tls=1:"],
                "port \"tls=1:\" cannot be read: \"\" is not a port",
            ),
            (
                vec!["api", "tls=x"],
                "port \"api\" cannot be read: it has no number; port \"tls=x\" cannot be read: \"x\" is not a port",
            ),
            (
                vec!["a=1", "b=1", "a=2"],
                "ports a and b are both 1; port a is named twice; the port tls is missing, which other networks connect to",
            ),
        ] {
            assert_eq!(read(&texts), Err(errors.to_owned()), "{texts:?}");
        }
    }

    #[test]
    fn the_usual_ports_are_known_however_they_were_written() {
        let written = |texts: &[&str]| {
            let ports = texts.iter().map(|text| text.parse().unwrap()).collect();
            Ports::new(ports).unwrap()
        };
        let all = [
            "status-port",
            "tls=15443:15443",
            "tls-istiod",
            "tls-webhook=15017",
        ];
        assert!(written(&all).are_usual() && Ports::default().are_usual());
        assert!(!written(&all[..3]).are_usual());
        assert!(!written(&["tls=15443:443", "status-port"]).are_usual());
        assert_eq!(
            (written(&["tls=443"]).tls(), Ports::default().tls()),
            (443, 15443)
        );
    }
}
