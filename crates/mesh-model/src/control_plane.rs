//! The annotation that names the clusters whose control planes manage a cluster without one.

use super::Error;

/// Returns the value of the annotation as istiod reads it: a comma-separated list without blanks, or `*` alone; `None` for no
/// cluster.
/// Source: `checkShouldLead` in Istio's `pilot/pkg/serviceregistry/kube/controller/multicluster.go`.
///
/// # Errors A name that is empty or contains a blank, `*` together with others.
pub fn managing_clusters(clusters: &[String]) -> Result<Option<String>, Error> {
    let mut names: Vec<&str> = Vec::new();
    let mut errors = Vec::new();
    for name in clusters {
        if name.is_empty() || name.contains(char::is_whitespace) {
            errors.push(
                Error::usage(format!("invalid cluster name {name:?}")).hint(
                    "use the cluster ID of its istiod: values.global.multiCluster.clusterName",
                ),
            );
        } else if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if names.len() > 1 && names.contains(&"*") {
        errors.push(
            Error::usage("'*' means every cluster, and stands alone")
                .hint("give '*' without other names"),
        );
    }
    match Error::all(errors) {
        Some(error) => Err(error),
        None => Ok((!names.is_empty()).then(|| names.join(","))),
    }
}

#[cfg(test)]
mod tests {
    use super::managing_clusters;

    #[test]
    fn names_are_joined_by_commas_alone() {
        for (clusters, expected) in [
            (vec![], Some(None)),
            (vec!["east"], Some(Some("east"))),
            (vec!["east", "north", "east"], Some(Some("east,north"))),
            (vec!["*"], Some(Some("*"))),
            (vec!["*", "east"], None),
            (vec!["east", ""], None),
            (vec!["east west"], None),
        ] {
            let clusters: Vec<String> = clusters.into_iter().map(str::to_owned).collect();
            let expected = expected.map(|value| value.map(str::to_owned));
            assert_eq!(managing_clusters(&clusters).ok(), expected, "{clusters:?}");
        }
    }
}
