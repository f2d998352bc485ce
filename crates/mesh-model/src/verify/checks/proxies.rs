//! Checks of the gateways' proxies, as istiods see them: whether they are connected, and whether they take what they are sent.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::istiod_view::SETTLES;
use crate::command::Remedy;
use crate::eastwest::Gateway;
use crate::finding::{CheckId, Finding, Severity};
use crate::proxy_sync::{KnownProxy, proxy_id};
use crate::resources::Pod;
use crate::snapshot::{AskedIstiod, ClusterSnapshot};

/// The time in seconds in which a proxy takes what it is sent.
const TAKES: i64 = 60;

/// An istiod and one of its proxies.
type Connected<'a> = (&'a AskedIstiod, &'a KnownProxy);

/// Reports gateways whose proxies reject their configuration, are connected to no istiod, or do not answer it.
pub(in crate::verify) fn gateway_proxies(
    cluster: &ClusterSnapshot,
    now: Timestamp,
) -> Vec<Finding> {
    let asked = cluster.istiod_pages.items();
    let each = asked.iter().flat_map(|asked| {
        let proxies = asked.proxies.items().iter();
        proxies.map(move |proxy| (asked, proxy))
    });
    let mut connected: BTreeMap<&str, Vec<Connected<'_>>> = BTreeMap::new();
    for (asked, proxy) in each {
        connected.entry(&proxy.id).or_default().push((asked, proxy));
    }
    let gateways = Gateway::all(cluster).into_iter();
    let gateways = gateways.filter(|gateway| gateway.network.is_some());
    let found = gateways.filter_map(|gateway| {
        let of = |pod: &Pod| connected.get(id(pod).as_str()).map(Vec::as_slice);
        let proxies = gateway.backing.items().iter().filter_map(of).flatten();
        let proxies: Vec<Connected<'_>> = proxies.copied().collect();
        let ready = ready_pods(&gateway, now);
        let lost: Vec<&Pod> = ready
            .iter()
            .copied()
            .filter(|pod| of(pod).is_none())
            .collect();
        rejecting(&gateway, cluster, &proxies)
            .or_else(|| unconnected(&gateway, cluster, (&lost, ready.len()), now))
            .or_else(|| silent(&gateway, cluster, &proxies, now))
    });
    found.collect()
}

/// Returns the pods that are ready, and that had the time to connect.
fn ready_pods(gateway: &Gateway, now: Timestamp) -> Vec<&Pod> {
    let unready = gateway.unready_pods();
    let is_old = |pod: &Pod| {
        let created = pod.metadata.creation_timestamp.as_ref();
        created.is_none_or(|created| now.duration_since(created.0).as_secs() >= SETTLES)
    };
    let is_unready = |pod: &Pod| {
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        unready.contains(&name)
    };
    let pods = gateway.backing.items().iter();
    let stays = pods.filter(|pod| pod.metadata.deletion_timestamp.is_none());
    stays
        .filter(|pod| !is_unready(pod) && is_old(pod))
        .collect()
}

fn id(pod: &Pod) -> String {
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    proxy_id(&of(&pod.metadata.name), &of(&pod.metadata.namespace))
}

fn finding(
    check: CheckId,
    severity: Severity,
    message: String,
    (gateway, cluster): (&Gateway, &ClusterSnapshot),
) -> Finding {
    Finding::new(check, severity, message)
        .in_cluster(&cluster.context)
        .about(gateway.reference())
}

