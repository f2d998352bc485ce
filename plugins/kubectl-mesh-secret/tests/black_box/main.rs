//! The plugin as its users meet it, beside two embedded clusters: what it asks of them, what it says, how it ends.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its own arrangement is wrong"
)]

mod bounds;
mod budget;
mod claims;
mod client_certificates;
mod completion;
mod delete;
mod delete_faults;
mod delete_revoke;
mod ended;
mod ended_rotation;
mod errors;
mod exchange;
mod hostile;
mod inspect;
mod inspect_rights;
mod into;
mod list;
mod list_reading;
mod manifests;
mod meant_for;
mod names;
mod narrow_rights;
mod nothing_passed_over;
mod owners;
mod pasting;
mod reaching;
mod rotate;
mod rotate_changes;
mod rotate_faults;
mod rotate_meanwhile;
mod rotate_watch;
mod support;
mod twins;
