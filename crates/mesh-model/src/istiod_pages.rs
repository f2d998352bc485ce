//! The contents of istiod's own pages about remote clusters and gateways, and the versions of istiod with known bugs in handling
//! a new secret.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::istio_version::IstioVersion;
use super::visible::shortened;

/// The maximum length of a status that is shown; istiod has four, each a single word.
const LONGEST_STATUS: usize = 40;
/// The maximum length of a version that is shown.
const LONGEST_VERSION: usize = 60;
/// The maximum length of an address that is shown; the longest IPv6 address has 45 characters.
const LONGEST_ADDRESS: usize = 60;

/// A cluster in `/debug/clusterz`. Source: `DebugInfo` in Istio's `pkg/cluster/debug.go`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownCluster {
    /// Its cluster ID.
    pub id: String,
    /// `NAMESPACE/NAME` of the Secret that it is configured by; empty for istiod's own cluster.
    #[serde(default)]
    pub secret_name: String,
    /// `synced`, `syncing`, `timeout` or `closed`.
    pub sync_status: String,
}

impl KnownCluster {
    /// Returns whether it is istiod's own cluster, which it knows without a Secret or file.
    pub fn is_own(&self) -> bool {
        self.secret_name.is_empty()
    }

    /// Returns whether it is configured by a file of `PILOT_MULTICLUSTER_KUBECONFIG_PATH`, whose name has no namespace. An istiod
    /// with such files looks at no Secret. Source: `remote_config_source.go` in Istio's `pkg/kube/multicluster`.
    pub fn is_of_file(&self) -> bool {
        let namespace = self.secret_name.split_once('/');
        !self.is_own() && namespace.is_none_or(|(namespace, _)| namespace.is_empty())
    }
}

/// The status of a cluster whose objects istiod has read. It stays when the cluster becomes unreachable later.
pub const SYNCED: &str = "synced";
/// The status of a cluster whose objects it reads for the first time. Source: `pkg/kube/multicluster/cluster.go`.
pub const SYNCING: &str = "syncing";
/// The status of a cluster whose objects it could not read in time, by default in 30 s; same source.
pub const TIMEOUT: &str = "timeout";
/// The status of a cluster that it does not read any more; same source.
pub const CLOSED: &str = "closed";

/// Reads the page `/debug/clusterz`; returns `None` if it is not that page.
pub fn known_clusters(page: &str) -> Option<Vec<KnownCluster>> {
    let mut clusters: Vec<KnownCluster> = listed(page)?;
    for cluster in &mut clusters {
        cluster.sync_status = shortened(&cluster.sync_status, LONGEST_STATUS);
    }
    Some(clusters)
}

/// A gateway in `/debug/networkz`. Source: `NetworkGateway` in Istio's `pilot/pkg/model/network.go`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KnownGateway {
    /// The network into which it leads.
    #[serde(alias = "Network")]
    pub network: String,
    /// The ID of its cluster; empty for one of the configuration `meshNetworks`.
    #[serde(alias = "Cluster")]
    pub cluster: String,
    /// Its IP address; istiod resolves names itself.
    #[serde(alias = "Addr")]
    pub address: String,
    /// The port for mutual TLS; 0 if it has none.
    #[serde(alias = "Port")]
    pub port: u32,
    /// The port for HBONE; 0 if it has none.
    #[serde(alias = "HBONEPort")]
    pub hbone_port: u32,
}

/// Returns the list that a page is; `None` if it is none of these. Go writes an empty list as `null`.
fn listed<T: DeserializeOwned>(page: &str) -> Option<Vec<T>> {
    let page: Option<Vec<T>> = serde_json::from_str(page).ok()?;
    Some(page.unwrap_or_default())
}

/// Reads the page `/debug/networkz`; returns `None` if it is not that page.
pub fn known_gateways(page: &str) -> Option<Vec<KnownGateway>> {
    let mut gateways: Vec<KnownGateway> = listed(page)?;
    for gateway in &mut gateways {
        gateway.address = shortened(&gateway.address, LONGEST_ADDRESS);
    }
    Some(gateways)
}

/// Returns the Secret (`NAMESPACE/NAME`) from which all istiods have the cluster `id`, by the list of each; `None` if
/// they differ, or one of them does not have the cluster.
pub fn secret_of<'a>(lists: &'a [Vec<KnownCluster>], id: &str) -> Option<&'a str> {
    let mut secrets = lists.iter().map(|clusters| {
        let mut of_id = clusters.iter().filter(|one| one.id == id);
        let first = of_id.next()?;
        let is_only_one = of_id.all(|one| one.secret_name == first.secret_name);
        is_only_one.then_some(first.secret_name.as_str())
    });
    let first = secrets.next()??;
    secrets.all(|secret| secret == Some(first)).then_some(first)
}

/// The metrics about remote secrets in `/metrics`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretMetrics {
    /// The number of changes of remote secrets that istiod has seen since it started.
    pub events: u64,
    /// Its version, such as `1.31.0`.
    pub version: Option<String>,
}

/// Reads the page `/metrics`. An istiod that has seen no secret has no such counter. Source: `secretEvents` in Istio's
/// `pkg/kube/multicluster/secretcontroller.go`.
pub fn secret_metrics(page: &str) -> SecretMetrics {
    let counts = page.lines().filter_map(|line| {
        let rest = line.strip_prefix("remote_cluster_secret_events_total")?;
        rest.rsplit(' ').next()?.parse::<f64>().ok()
    });
    let build = page.lines().find(|line| line.starts_with("istio_build{"));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a counter is a whole number from zero"
    )]
    let events = counts.sum::<f64>() as u64;
    SecretMetrics {
        events,
        version: build.and_then(|line| label(line, "tag")),
    }
}

