//! The meaning of the certificates at a gateway's ports, and of connections without one.

use super::peer_authentication::disabled_for;
use super::remedies::{expose_istiod, expose_services};
use super::verdict::{Judged, Known, seen};
use super::{Candidate, Check, Passthrough};
use crate::finding::{CheckId, Finding, Severity};
use crate::probe::{Afterwards, Answer, Chain};
use crate::read::Read;

/// Judges a gateway with `AUTO_PASSTHROUGH`: it should present a workload's certificate, and reject the missing client
/// certificate.
pub(super) fn of_sidecar(
    candidate: Option<&Candidate>,
    answer: &Answer,
    all: &[(Option<&Candidate>, &Answer)],
    known: &Known<'_>,
) -> Judged {
    let place = &known.place;
    let error = |message: String| Finding::new(Check::Sidecar.id(), Severity::Error, message);
    let spiffe = answer.chain().and_then(Chain::spiffe);
    let host = candidate.map_or("", |one| one.host.as_str());
    if let Some(spiffe) = spiffe.filter(|id| known.gateway.is_identity(id)) {
        let message = format!(
            "{place} terminates TLS itself as {spiffe}{}: clients of {host} in other networks expect the identity of the workload and reject the connection",
            by_whom(&known.exposure.services)
        );
        return Judged::failed(
            "own-tls",
            error(message).fix(expose_services(
                known.gateway,
                known.cluster,
                known.exposure.config,
            )),
        );
    }
    match (spiffe, answer) {
        (Some(id), _) if answer.is_mesh() => Judged::passed(format!("{id} answers for {host}")),
        (Some(id), _) => Judged::failed(
            "no-mtls",
            error(format!(
                "{place} presents {id} for {host} and requests no client certificate: that is not mutual TLS"
            )),
        ),
        (None, Answer::Handshake(_) | Answer::NotTls | Answer::Http { .. }) => {
            of_balancer(answer, known)
        }
        (None, Answer::Closed) => of_hanging_up(all, known),
        (None, _) => {
            let (word, seen) = seen(answer);
            Judged::failed(
                word,
                why_closed(error(format!("{place} {seen}")), answer, known),
            )
        }
    }
}

/// Judges an HBONE port: it should present the gateway's own certificate, and reject the missing client certificate.
pub(super) fn of_hbone(answer: &Answer, known: &Known<'_>) -> Judged {
    let place = &known.place;
    let error = |message: String| Finding::new(Check::Hbone.id(), Severity::Error, message);
    match (answer.chain().and_then(Chain::spiffe), answer) {
        (Some(id), _) if answer.is_mesh() => Judged::passed(format!("{id} terminates HBONE")),
        (Some(id), _) => Judged::failed(
            "no-mtls",
            error(format!(
                "{place} presents {id} and requests no client certificate: that is not HBONE"
            )),
        ),
        (None, Answer::Handshake(_) | Answer::NotTls | Answer::Http { .. }) => {
            of_balancer(answer, known)
        }
        (None, _) => {
            let (word, seen) = seen(answer);
            let why = if known.has_no_ready_pod() {
                "no pod of the gateway is ready"
            } else {
                "the load balancer or a firewall blocks the port, or the gateway has no configuration from istiod"
            };
            let finding = error(format!("{place} {seen}")).because(why);
            Judged::failed(word, finding.fix(known.look_at_pods()))
        }
    }
}

/// Judges an exposed istiod: istiod should present its own names, or the gateway the name under which istiod is
/// exposed, and neither requires a client certificate.
pub(super) fn of_istiod(check: Check, answer: &Answer, known: &Known<'_>) -> Judged {
    let place = &known.place;
    let server = known
        .exposure
        .istiod
        .iter()
        .find(|server| server.port == known.port);
    let name = server.map_or("istiod", |server| server.server_name.as_str());
    let error = |message: String| Finding::new(check.id(), Severity::Error, message);
    if let Answer::Handshake(handshake) = answer {
        let names = handshake.chain.leaf().map_or(&[][..], |leaf| &leaf.names);
        let refused = matches!(
            handshake.afterwards,
            Afterwards::Alert(_) | Afterwards::Closed
        );
        return if names.iter().any(|own| covers(own, name)) && !refused {
            Judged::passed(format!("{name} answers"))
        } else {
            let who = handshake.chain.identity();
            let message = format!("{place} presents the certificate of {who} and not of {name}");
            Judged::failed(
                "other",
                error(message).fix(expose_istiod(known.gateway, known.cluster)),
            )
        };
    }
    let (word, seen) = seen(answer);
    let finding = error(format!(
        "{place} {seen}, though a Gateway exposes istiod there: no VirtualService routes {name} to istiod, or istiod is not running"
    ));
    Judged::failed(
        word,
        finding.fix(expose_istiod(known.gateway, known.cluster)),
    )
}

