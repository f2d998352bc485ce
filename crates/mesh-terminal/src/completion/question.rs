//! Parses the words typed so far. Nothing is read here.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use clap::{Arg, ArgMatches, Command};
use clap_complete::CompletionCandidate;
use clap_complete::engine::{ArgValueCompleter, complete};

/// The kind of name that is completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Context,
    Namespace,
    RemoteSecret,
    File,
}

impl Kind {
    /// Returns the kind of an argument's value, by its value name in the help.
    fn of(argument: &Arg) -> Option<Self> {
        match argument.get_value_names()?.first()?.as_str() {
            "CONTEXT" | "CONTEXT=NAME" | "CONTEXT=URL" | "[CONTEXT=]URL" => Some(Self::Context),
            "NAMESPACE" => Some(Self::Namespace),
            "SECRET" => Some(Self::RemoteSecret),
            "FILE" => Some(Self::File),
            _ => None,
        }
    }
}

/// The flags in the words before, which select the clusters to read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) kubeconfig: Option<PathBuf>,
    pub(super) kuberc: Option<PathBuf>,
    pub(super) contexts: Vec<String>,
    pub(super) namespace: Option<String>,
}

/// A question from the shell.
#[derive(Debug)]
pub(super) struct Question {
    /// Verbs, flags and fixed values that fit, each with its help.
    pub(super) known: Vec<(String, Option<String>)>,
    /// The kind of name that fits as well.
    pub(super) kind: Option<Kind>,
    /// The beginning of that name, as typed.
    pub(super) begun: String,
    /// The text before the name in the same word: earlier items of a comma list.
    pub(super) before: String,
    pub(super) place: Place,
}

impl Question {
    /// Parses the words behind the plugin's name; the last one is being typed, and may be empty.
    pub(super) fn of(command: &Command, words: &[OsString]) -> Self {
        let (word, earlier) = words
            .split_last()
            .map_or((OsStr::new(""), words), |(last, earlier)| {
                (last.as_os_str(), earlier)
            });
        let word = word.to_string_lossy();
        // The shells add the text before the value of a flag in the same word again.
        let flag = match word.split_once('=') {
            Some((flag, _)) if word.starts_with('-') => flag.len() + 1,
            _ => 0,
        };
        let asked = Arc::new(Mutex::new(None));
        let name = command.get_name();
        let line: Vec<OsString> = [OsString::from(name)]
            .into_iter()
            .chain(earlier.iter().cloned())
            .chain([OsString::from(&*word)])
            .collect();
        let found = complete(
            &mut listening(command.clone(), &asked),
            line,
            earlier.len() + 1,
            None,
        );
        let fits = |candidate: &CompletionCandidate| {
            // An empty word asks for a value, as with kubectl.
            !candidate.is_hide_set() && (word.starts_with('-') || !is_flag(candidate))
        };
        let known = found
            .unwrap_or_default()
            .into_iter()
            .filter(fits)
            .map(|c| said(&c, flag));
        let asked = asked.lock().ok().and_then(|mut asked| asked.take());
        let (kind, begun) =
            asked.map_or((None, String::new()), |(kind, begun)| (Some(kind), begun));
        let value = &word[flag..];
        // A comma list may be split by this suite, not by clap.
        let begun = match kind {
            Some(Kind::Context) => begun.rsplit(',').next().unwrap_or_default().to_owned(),
            _ => begun,
        };
        let before = value
            .strip_suffix(begun.as_str())
            .unwrap_or_default()
            .to_owned();
        Self {
            known: known.collect(),
            kind,
            begun,
            before,
            place: Place::of(command, earlier),
        }
    }
}

/// Returns `command` with parsers that record in `asked` the kind of name that is being typed, and its beginning.
fn listening(command: Command, asked: &Arc<Mutex<Option<(Kind, String)>>>) -> Command {
    let tell = |argument: Arg| {
        let Some(kind) = Kind::of(&argument) else {
            return argument;
        };
        let asked = Arc::clone(asked);
        argument.add(ArgValueCompleter::new(move |typed: &OsStr| {
            if let Ok(mut asked) = asked.lock() {
                *asked = Some((kind, typed.to_string_lossy().into_owned()));
            }
            Vec::new()
        }))
    };
    command
        .mut_args(tell)
        .mut_subcommands(|verb| listening(verb, asked))
}

fn is_flag(candidate: &CompletionCandidate) -> bool {
    candidate.get_value().to_string_lossy().starts_with('-')
}

fn said(candidate: &CompletionCandidate, flag: usize) -> (String, Option<String>) {
    let value = candidate.get_value().to_string_lossy();
    let help = candidate.get_help().map(ToString::to_string);
    (value.get(flag..).unwrap_or_default().to_owned(), help)
}

