//! What the text of a kubeconfig says, and what is wrong with it, by the rules of client-go's `clientcmd`.
//!
//! These are the rules of kubectl, istioctl and istiod alike. Which files are read, how several are merged and what istiod
//! denies besides is decided elsewhere. No message shows more of a text than names.

mod config;
mod schema;
#[cfg(test)]
mod tests;
mod valid;

pub use config::{Config, Defect, Entry, find, load, of_root};
pub use valid::{check, cluster, user};
