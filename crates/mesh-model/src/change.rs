//! What applying a manifest changes in an object, told by what a server's dry run answers.
//!
//! The server alone knows its defaults, its spellings of quantities and which fields an owner gives back by leaving them
//! out, so its dry run is what is compared, and not the manifest.

use serde_json::Value;

use super::names::APPLIED_BY;

/// What a manifest does to the object of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// There is none yet.
    Create,
    /// It becomes another.
    Configure,
    /// It is as wanted already.
    Nothing,
}

impl Change {
    /// `rehearsed` is what the server's dry run answered, `live` what it holds.
    pub fn of(live: Option<&Value>, rehearsed: &Value) -> Self {
        match live {
            None => Self::Create,
            Some(live) if without_bookkeeping(live) == without_bookkeeping(rehearsed) => {
                Self::Nothing
            }
            Some(_) => Self::Configure,
        }
    }

    /// The same without a server that was asked: whether `live` says all that `manifest` says. A field that our manager
    /// would give back is not seen.
    pub fn by_contents(live: Option<&Value>, manifest: &Value) -> Self {
        match live {
            None => Self::Create,
            Some(live) if says(live, manifest) => Self::Nothing,
            Some(_) => Self::Configure,
        }
    }

    /// kubectl's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Configure => "configured",
            Self::Nothing => "unchanged",
        }
    }
}

/// `manifest` with our annotation as `live` has it, so that another version of the suite alone is no change; where there
/// is no object yet, or ours wrote none there, with `applied_by` or without it.
pub fn marked_as(manifest: &Value, live: Option<&Value>, applied_by: &str) -> Value {
    match live {
        None => marked(manifest, applied_by),
        Some(live) => match live["metadata"]["annotations"][APPLIED_BY].as_str() {
            Some(mark) => marked(manifest, mark),
            None => manifest.clone(),
        },
    }
}

/// `manifest` with our annotation.
pub fn marked(manifest: &Value, applied_by: &str) -> Value {
    let mut marked = manifest.clone();
    marked["metadata"]["annotations"][APPLIED_BY] = Value::from(applied_by);
    marked
}

/// The object without what changes by being written, and without its status, which is its controllers' to write.
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

/// Whether `live` holds every field of `wanted` with its value. Lists are the same where each item holds its counterpart.
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

/// An amount in thousandths: servers write `2000m` as `2`, and `1024Mi` as `1Gi`.
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>.
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
        assert_eq!(Change::of(None, &same), Change::Create);
        assert_eq!(Change::of(Some(&live), &same), Change::Nothing);
        assert_eq!(Change::of(Some(&live), &other), Change::Configure);
    }

    #[test]
    fn what_a_server_adds_is_no_change_by_contents() {
        let manifest = json!({"metadata": {"annotations": {}}, "spec": {"ports": [{"port": 1}]}});
        let live = json!({"metadata": {}, "spec": {"ports": [{"port": 1, "protocol": "TCP"}], "type": "x"}});
        assert_eq!(Change::by_contents(Some(&live), &manifest), Change::Nothing);
        for other in [
            json!({"spec": {"ports": [{"port": 2, "protocol": "TCP"}]}}),
            json!({"spec": {"ports": [{"port": 1}, {"port": 2}]}}),
            json!({"spec": {"ports": []}}),
            json!({"spec": {}}),
        ] {
            assert_eq!(
                Change::by_contents(Some(&other), &manifest),
                Change::Configure
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
            let change = Change::by_contents(Some(&of(one)), &of(other));
            assert_eq!(change == Change::Nothing, same, "{one} {other}");
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
