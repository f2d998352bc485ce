//! Lines on a terminal that say what a command waits for. They are erased before anything else is written.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use mesh_model::visible::in_one_line;
use tokio::time::sleep;
use unicode_width::UnicodeWidthChar as _;

use super::Streams;

/// The time before anything is shown: most commands end before.
const FIRST: Duration = Duration::from_millis(300);
/// The time between two looks at what changed.
const NEXT: Duration = Duration::from_millis(100);
/// The most names that have a line, so that all of them fit on a terminal.
const LINES: usize = 8;
/// The widest name that is shown whole.
const NAME: usize = 40;

/// The steps that a command waits for, a line for each name.
pub struct Progress<'s> {
    /// The streams, if it is shown.
    streams: Option<&'s Streams>,
    board: RefCell<Board>,
}

impl<'s> Progress<'s> {
    /// Returns one without lines. It is shown if it `is_wanted` and standard error is a terminal that can erase.
    pub fn new(streams: &'s Streams, is_wanted: bool) -> Self {
        Self {
            streams: (is_wanted && streams.can_erase).then_some(streams),
            board: RefCell::default(),
        }
    }

    /// Says what `name` waits for from now on.
    pub fn waits(&self, name: &str, what: &'static str) {
        self.board.borrow_mut().waits(name, what);
    }

    /// Takes the line of `name` away, which waits for nothing any more.
    pub fn ends(&self, name: &str) {
        let mut board = self.board.borrow_mut();
        board.waiting.retain(|(other, _)| other != name);
        board.done += 1;
    }

    /// Shows nothing until `work` has ended, since another program may use the terminal meanwhile.
    pub async fn hidden<T>(&self, work: impl Future<Output = T>) -> T {
        self.board.borrow_mut().hiding += 1;
        self.draw(Board::erased);
        let result = work.await;
        self.board.borrow_mut().hiding -= 1;
        result
    }

    /// Does the work, and shows meanwhile what is waited for.
    pub async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        if self.streams.is_none() {
            return work.await;
        }
        let mut work = pin!(work);
        let mut pause = FIRST;
        loop {
            tokio::select! {
                biased;
                result = &mut work => {
                    self.draw(Board::erased);
                    return result;
                }
                () = sleep(pause) => self.draw(Board::redrawn),
            }
            pause = NEXT;
        }
    }

    fn draw(&self, text: impl Fn(&mut Board) -> String) {
        let Some(streams) = self.streams else {
            return;
        };
        let text = text(&mut self.board.borrow_mut());
        if !text.is_empty() {
            streams.draw(&text);
        }
    }
}

/// The lines, and what of them is on the terminal.
#[derive(Default)]
struct Board {
    /// Each name with what it waits for, in the order in which they began.
    waiting: Vec<(String, &'static str)>,
    /// The number of names that wait for nothing any more.
    done: usize,
    /// The number of other programs that may use the terminal.
    hiding: usize,
    /// The rows on the terminal.
    shown: Vec<String>,
}

impl Board {
    fn waits(&mut self, name: &str, what: &'static str) {
        match self.waiting.iter_mut().find(|(other, _)| other == name) {
            Some((_, old)) => *old = what,
            None => self.waiting.push((name.to_owned(), what)),
        }
    }

    fn rows(&self) -> Vec<String> {
        if self.hiding > 0 {
            return Vec::new();
        }
        let waiting = self.waiting.iter().take(LINES);
        let named: Vec<(String, &str)> = waiting.map(|(name, what)| (short(name), *what)).collect();
        let widest = named.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        let row = |(name, what): &(String, &str)| {
            let blanks = " ".repeat(widest - width(name));
            format!("{name}{blanks}   {what}")
        };
        let mut rows: Vec<String> = named.iter().map(row).collect();
        let more = self.waiting.len().saturating_sub(LINES);
        let counts = [(more, "more"), (self.done, "done")];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        if !rows.is_empty() && !counts.is_empty() {
            rows.push(counts.join(", "));
        }
        rows
    }

    /// Returns what replaces the rows on the terminal by those that there are now; nothing if they are the same.
    fn redrawn(&mut self) -> String {
        let rows = self.rows();
        if rows == self.shown {
            return String::new();
        }
        let mut text = self.erased();
        if !rows.is_empty() {
            // Without wrapping each row is one line, however narrow the terminal.
            text.push_str("\u{1b}[?7l");
            for row in &rows {
                text.push_str(row);
                text.push('\n');
            }
            text.push_str("\u{1b}[?7h");
        }
        self.shown = rows;
        text
    }

