//! kubectl's flags that say for one cluster what its kubeconfig entry would say.

use std::ops::Deref;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, StringValueParser, TypedValueParser as _};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use secrecy::SecretString;

use super::flags::{ConnectFlags, given};
use crate::cluster::Direct;
use crate::mesh::Error;

/// What takes the place of fields of one cluster's kubeconfig entries. Its `Debug` shows no token.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct ServerFlags {
    /// Address of the API server to use in place of the kubeconfig's; with exactly one cluster
    #[arg(long, short = 's', value_name = "URL")]
    pub server: Option<String>,
    /// Bearer token to use in place of the kubeconfig's; with exactly one cluster
    #[arg(long, value_name = "TOKEN", value_parser = StringValueParser::new().map(SecretString::from))]
    pub token: Option<SecretString>,
    /// Path to the certificate authority to use in place of the kubeconfig's; with exactly one cluster
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub certificate_authority: Option<PathBuf>,
    /// Do not check the server's certificate; with exactly one cluster
    #[arg(long)]
    pub insecure_skip_tls_verify: bool,
    /// Name that the server's certificate has to be valid for; with exactly one cluster
    #[arg(long, value_name = "NAME")]
    pub tls_server_name: Option<String>,
}

impl ServerFlags {
    /// What they mean; a relative path begins at the working directory.
    pub(super) fn direct(&self) -> Direct {
        let path = self.certificate_authority.as_ref();
        let path = path.filter(|path| !path.as_os_str().is_empty());
        Direct {
            server: given(self.server.as_deref()),
            token: self.token.clone(),
            certificate_authority: path
                .map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone())),
            insecure: self.insecure_skip_tls_verify,
            tls_server_name: given(self.tls_server_name.as_deref()),
        }
    }

    /// # Errors
    /// Any of them is given, and there are several clusters.
    pub(super) fn for_one(&self, clusters: usize) -> Result<(), Error> {
        let given = [
            (self.server.is_some(), "--server"),
            (self.token.is_some(), "--token"),
            (
                self.certificate_authority.is_some(),
                "--certificate-authority",
            ),
            (self.insecure_skip_tls_verify, "--insecure-skip-tls-verify"),
            (self.tls_server_name.is_some(), "--tls-server-name"),
        ];
        let given: Vec<_> = given
            .into_iter()
            .filter_map(|(is_given, flag)| is_given.then_some(flag))
            .collect();
        if clusters < 2 || given.is_empty() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{} can be said of one cluster only, and {clusters} are named",
            given.join(", ")
        ))
        .hint("name one context, or put it into the kubeconfig"))
    }
}

/// [`ConnectFlags`] with [`ServerFlags`], for verbs where no other meaning has taken those words.
#[derive(Debug, Clone)]
pub struct ConnectServerFlags(ConnectFlags);

impl Deref for ConnectServerFlags {
    type Target = ConnectFlags;

    fn deref(&self) -> &ConnectFlags {
        &self.0
    }
}

impl FromArgMatches for ConnectServerFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut connect = ConnectFlags::from_arg_matches(matches)?;
        connect.server = ServerFlags::from_arg_matches(matches)?;
        Ok(Self(connect))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for ConnectServerFlags {
    fn augment_args(command: Command) -> Command {
        ServerFlags::augment_args(ConnectFlags::augment_args(command))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Probe {
        #[command(flatten)]
        connect: ConnectServerFlags,
    }

    #[test]
    fn they_are_for_one_cluster_and_show_no_token() {
        let words = "p --server https://a --token s3cret --tls-server-name b --kubeconfig c";
        let probe = Probe::parse_from(words.split(' '));
        assert!(!format!("{probe:?}").contains("s3cret"));
        assert!(probe.connect.for_one(1).is_ok());
        assert_eq!(
            probe.connect.for_one(2).unwrap_err().to_string(),
            "--server, --token, --tls-server-name can be said of one cluster only, and 2 are named"
        );
        let overrides = probe.connect.overrides(None);
        assert_eq!(overrides.direct.server.as_deref(), Some("https://a"));
        // They are not said of a second cluster.
        assert_eq!(probe.connect.holder_overrides("x").direct.server, None);
        assert!(Probe::parse_from(["p"]).connect.for_one(9).is_ok());
    }
}
