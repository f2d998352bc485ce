//! The effect of Istio's Gateway objects on a gateway's ports.

use std::collections::BTreeMap;

use super::{ClusterSnapshot, ConfigClusters, Gateway};
use crate::finding::CheckId;
use crate::istiod::scopes_gateways;
use crate::names::REVISION_LABEL;
use crate::resources::{IstioGateway, Server};

/// The things that are exposed through a gateway.
#[derive(Debug, Clone)]
pub struct Exposure<'a> {
    /// The cluster whose objects decide about the services: the gateway's own, or the one whose istiod manages that.
    pub config: &'a ClusterSnapshot,
    /// The services of the cluster, by mutual TLS passthrough.
    pub services: Passthrough,
    /// istiod, once for each of its ports.
    pub istiod: Vec<IstiodDoor>,
}

/// The result of looking for a Gateway that passes through mutual TLS from the other networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passthrough {
    /// There is one, for hosts of these patterns.
    Open {
        /// Host patterns, without the namespaces that may precede them.
        hosts: Vec<String>,
    },
    /// Unknown, for this reason.
    Unknown(String),
    /// No Gateway opens the port.
    Missing,
    /// A Gateway opens the port, but not for passthrough.
    OtherMode {
        /// The object, `NAMESPACE/NAME`.
        object: String,
        /// Its `tls.mode`.
        mode: String,
        /// The `VirtualService` for it, with which the gateway terminates TLS itself.
        routed_by: Option<String>,
    },
    /// The Gateway selects other pods.
    OtherPods {
        /// The object, `NAMESPACE/NAME`.
        object: String,
        /// Its selector.
        selector: BTreeMap<String, String>,
    },
    /// The Gateway is in another namespace, and istiod accepts it only from the gateway's own.
    OtherNamespace {
        /// The object, `NAMESPACE/NAME`.
        object: String,
    },
    /// No service has a host that the Gateway matches.
    OtherHosts {
        /// The object, `NAMESPACE/NAME`.
        object: String,
        /// Its host patterns.
        hosts: Vec<String>,
    },
}

/// A port through which istiod is exposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IstiodDoor {
    /// 15012 or 15017.
    pub port: i32,
    /// The server name (SNI) to send.
    pub server_name: String,
    /// True if TLS is terminated at the gateway, with a certificate that is not the mesh's.
    pub ends_tls: bool,
}

const ISTIOD_PORTS: [i32; 2] = [15012, 15017];

/// Option of a listener that corresponds to `AUTO_PASSTHROUGH` of Istio's Gateways. Source: `ListenerModeOption` in
/// Istio's `pkg/config/constants`, `IsAutoPassthrough` in `pilot/pkg/serviceregistry/kube/conversion.go`.
const LISTENER_MODE: &str = "gateway.istio.io/listener-protocol";
const AUTO_PASSTHROUGH: &str = "AUTO_PASSTHROUGH";

impl<'a> Exposure<'a> {
    /// Finds out what is exposed through `gateway` of a cluster, by the objects of its [`super::config_clusters()`].
    pub fn of(
        gateway: &Gateway,
        cluster: &'a ClusterSnapshot,
        configured: &ConfigClusters<'a>,
    ) -> Self {
        let (config, services) = by_any(gateway, cluster, configured);
        Self {
            config,
            services,
            istiod: ISTIOD_PORTS
                .into_iter()
                .filter_map(|port| istiod(gateway, cluster, port))
                .collect(),
        }
    }
}

impl Passthrough {
    /// Returns the check that it fails, if any.
    pub fn fault(&self) -> Option<CheckId> {
        match self {
            Self::Open { .. } | Self::Unknown(_) => None,
            Self::Missing | Self::OtherMode { .. } => Some(CheckId::EwgExposeMissing),
            Self::OtherPods { .. } | Self::OtherNamespace { .. } => {
                Some(CheckId::EwgExposeSelector)
            }
            Self::OtherHosts { .. } => Some(CheckId::EwgExposeHosts),
        }
    }

    /// Returns whether connections for `host` are passed through; true unless the host patterns are known.
    pub fn takes(&self, host: &str) -> bool {
        match self {
            Self::Open { hosts } => hosts.iter().any(|pattern| is_subset(host, pattern)),
            Self::Unknown(_)
            | Self::Missing
            | Self::OtherMode { .. }
            | Self::OtherPods { .. }
            | Self::OtherNamespace { .. }
            | Self::OtherHosts { .. } => true,
        }
    }
}

