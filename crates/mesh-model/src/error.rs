//! The error type of the suite: a sentence, its cause, and hints that can be pasted.

use std::error::Error as StdError;
use std::fmt;

use super::Exit;
use super::command::Remedy;

/// An error as it is shown to a person.
///
/// The sentence is a lower-case fragment without a full stop that names object, namespace and context; the cause is the
/// library's own error; each hint is one command or one thing to do. Only `terminal::entry` prints it, once.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    sentence: String,
    cause: Option<Box<dyn StdError + Send + Sync>>,
    hints: Vec<Remedy>,
    also: Vec<Self>,
}

/// The kind of an error, which decides the exit code and how a caller may react.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The arguments or the input are wrong; nothing was attempted.
    Usage,
    /// A server or the machine refused.
    Refused,
    /// The requested object does not exist.
    NotFound,
    /// Conflict: another field manager owns the object, or it was modified concurrently.
    Conflict,
    /// There is no credential, or it was not accepted (401).
    Unauthenticated,
    /// The credential was accepted, but is not allowed to do this (403).
    Forbidden,
    /// The server could not be reached, or ended the connection.
    Unreachable,
    /// A wait that the user asked for timed out.
    WaitRanOut,
    /// Interrupted by Ctrl-C.
    Interrupted,
}

impl Error {
    /// Returns an error of `kind` with this sentence.
    pub fn new(kind: Kind, sentence: impl Into<String>) -> Self {
        Self {
            kind,
            sentence: sentence.into(),
            cause: None,
            hints: Vec::new(),
            also: Vec::new(),
        }
    }

    /// Returns an error about wrong arguments or input.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Usage, sentence)
    }

    /// Returns an error about something that was refused.
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Refused, sentence)
    }

    /// Adds the underlying error; its text is printed on a line of its own.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds a command to paste or a thing to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Remedy>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Joins errors that were found together, in the order given; returns `None` if there are none.
    pub fn all(errors: impl IntoIterator<Item = Self>) -> Option<Self> {
        errors.into_iter().reduce(Self::and)
    }

    /// Joins another error that was found together with this one.
    #[must_use]
    pub fn and(mut self, mut other: Self) -> Self {
        let inner = std::mem::take(&mut other.also);
        self.also.push(other);
        self.also.extend(inner);
        self
    }

    /// Returns all values, in the order given.
    ///
    /// # Errors
    /// All errors, joined, if there are any.
    pub fn gather<T>(results: impl IntoIterator<Item = Result<T, Self>>) -> Result<Vec<T>, Self> {
        let (mut good, mut wrong) = (Vec::new(), Vec::new());
        for result in results {
            match result {
                Ok(one) => good.push(one),
                Err(error) => wrong.push(error),
            }
        }
        Self::all(wrong).map_or(Ok(good), Err)
    }

    /// Splits results into values and errors, each in the order given. Repeated interruptions by Ctrl-C become one
    /// error, the last.
    pub fn parted<T>(results: impl IntoIterator<Item = Result<T, Self>>) -> (Vec<T>, Vec<Self>) {
        let (mut good, mut wrong, mut interrupted) = (Vec::new(), Vec::new(), None);
        for result in results {
            match result {
                Ok(one) => good.push(one),
                Err(error) if error.kind == Kind::Interrupted => interrupted = Some(error),
                Err(error) => wrong.push(error),
            }
        }
        wrong.extend(interrupted);
        (good, wrong)
    }

    /// Returns sentence and cause in one line, for a report that continues without the part that failed.
    pub fn in_one_line(&self) -> String {
        match self.source() {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        }
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the hints, in the order in which they were added.
    pub fn hints(&self) -> &[Remedy] {
        &self.hints
    }

    /// Returns the errors that were found together with this one.
    pub fn also(&self) -> &[Self] {
        &self.also
    }

    /// Returns the exit code, the worst of all joined errors.
    pub fn exit(&self) -> Exit {
        let own = match self.kind {
            Kind::Usage
            | Kind::Refused
            | Kind::NotFound
            | Kind::Conflict
            | Kind::Unauthenticated
            | Kind::Forbidden
            | Kind::Unreachable => Exit::Failed,
            Kind::WaitRanOut => Exit::WaitRanOut,
            Kind::Interrupted => Exit::Interrupted,
        };
        self.also.iter().fold(own, |exit, e| exit.worse(e.exit()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref().map(|cause| {
            let cause: &(dyn StdError + 'static) = cause.as_ref();
            cause
        })
    }
}
