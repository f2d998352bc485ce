//! Command lines as lists of words.

use std::borrow::Cow;
use std::fmt;

use super::Kubectl;
use super::word::{can_be_pasted, named, quoted};
use crate::names::ISTIO_SYSTEM;

/// A command line: one program with its arguments, or several joined by `|` or `&&`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Word(Cow<'static, str>),
    /// A word that cannot be quoted so that it is safe to paste.
    Unfit(String),
    Pipe,
    Then,
}

impl Part {
    /// Returns the word, if it is one.
    fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word.as_ref()),
            Self::Unfit(word) => Some(word.as_str()),
            Self::Pipe | Self::Then => None,
        }
    }
}

impl Command {
    /// Starts a command with constant words, split at blanks: `Command::new("kubectl mesh-secret create")`.
    pub fn new(words: &'static str) -> Self {
        Self { parts: Vec::new() }.words(words)
    }

    /// Adds constant words, split at blanks.
    #[must_use]
    pub fn words(mut self, words: &'static str) -> Self {
        let words = words.split_ascii_whitespace();
        self.parts
            .extend(words.map(|word| Part::Word(Cow::Borrowed(word))));
        self
    }

    /// Adds a positional argument with any text, trusted or not. If it is empty or begins with `-`, it would be parsed
    /// as something else, so the command then cannot be pasted.
    #[must_use]
    pub fn arg(self, text: &str) -> Self {
        let fits = !text.starts_with('-') && !text.is_empty();
        self.push(text.to_owned(), fits)
    }

    /// Adds each of them as [`Self::arg`] does.
    #[must_use]
    pub fn args(self, texts: &[&str]) -> Self {
        texts.iter().fold(self, |command, text| command.arg(text))
    }

    /// Adds the argument `KEY=VALUE` with any value, trusted or not.
    #[must_use]
    pub fn pair(self, key: &str, value: &str) -> Self {
        self.arg(&format!("{key}={value}"))
    }

    /// Adds a flag with any value, trusted or not: `--context west`.
    #[must_use]
    pub fn flag(mut self, flag: &'static str, value: &str) -> Self {
        if value.starts_with('-') && flag.starts_with("--") {
            return self.push(format!("{flag}={value}"), true);
        }
        self.parts.push(Part::Word(Cow::Borrowed(flag)));
        self.push(value.to_owned(), !value.starts_with('-'))
    }