/// Returns whether a Gateway of the cluster opens any port for mutual TLS to services, whatever its selector; true where the
/// Gateways are not known.
pub(super) fn exposes_services(cluster: &ClusterSnapshot) -> bool {
    let gateways = cluster.istio_gateways.items().iter();
    let mut servers = gateways.flat_map(|gateway| &gateway.spec.servers);
    !cluster.istio_gateways.is_seen() || servers.any(|server| mode(server) == AUTO_PASSTHROUGH)
}

/// A server of a Gateway object, with the object.
type Opened<'a> = (&'a IstioGateway, &'a Server);

/// Returns the first cluster whose objects expose the services, or may; the first one if none does.
fn by_any<'a>(
    gateway: &Gateway,
    cluster: &'a ClusterSnapshot,
    configured: &ConfigClusters<'a>,
) -> (&'a ClusterSnapshot, Passthrough) {
    let Some(port) = gateway.sidecar_port() else {
        let reason = "its Service has no port for mutual TLS";
        return (cluster, Passthrough::Unknown(reason.to_owned()));
    };
    if by_listener(gateway, port) {
        let hosts = vec!["*".to_owned()];
        return (cluster, Passthrough::Open { hosts });
    }
    let all = match configured {
        Ok(all) => all.as_slice(),
        Err(reason) => return (cluster, Passthrough::Unknown(reason.clone())),
    };
    let mut each = all.iter().map(|one| (*one, services(gateway, one, port)));
    let Some(first) = each.next() else {
        return (cluster, Passthrough::Missing);
    };
    if first.1.fault().is_none() {
        return first;
    }
    each.find(|(_, found)| found.fault().is_none())
        .unwrap_or(first)
}

fn services(gateway: &Gateway, cluster: &ClusterSnapshot, port: i32) -> Passthrough {
    if let Some(reason) = cluster.istio_gateways.reason() {
        return Passthrough::Unknown(reason.to_owned());
    }
    let objects = cluster.istio_gateways.items();
    let opened: Vec<Opened<'_>> = opened(objects, port).collect();
    let passing = opened
        .iter()
        .filter(|(_, server)| mode(server) == AUTO_PASSTHROUGH);
    let passing: Vec<Opened<'_>> = passing.copied().collect();
    if passing.is_empty() {
        return other_mode(gateway, cluster, &opened);
    }
    of_passing(gateway, cluster, &passing)
}

