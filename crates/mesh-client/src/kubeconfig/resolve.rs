//! One entry of the kubeconfig, with the flags that replace parts of it, as a [`Target`].

use std::time::Duration;

use http::Uri;
use serde_json::Value;

use super::direct::Direct;
use super::entry::{self, Reader};
use super::load::{Found, Kubeconfig, Origin};

use crate::Target;
use crate::target::Impersonation;
use mesh_model::Error;
use mesh_model::command::{Knob, Kubectl, Step};
use mesh_model::kubeconfig::{self, Entry};
use mesh_model::server::without_login;
use mesh_model::suggest::close_names;

/// Flags that replace parts of the kubeconfig.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--context`; otherwise the current context.
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
    /// `--request-timeout`; zero means no limit.
    pub request_timeout: Option<Duration>,
    /// Flags that replace single fields.
    pub direct: Direct,
}

impl Kubeconfig {
    /// Selects one entry: the requested context, or the current one, with its cluster and user.
    ///
    /// Certificate files of the cluster are read here; files of the credential when it is used.
    ///
    /// # Errors
    /// No such context, cluster or user (with similar names), a server that is missing or has no scheme, certificates
    /// that cannot be read.
    pub fn target(&self, overrides: &Overrides) -> Result<Target, Error> {
        let none = Entry::default();
        let by_flag = [overrides.cluster.is_some(), overrides.user.is_some()];
        let name = overrides.context.as_deref().or(self.current_context());
        let (name, context) = match (name, &overrides.cluster) {
            (Some(name), _) => {
                let context = self.context(name, overrides.context.is_none())?;
                self.not_mixed(context, by_flag)?;
                (name, &context.entry)
            }
            // As with kubectl, a cluster entry alone is enough.
            (None, Some(cluster)) => (cluster.as_str(), &none),
            (None, None) => return Err(self.no_current_context()),
        };
        let kubectl = self.kubectl_for(name, overrides);
        let found = self.cluster(name, context, overrides)?;
        let user = self.user(name, context, overrides)?;
        let from = &self.origins[found.origin];
        let mut reader = Reader::new(
            from,
            &self.origins[user.map_or(found.origin, |user| user.origin)],
            &self.preferences,
        );
        let cluster = &overrides.direct.cluster(&found.entry);
        let server = server(cluster, from, &kubectl)?;
        kubeconfig::cluster(cluster)
            .map_err(|why| Error::usage(format!("kubeconfig {from} is not valid: {why}")))?;
        let trust = reader.trust(cluster)?;
        let user_name = user.map(|user| user.entry.name.clone());
        let user = &overrides
            .direct
            .user(user.map_or(&none, |user| &user.entry));
        let cluster_info = || entry::exec_cluster_info(cluster, server, &trust);
        let credential = reader.credential(user, cluster_info)?;
        let foreign = matches!(from, Origin::Elsewhere(_));
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Ok(Target {
            context: name.to_owned(),
            kubectl: if foreign || matches!(from, Origin::Pod(_) | Origin::Flags) {
                Kubectl::default()
            } else {
                kubectl
            },
            cluster_entry: cluster.name.clone(),
            user_entry: user_name,
            namespace: owned(context.given("namespace")),
            server: server.to_owned(),
            trust,
            tls_server_name: owned(cluster.given("tls-server-name")),
            proxy: owned(cluster.given("proxy-url")),
            credential,
            impersonation: impersonation(user, overrides)?,
            request_timeout: overrides.request_timeout,
            foreign,
            file_references: reader.into_references(),
        })
    }

    fn context(&self, name: &str, current: bool) -> Result<&Found, Error> {
        if let Some(found) = self.contexts.get(name) {
            return Ok(found);
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
        Err(error.hint(self.kubectl().config().words("get-contexts")))
    }

    fn cluster(
        &self,
        context_name: &str,
        context: &Entry,
        overrides: &Overrides,
    ) -> Result<&Found, Error> {
        let asked = overrides.cluster.as_deref();
        let Some(name) = asked.or(context.given("cluster")) else {
            return Err(
                Error::usage(format!("context {context_name} names no cluster"))
                    .hint(format!(
                        "name the cluster entry that context {context_name} is for (kubectl config set-context)"
                    ))
                    .hint(self.kubectl().config().words("get-clusters")),
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
        context: &Entry,
        overrides: &Overrides,
    ) -> Result<Option<&Found>, Error> {
        let asked = overrides.user.as_deref();
        let Some(name) = asked.or(context.given("user")) else {
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
        let list = if what == "cluster" {
            "get-clusters"
        } else {
            "get-users"
        };
        error.hint(self.kubectl().config().words(list))
    }

    fn no_current_context(&self) -> Error {
        Error::usage(format!(
            "no context is given, and kubeconfig {} sets no current one",
            self.described()
        ))
        .hint(Step::new("name one with ").knob(Knob::Context))
        .hint(self.kubectl().config().words("get-contexts"))
    }

    /// Returns the kubectl flags for the same kubeconfig.
    pub fn kubectl(&self) -> Kubectl {
        let path = self.explicit.as_ref();
        Kubectl::new(path.map(|path| path.to_string_lossy().into_owned()))
    }

    fn kubectl_for(&self, context: &str, overrides: &Overrides) -> Kubectl {
        self.kubectl()
            .context(context)
            .entries(overrides.cluster.as_deref(), overrides.user.as_deref())
            .server(overrides.direct.words())
    }
}

impl Target {
    /// Reads a kubeconfig from elsewhere, such as a remote secret's; `label` names it in messages.
    ///
    /// Its current context is used, or the only one. Files and commands in it belong to another machine: they are
    /// listed by [`Target::file_references`] and never read or run.
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

fn server<'a>(cluster: &'a Entry, from: &Origin, kubectl: &Kubectl) -> Result<&'a str, Error> {
    let name = &cluster.name;
    let wrong = |what: String, right: Option<&str>| {
        let error = Error::usage(format!("cluster {name} of kubeconfig {from} {what}"));
        match right {
            _ if from.folder().is_none() => error,
            Some(server) => {
                let set = kubectl.config().words("set-cluster").arg(name);
                error.hint(set.flag("--server", server))
            }
            None => error.hint(format!(
                "give cluster {name} the API server's address, such as https://10.0.0.1:6443 (kubectl config set-cluster)"
            )),
        }
    };
    let Some(server) = cluster.given("server") else {
        return Err(wrong("has no server".to_owned(), None));
    };
    let shown = without_login(server);
    if shown != server {
        let what = "has a server with a user name or password, which belong into the user entry";
        return Err(wrong(what.to_owned(), Some(&shown)));
    }
    if !server.contains("://") {
        return Err(wrong(
            format!("has server {server}, which has no scheme"),
            Some(&format!("https://{server}")),
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
            format!("has server {server}, which is not an https:// or http:// URL"),
            None,
        ))
    }
}

fn impersonation(user: &Entry, overrides: &Overrides) -> Result<Option<Impersonation>, Error> {
    let texts = |value: &Value| -> Vec<String> {
        let items = value.as_array().into_iter().flatten();
        items
            .map(|item| item.as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let asked = Impersonation {
        user: overrides
            .impersonate
            .clone()
            .unwrap_or_else(|| user.text("as").to_owned()),
        groups: if overrides.impersonate_groups.is_empty() {
            texts(user.value("as-groups"))
        } else {
            overrides.impersonate_groups.clone()
        },
        uid: overrides
            .impersonate_uid
            .clone()
            .or_else(|| user.given("as-uid").map(str::to_owned)),
        extra: user
            .value("as-user-extra")
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, values)| (key.clone(), texts(values)))
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
