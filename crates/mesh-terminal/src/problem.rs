//! Errors on the terminal: `error:`, its causes, and a line for each thing to do next.

use std::error::Error as _;
use std::io::{self, Write};

use anstyle::AnsiColor;

use mesh_model::Error;
use mesh_model::command::Remedy;
use mesh_model::visible::in_one_line;

/// Writes `error` and all errors that were found with it.
pub fn write(error: &Error, out: &mut dyn Write) -> io::Result<()> {
    write_one(error, out)?;
    for next in error.also() {
        writeln!(out)?;
        write_one(next, out)?;
    }
    out.flush()
}

fn write_one(error: &Error, out: &mut dyn Write) -> io::Result<()> {
    let red = AnsiColor::Red.on_default().bold();
    writeln!(
        out,
        "{red}error:{red:#} {}",
        in_one_line(&error.to_string())
    )?;
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        // Libraries often repeat their cause in their own text; it is printed once.
        if !said.contains(&text) {
            writeln!(out, "  caused by: {}", in_one_line(&text))?;
            said = text;
        }
        cause = next.source();
    }
    write_hints(error.hints(), out)
}

/// Writes the remedies of one problem, a line each: `check:` for a command that only reads, `hint:` for the first thing
/// to do, `or:` for each alternative to it, `then:` for what follows.
pub fn write_hints(hints: &[Remedy], out: &mut dyn Write) -> io::Result<()> {
    let cyan = AnsiColor::Cyan.on_default();
    let mut is_first = true;
    for hint in hints {
        let heading = match hint {
            Remedy::Check(_) => "check:",
            _ if is_first => "hint:",
            Remedy::Then(_) => "then:",
            Remedy::Command(_) | Remedy::Step(_) => "or:",
        };
        is_first &= heading == "check:";
        let text = in_one_line(&hint.to_string());
        writeln!(out, "{cyan}{heading}{cyan:#} {text}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use mesh_model::command::Command;
    use snapbox::{assert_data_eq, str};

    use super::*;

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

error: no such context "x�[2J hint: y"
  caused by: not in FILE

"#]]
        );
    }

    #[test]
    fn checks_alternatives_and_what_follows_are_told_apart() {
        let get = Command::new("kubectl get pods");
        let error = Error::refused("no pods")
            .hint(get.clone())
            .hint("add a node")
            .hint(Remedy::then("run this again"))
            .hint("wait");
        let mut text = Vec::new();
        write(&error, &mut text).unwrap();
        let text = anstream::adapter::strip_str(std::str::from_utf8(&text).unwrap()).to_string();
        assert_data_eq!(
            text,
            str![[r#"
error: no pods
check: kubectl get pods
hint: add a node
then: run this again
or: wait

"#]]
        );
        let mut text = Vec::new();
        write_hints(&[get.into(), Remedy::then("wait")], &mut text).unwrap();
        let text = anstream::adapter::strip_str(std::str::from_utf8(&text).unwrap()).to_string();
        assert_eq!(text, "check: kubectl get pods\nhint: wait\n");
    }
}
