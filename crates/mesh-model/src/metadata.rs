//! Decides whether a label or annotation on an object that another manager owns must be written, and whether it may be.

use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::names::FIELD_MANAGER;
use super::owned_fields::{Owner, applied_by, owners};

/// A label or an annotation of an object's metadata, by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataField {
    /// A label.
    Label(&'static str),
    /// An annotation.
    Annotation(&'static str),
}

/// The desired value of a field, and the ways in which it may be established.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Desired<'a> {
    /// The value; `None` removes the field.
    pub value: Option<&'a str>,
    /// True if another value may be replaced.
    pub overwrite: bool,
    /// True if it may be taken over from field managers that apply it.
    pub force_conflicts: bool,
}

/// The write that gives the field its desired value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldWrite {
    /// None: it has the value already, whichever manager set it.
    Keep,
    /// A server-side apply of the result of [`MetadataField::applied`].
    Apply {
        /// True if it is taken over from managers that wrote it before.
        force: bool,
    },
    /// A merge patch that removes it, because it was not (or not only) applied by us.
    Remove,
}

/// The reason why a field may not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It has this other value.
    OtherValue(String),
    /// These field managers apply it, and would set it again.
    Applied(Vec<String>),
}

impl MetadataField {
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
    /// Only a value that has to change can conflict: a right one is left to its manager. `overwrite` replaces a value
    /// that a manager wrote once (kubectl, istioctl). A manager that applies it server-side would set it again;
    /// replacing such a value needs `force_conflicts`.
    pub fn decide(self, meta: &ObjectMeta, desired: Desired<'_>) -> Result<FieldWrite, Refusal> {
        let found = self.value(meta);
        if found == desired.value {
            return Ok(FieldWrite::Keep);
        }
        if let (Some(other), Some(_), false) = (found, desired.value, desired.overwrite) {
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
        if !appliers.is_empty() && !desired.force_conflicts {
            return Err(Refusal::Applied(appliers));
        }
        Ok(match desired.value {
            Some(_) => FieldWrite::Apply {
                force: !others.is_empty(),
            },
            None if !ours.is_empty() && others.is_empty() => FieldWrite::Apply { force: false },
            None => FieldWrite::Remove,
        })
    }

    /// Returns the object to apply so that `object` gets the field with this value or, with `None`, loses it: all
    /// fields that we applied before, with this one changed.
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

    /// Returns a merge patch that removes the field from the object as it was read, and from no later version.
    pub fn removal(self, meta: &ObjectMeta) -> Value {
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

impl fmt::Display for MetadataField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Label(_) => "label",
            Self::Annotation(_) => "annotation",
        };
        write!(f, "{kind} {}", self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: MetadataField = MetadataField::Label("l");

    /// Returns an object with the label `l=old`, owned by these managers; a `+` in front of a name means that the
    /// manager applied it.
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
    ) -> Result<FieldWrite, Refusal> {
        let desired = Desired {
            value,
            overwrite,
            force_conflicts: force,
        };
        FIELD.decide(&meta(&object(managers)), desired)
    }

    #[test]
    fn a_value_that_is_right_is_left_to_its_manager() {
        assert_eq!(
            decided(&["+argocd"], Some("old"), false, false),
            Ok(FieldWrite::Keep)
        );
        let bare = ObjectMeta::default();
        let gone = Desired {
            value: None,
            overwrite: false,
            force_conflicts: false,
        };
        assert_eq!(FIELD.decide(&bare, gone), Ok(FieldWrite::Keep));
        let new = Desired {
            value: Some("new"),
            ..gone
        };
        assert_eq!(
            FIELD.decide(&bare, new),
            Ok(FieldWrite::Apply { force: false })
        );
    }

    #[test]
    fn another_value_is_replaced_only_on_request() {
        let other = Err(Refusal::OtherValue("old".to_owned()));
        let applied = Err(Refusal::Applied(vec!["argocd".to_owned()]));
        for (managers, overwrite, force, expected) in [
            (vec!["kubectl-label"], false, false, other.clone()),
            (vec!["kubectl-label"], false, true, other),
            (
                vec!["kubectl-label"],
                true,
                false,
                Ok(FieldWrite::Apply { force: true }),
            ),
            (
                vec!["+kubectl-mesh"],
                true,
                false,
                Ok(FieldWrite::Apply { force: false }),
            ),
            (vec!["+argocd"], true, false, applied.clone()),
            (vec!["+argocd", "+kubectl-mesh"], true, false, applied),
            (
                vec!["+argocd"],
                true,
                true,
                Ok(FieldWrite::Apply { force: true }),
            ),
        ] {
            assert_eq!(
                decided(&managers, Some("new"), overwrite, force),
                expected,
                "{managers:?}"
            );
        }
    }

    #[test]
    fn only_a_field_that_we_alone_applied_is_removed_by_an_apply() {
        for (managers, force, expected) in [
            (
                vec!["+kubectl-mesh"],
                false,
                Ok(FieldWrite::Apply { force: false }),
            ),
            (
                vec!["+kubectl-mesh", "kubectl-label"],
                false,
                Ok(FieldWrite::Remove),
            ),
            (vec!["istioctl"], false, Ok(FieldWrite::Remove)),
            (vec![], false, Ok(FieldWrite::Remove)),
            (
                vec!["+argocd"],
                false,
                Err(Refusal::Applied(vec!["argocd".to_owned()])),
            ),
            (vec!["+argocd"], true, Ok(FieldWrite::Remove)),
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
        let applied = |mark: MetadataField, value| mark.applied(&object, value)["metadata"].clone();
        assert_eq!(
            applied(FIELD, Some("new")),
            json!({"name": "n", "labels": {"l": "new"}, "annotations": {"a": "1"}})
        );
        assert_eq!(
            applied(MetadataField::Annotation("b"), Some("2")),
            json!({"name": "n", "labels": {"l": "old"}, "annotations": {"a": "1", "b": "2"}})
        );
        assert_eq!(
            applied(FIELD, None),
            json!({"name": "n", "labels": {}, "annotations": {"a": "1"}})
        );
        assert_eq!(
            FIELD.removal(&meta(&object)),
            json!({"metadata": {"resourceVersion": "7", "labels": {"l": null}}})
        );
    }
}
