//! The flags that select a cluster for kubectl and similar tools.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Command;

/// The kubectl flags that select one cluster. Without any it is the cluster that kubectl uses by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Kubectl {
    kubeconfig: Option<String>,
    context: Option<String>,
    cluster: Option<String>,
    user: Option<String>,
    server: ServerWords,
}

/// The flags that replace fields of a cluster's kubeconfig entry; never a token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServerWords {
    /// `--server`.
    pub server: Option<String>,
    /// `--certificate-authority`.
    pub certificate_authority: Option<String>,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
    /// `--insecure-skip-tls-verify`.
    pub insecure: bool,
}

impl Kubectl {
    /// Returns kubectl with the given kubeconfig, if any.
    pub fn new(kubeconfig: Option<String>) -> Self {
        Self {
            kubeconfig,
            ..Self::default()
        }
    }

    /// Sets the context.
    #[must_use]
    pub fn context(mut self, context: &str) -> Self {
        self.context = Some(context.to_owned());
        self
    }

    /// Sets entries of the kubeconfig that replace those of the context.
    #[must_use]
    pub fn entries(mut self, cluster: Option<&str>, user: Option<&str>) -> Self {
        self.cluster = cluster.map(str::to_owned);
        self.user = user.map(str::to_owned);
        self
    }

    /// Sets flags that replace fields of the cluster's entry.
    #[must_use]
    pub fn server(mut self, server: ServerWords) -> Self {
        self.server = server;
        self
    }

    /// Returns the start of a command line: `kubectl --context east`.
    pub fn command(&self) -> Command {
        Command::new("kubectl").on(self)
    }

    /// Returns the start of a command line for one namespace: `kubectl --context east -n istio-system`.
    pub fn in_namespace(&self, namespace: &str) -> Command {
        self.command().flag("-n", namespace)
    }

    /// Returns `kubectl config` for the same kubeconfig.
    pub fn config(&self) -> Command {
        Command::new("kubectl").kubeconfig_of(self).words("config")
    }

    /// Returns Helm for the same cluster; `None` if no Helm flags can select it, since Helm has no flags for entries of
    /// clusters and users.
    pub fn helm(&self) -> Option<Command> {
        let helm = Command::new("helm").kubeconfig_of(self);
        self.without_entries()
            .then(|| helm.flag_if("--kube-context", self.context.as_deref()))
    }

    /// Returns whether only kubeconfig and context are set, which other tools have flags for as well.
    pub fn without_entries(&self) -> bool {
        self.cluster.is_none() && self.user.is_none() && self.server == ServerWords::default()
    }

    /// Returns the context, if one is set.
    pub fn context_name(&self) -> Option<&str> {
        self.context.as_deref()
    }

    pub(super) fn kubeconfig(&self) -> Option<&str> {
        self.kubeconfig.as_deref()
    }

    pub(super) fn flags(&self, command: Command) -> Command {
        let server = &self.server;
        let command = command
            .kubeconfig_of(self)
            .flag_if("--context", self.context.as_deref())
            .flag_if("--cluster", self.cluster.as_deref())
            .flag_if("--user", self.user.as_deref())
            .flag_if("--server", server.server.as_deref())
            .flag_if(
                "--certificate-authority",
                server.certificate_authority.as_deref(),
            )
            .flag_if("--tls-server-name", server.tls_server_name.as_deref());
        if server.insecure {
            command.words("--insecure-skip-tls-verify")
        } else {
            command
        }
    }
}

/// Displays the start of a command line, for messages.
impl fmt::Display for Kubectl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.command().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_led_to_the_same_cluster_or_not_told_at_all() {
        let east = Kubectl::new(Some("my k".to_owned())).context("east");
        let text = |command: Command| command.to_string();
        assert_eq!(
            text(east.in_namespace("mesh").words("get pods")),
            "kubectl --kubeconfig 'my k' --context east -n mesh get pods"
        );
        assert_eq!(
            text(east.config().words("get-contexts")),
            "kubectl --kubeconfig 'my k' config get-contexts"
        );
        assert_eq!(
            east.helm().map(text).as_deref(),
            Some("helm --kubeconfig 'my k' --kube-context east")
        );
        let other = east.entries(None, Some("admin"));
        assert_eq!(
            other.to_string(),
            "kubectl --kubeconfig 'my k' --context east --user admin"
        );
        assert_eq!(other.helm(), None);
    }
}
