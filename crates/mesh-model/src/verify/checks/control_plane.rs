//! Checks of the control planes: whether one is there and ready, and whether those of a mesh fit together.

use std::collections::BTreeSet;

use super::super::majority::most_common;
use super::no_istiod::no_istiod;
use crate::change::ObjectRef;
use crate::cluster_name::ClusterId;
use crate::command::{Remedy, named};
use crate::finding::{CheckId, Finding, Severity};
use crate::istio_version::IstioVersion;
use crate::istiod;
use crate::istiod_pages::rotation_bug;
use crate::read::Read;
use crate::resources::Deployment;
use crate::snapshot::ClusterSnapshot;

/// Reports a cluster without a control plane, and istiods without a ready replica.
pub(in crate::verify) fn istiods(cluster: &ClusterSnapshot) -> Vec<Finding> {
    let Read::Seen(istiods) = &cluster.istiods else {
        return Vec::new();
    };
    if !istiods.is_empty() {
        let not_ready = istiods.iter().filter(|istiod| !is_ready(istiod));
        return not_ready
            .map(|istiod| not_ready_one(istiod, cluster))
            .collect();
    }
    no_istiod(cluster).into_iter().collect()
}

/// Reports clusters with their istiods in another namespace than Istio's in the other clusters. Where a cluster has no istiod, or an
/// istiod is for another one of them, it may be that of an external control plane, and nothing is reported.
pub(in crate::verify) fn root_namespaces(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let is_elsewhere = |cluster: &&&ClusterSnapshot| {
        cluster.is_without_istiod() && !cluster.istiods_elsewhere.items().is_empty()
    };
    let (apart, others): (Vec<&ClusterSnapshot>, Vec<&ClusterSnapshot>) =
        clusters.iter().partition(|cluster| is_elsewhere(cluster));
    let Some(first) = others
        .first()
        .filter(|_| others.iter().all(|one| one.has_istiod()))
    else {
        return Vec::new();
    };
    let taken: Vec<ClusterId> = others.iter().flat_map(|one| one.member().ids).collect();
    let own = apart.into_iter().filter(|cluster| {
        let ids = istiod::cluster_ids(cluster.istiods_elsewhere.items());
        !ids.iter().any(|id| taken.contains(id))
    });
    let finding = |cluster: &ClusterSnapshot| {
        let mut istiods = cluster.istiods_elsewhere.items().iter();
        let namespace = istiods.find_map(|istiod| istiod.metadata.namespace.as_deref());
        let message = format!(
            "istiod is in namespace {}, and in {} in context {}: each istiod looks for the networks of the others in its own namespace",
            namespace.unwrap_or_default(),
            first.istio_namespace,
            first.context
        );
        Finding::new(CheckId::RootNamespaceDiffers, Severity::Error, message)
            .in_cluster(&cluster.context)
            .with_peer(&first.context)
            .fix("install Istio in a namespace of the same name in all clusters")
    };
    own.map(finding).collect()
}

fn is_ready(istiod: &Deployment) -> bool {
    let status = istiod.status.as_ref();
    status.and_then(|status| status.ready_replicas) > Some(0)
}

fn not_ready_one(istiod: &Deployment, cluster: &ClusterSnapshot) -> Finding {
    let name = istiod.metadata.name.clone().unwrap_or_default();
    let replicas = istiod.spec.as_ref().and_then(|spec| spec.replicas);
    let kubectl = cluster.kubectl.in_namespace(&cluster.istio_namespace);
    let (message, fix): (String, Remedy) = if replicas == Some(0) {
        (
            format!("deployment {name} is scaled to 0 replicas"),
            format!("scale deployment {} to one replica or more", named(&name)).into(),
        )
    } else {
        let pods = kubectl.words("describe pods").flag("-l", istiod::SELECTOR);
        (
            format!("no replica of deployment {name} is ready"),
            pods.into(),
        )
    };
    Finding::new(CheckId::IstiodNotReady, Severity::Error, message)
        .in_cluster(&cluster.context)
        .about(ObjectRef::new("deployment", name).within(&cluster.istio_namespace))
        .fix(fix)
}

