//! What each object needs to bear the mark as wanted, and why it may not. Pure: objects come in as they were read.

use std::collections::{BTreeMap, BTreeSet};

use mesh_common::model::Error;
use mesh_common::model::command::Kubectl;
use mesh_common::model::error::Kind as ErrorKind;
use mesh_common::model::fleet::doubles;
use mesh_common::model::mark::{Mark, Refusal, Step, Wish};
use mesh_common::model::names::APPLIED_BY;
use serde_json::{Value, json};

use super::order::{Kind, Named, Order};
use crate::cli::SELF;

/// What one object needs.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change<K> {
    Nothing,
    Create(Box<K>),
    Apply { object: Box<K>, force: bool },
    TakeAway(Value),
}

/// The cluster, as messages name it.
pub(super) struct Place<'a> {
    pub context: &'a str,
    /// How kubectl is told about it.
    pub kubectl: &'a Kubectl,
}

/// What `found` needs.
///
/// # Errors
/// It is missing, has another value, or somebody else holds on to its value.
pub(super) fn plan<K: Kind>(
    order: &Order,
    place: &Place<'_>,
    named: &Named,
    found: Option<&K>,
    value: Option<&str>,
) -> Result<Change<K>, Error> {
    let Some(found) = found else {
        return match value {
            Some(value) if order.create => Ok(Change::Create(Box::new(new(order, named, value)?))),
            Some(_) | None => Err(missing::<K>(order, place, named, value)),
        };
    };
    let there = order.mark.value(found.meta());
    let value = match (value, there) {
        (Some(wanted), Some(there)) if order.is_list && same_list(wanted, there) => Some(there),
        (other, _) => other,
    };
    let wish = Wish {
        value,
        overwrite: order.overwrite,
        force_conflicts: order.force_conflicts,
    };
    match order.mark.decide(found.meta(), wish) {
        Ok(Step::Keep) => Ok(Change::Nothing),
        Ok(Step::Apply { force }) => {
            let whole = serde_json::to_value(found).map_err(unreadable)?;
            let object = typed(order.mark.applied(&whole, value))?;
            Ok(Change::Apply { object, force })
        }
        Ok(Step::TakeAway) => Ok(Change::TakeAway(order.mark.taken_away(found.meta()))),
        Err(refusal) => Err(refused::<K>(order, place, named, value, refusal)),
    }
}

/// Blanks belong to the names, since istiod reads them so.
fn same_list(one: &str, other: &str) -> bool {
    let names =
        |list: &'_ str| -> BTreeSet<String> { list.split(',').map(str::to_owned).collect() };
    names(one) == names(other)
}

/// What was done to the object, in kubectl's words.
pub(super) fn done<K>(change: &Change<K>, mark: Mark, value: Option<&str>) -> &'static str {
    match (change, mark, value) {
        (Change::Nothing, _, _) => "unchanged",
        (Change::Create(_), _, _) => "created",
        (Change::Apply { .. } | Change::TakeAway(_), Mark::Label(_), Some(_)) => "labeled",
        (Change::Apply { .. } | Change::TakeAway(_), Mark::Label(_), None) => "unlabeled",
        (Change::Apply { .. } | Change::TakeAway(_), Mark::Annotation(_), Some(_)) => "annotated",
        (Change::Apply { .. } | Change::TakeAway(_), Mark::Annotation(_), None) => {
            "no longer annotated"
        }
    }
}

/// An object of ours that has the mark and nothing else.
fn new<K: Kind>(order: &Order, named: &Named, value: &str) -> Result<K, Error> {
    let bare = json!({
        "apiVersion": K::api_version(&()), "kind": K::kind(&()),
        "metadata": {"name": named.name, "namespace": named.namespace},
    });
    let mut object = order.mark.applied(&bare, Some(value));
    object["metadata"]["annotations"][APPLIED_BY] = json!(SELF);
    typed(object).map(|object| *object)
}

fn typed<K: Kind>(object: Value) -> Result<Box<K>, Error> {
    serde_json::from_value(object)
        .map(Box::new)
        .map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::refused("the object cannot be read as its kind").because(error)
}

fn missing<K: Kind>(order: &Order, place: &Place<'_>, named: &Named, value: Option<&str>) -> Error {
    let sentence = format!(
        "{} does not exist in context {}",
        named.described::<K>(),
        place.context
    );
    let error = Error::new(ErrorKind::NotFound, sentence);
    let kubectl = place.kubectl;
    let Some(namespace) = &named.namespace else {
        let name = &named.name;
        let error = if value.is_some() {
            error.hint(kubectl.command().words("create namespace").arg(name))
        } else {
            error
        };
        let error = if value.is_some() && order.may_create {
            error.hint("add --create-namespace, to make it with the label")
        } else {
            error
        };
        return error.hint("name the namespace with -n, if Istio lives elsewhere there");
    };
    error.hint(kubectl.in_namespace(namespace).words("get services"))
}

