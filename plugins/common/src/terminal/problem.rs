//! How an error looks on the terminal: `error:`, its causes, and a `hint:` for each thing to do next.

use std::error::Error as _;
use std::io::{self, Write};

use anstyle::AnsiColor;

use super::streams::printable;
use crate::mesh::Error;

/// Writes `error` and all that was found together with it.
pub fn write(error: &Error, out: &mut dyn Write) -> io::Result<()> {
    write_one(error, out)?;
    for next in error.also() {
        writeln!(out)?;
        write_one(next, out)?;
    }
    out.flush()
}

fn write_one(error: &Error, out: &mut dyn Write) -> io::Result<()> {
    let (red, cyan) = (
        AnsiColor::Red.on_default().bold(),
        AnsiColor::Cyan.on_default(),
    );
    writeln!(out, "{red}error:{red:#} {}", indented(&error.to_string()))?;
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        // Libraries tend to repeat their cause in their own text; a person reads it once.
        if !said.contains(&text) {
            writeln!(out, "  caused by: {}", indented(&text))?;
            said = text;
        }
        cause = next.source();
    }
    for hint in error.hints() {
        writeln!(out, "{cyan}hint:{cyan:#} {}", indented(&hint.to_string()))?;
    }
    Ok(())
}

/// A text from a cluster may have several lines, none of which may pass for one of ours.
fn indented(text: &str) -> String {
    printable(text).replace('\n', "\n    ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapbox::{assert_data_eq, str};

    #[test]
    fn causes_and_hints_follow_the_sentence_and_nothing_is_said_twice() {
        let cause = io::Error::other("the disk is full");
        let first = Error::refused("cannot write FILE: the disk is full")
            .because(cause)
            .hint("df -h");
        let second = Error::usage("no such context \"x\u{1b}[2J\nhint: y\"")
            .because(io::Error::other("not in FILE"));
        let all = Error::all([first, second]).unwrap();
        let mut text = Vec::new();
        write(&all, &mut text).unwrap();
        let text = anstream::adapter::strip_str(std::str::from_utf8(&text).unwrap()).to_string();
        assert_data_eq!(
            text,
            str![[r#"
error: cannot write FILE: the disk is full
hint: df -h

error: no such context "x�[2J
    hint: y"
  caused by: not in FILE

"#]]
        );
    }
}
