//! Why a credential plugin gave no credential.

use mesh_model::Error;
use mesh_model::command::{Kubectl, Remedy};
use mesh_model::error::Kind;

/// What a credential plugin did instead of printing a credential. Never holds what it printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExecFault {
    /// There is no such command.
    #[error("command {command} was not found")]
    Missing {
        /// The command.
        command: String,
        /// What its kubeconfig says about installing it.
        install_hint: Option<String>,
    },
    /// kubectl's preferences do not allow it.
    #[error("command {command} is not allowed to run: {reason}")]
    Denied {
        /// The command.
        command: String,
        /// What the preferences say.
        reason: String,
    },
    /// It could not be started.
    #[error("command {command} could not be started: {reason}")]
    NotStarted {
        /// The command.
        command: String,
        /// What the system said.
        reason: String,
    },
    /// It ended with another exit code than 0; its own words were passed on.
    #[error("command {command} ended with {status}")]
    Failed {
        /// The command.
        command: String,
        /// How it ended.
        status: String,
    },
    /// It did not end in time.
    #[error("command {command} did not end within {seconds} s")]
    TimedOut {
        /// The command.
        command: String,
        /// The bound.
        seconds: u64,
    },
    /// It printed no credential of the version that was asked for.
    #[error("command {command} printed no usable ExecCredential: {reason}")]
    Unusable {
        /// The command.
        command: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It needs somebody to ask, and there is nobody.
    #[error("command {command} must be run interactively, and standard input is no terminal")]
    NobodyToAsk {
        /// The command.
        command: String,
    },
    /// The kubeconfig asks for a protocol that is not spoken any more, or not yet.
    #[error("its apiVersion is {asked}")]
    UnknownVersion {
        /// What the kubeconfig says.
        asked: String,
    },
}

impl ExecFault {
    /// The error of a context that this plugin should have given a credential.
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
                "allow it in the file of preferences, or name another file with --kuberc or $KUBERC".into()
            }
            Self::TimedOut { .. } => "--request-timeout 0, to wait as long as it takes".into(),
            Self::NotStarted { .. }
            | Self::Failed { .. }
            | Self::Unusable { .. }
            | Self::NobodyToAsk { .. } => kubectl.command().words("get --raw /version").into(),
        };
        Error::new(
            Kind::Unauthenticated,
            format!("the credential plugin of {whose} gave no credential"),
        )
        .because(self)
        .hint(hint)
    }
}
