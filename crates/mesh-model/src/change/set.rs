//! All that a job will write, in the order of the writes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Action, ObjectRef};

/// One write: the object, its cluster, the action and the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The kubeconfig context of the cluster.
    pub context: String,
    /// The object.
    pub object: ObjectRef,
    /// The action on it.
    pub action: Action,
    /// The reason, if the action alone does not explain itself; a fragment of one line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

impl Change {
    /// Returns a change without a reason.
    pub fn new(context: impl Into<String>, object: ObjectRef, action: Action) -> Self {
        Self {
            context: context.into(),
            object,
            action,
            reason: None,
        }
    }

    /// Adds the reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

/// `secret/istio-remote-secret-west created in context east`, and of a token `token of secret/… revoked in context west`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (object, word, context) = (&self.object, self.action.word(), &self.context);
        if self.action == Action::Revoke {
            f.write_str("token of ")?;
        }
        write!(f, "{object} {word} in context {context}")
    }
}

/// The changes of a job, in the order in which they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeSet {
    changes: Vec<Change>,
}

impl ChangeSet {
    /// Returns a set without changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a change.
    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Returns all changes in their order, including those that leave an object unchanged.
    pub fn iter(&self) -> std::slice::Iter<'_, Change> {
        self.changes.iter()
    }

    /// Returns the changes that write something, in their order.
    pub fn writes(&self) -> impl Iterator<Item = &Change> {
        self.iter().filter(|change| change.action.is_write())
    }

    /// Returns the number of changes, including those that leave an object unchanged.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Returns whether there are no changes at all, not even ones that leave an object unchanged.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl Extend<Change> for ChangeSet {
    fn extend<I: IntoIterator<Item = Change>>(&mut self, changes: I) {
        self.changes.extend(changes);
    }
}

impl FromIterator<Change> for ChangeSet {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        Self {
            changes: changes.into_iter().collect(),
        }
    }
}

impl IntoIterator for ChangeSet {
    type Item = Change;
    type IntoIter = std::vec::IntoIter<Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.changes.into_iter()
    }
}

impl<'a> IntoIterator for &'a ChangeSet {
    type Item = &'a Change;
    type IntoIter = std::slice::Iter<'a, Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> ChangeSet {
        let secret = |name: &str| ObjectRef::secret("istio-system", name);
        [
            Change::new("east", secret("a"), Action::Create),
            Change::new("west", secret("b"), Action::Keep).because("it has this token already"),
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn a_change_reads_as_kubectl_says_it() {
        let mut set = set();
        let token = ObjectRef::secret("istio-system", "c");
        set.push(Change::new("west", token, Action::Revoke));
        let lines: Vec<String> = set.iter().map(ToString::to_string).collect();
        let expected = [
            "secret/a created in context east",
            "secret/b unchanged in context west",
            "token of secret/c revoked in context west",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_is_kept_is_no_write() {
        let set = set();
        let writes: Vec<&str> = set.writes().map(|change| change.context.as_str()).collect();
        assert_eq!((set.len(), writes), (2, vec!["east"]));
    }

    #[test]
    fn a_set_is_the_same_after_json() {
        let text = serde_json::to_string(&set()).expect("a set is JSON");
        let again: ChangeSet = serde_json::from_str(&text).expect("it is read again");
        assert_eq!(again, set());
        assert!(
            text.contains(r#""action":"keep","reason":"it has this token already""#),
            "{text}"
        );
    }
}
