//! `--revision`: the clusters that have it, and those that are verified whole since they do not. Pure.

use std::collections::BTreeSet;

use mesh_common::model::Error;
use mesh_common::model::command::{Knob, Remedy};
use mesh_common::model::exposure::Revision;
use mesh_common::model::snapshot::ClusterSnapshot;

/// The most clusters that a note names.
const NAMED: usize = 5;

/// Returns the note about clusters that do not have the revision, or a tag of its name.
///
/// # Errors
/// No cluster has it, though the istiods of some could be read. The hints name those that there are.
pub(crate) fn check(
    asked: &Revision,
    clusters: &[&ClusterSnapshot],
) -> Result<Option<String>, Error> {
    let with_istiod = clusters
        .iter()
        .copied()
        .filter(|cluster| cluster.has_istiod() || cluster.revision.is_some());
    let (narrowed, whole): (Vec<&ClusterSnapshot>, Vec<&ClusterSnapshot>) =
        with_istiod.partition(|cluster| cluster.revision.is_some());
    let word = asked.word();
    let unread = unread_tags(&whole);
    if whole.is_empty() {
        return Ok(None);
    }
    if !narrowed.is_empty() {
        return Ok(Some(format!(
            "verified with all revisions, since there is no istiod of revision {word}: {}{unread}",
            named(&whole)
        )));
    }
    let error = Error::usage(format!(
        "no cluster that was read has an istiod of revision {word}, or a tag of this name{unread}"
    ));
    let mut there: BTreeSet<String> = BTreeSet::new();
    for cluster in whole {
        let revisions = cluster.revisions();
        let tags = cluster.tags.seen().into_iter().flatten();
        let tags = tags.filter(|(_, revision)| revisions.contains(revision));
        there.extend(tags.map(|(tag, _)| tag.clone()));
        there.extend(revisions.iter().map(|one| one.word().to_owned()));
    }
    let hint = |error: Error, one: &String| error.hint(Remedy::add(Knob::Revision, one));
    Err(there.iter().fold(error, hint))
}

/// Returns the contexts of the first clusters, and the number of the others.
fn named(clusters: &[&ClusterSnapshot]) -> String {
    let contexts = clusters.iter().take(NAMED).map(|one| one.context.as_str());
    let contexts = contexts.collect::<Vec<&str>>().join(", ");
    match clusters.len().saturating_sub(NAMED) {
        0 => contexts,
        more => format!("{contexts} and {more} more"),
    }
}

fn unread_tags(clusters: &[&ClusterSnapshot]) -> String {
    let reason = clusters.iter().find_map(|one| one.tags.reason());
    reason.map_or_else(String::new, |reason| {
        format!(" (tags were not read: {reason})")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    /// A cluster with istiods of these revisions and this tag, as it is after narrowing.
    fn cluster(context: &str, revisions: &[&str], narrowed: bool) -> ClusterSnapshot {
        let istiods = revisions.iter().map(|revision| {
            json!({"metadata": {"name": "istiod", "labels": {"istio.io/rev": revision}}})
        });
        let istiods: Vec<_> = istiods.collect();
        from_value(json!({"context": context, "istiods": {"seen": istiods},
            "revision": narrowed.then_some("canary"), "tags": {"seen": {"prod": "1-31", "gone": "1-20"}}}))
        .expect("it is a cluster")
    }

    fn checked(clusters: &[ClusterSnapshot]) -> Result<Option<String>, Error> {
        let clusters: Vec<&ClusterSnapshot> = clusters.iter().collect();
        check(&Revision::of_label(Some("canary")), &clusters)
    }

    #[test]
    fn a_revision_that_no_cluster_has_is_an_error_with_those_that_there_are() {
        let clusters = [
            cluster("east", &["default"], false),
            cluster("west", &["1-31", "default"], false),
        ];
        let error = checked(&clusters).expect_err("no cluster has it");
        assert_eq!(
            error.to_string(),
            "no cluster that was read has an istiod of revision canary, or a tag of this name"
        );
        assert_eq!(
            error.hints(),
            [
                "add --revision 1-31",
                "add --revision default",
                "add --revision prod"
            ]
        );
    }

    #[test]
    fn a_cluster_without_it_is_told_where_another_one_has_it() {
        let (east, west) = (
            cluster("east", &["canary"], true),
            cluster("west", &["1-31"], false),
        );
        let remote = cluster("remote", &[], false);
        let note = checked(&[east.clone(), west.clone(), remote.clone()]).expect("one has it");
        assert_eq!(
            note.as_deref(),
            Some("verified with all revisions, since there is no istiod of revision canary: west")
        );
        let mut many = vec![west; 7];
        many.push(east.clone());
        let note = checked(&many).expect("one has it").unwrap_or_default();
        assert!(
            note.ends_with(": west, west, west, west, west and 2 more"),
            "{note}"
        );
        assert_eq!(checked(&[east]).expect("it has it"), None);
        // Where no istiod is known there is nothing to choose from.
        assert_eq!(checked(&[remote]).expect("nothing is known"), None);
    }
}
