//! Commands that a user can paste, and the remedies in hints and findings.
//!
//! A [`Command`] consists of words, never of text: each word is quoted for a POSIX shell (`sh`, `dash`, `bash`, `zsh`)
//! when it is printed, so that a name chosen by an attacker stays one word. Other shells, such as PowerShell, quote
//! differently; the words are the same there.
//!
//! Rules for printed commands:
//! - They delete nothing, except by this suite's own `delete`, which shows what it deletes and asks first, and except
//!   for a key of a Secret if another key of it gives the same access. Any other deletion is a step in words that names
//!   the object.
//! - They change no object that describes another cluster than the one that its context names.
//! - They contain no placeholders. If a word is unknown, the remedy is a step in words.
//!
//! A setting of the caller's own command, which may be a flag or a key of a file, is a [`Knob`] and never text.

mod knob;
mod kubectl;
mod line;
mod remedy;
mod step;
pub mod suite;
mod word;

pub use knob::{Flags, Knob, Knobs};
pub use kubectl::{Kubectl, ServerWords};
pub use line::Command;
pub use remedy::Remedy;
pub use step::Step;
pub use word::named;
