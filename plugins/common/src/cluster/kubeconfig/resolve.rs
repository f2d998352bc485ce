//! One entry of the kubeconfig, with the flags that replace parts of it, as a [`Target`].

use std::time::Duration;

use http::Uri;

use super::entry::{self, Reader};
use super::file::{ClusterEntry, ContextEntry, UserEntry};
use super::load::{Entry, Kubeconfig, Origin};

use crate::cluster::Target;
use crate::cluster::target::Impersonation;
use crate::mesh::Error;
use crate::mesh::server::without_login;
use crate::mesh::shell::shell_word;
use crate::mesh::suggest::close_names;

/// What flags say in place of the kubeconfig.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--context`; otherwise the current one.
    pub context: Option<String>,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `--user`.
    pub user: Option<String>,
    /// `--as`.
    pub impersonate: Option<String>,
    /// `--as-group`.
    pub impersonate_groups: Vec<String>,
    /// `--as-uid`.
    pub impersonate_uid: Option<String>,
    /// `--request-timeout`; zero means no bound.
    pub request_timeout: Option<Duration>,
}

impl Kubeconfig {
    /// Takes one entry out: the context asked for, or the current one, with its cluster and user.
    ///
    /// Files that belong to trust are read here; those of the credential when it is used.
    ///
    /// # Errors
    /// No such context, cluster or user (with the close names), a server that is missing or has no scheme,
    /// certificates that cannot be read.
    pub fn target(&self, overrides: &Overrides) -> Result<Target, Error> {
        let none = ContextEntry::default();
        let name = overrides.context.as_deref().or(self.current_context());
        let (name, context) = match (name, &overrides.cluster) {
            (Some(name), _) => (name, self.context(name, overrides.context.is_none())?),
            // As with kubectl, a cluster entry alone will do.
            (None, Some(cluster)) => (cluster.as_str(), &none),
            (None, None) => return Err(self.no_current_context()),
        };
        let kubectl = self.kubectl(name, overrides);
        let cluster = self.cluster(name, context, overrides)?;
        let user = self.user(name, context, overrides)?;
        let from = &self.origins[cluster.origin];
        let mut reader = Reader::new(
            from,
            &self.origins[user.map_or(cluster.origin, |user| user.origin)],
        );
        let server = server(cluster, from, &kubectl)?;
        let trust = reader.trust(&cluster.name, &cluster.value)?;
        let no_user = UserEntry::default();
        let user_value = user.map_or(&no_user, |user| &user.value);
        let user_name = user.map(|user| user.name.clone());
        let described = user_name.as_deref().unwrap_or_default();
        let cluster_info = || entry::exec_cluster_info(&cluster.value, server, &trust);
        let credential = reader.credential(described, user_value, cluster_info)?;
        let foreign = matches!(from, Origin::Elsewhere(_));
        Ok(Target {
            context: name.to_owned(),
            kubectl: if foreign {
                "kubectl".to_owned()
            } else {
                kubectl
            },
            cluster_entry: cluster.name.clone(),
            user_entry: user_name,
            namespace: context
                .namespace
                .clone()
                .filter(|namespace| !namespace.is_empty()),
            server: server.to_owned(),
            trust,
            tls_server_name: cluster
                .value
                .tls_server_name
                .clone()
                .filter(|name| !name.is_empty()),
            proxy: cluster
                .value
                .proxy_url
                .clone()
                .filter(|proxy| !proxy.is_empty()),
            credential,
            impersonation: impersonation(user_value, overrides)?,
            request_timeout: overrides.request_timeout,
            foreign,
            file_references: reader.into_references(),
        })
    }

    fn context(&self, name: &str, current: bool) -> Result<&ContextEntry, Error> {
        if let Some(entry) = self.contexts.get(name) {
            return Ok(&entry.value);
        }
        let which = if current {
            "the current context"
        } else {
            "context"
        };
        let mut error = Error::usage(format!(
            "{which} {name} is not in kubeconfig {}",
            self.described()
        ));
        let close = close_names(name, self.context_names());
        if !close.is_empty() {
            error = error.hint(format!("did you mean {}?", close.join(", ")));
        }
        Err(error.hint(format!("{} config get-contexts", self.kubectl_alone())))
    }

    fn cluster(
        &self,
        context_name: &str,
        context: &ContextEntry,
        overrides: &Overrides,
    ) -> Result<&Entry<ClusterEntry>, Error> {
        let asked = overrides.cluster.as_deref();
        let Some(name) = asked
            .or(context.cluster.as_deref())
            .filter(|name| !name.is_empty())
        else {
            return Err(
                Error::usage(format!("context {context_name} names no cluster")).hint(format!(
                    "{} config set-context {} --cluster NAME",
                    self.kubectl_alone(),
                    shell_word(context_name)
                )),
            );
        };
        self.clusters.get(name).ok_or_else(|| {
            self.no_entry(
                "cluster",
                name,
                context_name,
                asked.is_some(),
                &close_names(name, self.clusters.names()),
            )
        })
    }

    fn user(
        &self,
        context_name: &str,
        context: &ContextEntry,
        overrides: &Overrides,
    ) -> Result<Option<&Entry<UserEntry>>, Error> {
        let asked = overrides.user.as_deref();
        let Some(name) = asked
            .or(context.user.as_deref())
            .filter(|name| !name.is_empty())
        else {
            return Ok(None);
        };
        self.users.get(name).map(Some).ok_or_else(|| {
            self.no_entry(
                "user",
                name,
                context_name,
                asked.is_some(),
                &close_names(name, self.users.names()),
            )
        })
    }