/// Returns the best result for several objects: one that works, otherwise the reason why the first one does not.
fn of_passing(gateway: &Gateway, cluster: &ClusterSnapshot, passing: &[Opened<'_>]) -> Passthrough {
    let Some(pods) = gateway.backing.seen() else {
        return Passthrough::Unknown("the gateway's pods are not known".to_owned());
    };
    if pods.is_empty() {
        return Passthrough::Unknown("the gateway has no pods".to_owned());
    }
    let domain = cluster.domain();
    let istiods = cluster.istiods.items();
    let scoped = istiods.iter().any(scopes_gateways);
    let mut hosts = Vec::new();
    let mut wrong = None;
    for (object, server) in passing {
        let patterns: Vec<String> = server
            .hosts
            .iter()
            .map(|host| without_namespace(host))
            .collect();
        let named = named(object);
        let fault = if !selects(object, gateway) {
            Passthrough::OtherPods {
                object: named,
                selector: object.spec.selector.clone(),
            }
        } else if scoped && object.metadata.namespace.as_deref() != Some(gateway.namespace.as_str())
        {
            Passthrough::OtherNamespace { object: named }
        } else if !patterns.iter().any(|pattern| meets(pattern, &domain)) {
            Passthrough::OtherHosts {
                object: named,
                hosts: patterns,
            }
        } else {
            hosts.extend(patterns);
            continue;
        };
        wrong.get_or_insert(fault);
    }
    match wrong {
        Some(fault) if hosts.is_empty() => fault,
        Some(_) | None => Passthrough::Open { hosts },
    }
}

fn other_mode(gateway: &Gateway, cluster: &ClusterSnapshot, opened: &[Opened<'_>]) -> Passthrough {
    let for_us = |(object, _): &&Opened<'_>| selects(object, gateway);
    let Some((object, server)) = opened.iter().find(for_us).or(opened.first()) else {
        return Passthrough::Missing;
    };
    let services = cluster.virtual_services.items();
    let bound = services.iter().find(|service| {
        let own = service.metadata.namespace.as_deref().unwrap_or_default();
        let gateways = service.spec.gateways.iter();
        let full = |name: &String| {
            if name.contains('/') {
                name.clone()
            } else {
                format!("{own}/{name}")
            }
        };
        gateways.map(full).any(|name| name == named(object))
    });
    Passthrough::OtherMode {
        object: named(object),
        mode: mode(server).to_owned(),
        routed_by: bound.map(|service| {
            let meta = &service.metadata;
            let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
            format!("{}/{}", or_empty(&meta.namespace), or_empty(&meta.name))
        }),
    }
}

fn istiod(gateway: &Gateway, cluster: &ClusterSnapshot, port: i32) -> Option<IstiodDoor> {
    let objects = cluster.istio_gateways.items();
    if !gateway.ports().contains(&port) {
        return None;
    }
    let (_, server) = opened(objects, port).find(|(object, _)| selects(object, gateway))?;
    let hosts: Vec<String> = server
        .hosts
        .iter()
        .map(|host| without_namespace(host))
        .collect();
    let own_name = hosts.iter().find(|host| !host.contains('*')).cloned();
    let ends_tls = mode(server) != "PASSTHROUGH";
    let revision = cluster.revisions().first().cloned().unwrap_or_default();
    let inside = format!(
        "{}.{}.svc",
        revision.suffixed("istiod"),
        cluster.istio_namespace
    );
    Some(IstiodDoor {
        port,
        server_name: own_name.unwrap_or(inside),
        ends_tls,
    })
}

/// Returns whether a listener of the Gateway API passes TLS through.
fn by_listener(gateway: &Gateway, sidecar_port: i32) -> bool {
    let listeners = gateway.api.iter().flat_map(|api| &api.spec.listeners);
    listeners.into_iter().any(|listener| {
        let Some(tls) = &listener.tls else {
            return false;
        };
        let says = tls.options.get(LISTENER_MODE).map(String::as_str);
        says == Some("auto-passthrough") || listener.port == sidecar_port
    })
}

fn opened(objects: &[IstioGateway], port: i32) -> impl Iterator<Item = Opened<'_>> {
    objects.iter().flat_map(move |object| {
        let servers = object.spec.servers.iter();
        let here = servers.filter(move |server| server.port.number == port);
        here.map(move |server| (object, server))
    })
}

fn mode(server: &Server) -> &str {
    let mode = server.tls.as_ref().and_then(|tls| tls.mode.as_deref());
    mode.unwrap_or("PASSTHROUGH")
}

fn named(object: &IstioGateway) -> String {
    let meta = &object.metadata;
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    format!("{}/{}", or_empty(&meta.namespace), or_empty(&meta.name))
}

/// Returns whether an object selects the pods of a gateway; one without a selector selects all.
fn selects(object: &IstioGateway, gateway: &Gateway) -> bool {
    let pods = gateway.backing.items();
    let wanted = &object.spec.selector;
    pods.iter().any(|pod| {
        let labels = pod.metadata.labels.clone().unwrap_or_default();
        wanted
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
    })
}

/// Returns the host without the namespace: in `NAMESPACE/HOST` the namespace limits which objects may route, not the
/// host names.
fn without_namespace(host: &str) -> String {
    host.rsplit_once('/')
        .map_or(host, |(_, host)| host)
        .to_owned()
}

/// Returns whether any service of the domain can have a host that matches the pattern.
fn meets(pattern: &str, domain: &str) -> bool {
    let services = format!(".svc.{domain}");
    match pattern.strip_prefix('*') {
        Some(end) => services.ends_with(end) || end.ends_with(&services),
        None => pattern.ends_with(&services),
    }
}

/// Source: `SubsetOf` in Istio's `pkg/config/host`.
fn is_subset(host: &str, pattern: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => host.ends_with(end),
        None => host == pattern,
    }
}

/// Returns the revision label of a gateway's object, for commands that generate another one.
pub(super) fn revision_of(gateway: &Gateway) -> Option<&str> {
    gateway
        .label(REVISION_LABEL)
        .filter(|name| *name != "default")
}

#[cfg(test)]
mod tests {
    use super::{is_subset, meets};

    #[test]
    fn patterns_meet_the_services_of_a_domain() {
        for (pattern, domain, expected) in [
            ("*.local", "cluster.local", true),
            ("*", "corp.example", true),
            ("*.local", "corp.example", false),
            ("*.mesh.example", "cluster.local", false),
            ("*.shop.svc.cluster.local", "cluster.local", true),
            ("web.shop.svc.cluster.local", "cluster.local", true),
            ("web.shop.svc.other.local", "cluster.local", false),
        ] {
            assert_eq!(meets(pattern, domain), expected, "{pattern} in {domain}");
        }
        assert!(is_subset("a.b.svc.cluster.local", "*.local"));
        assert!(!is_subset("a.b.svc.cluster.local", "a.b"));
    }
}
