//! Standard output and standard error, as parameters: stdout is the data, stderr everything else.

use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal as _, Write};

use mesh_model::Error;
use mesh_model::command::Remedy;
use mesh_model::event::{Event, Events};
use mesh_model::visible::in_one_line;

/// The output streams of a command. Concurrent work on several clusters shares them: each call writes its whole text.
pub struct Streams {
    out: RefCell<Box<dyn Write>>,
    err: RefCell<Box<dyn Write>>,
    /// True if standard input is a terminal, so that a person can be asked.
    pub interactive: bool,
    /// True if standard error is a terminal on which lines can be erased.
    pub(super) can_erase: bool,
    pipe_closed: Cell<bool>,
}

impl Streams {
    /// Returns the process's own streams; colour is stripped if they are no terminal or `NO_COLOR` is set.
    pub fn standard() -> Self {
        Self {
            out: RefCell::new(Box::new(io::stdout())),
            err: RefCell::new(Box::new(anstream::AutoStream::auto(io::stderr()))),
            interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
            can_erase: io::stderr().is_terminal()
                && anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never,
            pipe_closed: Cell::new(false),
        }
    }

    /// Returns streams whose standard error is `err`, and whose data is lost.
    #[cfg(test)]
    pub(super) fn for_test(err: Box<dyn Write>, can_erase: bool) -> Self {
        Self {
            out: RefCell::new(Box::new(io::sink())),
            err: RefCell::new(err),
            interactive: false,
            can_erase,
            pipe_closed: Cell::new(false),
        }
    }

    /// Writes text with escape sequences to stderr; a failure to write is not an error.
    pub(super) fn draw(&self, text: &str) {
        let mut err = self.err.borrow_mut();
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }

    /// Writes data to stdout. A closed pipe is not an error: [`Self::pipe_closed`] remembers it.
    ///
    /// # Errors
    /// Anything else that prevents the data from being written, such as a full disk.
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

    /// Writes one line to stderr; a failure to write is not an error. Nothing is written about data whose pipe was
    /// closed.
    pub fn say(&self, line: &str) {
        if self.pipe_closed() {
            return;
        }
        let mut err = self.err.borrow_mut();
        let _ = writeln!(err, "{}", in_one_line(line));
        let _ = err.flush();
    }

    /// Writes a warning to stderr.
    pub fn warn(&self, line: &str) {
        let style = anstyle::AnsiColor::Yellow.on_default();
        let mut err = self.err.borrow_mut();
        let _ = writeln!(err, "{style}warning:{style:#} {}", in_one_line(line));
    }

    /// Writes a warning about an error with its meaning for the rest of the work, which continues, and its hints.
    pub fn warn_of(&self, error: &Error, meaning: &str) {
        self.warn(&format!("{}; {meaning}", error.in_one_line()));
        self.hint(error.hints());
    }

    fn hint(&self, hints: &[Remedy]) {
        let mut err = self.err.borrow_mut();
        let _ = super::problem::write_hints(hints, &mut *err);
    }

    /// Returns whether the pipe of stdout was closed.
    pub fn pipe_closed(&self) -> bool {
        self.pipe_closed.get()
    }

    /// Returns stderr for several lines.
    pub fn err(&mut self) -> &mut dyn Write {
        self.err.get_mut()
    }
}

/// Prints results to stdout and everything else to stderr, as a line each.
impl Events for Streams {
    fn report(&self, event: Event) -> Result<(), Error> {
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

/// Writes one line to the process's own stderr, for the layers below the one that owns the streams.
pub(super) fn notice(line: &str) {
    let _ = writeln!(io::stderr(), "{}", in_one_line(line));
}
