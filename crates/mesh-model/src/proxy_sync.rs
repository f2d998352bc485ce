//! The proxies that are connected to an istiod, and what of their configuration they have taken: its page `/debug/syncz`.
//!
//! Source: `SyncStatus` in Istio's `pilot/pkg/xds/debug.go`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::visible::shortened;

/// The maximum length of a proxy's reason that is shown.
const LONGEST_REASON: usize = 300;

/// The kinds of configuration that are looked at, by the last word of their type, as they are called here.
const KINDS: [(&str, &str); 4] = [
    ("Cluster", "clusters"),
    ("Listener", "listeners"),
    ("RouteConfiguration", "routes"),
    ("ClusterLoadAssignment", "endpoints"),
];

/// A proxy that is connected to an istiod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KnownProxy {
    /// Its ID, `POD.NAMESPACE`.
    pub id: String,
    /// The kinds of configuration that it rejected last, with its reason for each.
    pub rejected: BTreeMap<String, String>,
    /// The kinds that it has neither taken nor rejected, with the time at which istiod sent the last of them.
    pub pending: BTreeMap<String, Timestamp>,
}

#[derive(Deserialize)]
struct Connected {
    #[serde(default)]
    proxy: String,
    #[serde(default)]
    resources: BTreeMap<String, Resource>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Resource {
    sent: String,
    acked: String,
    sent_time: Option<Timestamp>,
    last_error: String,
}

/// Returns the address of the page about the proxies of a namespace.
pub fn page_of(namespace: &str) -> String {
    format!("/debug/syncz?namespace={namespace}")
}

/// Returns the ID that the proxy of a pod has.
pub fn proxy_id(pod: &str, namespace: &str) -> String {
    format!("{pod}.{namespace}")
}

/// Reads of the page the proxies whose IDs are wanted; returns `None` if it is not that page.
pub fn known_proxies(page: &str, is_wanted: impl Fn(&str) -> bool) -> Option<Vec<KnownProxy>> {
    let connected: Option<Vec<Connected>> = serde_json::from_str(page).ok()?;
    let wanted = connected.unwrap_or_default().into_iter();
    let wanted = wanted.filter(|one| is_wanted(&one.proxy));
    Some(wanted.map(reduced).collect())
}

fn reduced(connected: Connected) -> KnownProxy {
    let mut proxy = KnownProxy {
        id: connected.proxy,
        ..KnownProxy::default()
    };
    for (url, resource) in connected.resources {
        let word = url.rsplit('.').next().unwrap_or_default();
        let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == word) else {
            continue;
        };
        if !resource.last_error.is_empty() {
            let reason = shortened(&resource.last_error, LONGEST_REASON);
            proxy.rejected.insert((*kind).to_owned(), reason);
        } else if !resource.sent.is_empty() && resource.sent != resource.acked {
            let sent = resource.sent_time;
            let pending = sent.map(|sent| ((*kind).to_owned(), sent));
            proxy.pending.extend(pending);
        }
    }
    proxy
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"[
{"cluster_id": "east", "proxy": "gw-1.istio-system", "proxy_type": "router", "cluster_sent": "a", "cluster_acked": "a", "resources": {
  "type.googleapis.com/envoy.config.cluster.v3.Cluster": {"sent": "a", "acked": "a", "sentTime": "2026-11-28T00:00:00.5Z"},
  "type.googleapis.com/envoy.config.listener.v3.Listener": {"sent": "c", "acked": "b", "sentTime": "2026-11-28T00:00:01Z",
    "lastError": "Error adding/updating listener(s) 0.0.0.0_15443:\n duplicate"},
  "type.googleapis.com/envoy.config.route.v3.RouteConfiguration": {"sent": "d", "sentTime": "2026-11-28T00:00:02Z"},
  "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment": {"sentTime": "0001-01-01T00:00:00Z"},
  "type.googleapis.com/istio.v1.Later": {"sent": "x", "lastError": "no"}}},
{"proxy": "app-1.istio-system"}
]"#;

    #[test]
    fn what_a_proxy_rejected_or_has_not_taken_is_kept() {
        let proxies = known_proxies(PAGE, |id| id == "gw-1.istio-system");
        let proxies = proxies.expect("it is the page");
        assert_eq!(proxies.len(), 1);
        let rejected: Vec<(&str, &str)> = proxies[0]
            .rejected
            .iter()
            .map(|(kind, reason)| (kind.as_str(), reason.as_str()))
            .collect();
        let reason = "Error adding/updating listener(s) 0.0.0.0_15443:  duplicate";
        assert_eq!(rejected, [("listeners", reason)]);
        let sent = "2026-11-28T00:00:02Z".parse().expect("it is a moment");
        let pending = BTreeMap::from([("routes".to_owned(), sent)]);
        assert_eq!(proxies[0].pending, pending);
        let text = serde_json::to_string(&proxies).expect("it is JSON");
        let again: Vec<KnownProxy> = serde_json::from_str(&text).expect("it is read again");
        assert_eq!(again, proxies);
    }

    #[test]
    fn a_page_is_a_list_or_nothing() {
        for empty in ["[]", "null"] {
            assert_eq!(known_proxies(empty, |_| true), Some(Vec::new()), "{empty}");
        }
        for other in ["", "<html>", "{}", "[1]"] {
            assert_eq!(known_proxies(other, |_| true), None, "{other}");
        }
        let id = proxy_id("gw-1", "istio-system");
        assert_eq!(id, "gw-1.istio-system");
        assert_eq!(page_of("gateways"), "/debug/syncz?namespace=gateways");
    }

    #[test]
    fn a_long_reason_is_cut() {
        let page = serde_json::json!([{"proxy": "a", "resources": {"x.Listener": {"lastError": "x".repeat(9000)}}}]);
        let proxies = known_proxies(&page.to_string(), |_| true).expect("it is the page");
        let reason = &proxies[0].rejected["listeners"];
        assert!(
            (LONGEST_REASON..400).contains(&reason.chars().count()),
            "{reason}"
        );
    }
}
