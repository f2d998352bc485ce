//! The terminal: flags, the entry point, rendering, logs. The only crate that writes to the terminal, reads the
//! environment and the clock.

pub mod completion;
pub mod entry;
pub mod environment;
pub mod fail_on;
pub mod flags;
pub mod flags_server;
mod interrupt;
pub mod jsonpath;
pub mod log;
pub mod output;
pub mod problem;
pub mod progress;
pub mod prompt;
pub mod reading;
pub mod report_text;
pub mod streams;
pub mod table;
pub mod verdict;

pub use entry::{Call, Plugin, run};
pub use environment::Environment;
pub use streams::Streams;