/// Reports clusters whose istiods are more than one minor version from the newest of the mesh: a warning, more than two an
/// error.
pub(in crate::verify) fn versions(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let of = |cluster: &ClusterSnapshot| -> Option<(IstioVersion, IstioVersion)> {
        let versions = istiod::versions(cluster.istiods.items());
        let known = || versions.iter().flatten().copied();
        Some((known().min()?, known().max()?))
    };
    let known = clusters
        .iter()
        .filter_map(|cluster| Some((*cluster, of(cluster)?)));
    let known: Vec<(&ClusterSnapshot, (IstioVersion, IstioVersion))> = known.collect();
    let Some((newest_in, (_, newest))) = known.iter().max_by_key(|(_, (_, newest))| *newest) else {
        return Vec::new();
    };
    let behind = known.iter().filter_map(|(cluster, (oldest, _))| {
        let apart = if oldest.major == newest.major {
            newest.minor - oldest.minor
        } else {
            u32::MAX
        };
        let severity = match apart {
            0 | 1 => return None,
            2 => Severity::Warning,
            _ => Severity::Error,
        };
        let message = format!(
            "istiod is version {oldest}, and that of context {} is {newest}",
            newest_in.context
        );
        let finding = Finding::new(CheckId::IstiodVersionSkew, severity, message)
            .in_cluster(&cluster.context)
            .with_peer(&newest_in.context);
        Some(finding.fix("upgrade the older istiod, one minor version at a time"))
    });
    behind.collect()
}

/// Reports istiods of a version with a known bug in taking over a new remote secret. In a cluster alone nothing depends on it.
pub(in crate::verify) fn rotation_bugs(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let several = clusters.iter().filter(|_| clusters.len() > 1);
    let found = several.filter_map(|cluster| {
        let versions = istiod::versions(cluster.istiods.items());
        let mut versions = versions.into_iter().flatten().map(|version| version.to_string());
        let (version, bug) =
            versions.find_map(|version| Some((version.clone(), rotation_bug(&version)?)))?;
        let message = format!("istiod {version} {}", bug.what());
        let fix = format!(
            "upgrade istiod to {} or later, and until then restart it after a remote secret was rotated",
            bug.fixed_in()
        );
        let finding = Finding::new(CheckId::IstiodRotationBug, Severity::Warning, message);
        Some(finding.in_cluster(&cluster.context).fix(fix))
    });
    found.collect()
}

