//! The plugins as users meet them: found, named and run by the real kubectl.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod help;
mod installed;
mod kubeconfig;
mod secret;
mod spelling;
mod tokens;
