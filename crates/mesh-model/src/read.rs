//! The result of one read of a cluster. A failed read keeps its reason, so that no check that depends on it passes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::command::Remedy;
use crate::error::{Error, Kind};

/// The value that was read, or the reason why there is none.
///
/// JSON has the name of the variant outside of the value: a tag inside would have a reader keep the value until it finds the tag,
/// by a second copy of the code for every kind of Kubernetes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Read<T> {
    /// The value.
    Seen(T),
    /// The cluster does not have the kind (404).
    Absent(Unread),
    /// The user is not allowed to read it (403).
    Denied(Unread),
    /// The server failed.
    Failed(Unread),
    /// The answer did not come in time.
    Late(Unread),
    /// It was not needed, and therefore not requested.
    #[default]
    NotAsked,
}

/// The reason for which something was not read, with all that the error for it needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unread {
    /// The reason, in one line.
    reason: String,
    /// The text of the underlying error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    /// The next things to do. They are commands for this machine and this moment, and are in no file.
    #[serde(skip)]
    hints: Vec<Remedy>,
}

impl Unread {
    /// Returns the reason for which a read failed with `error`: its sentence, and its cause too if that is shown.
    pub fn of(error: &Error, shows_cause: bool) -> Self {
        let cause = std::error::Error::source(error);
        Self {
            reason: if shows_cause {
                error.in_one_line()
            } else {
                error.to_string()
            },
            cause: cause.map(ToString::to_string),
            hints: error.hints().to_vec(),
        }
    }

    /// Returns the reason, in one line.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns the reason with the underlying error in it.
    #[must_use]
    pub fn with_cause(mut self) -> Self {
        if let Some(cause) = self
            .cause
            .as_ref()
            .filter(|cause| !self.reason.ends_with(*cause))
        {
            self.reason = format!("{}: {cause}", self.reason);
        }
        self
    }

    /// Returns the error for it.
    fn into_error(self, kind: Kind) -> Error {
        let Some(cause) = self.cause else {
            let error = Error::new(kind, self.reason);
            return self.hints.into_iter().fold(error, Error::hint);
        };
        let sentence = self.reason.strip_suffix(&format!(": {cause}"));
        let sentence = sentence.unwrap_or(&self.reason);
        let error = Error::new(kind, sentence).because(Cause(cause));
        self.hints.into_iter().fold(error, Error::hint)
    }
}

/// Two are equal if they say the same, since hints are not in a file.
impl PartialEq for Unread {
    fn eq(&self, other: &Self) -> bool {
        (&self.reason, &self.cause) == (&other.reason, &other.cause)
    }
}

impl Eq for Unread {}

impl From<String> for Unread {
    fn from(reason: String) -> Self {
        Self {
            reason,
            cause: None,
            hints: Vec::new(),
        }
    }
}

impl From<&str> for Unread {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

/// The cause of an error that was made from a [`Read`].
#[derive(Debug)]
struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}

/// Returns whether an error is that of a failed read, which concerns its cluster alone.
pub fn is_of_a_read(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<Cause>)
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
            | Self::Late(reason) => Some(reason.reason()),
            Self::Seen(_) | Self::NotAsked => None,
        }
    }

    /// Returns the value.
    ///
    /// # Errors
    /// It was not read. The error is the one with which the read failed, with its cause and its hints.
    pub fn into_result(self) -> Result<T, Error> {
        let (kind, unread) = match self {
            Self::Seen(value) => return Ok(value),
            Self::Absent(unread) => (Kind::NotFound, unread),
            Self::Denied(unread) => (Kind::Forbidden, unread),
            Self::Failed(unread) => (Kind::Refused, unread),
            Self::Late(unread) => (Kind::Unreachable, unread),
            Self::NotAsked => (Kind::Refused, "it was not requested".into()),
        };
        Err(unread.into_error(kind))
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
        let denied: Read<Vec<u8>> = Read::Denied("not allowed".into());
        let all = Read::all([Read::Seen(vec![1]), denied.clone(), Read::Seen(vec![2])]);
        assert_eq!(all, denied);
        assert_eq!(
            all.clone().map(|list| list.len()).reason(),
            Some("not allowed")
        );
        assert!(all.items().is_empty() && all.or_default().is_empty());
        let seen = Read::all([Read::Seen(vec![1]), Read::Seen(vec![2])]);
        assert_eq!(seen, Read::Seen(vec![1, 2]));
        assert!(!Read::<u8>::Absent("".into()).may_be_there());
    }

    #[test]
    fn a_read_is_the_same_after_json() {
        for read in [
            Read::Seen(1),
            Read::Absent("a".into()),
            Read::Denied("b".into()),
            Read::Failed("c".into()),
            Read::Late("d".into()),
            Read::NotAsked,
        ] {
            let text = serde_json::to_string(&read).expect("a read is JSON");
            let again: Read<u8> = serde_json::from_str(&text).expect("it is read again");
            assert_eq!(again, read, "{text}");
        }
    }

    #[test]
    fn the_error_is_the_one_with_which_the_read_failed() {
        let error = || {
            Error::new(Kind::Forbidden, "may not list secrets")
                .because(Error::refused("secrets is forbidden"))
                .hint("ask for the right")
        };
        for shows_cause in [false, true] {
            let read: Read<u8> = Read::Denied(Unread::of(&error(), shows_cause));
            let again = read.clone().into_result().expect_err("it was denied");
            assert_eq!(again.in_one_line(), error().in_one_line());
            assert_eq!(again.kind(), Kind::Forbidden);
            assert_eq!(again.hints(), error().hints());
            assert!(is_of_a_read(&again) && !is_of_a_read(&error()));
            let text = serde_json::to_string(&read).expect("a read is JSON");
            let from_file: Read<u8> = serde_json::from_str(&text).expect("it is read again");
            assert_eq!(from_file, read);
            let from_file = from_file.into_result().expect_err("it was denied");
            assert_eq!(from_file.in_one_line(), error().in_one_line());
            assert!(from_file.hints().is_empty(), "{text}");
        }
        assert_eq!(Read::Seen(1).into_result().expect("it was read"), 1);
    }
}