    /// Adds the flag if there is a value.
    #[must_use]
    pub fn flag_if(self, flag: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.flag(flag, value),
            None => self,
        }
    }

    /// Adds `-n` with Istio's namespace, unless it is the default of the plugins.
    #[must_use]
    pub fn istio_namespace(self, namespace: &str) -> Self {
        self.flag_if("-n", Some(namespace).filter(|name| *name != ISTIO_SYSTEM))
    }

    /// Adds the flags of `kubectl` that name the kubeconfig, the context and its entries.
    #[must_use]
    pub fn on(self, kubectl: &Kubectl) -> Self {
        kubectl.flags(self)
    }

    /// Adds the flag that names the kubeconfig, if one was given.
    #[must_use]
    pub fn kubeconfig_of(self, kubectl: &Kubectl) -> Self {
        self.flag_if("--kubeconfig", kubectl.kubeconfig())
    }

    /// Pipes the output into `next`.
    #[must_use]
    pub fn pipe(self, next: Self) -> Self {
        self.join(Part::Pipe, next)
    }

    /// Runs `next` if this one succeeded.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        self.join(Part::Then, next)
    }

    /// Returns the words of each program, in their order, as the shell passes them to it.
    pub fn programs(&self) -> Vec<Vec<&str>> {
        let is_joint = |part: &Part| matches!(part, Part::Pipe | Part::Then);
        self.parts
            .split(is_joint)
            .map(|program| program.iter().filter_map(Part::word).collect())
            .collect()
    }

    /// Returns whether each of its programs only reads, so that the command changes nothing. Decided by the constant
    /// words, which no name chosen by an attacker is.
    pub fn only_reads(&self) -> bool {
        let is_joint = |part: &Part| matches!(part, Part::Pipe | Part::Then);
        self.parts.split(is_joint).all(|program| {
            let mut words = program.iter().filter_map(|part| match part {
                Part::Word(Cow::Borrowed(word)) if !word.starts_with('-') => Some(*word),
                _ => None,
            });
            let verbs = (words.next(), words.next(), words.next());
            matches!(
                verbs,
                (Some("curl" | "getent" | "openssl" | "ls" | "base64"), ..)
                    | (
                        Some("kubectl"),
                        Some("get" | "describe" | "logs" | "explain" | "api-resources" | "plugin"),
                        _
                    )
                    | (Some("kubectl"), Some("auth"), Some("can-i"))
                    | (
                        Some("kubectl"),
                        Some("config"),
                        Some("view" | "get-contexts" | "get-clusters" | "get-users")
                    )
                    | (
                        Some("kubectl"),
                        Some("mesh-secret"),
                        Some("list" | "inspect")
                    )
                    | (Some("kubectl"), Some("mesh-label"), Some("show"))
                    | (Some("kubectl"), Some("mesh-eastwest"), Some("status"))
            )
        })
    }

    /// Returns the words with the operators between them replaced by words, for a step.
    pub(super) fn in_words(&self) -> String {
        self.text(", piped into", ", and then")
    }

    fn text(&self, pipe: &str, then: &str) -> String {
        let mut text = String::new();
        for part in &self.parts {
            let (before, part) = match part {
                Part::Word(word) => (" ", quoted(word)),
                Part::Unfit(_) => (" ", Cow::Borrowed("NAME")),
                Part::Pipe => ("", Cow::Borrowed(pipe)),
                Part::Then => ("", Cow::Borrowed(then)),
            };
            if !text.is_empty() {
                text.push_str(before);
            }
            text.push_str(&part);
        }
        text
    }

    /// Returns the texts that cannot be quoted safely, in quotes.
    pub(super) fn unfit(&self) -> Vec<String> {
        let unfit = self.parts.iter().filter_map(|part| match part {
            Part::Unfit(word) => Some(named(word).into_owned()),
            Part::Word(_) | Part::Pipe | Part::Then => None,
        });
        unfit.collect()
    }

    fn join(mut self, by: Part, next: Self) -> Self {
        self.parts.push(by);
        self.parts.extend(next.parts);
        self
    }

    fn push(mut self, word: String, fits: bool) -> Self {
        self.parts.push(if fits && can_be_pasted(&word) {
            Part::Word(Cow::Owned(word))
        } else {
            Part::Unfit(word)
        });
        self
    }
}

/// Displays words that cannot be pasted as `NAME`.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(" |", " &&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_commands_are_joined() {
        let line = Command::new("kubectl mesh-eastwest generate")
            .flag("--network", "net a")
            .istio_namespace("istio-system")
            .pipe(Command::new("kubectl apply -f -"))
            .then(Command::new("kubectl get ns").istio_namespace("mesh"));
        assert_eq!(
            line.to_string(),
            "kubectl mesh-eastwest generate --network 'net a' | kubectl apply -f - && kubectl get ns -n mesh"
        );
        let programs: Vec<usize> = line.programs().iter().map(Vec::len).collect();
        assert_eq!(programs, [5, 4, 5]);
    }

    #[test]
    fn a_command_that_changes_something_is_told_from_one_that_only_reads() {
        let kubectl = Kubectl::default().context("get");
        for (command, expected) in [
            (kubectl.command().words("auth can-i").arg("delete"), true),
            (
                kubectl
                    .in_namespace("x")
                    .words("describe secret")
                    .arg("delete"),
                true,
            ),
            (kubectl.config().words("view"), true),
            (kubectl.config().words("set-cluster").arg("view"), false),
            (kubectl.command().words("delete secret").arg("get"), false),
            (kubectl.command().words("rollout restart"), false),
            (Command::new("kubectl mesh-secret list").arg("x"), true),
            (
                Command::new("kubectl mesh-secret delete").arg("list"),
                false,
            ),
            (Command::new("mv").arg("ls"), false),
            (Command::new("curl -vk").arg("https://h"), true),
            (
                Command::new("kubectl get pods").then(Command::new("mv a b")),
                false,
            ),
            (
                Command::new("kubectl config view").pipe(Command::new("base64 -d")),
                true,
            ),
        ] {
            assert_eq!(command.only_reads(), expected, "{command}");
        }
    }
}
