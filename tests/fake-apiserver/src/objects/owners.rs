//! Owners of fields: `metadata.managedFields`, and what server-side apply and ordinary writes do to it.
//!
//! This is pure: two states of an object and a manager in, an object with its owners or a conflict out. Rules:
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts> and what a real API server was seen to do.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::failure::Failure;
use crate::model::kinds::Kind;
use crate::objects::field_set::{FieldSet, Step, show};
use crate::objects::fields;
use crate::objects::merge::{merge, remove};

/// The writer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Writer {
    pub(crate) apply: bool,
    pub(crate) manager: String,
    pub(crate) api_version: String,
    pub(crate) subresource: String,
}

impl Writer {
    /// As conflicts name it.
    fn shown(&self) -> String {
        let mut text = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            text = format!("{text} with subresource {:?}", self.subresource);
        }
        if !self.apply {
            text = format!("{text} using {}", self.api_version);
        }
        text
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Owned {
    time: Option<String>,
    fields: FieldSet,
}

/// All owners of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Owners(BTreeMap<Writer, Owned>);

impl Owners {
    pub(crate) fn of(object: &Value) -> Self {
        let entries = object["metadata"]["managedFields"].as_array();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self(
            entries
                .into_iter()
                .flatten()
                .map(|entry| {
                    let writer = Writer {
                        apply: entry["operation"] == "Apply",
                        manager: text(&entry["manager"]),
                        api_version: text(&entry["apiVersion"]),
                        subresource: text(&entry["subresource"]),
                    };
                    let owned = Owned {
                        time: entry["time"].as_str().map(ToOwned::to_owned),
                        fields: FieldSet::from_json(&entry["fieldsV1"]),
                    };
                    (writer, owned)
                })
                .collect(),
        )
    }

    /// Puts the owners into an object, applies first, then by age, then by name.
    pub(crate) fn write_to(&self, object: &mut Value) {
        let mut entries: Vec<_> = self
            .0
            .iter()
            .filter(|(_, owned)| !owned.fields.is_empty())
            .collect();
        entries.sort_by_key(|(writer, owned)| {
            (!writer.apply, owned.time.clone(), writer.manager.clone())
        });
        let Some(metadata) = object["metadata"].as_object_mut() else {
            return;
        };
        metadata.shift_remove("managedFields");
        if entries.is_empty() {
            return;
        }
        let entries = entries
            .into_iter()
            .map(|(writer, owned)| entry(writer, owned))
            .collect();
        metadata.insert("managedFields".to_owned(), Value::Array(entries));
    }

    /// Takes paths from everybody but one writer; who has nothing left is gone.
    fn take(&mut self, paths: &FieldSet, but: &Writer) {
        for (writer, owned) in &mut self.0 {
            if writer != but {
                owned.fields = owned.fields.difference(paths);
            }
        }
        self.0
            .retain(|writer, owned| writer == but || !owned.fields.is_empty());
    }

    fn set(&mut self, writer: &Writer, fields: FieldSet) {
        if fields.is_empty() {
            self.0.remove(writer);
        } else {
            self.0
                .entry(writer.clone())
                .or_insert(Owned {
                    time: None,
                    fields: FieldSet::default(),
                })
                .fields = fields;
        }
    }

    fn fields(&self, writer: &Writer) -> FieldSet {
        self.0
            .get(writer)
            .map(|owned| owned.fields.clone())
            .unwrap_or_default()
    }

    /// Tells whether a field has an owner at all.
    pub(crate) fn anybody_owns(&self, path: &[Step]) -> bool {
        self.0.values().any(|owned| owned.fields.0.contains(path))
    }

    /// Dates a writer's entry, once its write turned out to change the object.
    pub(crate) fn touch(&mut self, writer: &Writer, now: &str) {
        if let Some(owned) = self.0.get_mut(writer) {
            owned.time = Some(now.to_owned());
        }
    }

    /// A new object, of which everything belongs to who made it.
    pub(crate) fn create(&mut self, kind: &Kind, writer: &Writer, new: &Value) {
        self.account(kind, writer, &json!({}), new);
    }

    /// An ordinary write (PUT, patches) took the object from one state to another. Objects that nobody owns a field of
    /// stay that way until somebody applies.
    pub(crate) fn update(&mut self, kind: &Kind, writer: &Writer, old: &Value, new: &Value) {
        if !self.0.is_empty() {
            self.account(kind, writer, old, new);
        }
    }

