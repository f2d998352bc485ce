//! The reasons why a credential plugin returned no credential.

use mesh_model::Error;
use mesh_model::command::{Knob, Kubectl, Remedy, Step};
use mesh_model::error::Kind;

/// The failure of a credential plugin. Never contains its output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExecFault {
    /// The command does not exist.
    #[error("command {command} was not found")]
    Missing {
        /// The command.
        command: String,
        /// The install hint in the kubeconfig.
        install_hint: Option<String>,
    },
    /// kubectl's preferences do not allow it.
    #[error("command {command} is not allowed to run: {reason}")]
    Denied {
        /// The command.
        command: String,
        /// The policy that denies it.
        reason: String,
    },
    /// It could not be started.
    #[error("command {command} could not be started: {reason}")]
    NotStarted {
        /// The command.
        command: String,
        /// The system's error.
        reason: String,
    },
    /// It ended with a non-zero exit code; its stderr was passed on.
    #[error("command {command} ended with {status}")]
    Failed {
        /// The command.
        command: String,
        /// The exit status.
        status: String,
    },
    /// It timed out.
    #[error("command {command} did not finish within {seconds} s")]
    TimedOut {
        /// The command.
        command: String,
        /// The timeout.
        seconds: u64,
    },
    /// It printed no credential in the requested version.
    #[error("command {command} printed no usable ExecCredential: {reason}")]
    Unusable {
        /// The command.
        command: String,
        /// The problem.
        reason: String,
    },
    /// It must prompt, and standard input is not a terminal.
    #[error("command {command} must be run interactively, and standard input is not a terminal")]
    NobodyToAsk {
        /// The command.
        command: String,
    },
    /// The kubeconfig requests an API version that is not supported.
    #[error("its apiVersion is {asked}")]
    UnknownVersion {
        /// The requested version.
        asked: String,
    },
}

impl ExecFault {
    /// Returns the error of a context that this plugin should have provided a credential for.
    pub(super) fn for_target(self, whose: &str, kubectl: &Kubectl) -> Error {
        let hint: Remedy = match &self {
            Self::Missing { install_hint, .. } => match install_hint {
                Some(text) => text.trim().into(),
                None => kubectl.command().words("config view --minify").into(),
            },
            Self::UnknownVersion { .. } => {
                "set it to client.authentication.k8s.io/v1 with a version of the plugin that knows it".into()
            }
            Self::Denied { .. } => {
                let step = "allow it in the file of preferences, or name another file with ";
                Step::new(step).knob(Knob::Kuberc).text(" or $KUBERC").into()
            }
            Self::TimedOut { .. } => Step::new("")
                .set(Knob::RequestTimeout, "0")
                .text(", to wait as long as it takes")
                .into(),
            Self::NotStarted { .. }
            | Self::Failed { .. }
            | Self::Unusable { .. }
            | Self::NobodyToAsk { .. } => kubectl.command().words("get --raw /version").into(),
        };
        Error::new(
            Kind::Unauthenticated,
            format!("the credential plugin of {whose} did not return a credential"),
        )
        .because(self)
        .hint(hint)
    }
}