fn rejecting(
    gateway: &Gateway,
    cluster: &ClusterSnapshot,
    proxies: &[Connected<'_>],
) -> Option<Finding> {
    let mut all = proxies.iter();
    let (asked, proxy, kind, reason) = all.find_map(|(asked, proxy)| {
        let (kind, reason) = proxy.rejected.iter().next()?;
        Some((asked, proxy, kind, reason))
    })?;
    let message = format!(
        "the proxy of {} rejects its {kind} and goes on with the old ones until it starts again: {reason}",
        gateway.described()
    );
    let evidence = format!("/debug/syncz of {}: lastError of {}", asked.pod, proxy.id);
    let fix = "correct the object that the message names, for example two Gateways on one port, or a subset that two DestinationRules have";
    let place = (gateway, cluster);
    let finding = finding(CheckId::EwgConfigRejected, Severity::Error, message, place);
    Some(finding.shown_by([evidence]).fix(fix))
}

/// Returns the finding about pods that no istiod of the cluster knows. Nothing is reported where an istiod did not say which proxies it
/// has or has just started, or where others than those may manage the gateway.
fn unconnected(
    gateway: &Gateway,
    cluster: &ClusterSnapshot,
    (lost, total): (&[&Pod], usize),
    now: Timestamp,
) -> Option<Finding> {
    let first = lost.first()?;
    let asked = cluster
        .istiod_pages
        .seen()
        .filter(|asked| !asked.is_empty())?;
    let is_settled = |asked: &AskedIstiod| {
        let age = asked
            .started_at
            .map(|start| now.duration_since(start).as_secs());
        asked.proxies.is_seen() && age.is_none_or(|age| age >= SETTLES)
    };
    let are_all_known = asked.iter().all(is_settled) && cluster.has_istiod();
    let has_others = !cluster.istiods_elsewhere.seen()?.is_empty();
    if !are_all_known || has_others || cluster.is_managed_elsewhere()? {
        return None;
    }
    let (severity, who) = if lost.len() == total {
        (Severity::Error, "the proxies".to_owned())
    } else {
        let part = format!("{} of the {total} proxies", lost.len());
        (Severity::Warning, part)
    };
    let message = format!(
        "{who} of {} are connected to no istiod",
        gateway.described()
    );
    let pods: Vec<&str> = asked.iter().map(|asked| asked.pod.as_str()).collect();
    let evidence = format!("/debug/syncz of {}: no {}", pods.join(", "), id(first));
    let place = (gateway, cluster);
    let finding = finding(CheckId::ProxyStale, severity, message, place);
    Some(finding.shown_by([evidence]).fix(logs(cluster, first)))
}

/// Returns the finding about a proxy that has not taken what it was sent for long.
fn silent(
    gateway: &Gateway,
    cluster: &ClusterSnapshot,
    proxies: &[Connected<'_>],
    now: Timestamp,
) -> Option<Finding> {
    let mut all = proxies.iter();
    let (asked, proxy, kind, since) = all.find_map(|(asked, proxy)| {
        let mut pending = proxy.pending.iter();
        let is_late = |sent: &Timestamp| now.duration_since(*sent).as_secs() >= TAKES;
        let (kind, since) = pending.find(|(_, sent)| is_late(sent))?;
        Some((*asked, *proxy, kind, since))
    })?;
    let message = format!(
        "the proxy of {} has not acknowledged the {kind} that istiod sent it",
        gateway.described()
    );
    let since = since.strftime("%Y-%m-%d %H:%M UTC");
    let evidence = format!(
        "/debug/syncz of {}: {} was sent {kind} at {since}",
        asked.pod, proxy.id
    );
    let pods = gateway.backing.items().iter();
    let pod = pods.into_iter().find(|pod| id(pod) == proxy.id)?;
    let finding = finding(
        CheckId::ProxyStale,
        Severity::Error,
        message,
        (gateway, cluster),
    );
    Some(finding.shown_by([evidence]).fix(logs(cluster, pod)))
}

/// Returns the command that shows what the proxy itself says.
fn logs(cluster: &ClusterSnapshot, pod: &Pod) -> Remedy {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let kubectl = cluster.kubectl.in_namespace(namespace);
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    kubectl.words("logs").arg(name).into()
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::read::Read;
    use crate::verify::checks::istiod_view::tests::asked;
    use crate::verify::samples::{cluster, istiod, on_network};

    fn moment(text: &str) -> Timestamp {
        text.parse().expect("it is a moment")
    }

    fn pod(name: &str, is_ready: bool) -> Pod {
        let ready = if is_ready { "True" } else { "False" };
        let pod = json!({"metadata": {"name": name, "namespace": "istio-system"},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]}});
        from_value(pod).expect("it is a Pod")
    }

    /// East with a gateway of these pods, and one istiod with these proxies.
    fn east(pods: Vec<Pod>, proxies: Vec<KnownProxy>) -> ClusterSnapshot {
        let service = json!({"metadata": {"name": "gw", "namespace": "istio-system",
            "labels": {"topology.istio.io/network": "net-a"}},
            "spec": {"selector": {"a": "b"}, "ports": [{"port": 15443}]}});
        let key = ("istio-system".to_owned(), "gw".to_owned());
        let istiod_pod = AskedIstiod {
            proxies: Read::Seen(proxies),
            ..asked("istiod-1", &[])
        };
        ClusterSnapshot {
            services: Read::Seen(vec![from_value(service).expect("it is a Service")]),
            api_gateways: Read::Seen(Vec::new()),
            pods: BTreeMap::from([(key, Read::Seen(pods))]),
            istiods_elsewhere: Read::Seen(Vec::new()),
            istiod_pages: Read::Seen(vec![istiod_pod]),
            ..on_network(
                cluster("east", vec![istiod(Some("east"), "1.31.0")]),
                "net-a",
            )
        }
    }

    fn proxy(pod: &str) -> KnownProxy {
        KnownProxy {
            id: format!("{pod}.istio-system"),
            ..KnownProxy::default()
        }
    }

    fn pending(pod: &str, sent: &str) -> KnownProxy {
        KnownProxy {
            pending: BTreeMap::from([("listeners".to_owned(), moment(sent))]),
            ..proxy(pod)
        }
    }

    fn rejecting(pod: &str) -> KnownProxy {
        KnownProxy {
            rejected: BTreeMap::from([("listeners".to_owned(), "duplicate".to_owned())]),
            ..proxy(pod)
        }
    }

    fn found(cluster: &ClusterSnapshot) -> Vec<(&'static str, Severity, String)> {
        let found = gateway_proxies(cluster, moment("2026-11-28T00:00:00Z")).into_iter();
        found
            .map(|one| (one.id.as_str(), one.severity, one.message))
            .collect()
    }

    #[test]
    fn a_proxy_is_connected_and_takes_what_it_is_sent() {
        let one = |proxy: KnownProxy| found(&east(vec![pod("gw-1", true)], vec![proxy]));
        assert_eq!(one(proxy("gw-1")), []);
        let message = "the proxy of service istio-system/gw rejects its listeners and goes on with the old ones until it starts again: duplicate";
        assert_eq!(
            one(rejecting("gw-1")),
            [("ewg-config-rejected", Severity::Error, message.to_owned())]
        );
        let message = "the proxy of service istio-system/gw has not acknowledged the listeners that istiod sent it";
        let late = [("proxy-stale", Severity::Error, message.to_owned())];
        assert_eq!(one(pending("gw-1", "2026-11-27T23:59:00Z")), late);
        assert_eq!(one(pending("gw-1", "2026-11-27T23:59:01Z")), []);
    }

    #[test]
    fn a_ready_pod_has_to_be_known_to_some_istiod() {
        let pods = || vec![pod("gw-1", true), pod("gw-2", true)];
        let severities = |cluster: &ClusterSnapshot| {
            let found = found(cluster).into_iter();
            found
                .map(|(id, severity, _)| (id, severity))
                .collect::<Vec<_>>()
        };
        let error = [("proxy-stale", Severity::Error)];
        assert_eq!(severities(&east(pods(), vec![proxy("other")])), error);
        assert_eq!(
            found(&east(pods(), vec![proxy("gw-2")])),
            [(
                "proxy-stale",
                Severity::Warning,
                "1 of the 2 proxies of service istio-system/gw are connected to no istiod"
                    .to_owned()
            )]
        );
        // A pod that is not ready has a finding of its own, and a new one has not connected yet.
        assert_eq!(severities(&east(vec![pod("gw-1", false)], vec![])), []);
        let mut new = pod("gw-1", true);
        new.metadata.creation_timestamp =
            Some(from_value(json!("2026-11-27T23:59:30Z")).expect("it is a time"));
        assert_eq!(severities(&east(vec![new], vec![])), []);
        // Another istiod may have it.
        let alone = east(pods(), vec![]);
        let with = |asked: Vec<AskedIstiod>| ClusterSnapshot {
            istiod_pages: Read::Seen(asked),
            ..alone.clone()
        };
        let second = AskedIstiod {
            proxies: Read::Seen(vec![proxy("gw-1"), proxy("gw-2")]),
            ..asked("istiod-2", &[])
        };
        assert_eq!(severities(&with(vec![asked("istiod-1", &[]), second])), []);
        let unread = AskedIstiod {
            proxies: Read::Failed("no".into()),
            ..asked("istiod-2", &[])
        };
        assert_eq!(severities(&with(vec![asked("istiod-1", &[]), unread])), []);
        let new = AskedIstiod {
            started_at: Some(moment("2026-11-27T23:59:30Z")),
            ..asked("istiod-2", &[])
        };
        assert_eq!(severities(&with(vec![new])), []);
        assert_eq!(severities(&with(Vec::new())), []);
        for other in [
            ClusterSnapshot {
                istiod_pages: Read::NotAsked,
                ..alone.clone()
            },
            ClusterSnapshot {
                istiods_elsewhere: Read::Denied("no".into()),
                ..alone.clone()
            },
            ClusterSnapshot {
                istiods_elsewhere: Read::Seen(vec![istiod(None, "1.31.0")]),
                ..alone.clone()
            },
            ClusterSnapshot {
                namespace: Read::Denied("no".into()),
                ..alone.clone()
            },
        ] {
            assert_eq!(severities(&other), []);
        }
    }
}
