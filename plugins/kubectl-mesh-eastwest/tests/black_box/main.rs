//! The plugin as its users meet it: what it says, what it asks of clusters, how it ends.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its own arrangement is wrong"
)]

mod apply;
mod expose;
mod expose_live;
mod expose_parts;
mod faults;
mod generate;
mod hostile_text;
mod nothing_passed_over;
mod pasting;
mod scene;
mod status;
mod wait;
