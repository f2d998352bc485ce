//! The clusters whose Istio objects configure the gateways of a cluster.

use crate::istiod::{cluster_ids, is_of_another_cluster};
use crate::names::CONTROL_PLANE_ANNOTATION;
use crate::probe::Roots;
use crate::snapshot::ClusterSnapshot;

/// The clusters whose objects configure the proxies of a cluster, or the reason for which they are not known.
pub type ConfigClusters<'a> = Result<Vec<&'a ClusterSnapshot>, String>;

/// Returns the clusters whose objects configure the proxies of `cluster`: itself where it has an istiod, and for a remote cluster
/// those of `all` whose istiods manage it.
///
/// # Errors
/// The reason for which they are not known, or were not read.
pub fn config_clusters<'a>(
    cluster: &'a ClusterSnapshot,
    all: impl IntoIterator<Item = &'a ClusterSnapshot>,
) -> ConfigClusters<'a> {
    if let Some(reason) = cluster.istiods.reason() {
        return Err(reason.to_owned());
    }
    if cluster.has_istiod() {
        return Ok(vec![cluster]);
    }
    if let Some(reason) = cluster.namespace.reason() {
        return Err(reason.to_owned());
    }
    let Some(names) = cluster.control_plane_clusters() else {
        let namespace = &cluster.istio_namespace;
        return Err(format!(
            "no istiod runs in namespace {namespace}, so it is not known which objects configure its gateways"
        ));
    };
    let is_named = |other: &&ClusterSnapshot| {
        let ids = cluster_ids(other.istiods.items());
        let mut names = names.split(',');
        names.any(|name| name == "*" || ids.iter().any(|id| id.as_str() == name))
    };
    let with_istiod = all.into_iter().filter(|other| other.has_istiod());
    let managing: Vec<&ClusterSnapshot> = with_istiod.filter(is_named).collect();
    let mut external = managing.iter().filter(|other| {
        let mut istiods = other.istiods.items().iter();
        istiods.any(is_of_another_cluster)
    });
    if let Some(host) = external.next() {
        return Err(format!(
            "the istiod in context {} takes the objects that expose services from another cluster",
            host.context
        ));
    }
    if managing.is_empty() {
        return Err(format!(
            "no cluster that was read has the istiod that manages it ({CONTROL_PLANE_ANNOTATION}={names})"
        ));
    }
    Ok(managing)
}

/// Returns the cluster that has what the workloads of `cluster` trust: of a remote cluster with the roots of the one that manages it,
/// which adds those of its mesh configuration, that one.
pub(crate) fn trust_source<'a>(
    cluster: &'a ClusterSnapshot,
    all: impl IntoIterator<Item = &'a ClusterSnapshot>,
) -> &'a ClusterSnapshot {
    let roots = |of: Option<&'a Roots>| of.map(Roots::fingerprints);
    let own = roots(cluster.roots.seen());
    match config_clusters(cluster, all).as_deref() {
        Ok(&[primary]) => {
            let signing = primary.own_roots.as_ref().or(primary.roots.seen());
            let is_its_own = own.is_some() && own == roots(signing);
            if is_its_own { primary } else { cluster }
        }
        Ok(_) | Err(_) => cluster,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::read::Read;
    use crate::verify::samples;

    /// A cluster without istiod, whose namespace has the annotation.
    fn remote(names: Option<&str>) -> ClusterSnapshot {
        let mut meta = json!({"name": "istio-system"});
        if let Some(names) = names {
            meta["annotations"] = json!({CONTROL_PLANE_ANNOTATION: names});
        }
        let namespace = from_value(json!({"metadata": meta})).expect("it is a Namespace");
        ClusterSnapshot {
            namespace: Read::Seen(Some(namespace)),
            ..samples::cluster("remote", Vec::new())
        }
    }

    #[test]
    fn a_remote_cluster_is_configured_by_those_that_its_annotation_names() {
        let primary =
            |name: &str| samples::cluster(name, vec![samples::istiod(Some(name), "1.31.0")]);
        let mut host = primary("host");
        let istiods = host.istiods.seen_mut().into_iter().flatten();
        for container in istiods
            .filter_map(|istiod| istiod.spec.as_mut()?.template.spec.as_mut())
            .flat_map(|spec| &mut spec.containers)
        {
            let variable = json!({"name": "LOCAL_CLUSTER_SECRET_WATCHER", "value": "true"});
            let variable = from_value(variable).expect("it is a variable");
            container.env.get_or_insert_default().push(variable);
        }
        let all = [primary("east"), primary("west"), host];
        for (names, expected) in [
            (Some("east"), Ok(vec!["east"])),
            (Some("east,west"), Ok(vec!["east", "west"])),
            (Some("north,west"), Ok(vec!["west"])),
            (
                Some("north"),
                Err(
                    "no cluster that was read has the istiod that manages it (topology.istio.io/controlPlaneClusters=north)",
                ),
            ),
            (
                Some("host"),
                Err(
                    "the istiod in context host takes the objects that expose services from another cluster",
                ),
            ),
            (
                None,
                Err(
                    "no istiod runs in namespace istio-system, so it is not known which objects configure its gateways",
                ),
            ),
        ] {
            let remote = remote(names);
            let found = config_clusters(&remote, &all);
            let contexts = found.map(|all| all.iter().map(|one| one.context.as_str()).collect());
            assert_eq!(contexts, expected.map_err(str::to_owned), "{names:?}");
        }
        let every = remote(Some("*"));
        let found = config_clusters(&every, &all[..2]).map(|all| all.len());
        assert_eq!(found, Ok(2));
        let own = config_clusters(&all[0], &all).map(|all| all[0].context.as_str());
        assert_eq!(own, Ok("east"));
    }
}