    fn account(&mut self, kind: &Kind, writer: &Writer, old: &Value, new: &Value) {
        let difference = fields::compare(kind, old, new);
        let written = difference
            .added
            .union(&difference.modified)
            .tracked(kind, &writer.subresource);
        self.take(&written, writer);
        for owned in self.0.values_mut() {
            owned.fields = owned.fields.difference(&difference.removed);
        }
        let own = self.fields(writer).union(&written);
        self.set(writer, own);
        self.0.retain(|_, owned| !owned.fields.is_empty());
    }

    /// Server-side apply of a configuration over the live object.
    ///
    /// Returns the merged object, or the conflict.
    pub(crate) fn apply(
        &mut self,
        kind: &Kind,
        writer: &Writer,
        live: &Value,
        configuration: &Value,
        force: bool,
    ) -> Result<Value, Failure> {
        if self.0.is_empty() {
            let before = Writer {
                apply: false,
                manager: "before-first-apply".to_owned(),
                ..writer.clone()
            };
            self.account(kind, &before, &json!({}), live);
        }
        let wanted = fields::applied(kind, configuration).tracked(kind, &writer.subresource);
        let last = self.fields(writer);
        let mut merged = live.clone();
        merge(kind, &mut Vec::new(), &mut merged, configuration);
        let difference = fields::compare(kind, live, &merged);
        let changed = difference.added.union(&difference.modified);
        let conflicts = self.conflicts(writer, &changed);
        if !conflicts.is_empty() && !force {
            return Err(conflict(&conflicts));
        }
        self.take(&changed, writer);
        self.set(writer, wanted.clone());
        let dropped = last.difference(&wanted);
        for path in &dropped.0 {
            let kept = self
                .0
                .values()
                .any(|owned| owned.fields.owns_at_or_below(path));
            if !kept {
                remove(&mut merged, path);
            }
        }
        let removed = fields::compare(kind, live, &merged).removed;
        self.take(&removed, writer);
        Ok(merged)
    }

    fn conflicts(&self, writer: &Writer, changed: &FieldSet) -> Vec<(Writer, FieldSet)> {
        self.0
            .iter()
            .filter(|(other, _)| *other != writer)
            .map(|(other, owned)| (other.clone(), owned.fields.intersection(changed)))
            .filter(|(_, fields)| !fields.is_empty())
            .collect()
    }
}

fn entry(writer: &Writer, owned: &Owned) -> Value {
    let mut entry = json!({
        "manager": writer.manager,
        "operation": if writer.apply { "Apply" } else { "Update" },
        "apiVersion": writer.api_version,
    });
    if let Some(time) = &owned.time {
        entry["time"] = time.as_str().into();
    }
    entry["fieldsType"] = "FieldsV1".into();
    entry["fieldsV1"] = owned.fields.to_json();
    if !writer.subresource.is_empty() {
        entry["subresource"] = writer.subresource.as_str().into();
    }
    entry
}

fn conflict(conflicts: &[(Writer, FieldSet)]) -> Failure {
    let count: usize = conflicts.iter().map(|(_, fields)| fields.0.len()).sum();
    let causes: Vec<Value> = conflicts
        .iter()
        .flat_map(|(writer, fields)| {
            fields.0.iter().map(|path| {
                json!({
                    "reason": "FieldManagerConflict",
                    "message": format!("conflict with {}", writer.shown()),
                    "field": show(path),
                })
            })
        })
        .collect();
    let text = if let [(writer, fields)] = conflicts
        && fields.0.len() == 1
    {
        let path = fields.0.iter().map(|path| show(path)).collect::<String>();
        format!("conflict with {}: {path}", writer.shown())
    } else {
        let mut groups: Vec<String> = conflicts
            .iter()
            .map(|(writer, fields)| {
                let head = format!("conflicts with {}:", writer.shown());
                let paths = fields.in_order().into_iter().map(|path| show(path));
                std::iter::once(head).chain(paths).collect::<Vec<_>>().join(
                    "
- ",
                )
            })
            .collect();
        groups.sort();
        groups.join("\n")
    };
    let plural = if count == 1 { "" } else { "s" };
    Failure::new(
        409,
        "Conflict",
        format!("Apply failed with {count} conflict{plural}: {text}"),
    )
    .details(json!({"causes": causes}))
}
