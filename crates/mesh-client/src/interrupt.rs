//! Ctrl-C: reads are dropped at once, a write that is on its way is seen to its end, and nothing new is begun.

use std::future::Future;

use tokio::sync::watch;

use mesh_model::Error;
use mesh_model::error::Kind;

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

fn interrupted() -> Error {
    Error::new(
        Kind::Interrupted,
        "interrupted; what was done until then is listed above",
    )
    .hint("run the same command again: it goes on where this one stopped")
}
