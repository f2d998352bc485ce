//! What came of one read of a cluster. What could not be read keeps its reason, so that nothing that depends on it is passed.

use serde::{Deserialize, Serialize};

/// The value that was read, or why there is none. Reasons are one line each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "result", content = "detail")]
pub enum Read<T> {
    /// What is there.
    Seen(T),
    /// The cluster does not have the kind (404).
    Absent(String),
    /// We may not read it (403).
    Denied(String),
    /// The server failed to answer.
    Failed(String),
    /// The answer did not come in time.
    Late(String),
    /// Nothing needed it, so nobody asked.
    #[default]
    NotAsked,
}

impl<T> Read<T> {
    /// The value, where it was seen.
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

    /// The value, where it was seen.
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

    /// The value itself, where it was seen.
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

    /// Whether it was seen.
    pub fn is_seen(&self) -> bool {
        self.seen().is_some()
    }

    /// Why it was not seen; nothing where it was, and where nobody asked.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Absent(reason)
            | Self::Denied(reason)
            | Self::Failed(reason)
            | Self::Late(reason) => Some(reason),
            Self::Seen(_) | Self::NotAsked => None,
        }
    }

    /// Whether it may be there all the same: only a cluster without the kind has certainly nothing of it.
    pub fn may_be_there(&self) -> bool {
        matches!(self, Self::Denied(_) | Self::Failed(_) | Self::Late(_))
    }

    /// The same with what `change` makes of the value.
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

    /// Both values, or why the first one of them that was not seen was not.
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

    /// The value, or its default where it was not seen; what depends on it has to be skipped with the reason.
    pub fn or_default(self) -> T
    where
        T: Default,
    {
        self.into_seen().unwrap_or_default()
    }
}

impl<T> Read<Vec<T>> {
    /// What was seen; nothing where it was not.
    pub fn items(&self) -> &[T] {
        self.seen().map_or(&[], Vec::as_slice)
    }

    /// The items of all reads, or why one of them was not seen.
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
