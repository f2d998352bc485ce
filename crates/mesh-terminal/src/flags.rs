//! Flags that several verbs share, flattened into theirs; their names are kubectl's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{ArgAction, Args, ValueEnum};

use super::Environment;
use super::flags_server::ServerFlags;
use super::streams::notice;
use mesh_client::{
    Connector, ConnectorOptions, Direct, DryRun, Kubeconfig, Overrides, Preferences,
};
use mesh_model::Error;
use mesh_model::names::ISTIO_SYSTEM;

/// Flags for access to clusters.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectFlags {
    /// Path to the kubeconfig file; otherwise $KUBECONFIG (a list is merged), ~/.kube/config, or a pod's own account
    // istioctl's -c means the same.
    #[arg(long, short_alias = 'c', value_name = "FILE", value_parser = OsStringValueParser::new().map(PathBuf::from), global = true)]
    pub kubeconfig: Option<PathBuf>,
    /// Path to the kuberc file, whose credential plugin policy also applies here; otherwise $KUBERC, then ~/.kube/kuberc
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub kuberc: Option<PathBuf>,
    /// Cluster entry of the kubeconfig to use in place of the context's
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// User entry of the kubeconfig to use in place of the context's
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// User to impersonate
    #[arg(long = "as", value_name = "USER")]
    pub impersonate: Option<String>,
    /// Group to impersonate; may be repeated
    #[arg(long = "as-group", value_name = "GROUP")]
    pub impersonate_groups: Vec<String>,
    /// UID to impersonate
    #[arg(long = "as-uid", value_name = "UID")]
    pub impersonate_uid: Option<String>,
    /// Timeout of each request, such as 5s or 2m; 0 means no timeout [default: 30s]
    #[arg(long, alias = "kubeclient-timeout", value_name = "DURATION", value_parser = duration)]
    pub request_timeout: Option<Duration>,
    /// The flags that [`ConnectServerFlags`](super::flags_server::ConnectServerFlags) adds.
    #[arg(skip)]
    pub server: ServerFlags,
}

impl ConnectFlags {
    /// # Errors
    /// A flag that is only valid for one cluster, if there are several.
    pub fn for_one(&self, clusters: usize) -> Result<(), Error> {
        self.server.for_one(clusters)
    }

    /// Reads the kubeconfig that these flags and the environment name.
    ///
    /// # Errors
    /// A kubeconfig that is missing, unreadable or not valid.
    pub fn load(&self, environment: &Environment) -> Result<Kubeconfig, Error> {
        let found = Kubeconfig::load_in_pod(
            self.kubeconfig
                .as_deref()
                .filter(|path| !path.as_os_str().is_empty()),
            environment.kubeconfig.as_deref(),
            environment.home.as_deref(),
            environment.pod.as_ref(),
        );
        let kubeconfig = match (found, given(self.server.server.as_deref())) {
            (Ok(kubeconfig), _) => kubeconfig,
            // As with kubectl, an address alone is enough.
            (Err(_), Some(server)) if self.kubeconfig.is_none() => Kubeconfig::of_server(&server),
            (Err(error), _) => return Err(error),
        };
        let preferences = preferences(self.kuberc.as_deref(), environment)?;
        Ok(kubeconfig.with_preferences(preferences))
    }

    /// Returns the overrides for a second cluster: `--cluster`, `--user` and the [`ServerFlags`] apply only to the
    /// first one.
    pub fn holder_overrides(&self, context: &str) -> Overrides {
        Overrides {
            cluster: None,
            user: None,
            direct: Direct::default(),
            ..self.overrides(Some(context))
        }
    }

    /// Returns the values of these flags that replace those of the kubeconfig, for `context` or the current one.
    pub fn overrides(&self, context: Option<&str>) -> Overrides {
        Overrides {
            context: given(context),
            cluster: given(self.cluster.as_deref()),
            user: given(self.user.as_deref()),
            impersonate: given(self.impersonate.as_deref()),
            impersonate_groups: self.impersonate_groups.clone(),
            impersonate_uid: self.impersonate_uid.clone(),
            request_timeout: self.request_timeout,
            direct: self.server.direct(),
        }
    }
}

/// Reads kubectl's preferences: the file of `--kuberc`, or the one in the environment.
///
/// # Errors
/// A flag that contradicts the environment.
pub fn preferences(kuberc: Option<&Path>, environment: &Environment) -> Result<Preferences, Error> {
    Preferences::find(
        kuberc,
        environment.kuberc.as_deref(),
        environment.home.as_deref(),
        environment.path.as_deref(),
    )
}

