//! The contents of a kubeconfig's text, and its defects, by the rules of client-go's `clientcmd`.
//!
//! kubectl, istioctl and istiod all follow these rules. Other modules decide which files are read, how several are
//! merged and what istiod denies in addition. No message contains more of a text than names.

mod config;
mod schema;
#[cfg(test)]
mod tests;
mod valid;

pub use config::{Config, Defect, Entry, find, load, of_root};
pub use valid::{check, cluster, user};
