//! Confirmation by a person before something is deleted for good.
//!
//! The question is printed to stderr and the answer read from standard input, and only if both are a terminal;
//! otherwise the answer must be among the arguments. It does not depend on the question.

use std::io;

use clap::Args;

use super::Streams;
use mesh_client::Interrupt;
use mesh_model::Error;
use mesh_model::visible::in_one_line;

/// The flag for confirmation.
#[derive(Debug, Clone, Copy, Args)]
pub struct ConfirmFlags {
    /// Do not ask; required without a terminal
    #[arg(long, short = 'y')]
    pub yes: bool,
}

impl ConfirmFlags {
    /// Returns after `deed` (such as `delete 3 secrets`) was confirmed: by `--yes`, or by a person.
    ///
    /// # Errors
    /// Nobody can be asked, the answer is no, or Ctrl-C was pressed.
    pub async fn agree(
        self,
        deed: &str,
        interrupt: &Interrupt,
        streams: &mut Streams,
    ) -> Result<(), Error> {
        if self.yes {
            return Ok(());
        }
        if !streams.interactive {
            return Err(Error::usage(format!(
                "cannot ask whether to {deed}: standard input is not a terminal"
            ))
            .hint("add --yes to continue without asking"));
        }
        let _ = write!(streams.err(), "{}? [y/N] ", in_one_line(deed));
        let _ = streams.err().flush();
        // The answer may take any time, and Ctrl-C must work meanwhile.
        let answer = interrupt.or(async {
            let read = tokio::task::spawn_blocking(|| {
                let mut line = String::new();
                io::stdin().read_line(&mut line).map(|_| line)
            });
            let line = read.await.map_err(io::Error::other).and_then(|line| line);
            line.map_err(|error| Error::refused("the answer cannot be read").because(error))
        });
        let answer = answer.await.inspect_err(|_| {
            // The next message begins on a line of its own.
            let _ = writeln!(streams.err());
        })?;
        if is_yes(&answer) {
            return Ok(());
        }
        if !answer.ends_with('\n') {
            let _ = writeln!(streams.err());
        }
        Err(Error::refused("canceled; nothing was changed"))
    }
}

/// Returns whether the answer is a yes. Anything else, and the end of the input, is a no.
fn is_yes(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_a_yes_is_a_yes() {
        for yes in ["y\n", "yes\n", "Y\n", " YES \r\n", "y"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "no\n", "ye\n", "yes please\n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
