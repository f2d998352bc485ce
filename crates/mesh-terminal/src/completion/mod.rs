//! Completion through kubectl: kubectl runs a helper beside the plugin, which runs the plugin's hidden `__complete`.
//!
//! Sources: <https://github.com/kubernetes/kubectl/blob/master/pkg/cmd/plugin_completion.go> for the helper and its
//! arguments, <https://github.com/spf13/cobra/blob/main/site/content/completions/_index.md> for the form of an answer.

mod answer;
mod args;
mod helper;
mod names;
mod question;

pub(super) use answer::{ASKED, answer};
pub use args::CompletionArgs;
pub(super) use args::with_examples;
