//! What went wrong, told once: a sentence, its cause, and hints that can be pasted.

use std::error::Error as StdError;
use std::fmt;

use super::Exit;
use super::command::Remedy;

/// An error as a person reads it.
///
/// The sentence is a lower-case fragment without a full stop that names object, namespace and context; the
/// cause is the library's own error; each hint is one command or one thing to do. `terminal::entry` prints it,
/// once, and nobody else does.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    sentence: String,
    cause: Option<Box<dyn StdError + Send + Sync>>,
    hints: Vec<Remedy>,
    also: Vec<Self>,
}

/// What sort of error it is, which decides the exit code and what a caller may do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The arguments or the input are wrong; nothing was tried.
    Usage,
    /// A server or the machine refused.
    Refused,
    /// The object asked for is not there.
    NotFound,
    /// The object is owned by somebody else, or changed under our hands.
    Conflict,
    /// There is no credential, or it was not accepted (401).
    Unauthenticated,
    /// The credential was accepted, but may not do this (403).
    Forbidden,
    /// The server could not be reached, or broke off.
    Unreachable,
    /// A wait that the user asked for ran out.
    WaitRanOut,
    /// Ctrl-C.
    Interrupted,
}

impl Error {
    /// An error of `kind` that says `sentence`.
    pub fn new(kind: Kind, sentence: impl Into<String>) -> Self {
        Self {
            kind,
            sentence: sentence.into(),
            cause: None,
            hints: Vec::new(),
            also: Vec::new(),
        }
    }

    /// Wrong arguments or input.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Usage, sentence)
    }

    /// It could not be done.
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Refused, sentence)
    }

    /// Adds the error that this one came from; its text is printed on a line of its own.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds something that the user can paste or do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Remedy>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Joins errors that were found together, in the order given; `None` where there are none.
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

    /// All that went well, in the order given.
    ///
    /// # Errors
    /// All that did not, joined, where there is any.
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

    /// What went well and what did not, each in the order given. One Ctrl-C stops all that was to come: it is one error, the last.
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

    /// Sentence and cause in one line, for a report that goes on without what failed.
    pub fn in_one_line(&self) -> String {
        match self.source() {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        }
    }

    /// The sort of error.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What to do next, in the order in which it was said.
    pub fn hints(&self) -> &[Remedy] {
        &self.hints
    }

    /// The errors that were found together with this one.
    pub fn also(&self) -> &[Self] {
        &self.also
    }

    /// The exit code that goes with it, the worst of all that were joined.
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
