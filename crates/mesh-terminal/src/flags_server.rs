//! kubectl's flags that replace fields of one cluster's kubeconfig entries.

use std::ops::Deref;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, StringValueParser, TypedValueParser as _};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use secrecy::SecretString;

use super::flags::{ConnectFlags, given};
use mesh_client::Direct;
use mesh_model::Error;

/// Flags that replace fields of one cluster's kubeconfig entries. Their `Debug` shows no token.
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
    /// Returns the values; a relative path is relative to the working directory.
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
    /// One of them is given, and there are several clusters.
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
            "{} can be used for one cluster only, and {clusters} are named",
            given.join(", ")
        ))
        .hint("name one context, or put it into the kubeconfig"))
    }
}

/// Those of the [`ServerFlags`] that are for our own access, for a verb in which the others describe the access that is
/// written into a secret.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct EntryFlags {
    /// Bearer token to authenticate to the remote cluster with, in place of the kubeconfig's; it is not written into the secret
    #[arg(long, value_name = "TOKEN", value_parser = StringValueParser::new().map(SecretString::from))]
    pub token: Option<SecretString>,
    /// Path to the certificate authority to verify the remote cluster with, in place of the kubeconfig's
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub certificate_authority: Option<PathBuf>,
}

impl EntryFlags {
    /// Returns `connect` with these flags applied to the first cluster.
    pub fn added_to(&self, connect: &ConnectFlags) -> ConnectFlags {
        ConnectFlags {
            server: ServerFlags {
                token: self.token.clone(),
                certificate_authority: self.certificate_authority.clone(),
                ..ServerFlags::default()
            },
            ..connect.clone()
        }
    }
}

/// The same flags for a verb that always works with several clusters, which refuses them with the reason.
#[derive(Debug, Clone, Default, Args)]
pub struct NoEntryFlags {
    #[arg(long, hide = true, value_parser = StringValueParser::new().map(SecretString::from))]
    token: Option<SecretString>,
    #[arg(long, hide = true)]
    certificate_authority: Option<PathBuf>,
}

impl NoEntryFlags {
    /// # Errors
    /// One of them is given.
    pub fn refuse(&self) -> Result<(), Error> {
        let given = [
            (self.token.is_some(), "--token"),
            (
                self.certificate_authority.is_some(),
                "--certificate-authority",
            ),
        ];
        let given = given.into_iter().filter(|(is_given, _)| *is_given);
        let given: Vec<&str> = given.map(|(_, flag)| flag).collect();
        if given.is_empty() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{} can be used for one cluster only, and this command uses several",
            given.join(", ")
        ))
        .hint("put it into the kubeconfig, with kubectl config set-credentials or set-cluster"))
    }
}

/// [`ConnectFlags`] with [`ServerFlags`], for verbs in which these flags have no other meaning.
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
            "--server, --token, --tls-server-name can be used for one cluster only, and 2 are named"
        );
        let overrides = probe.connect.overrides(None);
        assert_eq!(overrides.direct.server.as_deref(), Some("https://a"));
        // They do not apply to a second cluster.
        assert_eq!(probe.connect.holder_overrides("x").direct.server, None);
        assert!(Probe::parse_from(["p"]).connect.for_one(9).is_ok());
    }

    #[derive(Debug, Parser)]
    struct Entry {
        #[command(flatten)]
        entry: EntryFlags,
        #[command(flatten)]
        connect: ConnectFlags,
    }

    #[derive(Debug, Parser)]
    struct NoEntry {
        #[command(flatten)]
        entry: NoEntryFlags,
    }

    #[test]
    fn how_we_get_in_is_said_of_the_first_cluster_or_not_at_all() {
        let words = "p --token s3cret --certificate-authority ca.pem";
        let probe = Entry::parse_from(words.split(' '));
        assert!(!format!("{probe:?}").contains("s3cret"));
        let connect = probe.entry.added_to(&probe.connect);
        let direct = connect.overrides(None).direct;
        assert!(direct.token.is_some() && direct.certificate_authority.is_some());
        assert!(connect.holder_overrides("x").direct.token.is_none());

        let refusal = |words: &str| NoEntry::parse_from(words.split(' ')).entry.refuse();
        assert!(refusal("p").is_ok());
        let error = refusal(words).unwrap_err();
        assert_eq!(
            error.to_string(),
            "--token, --certificate-authority can be used for one cluster only, and this command uses several"
        );
        assert!(!format!("{error:?}").contains("s3cret"));
    }
}