/// Flags that select clusters.
#[derive(Debug, Clone, Args)]
pub struct ContextFlags {
    /// Kubeconfig context of the cluster; may be repeated or a comma list [default: the current context]
    #[arg(long = "context", value_name = "CONTEXT")]
    pub contexts: Vec<String>,
}

impl ContextFlags {
    /// Returns the selected contexts; `None` is the current one.
    pub fn resolve(&self, kubeconfig: &Kubeconfig) -> Vec<Option<String>> {
        let named = split_contexts(&self.contexts, kubeconfig);
        if named.is_empty() {
            vec![None]
        } else {
            named.into_iter().map(Some).collect()
        }
    }

    /// Returns whether no context is named. As with kubectl, an empty name counts as no flag.
    pub fn is_empty(&self) -> bool {
        self.contexts.iter().all(String::is_empty)
    }
}

/// Returns the contexts in comma lists. A context whose own name contains a comma can be given by that name.
pub fn split_contexts(lists: &[String], kubeconfig: &Kubeconfig) -> Vec<String> {
    split(lists, |list| {
        kubeconfig.context_names().any(|known| known == list)
    })
}

fn split(lists: &[String], is_one: impl Fn(&str) -> bool) -> Vec<String> {
    let split = |list: &String| -> Vec<String> {
        if is_one(list) {
            return vec![list.clone()];
        }
        let names = list.split(',').filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    };
    lists.iter().flat_map(split).collect()
}

/// Flags that select clusters, for verbs that only read.
#[derive(Debug, Clone, Args)]
pub struct AllContextFlags {
    /// The named contexts.
    #[command(flatten)]
    pub named: ContextFlags,
    /// Every context of the kubeconfig, each cluster once
    #[arg(long, conflicts_with = "contexts")]
    pub all_contexts: bool,
}

impl AllContextFlags {
    /// Returns the selected contexts; `None` is the current one.
    pub fn resolve(&self, kubeconfig: &Kubeconfig) -> Vec<Option<String>> {
        if self.all_contexts {
            let known = kubeconfig.context_names();
            known.map(|context| Some(context.to_owned())).collect()
        } else {
            self.named.resolve(kubeconfig)
        }
    }

    /// Returns a note for users who named no cluster, if the kubeconfig has more clusters than the one that was read.
    pub fn could_be_more(&self, kubeconfig: &Kubeconfig) -> Option<&'static str> {
        let alone = self.named.is_empty() && !self.all_contexts;
        (alone && kubeconfig.context_names().count() > 1)
            .then_some("only the current context was read; --all-contexts reads every cluster of the kubeconfig")
    }
}

/// Returns a connector for one run of the plugin `user_agent`.
pub fn connector(environment: &Environment, user_agent: &str, interactive: bool) -> Connector {
    let usual = ConnectorOptions::new(user_agent, environment.now);
    Connector::new(ConnectorOptions {
        proxies: environment.proxies.clone(),
        interactive,
        // A person may take long to log in, and can press Ctrl-C.
        exec_timeout: if interactive {
            Duration::ZERO
        } else {
            usual.exec_timeout
        },
        notice: interactive.then_some(notice as fn(&str)),
        ..usual
    })
}

/// Flags for the Istio system namespace. The namespace of a context is never used.
#[derive(Debug, Clone, Args)]
pub struct NamespaceFlags {
    /// Istio system namespace; wins over --istio-namespace [default: istio-system]
    #[arg(short, long, value_name = "NAMESPACE", value_parser = namespace)]
    pub namespace: Option<String>,
    /// Istio system namespace, as istioctl spells it
    #[arg(long, visible_alias = "istioNamespace", short_alias = 'i', value_name = "NAMESPACE", value_parser = namespace)]
    pub istio_namespace: Option<String>,
}

impl NamespaceFlags {
    /// Returns the namespace.
    pub fn resolve(&self) -> &str {
        self.named().unwrap_or(ISTIO_SYSTEM)
    }

    /// Returns the namespace that the flags name, if any.
    pub fn named(&self) -> Option<&str> {
        [&self.namespace, &self.istio_namespace]
            .into_iter()
            .flatten()
            .find(|namespace| !namespace.is_empty())
            .map(String::as_str)
    }
}

/// The flag for a dry run.
#[derive(Debug, Clone, Args)]
pub struct DryRunFlags {
    /// 'client': only print what would be done; 'server': submit the requests without persisting the objects
    #[arg(
        long,
        value_name = "MODE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "client",
        default_value = "none"
    )]
    pub dry_run: DryRunArg,
}