/// Reports clusters with another mesh ID than most.
pub(in crate::verify) fn mesh_ids(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let known = clusters.iter().flat_map(|cluster| {
        let ids: BTreeSet<&str> = cluster.mesh_ids().collect();
        ids.into_iter().map(|id| (cluster.context.as_str(), id))
    });
    let known: Vec<(&str, &str)> = known.collect();
    let Some((_, usual)) = most_common(&known) else {
        return Vec::new();
    };
    let of = |cluster: &&ClusterSnapshot| {
        let context = cluster.context.as_str();
        let mut configs = cluster.configs().iter();
        let (revision, id) = configs.find_map(|one| {
            let id = one.config.mesh_id.as_deref()?;
            (id != usual).then_some((&one.revision, id))
        })?;
        let others = || known.iter().filter(|(_, id)| *id == usual);
        let other = others().find(|(other, _)| *other != context);
        let (first, _) = other.or_else(|| others().next())?;
        let message = format!(
            "the mesh ID{} is {id}, and that of context {first} is {usual}",
            cluster.of_revision(revision)
        );
        let finding = Finding::new(CheckId::MeshIdMismatch, Severity::Warning, message)
            .in_cluster(context)
            .fix("upgrade istiod with the same values.global.meshID in all clusters");
        Some(if *first == context {
            finding
        } else {
            finding.with_peer(*first)
        })
    };
    clusters.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::exposure::Revision;
    use crate::mesh_config::{MeshConfig, RevisionConfig};
    use crate::verify::samples::{cluster, istiod};

    fn ids(findings: &[Finding]) -> Vec<(&'static str, Severity)> {
        let found = findings.iter();
        found.map(|one| (one.id.as_str(), one.severity)).collect()
    }

    #[test]
    fn an_istiod_without_a_ready_replica_is_reported() {
        let mut waiting = istiod(Some("west"), "1.31.0");
        waiting.status = None;
        assert_eq!(
            ids(&istiods(&cluster("west", vec![waiting]))),
            [("istiod-not-ready", Severity::Error)]
        );
        let ready = istiod(Some("west"), "1.31.0");
        assert_eq!(ids(&istiods(&cluster("west", vec![ready]))), []);
    }

    #[test]
    fn minor_versions_may_be_one_apart() {
        let of = |version| cluster(version, vec![istiod(Some(version), version)]);
        for (oldest, expected) in [
            ("1.31.0", None),
            ("1.30.9", None),
            ("1.29.0", Some(Severity::Warning)),
            ("1.28.0", Some(Severity::Error)),
            ("unknown", None),
        ] {
            let (new, old) = (of("1.31.2"), of(oldest));
            let found = versions(&[&old, &new]);
            assert_eq!(found.first().map(|one| one.severity), expected, "{oldest}");
        }
        assert_eq!(versions(&[]), []);
    }

    #[test]
    fn the_odd_mesh_id_is_reported() {
        let of = |context, id: Option<&str>| ClusterSnapshot {
            mesh_configs: Read::Seen(vec![
                MeshConfig {
                    mesh_id: id.map(str::to_owned),
                    ..MeshConfig::default()
                }
                .into(),
            ]),
            ..cluster(context, Vec::new())
        };
        let all = [
            of("a", Some("odd")),
            of("b", Some("mesh1")),
            of("c", None),
            of("d", Some("mesh1")),
        ];
        let found = mesh_ids(&all.iter().collect::<Vec<_>>());
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "the mesh ID is odd, and that of context b is mesh1"
        );
    }

    #[test]
    fn each_revision_has_its_own_mesh_id() {
        let config = |revision: &str, id: &str| RevisionConfig {
            revision: Revision::of_label(Some(revision)),
            config: MeshConfig {
                mesh_id: Some(id.to_owned()),
                ..MeshConfig::default()
            },
        };
        let of = |context, configs: Vec<RevisionConfig>| ClusterSnapshot {
            mesh_configs: Read::Seen(configs),
            ..cluster(context, Vec::new())
        };
        let east = of("east", vec![config("default", "mesh1")]);
        let both = |id| vec![config("default", "mesh1"), config("canary", id)];
        assert_eq!(mesh_ids(&[&east, &of("west", both("mesh1"))]), []);
        let found = mesh_ids(&[&east, &of("west", both("odd"))]);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "the mesh ID of revision canary is odd, and that of context east is mesh1"
        );
        let place = found[0].details().cloned().unwrap_or_default();
        assert_eq!(place.peer.as_deref(), Some("east"));
        // Beside itself alone.
        let found = mesh_ids(&[&of("west", both("odd"))]);
        assert_eq!(found.len(), 1);
        let place = found[0].details().cloned().unwrap_or_default();
        assert_eq!(place.peer, None);
    }

    #[test]
    fn versions_that_lose_a_new_secret_are_reported_in_a_mesh_of_several() {
        let of = |version: &str| cluster("east", vec![istiod(Some("east"), version)]);
        let west = cluster("west", vec![istiod(Some("west"), "1.31.0")]);
        let found = |version: &str| ids(&rotation_bugs(&[&of(version), &west]));
        let warning = [("istiod-rotation-bug", Severity::Warning)];
        for (version, expected) in [
            ("1.29.9", &[][..]),
            ("1.30.0", &warning),
            ("1.30.2", &warning),
            ("1.30.3", &warning),
            ("1.30.4", &[]),
            ("1.31.0", &[]),
            ("latest", &[]),
        ] {
            assert_eq!(found(version), expected, "{version}");
        }
        assert_eq!(ids(&rotation_bugs(&[&of("1.30.0")])), []);
        let message = rotation_bugs(&[&of("1.30.1"), &west]).remove(0).message;
        assert_eq!(
            message,
            "istiod 1.30.1 may go on with the old token until it is started again (istio/istio#60612)"
        );
    }

    #[test]
    fn istiods_of_one_mesh_are_in_namespaces_of_one_name() {
        let own = |context: &str| cluster(context, vec![istiod(Some(context), "1.31.0")]);
        let apart = |context: &str, id: &str| {
            let mut elsewhere = istiod(Some(id), "1.31.0");
            elsewhere.metadata.namespace = Some("mesh".to_owned());
            ClusterSnapshot {
                istiods_elsewhere: Read::Seen(vec![elsewhere]),
                ..cluster(context, Vec::new())
            }
        };
        let (east, west) = (own("east"), apart("west", "west"));
        let found = root_namespaces(&[&east, &west]);
        assert_eq!(ids(&found), [("root-namespace-differs", Severity::Error)]);
        assert_eq!(
            found[0].message,
            "istiod is in namespace mesh, and in istio-system in context east: each istiod looks for the networks of the others in its own namespace"
        );
        assert_eq!(ids(&root_namespaces(&[&east, &own("west")])), []);
        assert_eq!(ids(&root_namespaces(&[&west])), []);
        // It runs there for another cluster.
        assert_eq!(ids(&root_namespaces(&[&east, &apart("west", "east")])), []);
        let remote = cluster("north", Vec::new());
        assert_eq!(
            ids(&root_namespaces(&[&east, &apart("west", "north"), &remote])),
            []
        );
        let unread = ClusterSnapshot {
            istiods: Read::Denied("no".into()),
            ..west
        };
        assert_eq!(ids(&root_namespaces(&[&east, &unread])), []);
    }
}
