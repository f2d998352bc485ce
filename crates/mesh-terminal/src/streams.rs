//! Standard output and standard error, as parameters: stdout is the data, stderr everything else.

use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal as _, Write};

use mesh_model::Error;
use mesh_model::command::Remedy;
use mesh_model::event::{Event, Events};
use mesh_model::visible::in_one_line;

/// Where a command writes. Work on several clusters at once shares it: each call writes its text whole.
pub struct Streams {
    out: RefCell<Box<dyn Write>>,
    err: RefCell<Box<dyn Write>>,
    /// Whether a person is at standard input, and can be asked.
    pub interactive: bool,
    pipe_closed: Cell<bool>,
}

impl Streams {
    /// The process's own streams; colour is stripped where they are no terminal or `NO_COLOR` is set.
    pub fn standard() -> Self {
        Self {
            out: RefCell::new(Box::new(io::stdout())),
            err: RefCell::new(Box::new(anstream::AutoStream::auto(io::stderr()))),
            interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
            pipe_closed: Cell::new(false),
        }
    }

    /// Writes data to stdout. A reader that went away is no error: [`Self::pipe_closed`] remembers it.
    ///
    /// # Errors
    /// Anything else that keeps the data from being written, such as a full disk.
    pub fn data(&self, text: &str) -> Result<(), Error> {
        let mut out = self.out.borrow_mut();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.pipe_closed.set(true);
                Ok(())
            }
            Err(e) => Err(Error::refused("cannot write to standard output").because(e)),
        }
    }

    /// Says something on stderr, one line; that nobody listens there is no error. Nothing is said about data whose reader
    /// went away.
    pub fn say(&self, line: &str) {
        if self.pipe_closed() {
            return;
        }
        let mut err = self.err.borrow_mut();
        let _ = writeln!(err, "{}", in_one_line(line));
        let _ = err.flush();
    }

    /// Says a warning on stderr.
    pub fn warn(&self, line: &str) {
        let style = anstyle::AnsiColor::Yellow.on_default();
        let mut err = self.err.borrow_mut();
        let _ = writeln!(err, "{style}warning:{style:#} {}", in_one_line(line));
    }

    /// Says what went wrong and what that means for the rest, which goes on; and what can be done about it.
    pub fn warn_of(&self, error: &Error, meaning: &str) {
        self.warn(&format!("{}; {meaning}", error.in_one_line()));
        self.hint(error.hints());
    }

    fn hint(&self, hints: &[Remedy]) {
        let style = anstyle::AnsiColor::Cyan.on_default();
        let mut err = self.err.borrow_mut();
        for hint in hints {
            let _ = writeln!(
                err,
                "{style}hint:{style:#} {}",
                in_one_line(&hint.to_string())
            );
        }
    }

    /// Whether the reader of stdout went away.
    pub fn pipe_closed(&self) -> bool {
        self.pipe_closed.get()
    }

    /// Stderr for a writer of several lines.
    pub fn err(&mut self) -> &mut dyn Write {
        self.err.get_mut()
    }
}

/// Prints results to stdout and everything else to stderr, as a line each.
impl Events for Streams {
    fn tell(&self, event: Event) -> Result<(), Error> {
        match event {
            Event::Done { change, dry_run } => {
                let line = in_one_line(&format!("{change}{}", dry_run.suffix()));
                self.data(&format!("{line}\n"))?;
            }
            Event::Line(line) => self.data(&format!("{}\n", in_one_line(&line)))?,
            Event::Step { change, dry_run } => self.say(&format!("{change}{}", dry_run.suffix())),
            Event::Note(line) => self.say(&line),
            Event::Warning { text, hints } => {
                self.warn(&text);
                self.hint(&hints);
            }
        }
        Ok(())
    }
}

/// Says something on the process's own stderr, in one line, from the layers below the one that has the streams.
pub(super) fn notice(line: &str) {
    let _ = writeln!(io::stderr(), "{}", in_one_line(line));
}
