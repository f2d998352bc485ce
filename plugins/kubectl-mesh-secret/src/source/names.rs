//! Under which name the secret introduces the source: the one asked for, or the one that its istiod knows it by.

use mesh_common::mesh::Error;
use mesh_common::mesh::cluster_name::{ClusterId, ClusterName};
use mesh_common::mesh::command::Remedy;

use super::observe::Source;
use super::options::Options;

/// The cluster's name, and what is odd about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub cluster: String,
    pub warnings: Vec<String>,
}

/// Decides the name.
///
/// istiod takes the data key for the cluster's name and compares it with what the cluster's own proxies say, which is
/// what its istiod told them; so that name is the right one.
pub(crate) fn choose(options: &Options, seen: &Source, context: &str) -> Result<Chosen, Error> {
    match &options.name {
        Some(name) => Ok(Chosen {
            cluster: name.to_string(),
            warnings: mismatch(name, &seen.istiods),
        }),
        None => derive(
            &seen.istiods,
            seen.uid.as_deref().unwrap_or_default(),
            |name| options.flag("--name", context, name),
        ),
    }
}

fn mismatch(name: &ClusterName, istiods: &[ClusterId]) -> Vec<String> {
    if istiods.is_empty() || istiods.iter().any(|id| id.as_str() == name.as_str()) {
        return Vec::new();
    }
    let known: Vec<&str> = istiods.iter().map(ClusterId::as_str).collect();
    vec![format!(
        "the cluster's own istiod calls it {}, not {name}: its proxies will be refused under another name",
        known.join(" or ")
    )]
}

fn derive(
    istiods: &[ClusterId],
    uid: &str,
    flag: impl Fn(&str) -> Remedy,
) -> Result<Chosen, Error> {
    match istiods {
        [] => Ok(Chosen {
            cluster: uid.to_owned(),
            warnings: vec![format!(
                "no istiod names this cluster, as far as can be seen, so it is called by the UID of kube-system, {uid}; --name gives it a better name"
            )],
        }),
        [one] => {
            let name: ClusterName = one.as_str().parse().map_err(|error: Error| {
                Error::refused(format!(
                    "istiod calls the cluster {one}, which cannot be part of a Secret's name"
                ))
                .because(error)
                .hint("set values.global.multiCluster.clusterName to a DNS label, or name it with --name")
            })?;
            Ok(Chosen {
                cluster: name.to_string(),
                warnings: Vec::new(),
            })
        }
        several => {
            let known: Vec<&str> = several.iter().map(ClusterId::as_str).collect();
            Err(Error::usage(format!(
                "the istiods of this cluster disagree about its name: {}",
                known.join(", ")
            ))
            .hint(flag(known[0])))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<ClusterId> {
        names
            .iter()
            .map(|name| ClusterId((*name).to_owned()))
            .collect()
    }

    fn flag(name: &str) -> Remedy {
        Remedy::add("--name", name)
    }

    #[test]
    fn istiods_name_is_taken_and_the_uid_only_for_want_of_one() {
        assert_eq!(
            derive(&ids(&["west"]), "u", flag).unwrap(),
            Chosen {
                cluster: "west".to_owned(),
                warnings: vec![]
            }
        );
        let by_uid = derive(&[], "0a1b", flag).unwrap();
        assert_eq!(
            (by_uid.cluster.as_str(), by_uid.warnings.len()),
            ("0a1b", 1)
        );
        assert!(derive(&ids(&["West_1"]), "u", flag).is_err());
        assert!(derive(&ids(&["a", "b"]), "u", flag).is_err());
    }

    #[test]
    fn another_name_than_istiods_is_warned_of() {
        let name: ClusterName = "west".parse().unwrap();
        assert!(
            mismatch(&name, &[]).is_empty() && mismatch(&name, &ids(&["old", "west"])).is_empty()
        );
        assert_eq!(mismatch(&name, &ids(&["other"])).len(), 1);
    }
}
