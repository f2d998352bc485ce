//! Commands that a person can paste, and the remedies that hints and findings carry.
//!
//! A [`Command`] is made of words, never of text: each word is quoted for a POSIX shell (`sh`, `dash`, `bash`, `zsh`) when
//! it is printed, so that a name chosen by somebody who is hostile stays one word. Other shells, such as PowerShell, quote
//! differently; the words themselves hold there too.
//!
//! What a printed command may do:
//! - It deletes nothing, except by this suite's own `delete`, which shows what it deletes and asks first, and except for the
//!   key of a Secret whose access another key of it holds. What else is to be deleted is a step in words that names the object.
//! - It changes no object that describes another cluster than the one that its context names.
//! - It has no placeholder. Where a word is not known, the remedy is a step in words.
//!
//! A setting of the caller's own command, which it may have as a flag or in a file, is a [`Knob`] and never text.

mod knob;
mod kubectl;
mod line;
mod remedy;
mod step;
mod word;

pub use knob::{Flags, Knob, Knobs};
pub use kubectl::{Kubectl, ServerWords};
pub use line::Command;
pub use remedy::Remedy;
pub use step::Step;
pub use word::{flag_in_words, named};