impl Place {
    fn of(command: &Command, earlier: &[OsString]) -> Self {
        let words = [OsString::from(command.get_name())]
            .into_iter()
            .chain(earlier.iter().cloned());
        let Ok(matches) = command
            .clone()
            .ignore_errors(true)
            .try_get_matches_from(words)
        else {
            return Self::default();
        };
        let mut matches = &matches;
        while let Some((_, verb)) = matches.subcommand() {
            matches = verb;
        }
        let texts = |flags: [&str; 2]| flags.map(|flag| texts(matches, flag)).concat();
        let file = |flag| matches.try_get_one::<PathBuf>(flag).ok().flatten().cloned();
        Self {
            kubeconfig: file("kubeconfig"),
            kuberc: file("kuberc"),
            contexts: texts(["contexts", "context"]),
            namespace: texts(["namespace", "istio_namespace"]).into_iter().next(),
        }
    }
}

/// Returns the values of a flag, if the verb has it.
fn texts(matches: &ArgMatches, flag: &str) -> Vec<String> {
    let values = matches.try_get_many::<String>(flag).ok().flatten();
    let values = values.into_iter().flatten();
    values.filter(|text| !text.is_empty()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use clap::{Args, Parser, Subcommand};

    use super::*;
    use crate::flags::{AllContextFlags, ConnectFlags, DryRunFlags, NamespaceFlags};

    #[derive(Parser)]
    #[command(name = "kubectl mesh-test")]
    struct Cli {
        #[command(subcommand)]
        _verb: Verb,
    }

    #[derive(Subcommand)]
    enum Verb {
        Look(Look),
    }

    #[derive(Args)]
    struct Look {
        #[arg(value_name = "SECRET")]
        _names: Vec<String>,
        #[arg(long, value_name = "CONTEXT", value_delimiter = ',')]
        _into: Vec<String>,
        #[command(flatten)]
        _contexts: AllContextFlags,
        #[command(flatten)]
        _dry_run: DryRunFlags,
        #[command(flatten)]
        _namespace: NamespaceFlags,
        #[command(flatten)]
        _connect: ConnectFlags,
    }

    fn ask(words: &[&str]) -> Question {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        Question::of(&<Cli as clap::CommandFactory>::command(), &words)
    }

    fn asked(words: &[&str]) -> (Option<Kind>, String, String) {
        let question = ask(words);
        (question.kind, question.before, question.begun)
    }

    fn known(words: &[&str]) -> Vec<String> {
        ask(words)
            .known
            .into_iter()
            .map(|(value, _)| value)
            .collect()
    }

    #[test]
    fn values_are_known_by_what_help_calls_them() {
        for (words, kind, before, begun) in [
            (&["look", "--context", ""][..], Kind::Context, "", ""),
            (&["look", "--context", "we"], Kind::Context, "", "we"),
            (&["look", "--context=we"], Kind::Context, "", "we"),
            (
                &["look", "--context", "east,we"],
                Kind::Context,
                "east,",
                "we",
            ),
            (&["look", "--into", "east,we"], Kind::Context, "east,", "we"),
            (&["look", "--into=east,"], Kind::Context, "east,", ""),
            (&["look", "-n", "is"], Kind::Namespace, "", "is"),
            (
                &["look", "--context", "east", "w"],
                Kind::RemoteSecret,
                "",
                "w",
            ),
            (&["look", "--kubeconfig", ""], Kind::File, "", ""),
        ] {
            assert_eq!(
                asked(words),
                (Some(kind), before.to_owned(), begun.to_owned()),
                "{words:?}"
            );
        }
        assert_eq!(asked(&["look", "--user", "a"]).0, None);
        assert_eq!(asked(&[""]).0, None);
    }

    #[test]
    fn flags_are_offered_to_those_who_type_a_dash() {
        assert_eq!(known(&["lo"]), ["look"]);
        assert!(known(&["look", ""]).is_empty());
        assert!(known(&["look", "--con"]).contains(&"--context".to_owned()));
        assert_eq!(known(&["look", "--dry-run=s"]), ["server"]);
        assert!(known(&["nothing", "--con"]).is_empty());
        assert!(!known(&[]).is_empty());
    }

    #[test]
    fn the_words_before_say_where_to_look() {
        let place = |words: &[&str]| ask(words).place;
        assert_eq!(
            place(&[
                "look",
                "--kubeconfig",
                "k",
                "--context=a,b",
                "-i",
                "mesh",
                "--nonsense",
                ""
            ]),
            Place {
                kubeconfig: Some("k".into()),
                kuberc: None,
                contexts: vec!["a,b".to_owned()],
                namespace: Some("mesh".to_owned()),
            }
        );
        assert_eq!(place(&["look", "--context", ""]), Place::default());
    }
}
