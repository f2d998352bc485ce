//! Ctrl-C: reads are dropped at once, a write that is on its way is seen to its end, and nothing new is begun.

use std::future::Future;

use tokio::sync::watch;

use crate::mesh::Error;
use crate::mesh::error::Kind;

/// Tells a command that Ctrl-C was pressed.
#[derive(Debug, Clone)]
pub struct Interrupt {
    pressed: watch::Receiver<bool>,
}

impl Interrupt {
    /// An interrupt, and the sender that presses it.
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (sender, pressed) = watch::channel(false);
        (sender, Self { pressed })
    }

    /// Does `work`, which only reads, unless Ctrl-C comes first.
    ///
    /// # Errors
    /// The work's own, or an error of kind `Interrupted`.
    pub async fn or<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let mut pressed = self.pressed.clone();
        tokio::select! {
            biased;
            Ok(_) = pressed.wait_for(|pressed| *pressed) => Err(interrupted()),
            result = work => result,
        }
    }

    /// An error of kind `Interrupted` once Ctrl-C was pressed; asked before every write.
    ///
    /// # Errors
    /// That error.
    pub fn check(&self) -> Result<(), Error> {
        if *self.pressed.borrow() {
            Err(interrupted())
        } else {
            Ok(())
        }
    }
}

/// From now on a second Ctrl-C ends the program at once, whatever it does: code that computes hears of no first one.
///
/// The program ends inside of the signal's handler, without unwinding: the one exit beside that of `main`.
#[cfg(unix)]
pub(super) fn second_one_ends() {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::SIGINT;
    use signal_hook::flag;

    let is_second = Arc::new(AtomicBool::new(false));
    let status = i32::from(crate::mesh::Exit::Interrupted.code());
    // In this order: the first one finds the flag down, and lifts it. Without handlers Ctrl-C ends the program anyway.
    let armed = flag::register_conditional_shutdown(SIGINT, status, Arc::clone(&is_second));
    if armed.is_ok() {
        let _ = flag::register(SIGINT, is_second);
    }
}

/// Where there are no signals, a second Ctrl-C is heard when the program next waits.
#[cfg(not(unix))]
pub(super) fn second_one_ends() {}

fn interrupted() -> Error {
    Error::new(
        Kind::Interrupted,
        "interrupted; what was done until then is listed above",
    )
    .hint("run the same command again: it goes on where this one stopped")
}