    fn no_entry(
        &self,
        what: &str,
        name: &str,
        context: &str,
        by_flag: bool,
        close: &[&str],
    ) -> Error {
        let files = self.described();
        let sentence = if by_flag {
            format!("{what} {name} is not in kubeconfig {files}")
        } else {
            format!("context {context} names {what} {name}, which is not in kubeconfig {files}")
        };
        let mut error = Error::usage(sentence);
        if !close.is_empty() {
            error = error.hint(format!("did you mean {}?", close.join(", ")));
        }
        error.hint(format!("{} config get-{what}s", self.kubectl_alone()))
    }

    fn no_current_context(&self) -> Error {
        Error::usage(format!(
            "no context is given, and kubeconfig {} sets no current one",
            self.described()
        ))
        .hint("name one with --context")
        .hint(format!("{} config get-contexts", self.kubectl_alone()))
    }

    /// How kubectl is told about the same kubeconfig.
    fn kubectl_alone(&self) -> String {
        match &self.explicit {
            Some(path) => format!(
                "kubectl --kubeconfig {}",
                shell_word(&path.to_string_lossy())
            ),
            None => "kubectl".to_owned(),
        }
    }

    fn kubectl(&self, context: &str, overrides: &Overrides) -> String {
        let words = [
            ("--context", Some(context)),
            ("--cluster", overrides.cluster.as_deref()),
            ("--user", overrides.user.as_deref()),
        ];
        let mut command = self.kubectl_alone();
        for (flag, name) in words {
            if let Some(name) = name {
                command = format!("{command} {flag} {}", shell_word(name));
            }
        }
        command
    }
}

impl Target {
    /// Reads a kubeconfig that came from elsewhere, such as a remote secret's; `label` names it in messages.
    ///
    /// Its current context is taken, or the only one. Files and commands that it refers to belong to another machine:
    /// they are listed by [`Target::file_references`] and never read or run.
    pub fn from_text(kubeconfig: &str, label: &str) -> Result<Self, Error> {
        let only = Kubeconfig::from_text(kubeconfig, label)?;
        let context = match (
            only.current_context(),
            only.context_names().collect::<Vec<_>>().as_slice(),
        ) {
            (Some(current), _) => current,
            (None, [single]) => single,
            (None, []) => {
                return Err(Error::usage(format!(
                    "the kubeconfig of {label} has no contexts"
                )));
            }
            (None, _) => {
                return Err(Error::usage(format!(
                    "the kubeconfig of {label} has several contexts and sets no current one"
                )));
            }
        };
        let overrides = Overrides {
            context: Some(context.to_owned()),
            ..Overrides::default()
        };
        let mut target = only.target(&overrides)?;
        label.clone_into(&mut target.context);
        Ok(target)
    }
}

fn server<'a>(
    cluster: &'a Entry<ClusterEntry>,
    from: &Origin,
    kubectl: &str,
) -> Result<&'a str, Error> {
    let name = &cluster.name;
    let kubectl = kubectl.split(" --context").next().unwrap_or("kubectl");
    let mend = |server: &str| {
        format!(
            "{kubectl} config set-cluster {} --server {}",
            shell_word(name),
            shell_word(server)
        )
    };
    let wrong = |what: String, mended: &str| {
        let error = Error::usage(format!("cluster {name} of kubeconfig {from} {what}"));
        if from.folder().is_some() {
            error.hint(mend(mended))
        } else {
            error
        }
    };
    let Some(server) = cluster
        .value
        .server
        .as_deref()
        .filter(|server| !server.is_empty())
    else {
        return Err(wrong("has no server".to_owned(), "https://HOST:PORT"));
    };
    let shown = without_login(server);
    if shown != server {
        let what = "has a server with a user name or password, which belong into the user entry";
        return Err(wrong(what.to_owned(), &shown));
    }
    if !server.contains("://") {
        return Err(wrong(
            format!("has server {server}, which has no scheme"),
            &format!("https://{server}"),
        ));
    }
    let uri: Option<Uri> = server.parse().ok();
    let is_url = uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("https" | "http"))
            && uri.host().is_some_and(|host| !host.is_empty())
    });
    if is_url {
        Ok(server)
    } else {
        Err(wrong(
            format!("has server {server}, which is no https:// or http:// URL"),
            "https://HOST:PORT",
        ))
    }
}

fn impersonation(user: &UserEntry, overrides: &Overrides) -> Result<Option<Impersonation>, Error> {
    let asked = Impersonation {
        user: overrides
            .impersonate
            .clone()
            .or_else(|| user.impersonate.clone())
            .unwrap_or_default(),
        groups: if overrides.impersonate_groups.is_empty() {
            user.as_groups.clone().unwrap_or_default()
        } else {
            overrides.impersonate_groups.clone()
        },
        uid: overrides
            .impersonate_uid
            .clone()
            .or_else(|| user.as_uid.clone()),
        extra: user
            .as_user_extra
            .iter()
            .flatten()
            .map(|(key, values)| (key.clone(), values.clone().unwrap_or_default()))
            .collect(),
    };
    if asked == Impersonation::default() {
        return Ok(None);
    }
    if asked.user.is_empty() {
        return Err(Error::usage("--as-group and --as-uid need --as")
            .hint("name the user to act as with --as"));
    }
    Ok(Some(asked))
}