fn refused<K: Kind>(
    order: &Order,
    place: &Place<'_>,
    named: &Named,
    value: Option<&str>,
    refusal: Refusal,
) -> Error {
    let (object, context, mark) = (named.described::<K>(), place.context, order.mark);
    match refusal {
        Refusal::OtherValue(other) => Error::new(
            ErrorKind::Conflict,
            format!(
                "{object} in context {context} has {mark}={other}, not {}",
                value.unwrap_or_default()
            ),
        )
        .hint("add --overwrite, to replace it"),
        Refusal::Applied(owners) => Error::new(
            ErrorKind::Conflict,
            format!(
                "{mark} of {object} in context {context} belongs to {}",
                owners.join(", ")
            ),
        )
        .hint("change it where it comes from, or take it over with --force-conflicts"),
    }
}

/// What is known of a cluster when it is compared with the others.
pub(super) struct Known<'a> {
    pub context: &'a str,
    pub uid: Option<&'a str>,
    pub value: Option<&'a str>,
}

/// What two contexts of one cluster come to: for each cluster that is to be left out the one that stands for it.
///
/// # Errors
/// They want two values of the same cluster.
pub(super) fn same_clusters(known: &[Known<'_>]) -> Result<BTreeMap<usize, usize>, Error> {
    let uids: Vec<Option<&str>> = known.iter().map(|one| one.uid).collect();
    let doubles = doubles(&uids);
    let both = |(double, first): (&usize, &usize)| (&known[*first], &known[*double]);
    let disagree = doubles.iter().map(both).filter(|(a, b)| a.value != b.value);
    let errors = disagree.map(|(first, double)| {
        Error::usage(format!(
            "contexts {} and {} are the same cluster, which cannot be both {} and {}",
            first.context,
            double.context,
            first.value.unwrap_or("unlabeled"),
            double.value.unwrap_or("unlabeled"),
        ))
    });
    match Error::all(errors) {
        Some(error) => Err(error),
        None => Ok(doubles),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::Namespace;
    use mesh_common::client::DryRun;

    const ORDER: Order = Order {
        mark: Mark::Label("l"),
        overwrite: false,
        force_conflicts: false,
        create: false,
        may_create: true,
        is_list: false,
        is_rehearsed: false,
        dry_run: DryRun::None,
    };

    fn planned(
        order: Order,
        found: Option<Value>,
        value: Option<&str>,
    ) -> Result<Change<Namespace>, Error> {
        let found: Option<Namespace> = found.map(|found| serde_json::from_value(found).unwrap());
        let named = Named {
            namespace: None,
            name: "n".to_owned(),
        };
        let place = Place {
            context: "east",
            kubectl: &Kubectl::default().context("east"),
        };
        plan(&order, &place, &named, found.as_ref(), value)
    }

    #[test]
    fn nothing_is_written_where_it_is_right() {
        let labelled = json!({"metadata": {"name": "n", "labels": {"l": "a"}}});
        assert_eq!(
            planned(ORDER, Some(labelled.clone()), Some("a")).unwrap(),
            Change::Nothing
        );
        let bare = json!({"metadata": {"name": "n"}});
        assert_eq!(planned(ORDER, Some(bare), None).unwrap(), Change::Nothing);
        let error = planned(ORDER, Some(labelled), Some("b")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "namespace n in context east has label l=a, not b"
        );
    }

    #[test]
    fn a_list_is_right_in_any_order() {
        let labelled = json!({"metadata": {"name": "n", "labels": {"l": "a,b"}}});
        let list = Order {
            is_list: true,
            ..ORDER
        };
        for (order, value, is_right) in [
            (list, "b,a", true),
            (list, "a,b,a", true),
            (list, "a", false),
            (list, "a,b,c", false),
            (list, "a, b", false),
            (ORDER, "b,a", false),
        ] {
            let planned = planned(order, Some(labelled.clone()), Some(value));
            assert_eq!(planned.ok() == Some(Change::Nothing), is_right, "{value}");
        }
    }

    #[test]
    fn a_missing_object_is_made_only_where_that_was_asked_for() {
        let error = planned(ORDER, None, Some("a")).unwrap_err();
        assert_eq!(
            error.hints()[0],
            "kubectl --context east create namespace n"
        );
        let order = Order {
            create: true,
            ..ORDER
        };
        let Change::Create(made) = planned(order, None, Some("a")).unwrap() else {
            panic!("it is not made");
        };
        assert_eq!(made.metadata.labels.unwrap()["l"], "a");
        assert!(planned(order, None, None).is_err());
    }

    #[test]
    fn two_contexts_of_one_cluster_agree_or_are_refused() {
        let known = |uid, value| Known {
            context: "c",
            uid,
            value,
        };
        let map = |pairs: &[(usize, usize)]| pairs.iter().copied().collect();
        for (known, expected) in [
            (
                vec![known(Some("1"), Some("a")), known(Some("2"), Some("a"))],
                Some(map(&[])),
            ),
            (
                vec![known(None, Some("a")), known(None, Some("b"))],
                Some(map(&[])),
            ),
            (
                vec![known(Some("1"), Some("a")), known(Some("1"), Some("a"))],
                Some(map(&[(1, 0)])),
            ),
            (
                vec![known(Some("1"), Some("a")), known(Some("1"), Some("b"))],
                None,
            ),
        ] {
            assert_eq!(same_clusters(&known).ok(), expected);
        }
    }
}