fn label(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("{name}=\""))?;
    let value = rest.split('"').next()?;
    Some(shortened(value, LONGEST_VERSION))
}

/// A known bug of an istiod when a remote secret gets a new token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RotationBug {
    /// It may continue with the old token although it has seen the new one, until it is restarted.
    /// <https://github.com/istio/istio/issues/60612>, fixed in 1.30.3.
    KeepsOldToken,
    /// Gateways or endpoints of other clusters may be missing until it is restarted.
    /// <https://github.com/istio/istio/issues/60920>, <https://github.com/istio/istio/issues/61043>, fixed in 1.30.4.
    LosesOthers,
}

impl RotationBug {
    /// Returns its description, for a sentence that begins with the istiod.
    pub fn what(self) -> &'static str {
        match self {
            Self::KeepsOldToken => {
                "may go on with the old token until it is started again (istio/istio#60612)"
            }
            Self::LosesOthers => {
                "may lose gateways and endpoints of other clusters until it is started again (istio/istio#60920, #61043)"
            }
        }
    }

    /// Returns the first version without it.
    pub fn fixed_in(self) -> &'static str {
        match self {
            Self::KeepsOldToken => "1.30.3",
            Self::LosesOthers => "1.30.4",
        }
    }
}

/// Returns the known bug of an istiod of `version`; `None` if it has none or the version cannot be read.
pub fn rotation_bug(version: &str) -> Option<RotationBug> {
    let version = IstioVersion::read(version).filter(|version| version.is_minor(30))?;
    match version.patch? {
        0..=2 => Some(RotationBug::KeepsOldToken),
        3 => Some(RotationBug::LosesOthers),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_all_sorts_are_counted_together() {
        let page = "\
# TYPE remote_cluster_secret_events_total counter
remote_cluster_secret_events_total{event=\"add\"} 2
remote_cluster_secret_events_total{event=\"update\"} 3
istio_build{component=\"pilot\",tag=\"1.31.0\"} 1
";
        let seen = secret_metrics(page);
        assert_eq!((seen.events, seen.version.as_deref()), (5, Some("1.31.0")));
        assert_eq!(secret_metrics("").events, 0);
    }

    #[test]
    fn clusters_are_read_as_istiod_writes_them() {
        let page = r#"[{"id":"east","secretName":"","syncStatus":"synced"},
            {"id":"west","secretName":"istio-system/istio-remote-secret-west","syncStatus":"timeout"}]"#;
        let clusters = known_clusters(page).unwrap();
        assert_eq!(
            clusters[1].secret_name,
            "istio-system/istio-remote-secret-west"
        );
        assert_eq!(known_clusters("404"), None);
        assert_eq!(known_clusters("null"), Some(Vec::new()));
    }

    #[test]
    fn a_cluster_is_istiods_own_or_comes_from_a_secret_or_a_file() {
        for (name, is_own, is_of_file) in [
            ("", true, false),
            ("istio-system/s", false, false),
            ("/west", false, true),
            ("west", false, true),
        ] {
            let known = KnownCluster {
                id: "west".to_owned(),
                secret_name: name.to_owned(),
                sync_status: SYNCED.to_owned(),
            };
            assert_eq!((known.is_own(), known.is_of_file()), (is_own, is_of_file));
        }
    }

    #[test]
    fn gateways_are_read_as_istiod_writes_them_and_as_a_snapshot_does() {
        let page = r#"[{"Network":"net-b","Cluster":"west","Addr":"203.0.113.7","Port":15443,"HBONEPort":0,
            "ServiceAccount":{"Namespace":"","Name":""}}]"#;
        let gateways = known_gateways(page).unwrap();
        let expected = KnownGateway {
            network: "net-b".to_owned(),
            cluster: "west".to_owned(),
            address: "203.0.113.7".to_owned(),
            port: 15443,
            hbone_port: 0,
        };
        assert_eq!(gateways, [expected]);
        let text = serde_json::to_string(&gateways).unwrap();
        assert_eq!(known_gateways(&text), Some(gateways));
        assert_eq!(known_gateways("null"), Some(Vec::new()));
        assert_eq!(known_gateways("404"), None);
    }

    #[test]
    fn a_secret_is_used_where_all_istiods_have_the_cluster_from_it() {
        let list = |secret: &str| {
            let page =
                format!(r#"[{{"id":"west","secretName":"{secret}","syncStatus":"synced"}}]"#);
            known_clusters(&page).unwrap()
        };
        for (lists, expected) in [
            (vec![list("i/a")], Some("i/a")),
            (vec![list("i/a"), list("i/a")], Some("i/a")),
            (vec![list("i/a"), list("i/b")], None),
            (vec![list("i/a"), Vec::new()], None),
            (vec![[list("i/a"), list("i/b")].concat()], None),
            (Vec::new(), None),
        ] {
            assert_eq!(secret_of(&lists, "west"), expected, "{lists:?}");
        }
        assert_eq!(secret_of(&[list("i/a")], "north"), None);
    }

    #[test]
    fn only_the_versions_with_a_bug_are_known_for_it() {
        use RotationBug::{KeepsOldToken, LosesOthers};
        for (version, expected) in [
            ("1.29.9", None),
            ("1.30.0", Some(KeepsOldToken)),
            ("v1.30.2", Some(KeepsOldToken)),
            ("1.30.2-distroless", Some(KeepsOldToken)),
            ("1.30.3", Some(LosesOthers)),
            ("1.30.4", None),
            ("1.31.0", None),
            ("1.300.0", None),
            ("unknown", None),
            ("1.30.", None),
        ] {
            assert_eq!(rotation_bug(version), expected, "{version}");
        }
    }
}
