//! The arguments of the verification.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, value_parser};
use mesh_common::model::verify::Pattern;
use mesh_common::terminal::fail_on::FailOn;
use mesh_common::terminal::flags::{AllContextFlags, NamespaceFlags, duration};
use mesh_common::terminal::flags_server::ConnectServerFlags;

use crate::format::Format;

/// The tests to leave out.
#[derive(Debug, Clone, Args)]
pub(crate) struct TestFlags {
    /// Do not connect to the east-west gateways
    #[arg(long)]
    pub no_probes: bool,
    /// Do not ask the istiods which clusters and gateways they know
    #[arg(long)]
    pub no_istiod: bool,
    /// Do not use the credentials of the remote secrets
    #[arg(long)]
    pub no_credential_checks: bool,
}

/// The clusters to read, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReadFlags {
    #[command(flatten)]
    pub contexts: AllContextFlags,
    /// File that describes the mesh, - for standard input: it names the clusters and their contexts, and which of them read which
    #[arg(long, short, value_name = "FILE")]
    pub filename: Option<PathBuf>,
    /// Revision of istiod, or a tag of it: in clusters that have it, only its istiods, gateways and mesh configuration
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    #[command(flatten)]
    pub tests: TestFlags,
    /// Accept loopback addresses as servers, such as 127.0.0.1
    #[arg(long)]
    pub allow_loopback: bool,
    /// Timeout of each probe and of each DNS lookup
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = duration)]
    pub timeout: Duration,
    /// Timeout of everything that is read of one cluster: checks of what is not read by then are skipped; 0 means no timeout
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration)]
    pub cluster_timeout: Duration,
    /// Number of objects of one kind that are read of one cluster; a check of a longer list says so
    #[arg(long, value_name = "NUMBER", default_value_t = 5000, value_parser = value_parser!(u32).range(1..))]
    pub limit: u32,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}

/// The flags that say how clusters are read, which a file makes meaningless.
const READING: [&str; 25] = [
    "contexts",
    "all_contexts",
    "filename",
    "revision",
    "no_probes",
    "no_istiod",
    "no_credential_checks",
    "timeout",
    "cluster_timeout",
    "limit",
    "namespace",
    "istio_namespace",
    "kubeconfig",
    "kuberc",
    "cluster",
    "user",
    "impersonate",
    "impersonate_groups",
    "impersonate_uid",
    "request_timeout",
    "server",
    "token",
    "certificate_authority",
    "insecure_skip_tls_verify",
    "tls_server_name",
];

#[derive(Debug, Clone, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub read: ReadFlags,
    /// Verify the snapshot in this file, - for standard input, and connect to nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = READING)]
    pub from: Option<PathBuf>,
    /// Only these checks: an id or a beginning such as 'secret-*', with @CLUSTER or @CLUSTER/PEER only there; may be
    /// repeated or a comma list
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub only: Vec<Pattern>,
    /// Not these checks; the same patterns
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub skip: Vec<Pattern>,
    /// Findings of these checks always end the command with 1; the same patterns
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub deny: Vec<Pattern>,
    /// Count findings that an annotation says to ignore
    #[arg(long)]
    pub no_ignore: bool,
    /// List findings that another one explains by themselves, and count them
    #[arg(long)]
    pub no_fold: bool,
    /// Exit with 1 if there are findings of this severity or higher
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: FailOn,
    /// Format: table, wide, short, json, yaml, name or jsonpath=TEMPLATE
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    pub output: Format,
    /// Print the table without headers
    #[arg(long)]
    pub no_headers: bool,
}
