//! Output and exit code of a program.

use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

/// Output and exit code of a program.
#[derive(Clone, Debug)]
pub struct Output {
    /// The command as typed, with the program's file name alone.
    pub command: String,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
    /// Its exit code, or 128 and the signal's number.
    pub code: i32,
    /// The time that it ran.
    pub took: Duration,
}

impl Output {
    /// Tells whether it ended with 0.
    pub fn success(&self) -> bool {
        self.code == 0
    }

    /// The output itself, where it ended with 0.
    ///
    /// # Panics
    /// Where it did not.
    #[expect(
        clippy::return_self_not_must_use,
        reason = "often that it went well is all that is wanted"
    )]
    pub fn expect_success(self) -> Self {
        assert!(self.success(), "{}", self.golden());
        self
    }

    /// Standard output, standard error and exit code as one text, for comparing with a golden one.
    pub fn golden(&self) -> String {
        let mut text = format!("$ {}\n", self.command);
        section(&mut text, "stdout", &self.stdout);
        section(&mut text, "stderr", &self.stderr);
        writeln!(text, "[exit {}]", self.code).expect("a String takes everything");
        text
    }
}

fn section(text: &mut String, name: &str, content: &str) {
    if content.is_empty() {
        return;
    }
    writeln!(text, "[{name}]").expect("a String takes everything");
    text.push_str(content);
    if !content.ends_with('\n') {
        text.push_str("\n[no newline]\n");
    }
}

/// A shell's way to tell of an end by a signal.
pub(super) fn code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(-1)
}
