//! Decides whether a label or annotation on an object that others own must be written, and whether it may be.

use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::names::FIELD_MANAGER;
use super::owned_fields::{Owner, applied_by, owners};

/// A label or an annotation, by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A label.
    Label(&'static str),
    /// An annotation.
    Annotation(&'static str),
}

/// The requested state of a label or annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish<'a> {
    /// The value; `None` removes it.
    pub value: Option<&'a str>,
    /// True if another value may be replaced.
    pub overwrite: bool,
    /// True if it may be taken over from another field manager that applies it.
    pub force_conflicts: bool,
}

/// The write that establishes the requested state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// None: the object has the requested state already.
    Keep,
    /// A server-side apply of the result of `applied`.
    Apply {
        /// True if the apply must be forced, because other managers own it.
        force: bool,
    },
    /// A merge patch that removes it, because it was not (or not only) applied by us.
    TakeAway,
}

/// The reason why it may not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It has this other value.
    OtherValue(String),
    /// These field managers apply it, and would restore it.
    Applied(Vec<String>),
}

impl Mark {
    /// Returns the key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Label(key) | Self::Annotation(key) => key,
        }
    }

    /// Returns the value on the object, if there is one.
    pub fn value(self, meta: &ObjectMeta) -> Option<&str> {
        let map = match self {
            Self::Label(_) => &meta.labels,
            Self::Annotation(_) => &meta.annotations,
        };
        map.as_ref()?.get(self.key()).map(String::as_str)
    }

    /// Decides for an object with this metadata.
    ///
    /// A value that is already as requested is never changed, and its owners stay. A value that a manager wrote once
    /// (kubectl, istioctl) may be replaced with `overwrite`. A manager that applies it server-side would restore it;
    /// replacing such a value needs `force_conflicts`.
    pub fn decide(self, meta: &ObjectMeta, wish: Wish<'_>) -> Result<Step, Refusal> {
        let found = self.value(meta);
        if found == wish.value {
            return Ok(Step::Keep);
        }
        if let (Some(other), Some(_), false) = (found, wish.value, wish.overwrite) {
            return Err(Refusal::OtherValue(other.to_owned()));
        }
        let owners = owners(meta, self.map(), self.key());
        let (ours, others): (Vec<Owner>, Vec<Owner>) = owners
            .into_iter()
            .partition(|owner| owner.applied && owner.manager == FIELD_MANAGER);
        let appliers: Vec<String> = others
            .iter()
            .filter(|owner| owner.applied)
            .map(|owner| owner.manager.clone())
            .collect();
        if !appliers.is_empty() && !wish.force_conflicts {
            return Err(Refusal::Applied(appliers));
        }
        Ok(match wish.value {
            Some(_) => Step::Apply {
                force: !others.is_empty(),
            },
            None if !ours.is_empty() && others.is_empty() => Step::Apply { force: false },
            None => Step::TakeAway,
        })
    }

    /// Returns the object to apply so that `object` gets this value or, with `None`, loses it: all that we applied
    /// before, with this one change.
    pub fn applied(self, object: &Value, value: Option<&str>) -> Value {
        let mut part = applied_by(object, FIELD_MANAGER);
        let map = self.map();
        if let Some(value) = value {
            part["metadata"][map][self.key()] = json!(value);
        } else if let Some(map) = part["metadata"][map].as_object_mut() {
            map.remove(self.key());
        }
        part
    }

    /// Returns a merge patch that removes it from the object as it was read, and from no later version.
    pub fn taken_away(self, meta: &ObjectMeta) -> Value {
        let mut patch = json!({"metadata": {"resourceVersion": meta.resource_version}});
        patch["metadata"][self.map()] = json!({self.key(): null});
        patch
    }

    fn map(self) -> &'static str {
        match self {
            Self::Label(_) => "labels",
            Self::Annotation(_) => "annotations",
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Label(_) => "label",
            Self::Annotation(_) => "annotation",
        };
        write!(f, "{what} {}", self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark::Label("l");

    /// Returns an object with the label `l=old`, owned by these managers; a `+` in front of a name stands for an apply.
    fn object(managers: &[&str]) -> Value {
        let fields: Vec<Value> = managers
            .iter()
            .map(|name| {
                let operation = if name.starts_with('+') {
                    "Apply"
                } else {
                    "Update"
                };
                json!({"manager": name.trim_start_matches('+'), "operation": operation,
                    "fieldsV1": {"f:metadata": {"f:labels": {"f:l": {}}}}})
            })
            .collect();
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "resourceVersion": "7",
            "labels": {"l": "old"}, "managedFields": fields}})
    }

    fn meta(object: &Value) -> ObjectMeta {
        serde_json::from_value(object["metadata"].clone()).unwrap()
    }

    fn decided(
        managers: &[&str],
        value: Option<&str>,
        overwrite: bool,
        force: bool,
    ) -> Result<Step, Refusal> {
        let wish = Wish {
            value,
            overwrite,
            force_conflicts: force,
        };
        MARK.decide(&meta(&object(managers)), wish)
    }

    #[test]
    fn what_is_right_stays_whoever_made_it_so() {
        assert_eq!(
            decided(&["+argocd"], Some("old"), false, false),
            Ok(Step::Keep)
        );
        let bare = ObjectMeta::default();
        let gone = Wish {
            value: None,
            overwrite: false,
            force_conflicts: false,
        };
        assert_eq!(MARK.decide(&bare, gone), Ok(Step::Keep));
        let new = Wish {
            value: Some("new"),
            ..gone
        };
        assert_eq!(MARK.decide(&bare, new), Ok(Step::Apply { force: false }));
    }

    #[test]
    fn another_value_is_replaced_only_where_that_was_asked_for() {
        let other = Err(Refusal::OtherValue("old".to_owned()));
        let applied = Err(Refusal::Applied(vec!["argocd".to_owned()]));
        for (managers, overwrite, force, expected) in [
            (vec!["kubectl-label"], false, false, other.clone()),
            (vec!["kubectl-label"], false, true, other),
            (
                vec!["kubectl-label"],
                true,
                false,
                Ok(Step::Apply { force: true }),
            ),
            (
                vec!["+kubectl-mesh"],
                true,
                false,
                Ok(Step::Apply { force: false }),
            ),
            (vec!["+argocd"], true, false, applied.clone()),
            (vec!["+argocd", "+kubectl-mesh"], true, false, applied),
            (vec!["+argocd"], true, true, Ok(Step::Apply { force: true })),
        ] {
            assert_eq!(
                decided(&managers, Some("new"), overwrite, force),
                expected,
                "{managers:?}"
            );
        }
    }

    #[test]
    fn only_what_we_alone_applied_goes_by_an_apply() {
        for (managers, force, expected) in [
            (
                vec!["+kubectl-mesh"],
                false,
                Ok(Step::Apply { force: false }),
            ),
            (
                vec!["+kubectl-mesh", "kubectl-label"],
                false,
                Ok(Step::TakeAway),
            ),
            (vec!["istioctl"], false, Ok(Step::TakeAway)),
            (vec![], false, Ok(Step::TakeAway)),
            (
                vec!["+argocd"],
                false,
                Err(Refusal::Applied(vec!["argocd".to_owned()])),
            ),
            (vec!["+argocd"], true, Ok(Step::TakeAway)),
        ] {
            assert_eq!(
                decided(&managers, None, false, force),
                expected,
                "{managers:?}"
            );
        }
    }

    #[test]
    fn an_apply_repeats_what_was_applied_before() {
        let mut object = object(&["+kubectl-mesh"]);
        object["metadata"]["annotations"] = json!({"a": "1"});
        object["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]["f:annotations"] =
            json!({"f:a": {}});
        let applied = |mark: Mark, value| mark.applied(&object, value)["metadata"].clone();
        assert_eq!(
            applied(MARK, Some("new")),
            json!({"name": "n", "labels": {"l": "new"}, "annotations": {"a": "1"}})
        );
        assert_eq!(
            applied(Mark::Annotation("b"), Some("2")),
            json!({"name": "n", "labels": {"l": "old"}, "annotations": {"a": "1", "b": "2"}})
        );
        assert_eq!(
            applied(MARK, None),
            json!({"name": "n", "labels": {}, "annotations": {"a": "1"}})
        );
        assert_eq!(
            MARK.taken_away(&meta(&object)),
            json!({"metadata": {"resourceVersion": "7", "labels": {"l": null}}})
        );
    }
}
