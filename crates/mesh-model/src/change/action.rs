//! The effect of a write on one object. For an apply it follows from the server's dry run.
//!
//! Only the server knows its defaults, its notation of quantities, and which fields an owner releases by leaving them
//! out. So the answer of its dry run is compared with the live object, and not the manifest.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::names::APPLIED_BY;

/// The effect of a write on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// The object does not exist yet.
    Create,
    /// The object exists and gets other contents.
    Configure,
    /// The object is already as requested; nothing is written.
    Keep,
    /// The object gets a label, or another value of one.
    Label,
    /// The object loses a label.
    Unlabel,
    /// The object gets an annotation, or another value of one.
    Annotate,
    /// The object loses an annotation.
    Unannotate,
    /// The object is deleted.
    Delete,
    /// The object is deleted because the configuration no longer contains it.
    Prune,
    /// The object gets another token in place of its present one.
    Rotate,
    /// The token of the object is revoked: the object is deleted, or gets another token.
    Revoke,
}

impl Action {
    /// Returns the effect of an apply: `rehearsed` is the answer of the server's dry run, `live` the object as it is
    /// stored.
    pub fn of(live: Option<&Value>, rehearsed: &Value) -> Self {
        match live {
            None => Self::Create,
            Some(live) if without_bookkeeping(live) == without_bookkeeping(rehearsed) => Self::Keep,
            Some(_) => Self::Configure,
        }
    }

    /// Returns the effect without asking the server: `live` is compared with the fields of `manifest`. Fields that our
    /// manager would release are not detected.
    pub fn by_contents(live: Option<&Value>, manifest: &Value) -> Self {
        match live {
            None => Self::Create,
            Some(live) if says(live, manifest) => Self::Keep,
            Some(_) => Self::Configure,
        }
    }

    /// Returns kubectl's word for it in the past tense, such as `created`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Configure => "configured",
            Self::Keep => "unchanged",
            Self::Label => "labeled",
            Self::Unlabel => "unlabeled",
            Self::Annotate => "annotated",
            Self::Unannotate => "no longer annotated",
            Self::Delete => "deleted",
            Self::Prune => "pruned",
            Self::Rotate => "rotated",
            Self::Revoke => "revoked",
        }
    }

    /// Returns whether anything is written.
    pub fn is_write(self) -> bool {
        self != Self::Keep
    }
}

/// Returns `manifest` with our annotation as `live` has it, so that a new version of the suite alone is no change. If
/// there is no object yet, or the suite set none there, the annotation is `applied_by`, or absent.
pub fn marked_as(manifest: &Value, live: Option<&Value>, applied_by: &str) -> Value {
    match live {
        None => marked(manifest, applied_by),
        Some(live) => match live["metadata"]["annotations"][APPLIED_BY].as_str() {
            Some(mark) => marked(manifest, mark),
            None => manifest.clone(),
        },
    }
}

/// Returns `manifest` with our annotation.
pub fn marked(manifest: &Value, applied_by: &str) -> Value {
    let mut marked = manifest.clone();
    marked["metadata"]["annotations"][APPLIED_BY] = Value::from(applied_by);
    marked
}

/// Returns the object without the fields that every write changes, and without its status, which only its controllers
/// write.
fn without_bookkeeping(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in ["managedFields", "resourceVersion", "generation"] {
            metadata.remove(field);
        }
    }
    object
}

/// Returns whether `live` has every field of `wanted` with the same value. Lists are equal if each item contains its
/// counterpart.
fn says(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => wanted.iter().all(|(key, value)| {
            let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty);
            live.get(key).map_or(is_empty, |live| says(live, value))
        }),
        (Value::Array(live), Value::Array(wanted)) => {
            live.len() == wanted.len()
                && live.iter().zip(wanted).all(|(one, other)| says(one, other))
        }
        (Value::String(one), Value::String(other)) if one != other => {
            quantity(one).is_some() && quantity(one) == quantity(other)
        }
        (one, other) => one == other,
    }
}

/// Returns a quantity in thousandths: servers write `2000m` as `2`, and `1024Mi` as `1Gi`. Source:
/// <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>.
fn quantity(text: &str) -> Option<u128> {
    const UNITS: [(&str, u128); 10] = [
        ("", 1000),
        ("m", 1),
        ("k", 1_000_000),
        ("M", 1_000_000_000),
        ("G", 1_000_000_000_000),
        ("T", 1_000_000_000_000_000),
        ("Ki", 1000 << 10),
        ("Mi", 1000 << 20),
        ("Gi", 1000 << 30),
        ("Ti", 1000 << 40),
    ];
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: u128 = text.strip_suffix(unit)?.parse().ok()?;
    let (_, size) = UNITS.iter().find(|(known, _)| *known == unit)?;
    number.checked_mul(*size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bookkeeping_is_no_change_and_all_else_is() {
        let live = json!({"metadata": {"name": "a", "resourceVersion": "1", "managedFields": [1]}, "spec": {"a": 1, "b": 2}});
        let same = json!({"metadata": {"name": "a", "resourceVersion": "2", "generation": 4}, "spec": {"a": 1, "b": 2}, "status": {"c": 1}});
        let other = json!({"metadata": {"name": "a", "resourceVersion": "1"}, "spec": {"a": 1}});
        assert_eq!(Action::of(None, &same), Action::Create);
        assert_eq!(Action::of(Some(&live), &same), Action::Keep);
        assert_eq!(Action::of(Some(&live), &other), Action::Configure);
    }

    #[test]
    fn what_a_server_adds_is_no_change_by_contents() {
        let manifest = json!({"metadata": {"annotations": {}}, "spec": {"ports": [{"port": 1}]}});
        let live = json!({"metadata": {}, "spec": {"ports": [{"port": 1, "protocol": "TCP"}], "type": "x"}});
        assert_eq!(Action::by_contents(Some(&live), &manifest), Action::Keep);
        for other in [
            json!({"spec": {"ports": [{"port": 2, "protocol": "TCP"}]}}),
            json!({"spec": {"ports": [{"port": 1}, {"port": 2}]}}),
            json!({"spec": {"ports": []}}),
            json!({"spec": {}}),
        ] {
            assert_eq!(
                Action::by_contents(Some(&other), &manifest),
                Action::Configure
            );
        }
    }

    #[test]
    fn amounts_are_the_same_however_they_are_written() {
        for (one, other, same) in [
            ("2000m", "2", true),
            ("1024Mi", "1Gi", true),
            ("1000k", "1M", true),
            ("1Gi", "1G", false),
            ("100m", "1", false),
            ("a", "b", false),
            ("", "x", false),
        ] {
            let of = |text: &str| json!({"cpu": text});
            let change = Action::by_contents(Some(&of(one)), &of(other));
            assert_eq!(change == Action::Keep, same, "{one} {other}");
        }
    }

    #[test]
    fn another_version_of_the_suite_is_no_change() {
        let manifest = json!({"metadata": {"name": "a"}});
        let mark = |object: &Value| object["metadata"]["annotations"][APPLIED_BY].clone();
        let ours = marked(&manifest, "plugin/1");
        assert_eq!(
            mark(&marked_as(&manifest, Some(&ours), "plugin/2")),
            "plugin/1"
        );
        assert_eq!(mark(&marked_as(&manifest, None, "plugin/2")), "plugin/2");
        assert_eq!(marked_as(&manifest, Some(&manifest), "plugin/2"), manifest);
    }
}