/// kubectl's values of the flag, for [`DryRun`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "documentation would become part of the help")]
pub enum DryRunArg {
    None,
    Client,
    Server,
}

impl DryRunFlags {
    /// Returns the dry-run mode.
    pub fn resolve(&self) -> DryRun {
        match self.dry_run {
            DryRunArg::None => DryRun::None,
            DryRunArg::Client => DryRun::Client,
            DryRunArg::Server => DryRun::Server,
        }
    }
}

/// The flag `-v`, counted, or with a number as in kubectl.
#[derive(Debug, Clone, Args)]
pub struct VerbosityFlags {
    /// Log to stderr: -v each request and retry, -v=2 or -vv connections too
    #[arg(
        short = 'v',
        long = "v",
        value_name = "LEVEL",
        global = true,
        action = ArgAction::Append,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1"
    )]
    pub verbosity: Vec<u8>,
}

impl VerbosityFlags {
    /// Returns the level: `-vvv` and `-v=3` are the same.
    pub fn level(&self) -> u8 {
        self.verbosity
            .iter()
            .fold(0, |sum, level| sum.saturating_add(*level))
    }
}

/// Parses a duration as kubectl does: `5s`, `2m`, `1h30m`, or a bare number of seconds.
///
/// # Errors
/// Anything else, and negative durations.
pub fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|length| Duration::try_from(length).ok())
        .ok_or_else(|| "a length of time such as 30s, 5m or 1h is needed".to_owned())
}

/// Returns the value of a flag, unless it is empty: as with kubectl and istioctl, an empty value counts as no flag.
pub fn given(value: Option<&str>) -> Option<String> {
    value.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Parses `true` and `false` in all spellings that kubectl and istioctl accept. Source:
/// <https://pkg.go.dev/strconv#ParseBool>.
///
/// # Errors
/// Anything else.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("it is either true or false".to_owned()),
    }
}

fn namespace(text: &str) -> Result<String, String> {
    if text.is_empty() || mesh_model::cluster_name::is_dns_label(text) {
        Ok(text.to_owned())
    } else {
        Err("a namespace is a DNS label (a-z, 0-9 and '-', at most 63)".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Probe {
        #[command(flatten)]
        verbosity: VerbosityFlags,
        #[command(flatten)]
        namespace: NamespaceFlags,
    }

    #[test]
    fn verbosity_counts_and_takes_a_number() {
        for (arguments, level) in [
            (vec![], 0),
            (vec!["-v"], 1),
            (vec!["-vvv"], 3),
            (vec!["-v=3"], 3),
            (vec!["--v=9"], 9),
            (vec!["-v", "-v"], 2),
        ] {
            let probe = Probe::parse_from(std::iter::once("probe").chain(arguments.clone()));
            assert_eq!(probe.verbosity.level(), level, "{arguments:?}");
        }
    }

    #[test]
    fn the_short_namespace_flag_wins() {
        for (arguments, expected) in [
            (vec![], "istio-system"),
            (vec!["--istioNamespace", "a"], "a"),
            (vec!["-i", "a", "-n", "b"], "b"),
            (vec!["-i", "a", "-n", ""], "a"),
            (vec!["-n", ""], "istio-system"),
        ] {
            let probe = Probe::parse_from(std::iter::once("probe").chain(arguments));
            assert_eq!(probe.namespace.resolve(), expected);
        }
    }

    #[test]
    fn a_context_with_a_comma_in_its_name_can_be_named() {
        let split = |lists: &[&str]| {
            let lists: Vec<String> = lists.iter().map(|list| (*list).to_owned()).collect();
            split(&lists, |list| ["a,b", "c"].contains(&list))
        };
        assert_eq!(split(&["a,b", "c"]), ["a,b", "c"]);
        assert_eq!(split(&["c,a,,b"]), ["c", "a", "b"]);
        assert!(split(&["", ","]).is_empty());
    }

    #[test]
    fn booleans_are_gos() {
        for (text, value) in [
            ("true", true),
            ("T", true),
            ("1", true),
            ("False", false),
            ("0", false),
        ] {
            assert_eq!(boolean(text), Ok(value), "{text}");
        }
        assert!(boolean("").is_err() && boolean("yes").is_err());
    }

    #[test]
    fn durations_are_kubectls() {
        for (text, seconds) in [("5", 5), ("5s", 5), ("2m", 120), ("1h30m", 5400), ("0", 0)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert!(duration("soon").is_err() && duration("-5s").is_err());
    }
}
