//! The verb `completion`, the same in every plugin.

use clap::{Args, Subcommand};

use super::helper::Helper;
use crate::{Environment, Streams};
use mesh_model::{Error, Exit};

/// Set up completion of contexts, namespaces, secrets and flags in your shell
///
/// kubectl's own completion has to be loaded in the shell; it runs a helper next to the plugin, which 'install' writes. The
/// names come from your kubeconfig and, within three seconds, from the cluster.
#[derive(Debug, Clone, Copy, Args)]
pub struct CompletionArgs {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Step {
    /// Write the helper into the folder of this plugin
    Install,
    /// Delete the helper
    Uninstall,
    /// Print the completion script for bash
    Bash,
    /// Print the completion script for zsh
    Zsh,
    /// Print the completion script for fish
    Fish,
    /// Print the completion script for PowerShell
    #[command(name = "powershell")]
    PowerShell,
}

impl CompletionArgs {
    /// Runs the verb for the plugin with the spelling `typed`, such as `kubectl mesh-secret`.
    ///
    /// # Errors
    /// A plugin that kubectl does not find, and a file that cannot be written or was not written by the suite.
    pub fn run(
        self,
        typed: &str,
        environment: &Environment,
        streams: &Streams,
    ) -> Result<Exit, Error> {
        let helper = || Helper::of(typed, environment.path.as_deref());
        let line = match self.step {
            Step::Install => {
                let said = helper()?.install()?;
                streams.say("kubectl's own completion has to be loaded in your shell, as this does in bash:");
                streams.say(&format!("  source <({typed} completion bash)"));
                said
            }
            Step::Uninstall => helper()?.uninstall()?,
            Step::Bash => "source <(kubectl completion bash)".to_owned(),
            Step::Zsh => "source <(kubectl completion zsh)".to_owned(),
            Step::Fish => "kubectl completion fish | source".to_owned(),
            Step::PowerShell => {
                "kubectl completion powershell | Out-String | Invoke-Expression".to_owned()
            }
        };
        streams.data(&format!("{line}\n"))?;
        Ok(Exit::Fine)
    }
}

/// Adds examples to the verb `completion` of `command`, if it has one, in the user's spelling.
pub(crate) fn with_examples(command: clap::Command, typed: &str) -> clap::Command {
    if command.find_subcommand("completion").is_none() {
        return command;
    }
    let example = |step: &str, into: &str| {
        format!(
            "Examples:\n  {typed} completion {step}{into}\n\nExit codes: 0 fine, 2 it could not be done."
        )
    };
    command.mut_subcommand("completion", |mut verb| {
        for (step, into) in [
            ("install", ""),
            ("uninstall", ""),
            ("bash", " >> ~/.bashrc"),
            ("zsh", " >> ~/.zshrc"),
            ("fish", " >> ~/.config/fish/config.fish"),
            ("powershell", " >> $PROFILE"),
        ] {
            verb = verb.mut_subcommand(step, |page| page.after_help(example(step, into)));
        }
        verb.after_help(format!(
            "\
Examples:
  # Once, and again after the plugin moved to another folder
  {typed} completion install

  # Where kubectl's completion is not loaded yet
  {typed} completion bash >> ~/.bashrc

Exit codes: 0 fine, 2 it could not be done."
        ))
    })
}
