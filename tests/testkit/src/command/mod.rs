//! Runs programs as tests want them: with nothing of the machine's environment, a home of their own, a deadline, and all that
//! they said kept together.
//!
//! It must not know the plugins; the one thing that it does for them is to record what they said ([`Run::record`]).

mod output;
mod record;
mod run;
mod running;
mod terminal;

pub use output::Output;
pub use record::{Recording, recordings};
pub use run::Run;
pub use running::Running;
