//! Ctrl-C: reads are cancelled at once, a running write is completed, and nothing new is started.

use std::future::Future;

use tokio::sync::watch;

use mesh_model::Error;
use mesh_model::error::Kind;

/// Reports to a command that Ctrl-C was pressed.
#[derive(Debug, Clone)]
pub struct Interrupt {
    pressed: watch::Receiver<bool>,
}

impl Interrupt {
    /// Returns an interrupt, with the sender that triggers it.
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (sender, pressed) = watch::channel(false);
        (sender, Self { pressed })
    }

    /// Runs `work`, which only reads, until Ctrl-C is pressed.
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

    /// Fails with an error of kind `Interrupted` after Ctrl-C was pressed; called before every write.
    ///
    /// # Errors
    /// An error of kind `Interrupted`.
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
        "interrupted; changes made before are listed above",
    )
    .hint("run the same command again to complete it")
}
