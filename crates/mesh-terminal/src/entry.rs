//! The way in: arguments, log, runtime, Ctrl-C, and the one place that prints an error and picks the exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};

use mesh_client::Interrupt;

use super::{Environment, Streams, completion, interrupt, log, problem};
use mesh_model::visible::in_one_line;
use mesh_model::{Error, Exit};

/// A plugin as the entry point sees it.
pub trait Plugin: Parser {
    /// How users type it, for example `kubectl mesh-secret`.
    const TYPED: &'static str;

    /// How much `-v` asks for.
    fn verbosity(&self) -> u8;

    /// Runs the verb that the arguments ask for.
    fn run(
        self,
        environment: &Environment,
        interrupt: &Interrupt,
        streams: &mut Streams,
    ) -> impl Future<Output = Result<Exit, Error>>;
}

/// Parses the arguments, runs the verb, prints what went wrong and gives the exit code.
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
    let result = block_on(plugin, &environment, &mut streams);
    match result {
        // Nobody is there to be told what was found; but what was not done was not done all the same.
        Ok(Exit::Findings) if streams.pipe_closed() => Exit::Fine.into(),
        Ok(exit) => exit.into(),
        Err(error) => {
            let _ = problem::write(&error, streams.err());
            error.exit().into()
        }
    }
}

/// The command with the spelling that kubectl's users type, whatever the file is called. Of a flag given twice the last
/// one counts, as with kubectl and istioctl.
pub fn command<P: Plugin>() -> clap::Command {
    let command = P::command()
        .bin_name(P::TYPED)
        .display_name(P::TYPED)
        .args_override_self(true);
    completion::with_examples(command, P::TYPED)
}

/// `help VERB` and `version`, as kubectl has them, in the spelling of flags.
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
    // clap takes the name in usage lines from the first argument, which is the file's name.
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

/// The same error with each word of the command line in one line: names are often pasted from elsewhere.
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

/// Help goes to stdout with 0, a wrong argument to stderr with 2; a reader that went away is silent.
fn refuse(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let _ = error.print();
        return Exit::Failed.into();
    }
    // clap leaves blanks where a paragraph of a flag's help ends.
    let help = error.render().ansi().to_string();
    let lines = help.lines().map(str::trim_end);
    let mut out = anstream::AutoStream::auto(std::io::stdout());
    for line in lines {
        let _ = std::io::Write::write_fmt(&mut out, format_args!("{line}\n"));
    }
    Exit::Fine.into()
}

/// Answers kubectl, which asks for a person who presses TAB. There is nobody to tell of a failure.
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
        let work = plugin.run(environment, &interrupt, streams);
        tokio::select! {
            // Ctrl-C is listened to before the work begins.
            biased;
            // The first Ctrl-C asks the command to stop, the second one does not ask.
            () = async {
                let _ = tokio::signal::ctrl_c().await;
                let _ = press.send(true);
                let _ = tokio::signal::ctrl_c().await;
            } => Ok(Exit::Interrupted),
            result = work => result,
        }
    });
    // A credential plugin or a name lookup that hangs on its thread must not keep us.
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
