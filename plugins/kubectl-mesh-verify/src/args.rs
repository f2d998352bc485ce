//! The arguments of the verification.

use std::time::Duration;

use clap::Args;
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
    /// Do not use the credentials of the remote secrets
    #[arg(long)]
    pub no_credential_checks: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub contexts: AllContextFlags,
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
    /// Exit with 1 if there are findings of this severity or higher
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: FailOn,
    #[command(flatten)]
    pub tests: TestFlags,
    /// Accept loopback addresses as servers, such as 127.0.0.1
    #[arg(long)]
    pub allow_loopback: bool,
    /// Timeout of each probe and of each DNS lookup
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = duration)]
    pub timeout: Duration,
    /// Format: table, wide, short, json, yaml, name or jsonpath=TEMPLATE
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    pub output: Format,
    /// Print the table without headers
    #[arg(long)]
    pub no_headers: bool,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}
