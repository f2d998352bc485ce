//! The entry point: arguments, log, runtime, Ctrl-C, and the one place that prints an error and selects the exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};

use mesh_client::Interrupt;

use super::completion::CompletionArgs;
use super::{Environment, Streams, completion, interrupt, log, problem};
use mesh_model::visible::in_one_line;
use mesh_model::{Error, Exit};

/// A plugin, as the entry point needs it.
pub trait Plugin: Parser {
    /// The user's spelling, for example `kubectl mesh-secret`.
    const TYPED: &'static str;

    /// Returns the level of `-v`.
    fn verbosity(&self) -> u8;

    /// Runs the verb in the arguments: one line for each verb, which calls [`Call::run`].
    fn run(self, call: Call<'_>) -> impl Future<Output = Result<Exit, Error>>;
}

/// The parameters of a verb besides its arguments.
pub struct Call<'a> {
    /// The environment of the process.
    pub environment: &'a Environment,
    /// Ctrl-C.
    pub interrupt: &'a Interrupt,
    /// The output streams.
    pub streams: &'a mut Streams,
}

impl Call<'_> {
    /// Runs a verb with its arguments. Both are on the heap, so that no verb enlarges the future of another.
    ///
    /// # Errors
    /// Those of the verb.
    pub async fn run<A>(
        self,
        verb: impl AsyncFnOnce(A, &Environment, &Interrupt, &mut Streams) -> Result<Exit, Error>,
        arguments: Box<A>,
    ) -> Result<Exit, Error> {
        let Self {
            environment,
            interrupt,
            streams,
        } = self;
        Box::pin(verb(*arguments, environment, interrupt, streams)).await
    }

    /// Runs the verb `completion` of the plugin.
    ///
    /// # Errors
    /// Those of the verb.
    pub fn complete<P: Plugin>(self, arguments: CompletionArgs) -> Result<Exit, Error> {
        arguments.run(P::TYPED, self.environment, self.streams)
    }
}

/// Parses the arguments, runs the verb, prints errors and returns the exit code.
pub fn run<P: Plugin>(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments
        .get(1)
        .is_some_and(|word| word == completion::ASKED)
    {
        return complete::<P>(&arguments[2..]);
    }
    let plugin: P = match parse(arguments) {
        Ok(plugin) => plugin,
        Err(error) => return refuse(&error),
    };
    log::start(plugin.verbosity());
    let environment = Environment::read();
    let mut streams = Streams::standard();
    // Erasing would take lines of the log away.
    streams.can_erase &= plugin.verbosity() == 0;
    let result = block_on(plugin, &environment, &mut streams);
    match result {
        // Nobody reads the findings any more, so they do not count; a failure still does.
        Ok(Exit::Findings) if streams.pipe_closed() => Exit::Fine.into(),
        Ok(exit) => exit.into(),
        Err(error) => {
            let _ = problem::write(&error, streams.err());
            error.exit().into()
        }
    }
}

/// Returns the command with the spelling of kubectl's users, whatever the name of the file. If a flag is given twice
/// the last one wins, as with kubectl and istioctl.
pub fn command<P: Plugin>() -> clap::Command {
    let command = P::command()
        .bin_name(P::TYPED)
        .display_name(P::TYPED)
        .args_override_self(true);
    completion::with_examples(command, P::TYPED)
}

/// Converts `help VERB` and `version`, which kubectl has, into flags.
fn as_flags(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_flag = |word: &OsString| word.to_string_lossy().starts_with('-');
    let verb = arguments.iter().skip(1).position(|word| !is_flag(word));
    let Some(verb) = verb.map(|place| place + 1) else {
        return arguments;
    };
    match arguments[verb].to_str() {
        Some("help") => {
            arguments.remove(verb);
            arguments.push(OsString::from("--help"));
        }
        Some("version") => arguments[verb] = OsString::from("--version"),
        Some(_) | None => (),
    }
    arguments
}

fn parse<P: Plugin>(arguments: Vec<OsString>) -> Result<P, clap::Error> {
    let mut arguments = as_flags(arguments);
    // clap takes the name in usage lines from the first argument, which is the name of the file.
    if let Some(first) = arguments.first_mut() {
        *first = OsString::from(P::TYPED);
    }
    let mut command = command::<P>();
    let matches = command.try_get_matches_from_mut(arguments);
    let parsed = matches.and_then(|matches| {
        P::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    });
    parsed.map_err(shown_in_one_line)
}

/// Returns the error with each word of the command line in one line: names are often pasted.
fn shown_in_one_line(mut error: clap::Error) -> clap::Error {
    let words = [
        ContextKind::InvalidArg,
        ContextKind::InvalidSubcommand,
        ContextKind::InvalidValue,
    ];
    for kind in words {
        if let Some(ContextValue::String(word)) = error.get(kind) {
            let word = in_one_line(word);
            error.insert(kind, ContextValue::String(word));
        }
    }
    error
}

/// Prints help to stdout with exit code 0, and an error about arguments to stderr with 2; a closed pipe is not
/// reported.
fn refuse(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let _ = error.print();
        return Exit::Failed.into();
    }
    // clap leaves trailing blanks at the end of a paragraph of a flag's help.
    let help = error.render().ansi().to_string();
    let lines = help.lines().map(str::trim_end);
    let mut out = anstream::AutoStream::auto(std::io::stdout());
    for line in lines {
        let _ = std::io::Write::write_fmt(&mut out, format_args!("{line}\n"));
    }
    Exit::Fine.into()
}

/// Answers kubectl for a person who presses TAB. A failure cannot be shown to anybody.
fn complete<P: Plugin>(words: &[OsString]) -> ExitCode {
    if let Ok(runtime) = runtime() {
        let environment = Environment::read();
        let command = command::<P>();
        let answer = runtime.block_on(completion::answer(&command, words, &environment));
        let _ = Streams::standard().data(&answer);
        runtime.shutdown_background();
    }
    Exit::Fine.into()
}

fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::refused("cannot start").because(e))
}

fn block_on<P: Plugin>(
    plugin: P,
    environment: &Environment,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let runtime = runtime()?;
    interrupt::second_one_ends();
    let (press, interrupt) = Interrupt::new();
    let result = runtime.block_on(async {
        let work = plugin.run(Call {
            environment,
            interrupt: &interrupt,
            streams,
        });
        tokio::select! {
            // Ctrl-C is handled before the work begins.
            biased;
            // The first Ctrl-C asks the command to stop, the second one ends it.
            () = async {
                let _ = tokio::signal::ctrl_c().await;
                let _ = press.send(true);
                let _ = tokio::signal::ctrl_c().await;
            } => Ok(Exit::Interrupted),
            result = work => result,
        }
    });
    // A credential plugin or a name lookup that hangs on its thread must not delay the exit.
    runtime.shutdown_background();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_and_version_are_verbs_too() {
        for (typed, meant) in [
            ("p help", "p --help"),
            ("p help create", "p create --help"),
            ("p help expose services", "p expose services --help"),
            ("p -v help create", "p -v create --help"),
            ("p version", "p --version"),
            ("p create help", "p create help"),
            ("p create --name version", "p create --name version"),
            ("p --help", "p --help"),
            ("p", "p"),
        ] {
            let words = typed.split(' ').map(OsString::from).collect();
            let read: Vec<_> = as_flags(words)
                .iter()
                .map(|word| word.to_string_lossy().into_owned())
                .collect();
            assert_eq!(read.join(" "), meant);
        }
    }
}
