//! What the placeholders of a case mean wherever it is loaded: certificates, addresses and times; and what listens at the gateways.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::data::Case;
use super::token::from_now;
use crate::gateway::{Door, FakeGateway, Limit, MeshAuthority};
use crate::pki::{Validity, hours_from_now};

/// The identity of the workload behind each gateway.
const WORKLOAD: &str = "spiffe://cluster.local/ns/default/sa/hello";

/// The certificates of a case, and its gateways where something listens at their addresses.
pub(super) struct Materials {
    contexts: Vec<String>,
    gateways: BTreeMap<String, FakeGateway>,
    authorities: RefCell<BTreeMap<String, MeshAuthority>>,
}

impl Materials {
    /// Opens the gateways of a case, whose clusters have these contexts.
    pub(super) fn of(case: &Case, contexts: &[String]) -> Self {
        let gateways = case.gateways.iter().flat_map(|_| contexts);
        let materials = Self {
            contexts: contexts.to_vec(),
            gateways: gateways
                .map(|context| (context.clone(), FakeGateway::start()))
                .collect(),
            authorities: RefCell::default(),
        };
        for context in contexts {
            materials.open_gateway(context, case);
        }
        materials
    }

    /// Returns the meaning of a placeholder that does not depend on a cluster.
    pub(super) fn meaning(&self, text: &str) -> Option<String> {
        let (what, of) = text.split_once(':')?;
        Some(match what {
            "root" => self.authority(of, |authority| authority.root_pem().to_owned()),
            "ca-cert.pem" | "ca-key.pem" | "cert-chain.pem" => self.intermediate(of, what),
            // In a text of JSON.
            "root-json" => self.meaning(&format!("root:{of}"))?.replace('\n', "\\n"),
            "gateway" => self.gateway_address(of),
            "hours" => {
                let hours: i64 = of.parse().expect("hours from now");
                hours_from_now(hours)
                    .strftime("%Y-%m-%dT%H:%M:%SZ")
                    .to_string()
            }
            _ => return None,
        })
    }

    /// A part of the Secret cacerts with the intermediate `ROOT:CLUSTER`, which may be followed by `:FROM:TO` in days from now, or by
    /// `:servers` for one that is good for certificates of servers alone.
    fn intermediate(&self, text: &str, part: &str) -> String {
        let (root, own) = text.split_once(':').expect("ROOT:CLUSTER");
        let own: Vec<&str> = own.split(':').skip(1).collect();
        let limit = match own[..] {
            [] => Limit::None,
            ["servers"] => Limit::Servers,
            [from, to] => Limit::Time(Validity {
                not_before: from_now(from),
                not_after: from_now(to),
            }),
            _ => panic!("an intermediate that is {text}"),
        };
        let known = self.authorities.borrow().contains_key(text);
        if !known {
            let sibling = self.authority(root, |authority| authority.sibling(limit));
            let mut authorities = self.authorities.borrow_mut();
            authorities.insert(text.to_owned(), sibling);
        }
        let parts = self.authority(text, MeshAuthority::ca_certs);
        let found = parts.into_iter().find(|(key, _)| *key == part);
        found.expect("the Secret has this part").1
    }

    fn authority<T>(&self, name: &str, of: impl FnOnce(&MeshAuthority) -> T) -> T {
        let mut authorities = self.authorities.borrow_mut();
        of(authorities.entry(name.to_owned()).or_default())
    }

    /// The address of a cluster's gateway: one of documentation, where no gateway was started.
    fn gateway_address(&self, context: &str) -> String {
        if let Some(gateway) = self.gateways.get(context) {
            return gateway.address();
        }
        let number = self.contexts.iter().position(|one| one == context);
        let number = number.unwrap_or_else(|| panic!("no cluster is {context}"));
        format!("203.0.113.{}", number + 1)
    }

    fn open_gateway(&self, context: &str, case: &Case) {
        let Some(gateway) = self.gateways.get(context) else {
            return;
        };
        let usual = [(15021, "ready 200"), (15443, "passthrough")];
        let usual = usual.map(|(port, door)| (port, door.to_owned()));
        let mut ports: BTreeMap<u16, String> = usual.into();
        let own = case.gateways.as_ref().and_then(|all| all.get(context));
        ports.extend(own.cloned().unwrap_or_default());
        for (port, door) in ports {
            if door != "closed" {
                gateway.open(port, self.door(&door));
            }
        }
    }

    fn door(&self, text: &str) -> Door {
        let (what, of) = text.split_once(' ').unwrap_or((text, "shared"));
        match what {
            "ready" => Door::Ready(of.parse().expect("a status of HTTP")),
            "hangs-up" => Door::HangsUp,
            "mute" => Door::Mute,
            "plaintext" => Door::Plaintext,
            "passthrough" => {
                let identity = self.authority(of, |authority| authority.workload(WORKLOAD));
                Door::Passthrough(identity, Vec::new())
            }
            "mutual" => Door::Mutual(self.authority(of, |authority| authority.workload(WORKLOAD))),
            "istiod" => {
                let names = ["istiod.istio-system.svc"];
                Door::Server(self.authority(of, |authority| authority.istiod(&names)))
            }
            _ => panic!("a port of a gateway that is {text}"),
        }
    }
}
