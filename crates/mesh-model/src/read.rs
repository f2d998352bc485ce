//! The result of one read of a cluster. A failed read keeps its reason, so that no check that depends on it passes.

use serde::{Deserialize, Serialize};

/// The value that was read, or the reason why there is none. Reasons are one line each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "result", content = "detail")]
pub enum Read<T> {
    /// The value.
    Seen(T),
    /// The cluster does not have the kind (404).
    Absent(String),
    /// The user is not allowed to read it (403).
    Denied(String),
    /// The server failed.
    Failed(String),
    /// The answer did not come in time.
    Late(String),
    /// It was not needed, and therefore not requested.
    #[default]
    NotAsked,
}

impl<T> Read<T> {
    /// Returns the value, if it was read.
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(value) => Some(value),
            Self::Absent(_)
            | Self::Denied(_)
            | Self::Failed(_)
            | Self::Late(_)
            | Self::NotAsked => None,
        }
    }

    /// Returns the value, if it was read.
    pub fn seen_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Seen(value) => Some(value),
            Self::Absent(_)
            | Self::Denied(_)
            | Self::Failed(_)
            | Self::Late(_)
            | Self::NotAsked => None,
        }
    }

    /// Returns the value itself, if it was read.
    pub fn into_seen(self) -> Option<T> {
        match self {
            Self::Seen(value) => Some(value),
            Self::Absent(_)
            | Self::Denied(_)
            | Self::Failed(_)
            | Self::Late(_)
            | Self::NotAsked => None,
        }
    }

    /// Returns whether it was read.
    pub fn is_seen(&self) -> bool {
        self.seen().is_some()
    }

    /// Returns the reason why it was not read; `None` if it was, or if it was not requested.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Absent(reason)
            | Self::Denied(reason)
            | Self::Failed(reason)
            | Self::Late(reason) => Some(reason),
            Self::Seen(_) | Self::NotAsked => None,
        }
    }

    /// Returns whether the objects may exist: they certainly do not only if the cluster does not have the kind.
    pub fn may_be_there(&self) -> bool {
        matches!(self, Self::Denied(_) | Self::Failed(_) | Self::Late(_))
    }

    /// Converts the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Read<U> {
        match self {
            Self::Seen(value) => Read::Seen(change(value)),
            Self::Absent(reason) => Read::Absent(reason),
            Self::Denied(reason) => Read::Denied(reason),
            Self::Failed(reason) => Read::Failed(reason),
            Self::Late(reason) => Read::Late(reason),
            Self::NotAsked => Read::NotAsked,
        }
    }

    /// Returns both values, or the reason of the first one that was not read.
    pub fn and<U>(self, other: Read<U>) -> Read<(T, U)> {
        match self {
            Self::Seen(one) => other.map(|other| (one, other)),
            Self::Absent(reason) => Read::Absent(reason),
            Self::Denied(reason) => Read::Denied(reason),
            Self::Failed(reason) => Read::Failed(reason),
            Self::Late(reason) => Read::Late(reason),
            Self::NotAsked => Read::NotAsked,
        }
    }

    /// Returns the value, or its default if it was not read; checks that depend on it must be skipped with the reason.
    pub fn or_default(self) -> T
    where
        T: Default,
    {
        self.into_seen().unwrap_or_default()
    }
}

impl<T> Read<Vec<T>> {
    /// Returns the items; none if they were not read.
    pub fn items(&self) -> &[T] {
        self.seen().map_or(&[], Vec::as_slice)
    }

    /// Returns the items of all reads, or the reason why one of them failed.
    pub fn all(reads: impl IntoIterator<Item = Self>) -> Self {
        reads.into_iter().fold(Self::Seen(Vec::new()), |all, more| {
            all.and(more).map(|(mut all, more)| {
                all.extend(more);
                all
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_keeps_its_reason_through_everything() {
        let denied: Read<Vec<u8>> = Read::Denied("not allowed".to_owned());
        let all = Read::all([Read::Seen(vec![1]), denied.clone(), Read::Seen(vec![2])]);
        assert_eq!(all, denied);
        assert_eq!(
            all.clone().map(|list| list.len()).reason(),
            Some("not allowed")
        );
        assert!(all.items().is_empty() && all.or_default().is_empty());
        let seen = Read::all([Read::Seen(vec![1]), Read::Seen(vec![2])]);
        assert_eq!(seen, Read::Seen(vec![1, 2]));
        assert!(!Read::<u8>::Absent(String::new()).may_be_there());
    }

    #[test]
    fn a_read_is_the_same_after_json() {
        for read in [
            Read::Seen(1),
            Read::Absent("a".to_owned()),
            Read::Denied("b".to_owned()),
            Read::Failed("c".to_owned()),
            Read::Late("d".to_owned()),
            Read::NotAsked,
        ] {
            let text = serde_json::to_string(&read).expect("a read is JSON");
            let again: Read<u8> = serde_json::from_str(&text).expect("it is read again");
            assert_eq!(again, read, "{text}");
        }
    }
}
