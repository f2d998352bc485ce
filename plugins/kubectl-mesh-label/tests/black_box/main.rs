//! The plugin as its users meet it, beside embedded clusters: what it asks of them, what it says, how it ends.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its own arrangement is wrong"
)]

mod errors;
mod hostile_text;
mod nothing_passed_over;
mod pasting;
mod show;
mod support;
mod writes;