    /// Returns what erases the rows on the terminal.
    fn erased(&mut self) -> String {
        let rows = std::mem::take(&mut self.shown).len();
        if rows == 0 {
            return String::new();
        }
        format!("\r\u{1b}[{rows}A\u{1b}[J")
    }
}

/// Returns a name in one line, cut where it is too wide.
fn short(name: &str) -> String {
    let name = in_one_line(name);
    if width(&name) <= NAME {
        return name;
    }
    let mut taken = 0;
    let start = name.chars().take_while(|one| {
        taken += one.width().unwrap_or(0);
        taken <= NAME - 3
    });
    let start: String = start.collect();
    format!("{start}...")
}

fn width(text: &str) -> usize {
    text.chars().map(|one| one.width().unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::{self, Write};
    use std::rc::Rc;

    use super::*;

    fn board(names: &[&str]) -> Board {
        let mut board = Board::default();
        for name in names {
            board.waits(name, "connecting");
        }
        board
    }

    #[test]
    fn each_name_has_a_line_with_what_it_waits_for_now() {
        let mut board = board(&["east", "north"]);
        board.waits("east", "reading");
        assert_eq!(board.rows(), ["east    reading", "north   connecting"]);
        board.waiting.remove(0);
        board.done = 1;
        assert_eq!(board.rows(), ["north   connecting", "1 done"]);
        board.waiting.clear();
        assert_eq!(board.rows(), [""; 0]);
    }

    #[test]
    fn a_hundred_names_fit_on_a_terminal_and_a_long_one_in_its_width() {
        let names: Vec<String> = (0..100).map(|number| format!("{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let rows = board(&names).rows();
        assert_eq!((rows.len(), rows[8].as_str()), (9, "92 more"));
        let long = "x".repeat(253);
        let rows = board(&[&long, "a\nb\u{1b}[2J"]).rows();
        let widest = rows.iter().map(|row| width(row)).max();
        assert!(widest.is_some_and(|widest| widest < 80), "{rows:?}");
        assert!(rows[0].contains("xxx...   connecting"), "{rows:?}");
        let is_plain = |row: &String| !row.contains(char::is_control);
        assert!(rows.iter().all(is_plain), "{rows:?}");
    }

    #[test]
    fn rows_are_drawn_again_only_where_they_changed_and_leave_nothing() {
        let mut board = board(&["east", "west"]);
        let first = board.redrawn();
        assert_eq!(
            first,
            "\u{1b}[?7least   connecting\nwest   connecting\n\u{1b}[?7h"
        );
        assert_eq!(board.redrawn(), "");
        board.waits("west", "reading");
        assert!(
            board
                .redrawn()
                .starts_with("\r\u{1b}[2A\u{1b}[J\u{1b}[?7least")
        );
        board.hiding = 1;
        assert_eq!(board.redrawn(), "\r\u{1b}[2A\u{1b}[J");
        assert_eq!(
            (board.redrawn(), board.erased()),
            (String::new(), String::new())
        );
    }

    /// The written text, shared with the test.
    #[derive(Clone, Default)]
    struct Written(Rc<RefCell<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Runs work of so many milliseconds, and returns what was written.
    async fn written(milliseconds: u64, can_erase: bool, is_wanted: bool) -> String {
        let err = Written::default();
        let streams = Streams::for_test(Box::new(err.clone()), can_erase);
        let progress = Progress::new(&streams, is_wanted);
        let is_done = Cell::new(false);
        let work = async {
            progress.waits("east", "connecting");
            sleep(Duration::from_millis(milliseconds)).await;
            progress.ends("east");
            is_done.set(true);
        };
        progress.during(work).await;
        assert!(is_done.get());
        let bytes = err.0.borrow().clone();
        String::from_utf8(bytes).expect("it is text")
    }

    #[tokio::test(start_paused = true)]
    async fn only_work_that_takes_long_is_shown_and_only_on_a_terminal() {
        let shown = "\u{1b}[?7least   connecting\n\u{1b}[?7h\r\u{1b}[1A\u{1b}[J";
        assert_eq!(written(1000, true, true).await, shown);
        assert_eq!(written(200, true, true).await, "");
        assert_eq!(written(1000, false, true).await, "");
        assert_eq!(written(1000, true, false).await, "");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_shown_while_another_program_may_use_the_terminal() {
        let err = Written::default();
        let streams = Streams::for_test(Box::new(err.clone()), true);
        let progress = Progress::new(&streams, true);
        let work = async {
            progress.waits("east", "connecting");
            progress.hidden(sleep(Duration::from_secs(1))).await;
        };
        progress.during(work).await;
        assert!(err.0.borrow().is_empty());
    }
}
