//! The arguments of `create`, with istioctl's words and meanings.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use mesh_common::model::Error;
use mesh_common::model::cluster_name::{ClusterKey, ClusterName};
use mesh_common::terminal::flags::{ConnectFlags, DryRunFlags, NamespaceFlags, boolean, duration};
use mesh_common::terminal::flags_server::EntryFlags;

/// Create a remote secret that gives another cluster's istiod access to this cluster
///
/// The remote cluster is --context (the current context otherwise). The secret is printed for `kubectl apply -f -`, or
/// applied in the clusters of --into. What the remote cluster lacks (namespace, service account, its role and binding,
/// token Secret) is created there, and each object is named on stderr. The secret is used once before it is printed or
/// applied.
#[derive(Clone, Args)]
#[command(after_help = "\
Examples:
  # Give istiod in east access to west
  kubectl mesh-secret create --context west --name west \\
    | kubectl --context east apply -f -

  # In both directions
  kubectl mesh-secret create --context west --name west --into east
  kubectl mesh-secret create --context east --name east --into west

  # The API server's address as istiod in east reaches it
  kubectl mesh-secret create --context west --name west --into east \\
    --server https://10.2.0.10:6443

  # A token that expires after a day and can be revoked separately
  kubectl mesh-secret create --context west --name west \\
    --token-duration 24h --for east")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "it mirrors the flags one to one"
)]
pub(crate) struct CreateArgs {
    /// Name of the remote cluster, as set in its own istiod [default: read from its istiod]
    #[arg(long, value_parser = cluster_name, default_value = "", hide_default_value = true)]
    pub name: Asked<ClusterKey>,
    /// Kubeconfig context of the remote cluster [default: the current context]
    #[arg(long, value_name = "CONTEXT")]
    pub context: Option<String>,
    /// Apply the secret in these contexts instead of printing it; may be repeated or a comma list
    #[arg(long, value_name = "CONTEXT", value_delimiter = ',')]
    pub into: Vec<String>,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    /// Type of the secret: 'remote' for the istiod of another cluster, 'config' for an external istiod
    #[arg(long = "type", value_name = "TYPE", default_value = "remote")]
    pub secret_type: TypeArg,
    /// Output format [default: istioctl's manifest]
    #[arg(long, short, value_name = "FORMAT", conflicts_with = "into")]
    pub output: Option<OutputArg>,

    /// URL of the remote cluster's API server as istiod in the holders reaches it [default: the context's]
    ///
    /// It is written into the secret, as with istioctl, and is not kubectl's flag of this name.
    #[arg(long, value_name = "[CONTEXT=]URL", help_heading = "Server")]
    pub server: Option<String>,
    /// Name to check in the API server's certificate; written into the secret
    #[arg(long, value_name = "NAME", help_heading = "Server")]
    pub tls_server_name: Option<String>,
    /// Proxy that istiod in the holders uses to reach the server; written into the secret
    #[arg(long, value_name = "URL", help_heading = "Server")]
    pub proxy_url: Option<String>,
    /// CA bundle (PEM) to write into the secret [default: the remote cluster's own CA]
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    pub ca_file: Option<PathBuf>,
    /// Write a secret with which istiod does not verify the API server's certificate
    #[arg(long, conflicts_with = "ca_file", help_heading = "Server")]
    pub insecure_skip_tls_verify: bool,
    /// Accept a loopback address as the server, such as 127.0.0.1
    #[arg(long, help_heading = "Server")]
    pub allow_loopback: bool,
    /// Do not test the secret before it is printed or applied
    #[arg(long, help_heading = "Server")]
    pub no_verify: bool,

    /// Service account whose token is written into the secret [default: istio-reader-service-account, or istiod with --type=config]
    #[arg(long, value_name = "NAME", help_heading = "Credential")]
    pub service_account: Option<String>,
    /// Create the reader service account, its role and its binding where they are missing
    #[arg(
        long,
        value_name = "BOOL",
        default_value_t = true,
        default_missing_value = "true",
        value_parser = boolean,
        num_args = 0..=1,
        require_equals = true,
        action = ArgAction::Set,
        help_heading = "Credential"
    )]
    pub create_service_account: bool,
    /// Token Secret of the account to use [default: the one that istioctl creates]
    #[arg(long, value_name = "NAME", help_heading = "Credential", conflicts_with_all = ["token_duration", "holder"])]
    pub secret_name: Option<String>,
    /// Request a token that expires after this time (at least 10m) and can be revoked separately
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Credential")]
    pub token_duration: Option<Duration>,
    /// Create a separate token for this holder, under any name that you choose for it, such as its cluster ID
    #[arg(long = "for", value_name = "HOLDER", help_heading = "Credential")]
    pub holder: Option<ClusterName>,
    /// Authentication method of istiod in the holders
    #[arg(
        long,
        value_name = "TYPE",
        default_value = "bearer-token",
        help_heading = "Credential"
    )]
    pub auth_type: AuthTypeArg,
    /// Name of the auth-provider, with --auth-type=plugin
    #[arg(long, value_name = "NAME", help_heading = "Credential")]
    pub auth_plugin_name: Option<String>,
    /// Configuration of the auth-provider, with --auth-type=plugin
    #[arg(
        long,
        value_name = "KEY=VALUE",
        value_delimiter = ',',
        help_heading = "Credential"
    )]
    pub auth_plugin_config: Vec<String>,

    #[command(flatten)]
    pub dry_run: DryRunFlags,
    /// With --into: force the changes against conflicts with other field managers, such as Argo CD
    #[arg(long, requires = "into")]
    pub force_conflicts: bool,
    /// With --into: replace a secret that gives access to another cluster
    #[arg(long, requires = "into")]
    pub replace: bool,

    #[command(flatten)]
    pub entry: EntryFlags,
    #[command(flatten)]
    pub connect: ConnectFlags,

    // Accepted so that scripts written for istioctl run; they do nothing here.
    #[arg(long, short = 'd', hide = true)]
    manifests: Option<String>,
    #[arg(long, hide = true)]
    vklog: Option<String>,
}

impl CreateArgs {
    /// A warning for each flag of istioctl's that was given and does nothing here.
    pub(super) fn ignored(&self) -> Vec<String> {
        let given = [
            (
                self.manifests.is_some(),
                "--manifests does nothing here: the reader's rights are built in",
            ),
            (self.vklog.is_some(), "--vklog does nothing here: use -v"),
        ];
        given
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, text)| (*text).to_owned())
            .collect()
    }
}

/// The value of a flag, `None` if it is empty. clap gives `Option` itself another meaning.
pub(crate) type Asked<T> = Option<T>;

fn cluster_name(text: &str) -> Result<Asked<ClusterKey>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypeArg {
    Remote,
    Config,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuthTypeArg {
    BearerToken,
    Plugin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputArg {
    Yaml,
    Json,
    Name,
}
