//! Types commands into a shell and shows what they say.

use std::io::{Read as _, pipe};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::stage::Stage;

/// Longer words are credentials and certificates; the longest name of an object that is shown is shorter.
const LONGEST_WORD: usize = 100;
/// The length of such a word that is shown.
const KEPT: usize = 12;

/// A command and what it said, credentials cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// As typed.
    pub(super) command: String,
    /// Standard output and standard error, as a terminal shows them.
    pub(super) output: String,
}

/// The demonstration so far.
pub(super) struct Show {
    stage: Stage,
    aloud: bool,
    steps: Vec<Step>,
}

impl Show {
    /// One that people look at.
    pub(super) fn aloud(stage: Stage) -> Self {
        Self {
            stage,
            aloud: true,
            steps: Vec::new(),
        }
    }

    /// One that is only kept.
    pub(super) fn silent(stage: Stage) -> Self {
        Self {
            aloud: false,
            ..Self::aloud(stage)
        }
    }

    /// The stage on which it plays.
    pub(super) fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The commands that were run.
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The first command that the last one printed as a fix.
    pub(super) fn printed_fix(&self) -> Option<String> {
        let mut lines = self.steps.last()?.output.lines();
        let fix = lines.find_map(|line| line.trim().strip_prefix("fix: "));
        fix.map(str::to_owned)
    }

    /// Says something between two commands.
    pub(super) fn say(&self, text: &str) {
        if self.aloud {
            println!("{text}\n");
        }
    }

    /// Runs a command that is to go well.
    pub(super) fn run(&mut self, command: &str) -> Result<()> {
        self.run_to(command, 0)
    }

    /// Runs a command that is to end with `code`.
    pub(super) fn run_to(&mut self, command: &str, code: i32) -> Result<()> {
        if self.aloud {
            println!("$ {command}");
        }
        let (output, ended) = typed(&self.stage, command)?;
        if self.aloud {
            println!("{output}");
        }
        ensure!(
            ended == Some(code),
            "`{command}` ended with {ended:?}, not with {code}{}",
            if self.aloud { "" } else { &output }
        );
        self.steps.push(Step {
            command: command.to_owned(),
            output,
        });
        Ok(())
    }
}

/// Runs the command in a shell: both outputs in the order in which they came, and the exit code.
fn typed(stage: &Stage, command: &str) -> Result<(String, Option<i32>)> {
    let (mut reader, writer) = pipe()?;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .envs(stage.variables()?)
        .env("COLUMNS", "80")
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let mut child = shell.spawn().context("cannot run sh")?;
    // It holds the writing end of the pipe, which would never end.
    drop(shell);
    let mut output = Vec::new();
    reader.read_to_end(&mut output)?;
    let status = child.wait()?;
    Ok((cut(&String::from_utf8_lossy(&output)), status.code()))
}

/// Leaves the beginning of words that are too long to be read, such as tokens.
fn cut(text: &str) -> String {
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-' | '.');
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(if length == 0 {
            first.len_utf8()
        } else {
            length
        });
        if word.len() > LONGEST_WORD {
            kept.push_str(&word[..KEPT]);
            kept.push('…');
        } else {
            kept.push_str(word);
        }
        rest = after;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn tokens_are_cut_and_names_are_not() {
        let token = format!("eyJhbGciOiJS.{}", "a".repeat(90));
        let name = "istio-reader-service-account-istio-remote-secret-token";
        assert_eq!(
            cut(&format!("token: {token}\n  – name: {name}\n")),
            format!("token: eyJhbGciOiJS…\n  – name: {name}\n")
        );
    }
}
