//! Owns the permissions that an istiod needs in a cluster that it reads, by the version of that istiod.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::istio_version::IstioVersion;

/// One permission that istiod needs in a cluster that it reads, for all namespaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Right {
    /// API group; empty for the core group.
    pub group: Cow<'static, str>,
    /// Resource in the plural.
    pub resource: Cow<'static, str>,
    /// Verb.
    pub verb: Cow<'static, str>,
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let dot = if self.group.is_empty() { "" } else { "." };
        write!(f, "{} {}{dot}{}", self.verb, self.resource, self.group)
    }
}

/// A permission, and whether it is certainly needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Required {
    /// The permission.
    pub right: Right,
    /// True if the istiods certainly need it; false if only some versions do, and their version is unknown.
    pub is_certain: bool,
}

/// The Istio versions whose istiod reads `ConfigMaps` of remote clusters, in words.
pub const READS_CONFIG_MAPS: &str = "Istio 1.26, and 1.29 or later";

/// Returns the permissions without which the first sync of a remote cluster fails, or works only partly, for istiods of
/// these versions. `None` is an istiod of unknown version; no istiod at all means that nothing is known.
///
/// Source: the informers started by `NewCluster` in Istio's `pkg/kube/multicluster/cluster.go` and by the controllers it
/// feeds; the reviews are what istiod authenticates the remote's proxies with. `ConfigMaps` are read, and are in the chart's
/// reader role, in some versions only: <https://github.com/istio/istio/pull/56097>,
/// <https://github.com/istio/istio/pull/56838>, <https://github.com/istio/istio/pull/58455>.
pub fn required_rights(istiods: &[Option<IstioVersion>]) -> Vec<Required> {
    const WATCHED: [(&str, &str); 10] = [
        ("", "namespaces"),
        ("", "pods"),
        ("", "services"),
        ("", "nodes"),
        ("", "secrets"),
        ("", CONFIG_MAPS),
        ("discovery.k8s.io", "endpointslices"),
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("gateway.networking.k8s.io", "gateways"),
        ("networking.istio.io", "workloadentries"),
    ];
    const REVIEWS: [(&str, &str); 2] = [
        ("authentication.k8s.io", "tokenreviews"),
        ("authorization.k8s.io", "subjectaccessreviews"),
    ];
    let right = |verb: &'static str| {
        move |(group, resource): &(&'static str, &'static str)| Right {
            group: Cow::Borrowed(*group),
            resource: Cow::Borrowed(*resource),
            verb: Cow::Borrowed(verb),
        }
    };
    let watched = WATCHED
        .iter()
        .flat_map(|one| ["list", "watch"].map(|verb| right(verb)(one)));
    let rights = watched.chain(REVIEWS.iter().map(right("create")));
    let config_maps = are_config_maps_read(istiods);
    rights
        .filter_map(|right| {
            let is_needed = if right.resource == CONFIG_MAPS {
                config_maps
            } else {
                Some(true)
            };
            let is_certain = is_needed.is_some();
            is_needed
                .unwrap_or(true)
                .then_some(Required { right, is_certain })
        })
        .collect()
}

const CONFIG_MAPS: &str = "configmaps";

/// Returns whether one of the istiods reads `ConfigMaps` of remote clusters; `None` if that is unknown.
fn are_config_maps_read(istiods: &[Option<IstioVersion>]) -> Option<bool> {
    let mut known = istiods.iter().flatten();
    if known.any(|version| version.is_minor(26) || version.is_from_minor(29)) {
        return Some(true);
    }
    let is_known = !istiods.is_empty() && istiods.iter().all(Option::is_some);
    is_known.then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns `None` if `list configmaps` is not required, otherwise whether it is certainly required.
    fn config_maps(versions: &[&str]) -> Option<bool> {
        let versions: Vec<_> = versions
            .iter()
            .map(|text| IstioVersion::read(text))
            .collect();
        let required = required_rights(&versions);
        let of = |verb| {
            let found = required
                .iter()
                .find(|one| one.right.to_string() == format!("{verb} configmaps"));
            found.map(|one| one.is_certain)
        };
        assert_eq!(of("list"), of("watch"));
        of("list")
    }

    #[test]
    fn config_maps_are_needed_by_the_versions_that_read_them() {
        let (needed, perhaps, not) = (Some(true), Some(false), None);
        for (versions, expected) in [
            (&["1.23.6"][..], not),
            (&["1.24.0"], not),
            (&["1.25.3"], not),
            (&["1.26.0"], needed),
            (&["1.26.8-distroless"], needed),
            (&["1.27.1"], not),
            (&["1.28.4"], not),
            (&["1.29.0"], needed),
            (&["1.30.4"], needed),
            (&["1.31.0"], needed),
            (&["1.31-dev"], needed),
            (&["latest"], perhaps),
            (&[], perhaps),
            // Revisions side by side: one that reads them is enough, and one of unknown version may read them.
            (&["1.28.4", "1.29.0"], needed),
            (&["1.28.4", "latest"], perhaps),
            (&["latest", "1.31.0"], needed),
            (&["1.27.1", "1.28.4"], not),
        ] {
            assert_eq!(config_maps(versions), expected, "{versions:?}");
        }
    }

    #[test]
    fn all_other_rights_are_needed_by_every_version() {
        let oldest = required_rights(&[IstioVersion::read("1.24.0")]);
        assert_eq!(oldest.len(), 20);
        assert!(oldest.iter().all(|one| one.is_certain));
        let newest = required_rights(&[IstioVersion::read("1.31.0")]);
        assert_eq!(newest.len(), 22);
        assert!(oldest.iter().all(|one| newest.contains(one)));
    }
}