/// Judges a certificate that is not of a mesh, or an answer without TLS: something in front of the gateway terminates
/// TLS.
fn of_balancer(answer: &Answer, known: &Known<'_>) -> Judged {
    let place = &known.place;
    let (_, seen) = seen(answer);
    let message = format!(
        "{place} {seen}, not with mutual TLS: a load balancer in front of the gateway terminates TLS, and must pass it through"
    );
    let finding = Finding::new(CheckId::EwgL7Lb, Severity::Error, message);
    let word = if matches!(answer, Answer::Handshake(_)) {
        "web"
    } else {
        "plain"
    };
    Judged::failed(
        word,
        finding.fix("configure the load balancer to pass TCP through (layer 4), without a certificate of its own"),
    )
}

/// Judges a closed connection: a gateway resets the TLS handshake if it does not know the server name, or if no
/// workload behind it accepts mutual TLS.
fn of_hanging_up(all: &[(Option<&Candidate>, &Answer)], known: &Known<'_>) -> Judged {
    let place = &known.place;
    let asked: Vec<&Candidate> = all.iter().filter_map(|(one, _)| *one).collect();
    let hosts: Vec<&str> = asked.iter().map(|one| one.host.as_str()).collect();
    let start = format!("{place} closes the connection for SNI {}", hosts.join(", "));
    let error = |message: String| Finding::new(Check::Sidecar.id(), Severity::Error, message);
    let root = &known.cluster.istio_namespace;
    let policies = known.policies.map(Read::items);
    let off = asked
        .iter()
        .find_map(|one| disabled_for(policies.unwrap_or_default(), one, root));
    if let Some((space, name)) = off.as_deref().and_then(|policy| policy.split_once('/')) {
        let message = format!("{start}: PeerAuthentication {space}/{name} turns mutual TLS off");
        let fix = format!(
            "set mode PERMISSIVE or STRICT in PeerAuthentication {space}/{name} of context {}",
            known.cluster.context
        );
        return Judged::failed("reset", error(message).fix(fix));
    }
    if let Some(id) = known.exposure.services.fault() {
        return Judged::failed("reset", error(format!("{start}, as {id} explains")));
    }
    let unread = match known.policies.and_then(Read::reason) {
        Some(reason) => format!(" (PeerAuthentications were not read: {reason})"),
        None => String::new(),
    };
    let space = asked
        .first()
        .map_or("default", |one| one.namespace.as_str());
    let finding = error(format!(
        "{start}: no ready pod of the service accepts mutual TLS, the pod has no proxy, or a load balancer has no healthy target{unread}"
    ));
    Judged::failed(
        "reset",
        finding.fix(
            known
                .cluster
                .kubectl
                .in_namespace(space)
                .words("get pods,endpointslices"),
        ),
    )
}

/// Adds the reason why nothing listens, with the command that fixes it unless another finding has it.
fn why_closed(mut finding: Finding, answer: &Answer, known: &Known<'_>) -> Finding {
    let explained = if known.has_no_ready_pod() {
        Some(CheckId::EwgPods)
    } else {
        known.exposure.services.fault()
    };
    let seen = &finding.message;
    if let Some(id) = explained {
        finding.message = format!("{seen}, as {id} explains");
        return finding;
    }
    let why = match answer {
        Answer::TimedOut | Answer::NoRoute => {
            "a firewall blocks the port, or a load balancer has no healthy target"
        }
        _ => {
            "the gateway has no configuration from istiod, or the load balancer in front of it does not forward to its pods"
        }
    };
    finding.because(why).fix(known.look_at_pods())
}

/// Returns the reason, in terms of Gateway objects, why a port does not pass mutual TLS through.
pub(super) fn because(services: &Passthrough) -> Option<String> {
    Some(match services {
        Passthrough::Open { .. } | Passthrough::Unknown(_) => return None,
        Passthrough::Missing => "no Gateway exposes services there".to_owned(),
        Passthrough::OtherMode { object, mode, .. } => {
            format!("Gateway {object} has tls.mode {mode}, not AUTO_PASSTHROUGH")
        }
        Passthrough::OtherPods { object, selector } => {
            let labels: Vec<String> = selector
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            format!(
                "Gateway {object} selects pods with {}, and none of the gateway's pods has that",
                labels.join(",")
            )
        }
        Passthrough::OtherNamespace { object } => {
            format!(
                "istiod uses Gateways only in the namespace of their pods, and Gateway {object} is in another one"
            )
        }
        Passthrough::OtherHosts { object, hosts } => {
            format!(
                "Gateway {object} is for {}, and no service has such a host",
                hosts.join(", ")
            )
        }
    })
}

fn by_whom(services: &Passthrough) -> String {
    match services {
        Passthrough::OtherMode {
            object,
            mode,
            routed_by,
        } => {
            let route = routed_by.as_ref().map_or(String::new(), |route| {
                format!(" with VirtualService {route}")
            });
            format!(" (Gateway {object} has tls.mode {mode}{route})")
        }
        Passthrough::Open { .. }
        | Passthrough::Unknown(_)
        | Passthrough::Missing
        | Passthrough::OtherPods { .. }
        | Passthrough::OtherNamespace { .. }
        | Passthrough::OtherHosts { .. } => String::new(),
    }
}

/// Returns whether a certificate's name is that name, or a wildcard that matches it.
fn covers(own: &str, name: &str) -> bool {
    match own.strip_prefix("*.") {
        Some(parent) => name.split_once('.').is_some_and(|(_, rest)| rest == parent),
        None => own == name,
    }
}
