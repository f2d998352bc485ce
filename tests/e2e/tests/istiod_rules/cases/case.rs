//! One kind of secret, and the kubeconfigs that most of them vary.

/// A Secret with one data key.
pub(crate) struct Case {
    name: String,
    pub(crate) key: String,
    pub(crate) kubeconfig: Vec<u8>,
    pub(crate) wiring: Wiring,
}

/// Its features beyond its kubeconfig.
#[derive(Clone, Copy)]
pub(crate) enum Wiring {
    Plain,
    /// The key is the holder's own name.
    Self_,
    /// The label `istio/multiCluster` has this value, or is missing.
    Label(Option<&'static str>),
    /// Another secret has the same key.
    Twin,
    /// Its CA is a file, which may or may not be on istiod's own disk.
    OnIstiodsDisk,
}

impl Case {
    pub(crate) fn plain(name: &str, kubeconfig: impl Into<Vec<u8>>) -> Self {
        Self::wired(name, name, kubeconfig, Wiring::Plain)
    }

    pub(super) fn wired(
        name: &str,
        key: &str,
        kubeconfig: impl Into<Vec<u8>>,
        wiring: Wiring,
    ) -> Self {
        Self {
            name: name.to_owned(),
            key: key.to_owned(),
            kubeconfig: kubeconfig.into(),
            wiring,
        }
    }

    pub(crate) fn secret(&self) -> String {
        format!("rule-{}", self.name)
    }
}

/// Nobody answers there, which is no reason to refuse it.
const SERVER: &str = "server: 'https://127.0.0.1:1'";

/// A kubeconfig that istiod takes.
pub(crate) fn good() -> String {
    of("", "token: t")
}

/// A kubeconfig whose cluster has these fields beside its server, and whose user has those.
pub(super) fn of(cluster: &str, user: &str) -> String {
    with_cluster(&format!("{SERVER}, {cluster}"), user)
}

pub(super) fn with_cluster(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         clusters: [{{name: c, cluster: {{{cluster}}}}}]\n\
         users: [{{name: u, user: {{{user}}}}}]\n\
         contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
    )
}

pub(super) fn with_context(context: &str) -> String {
    good().replace("cluster: c, user: u", context)
}

pub(super) fn plain(cases: &[(&str, String)]) -> Vec<Case> {
    cases
        .iter()
        .map(|(name, kubeconfig)| Case::plain(name, kubeconfig.as_str()))
        .collect()
}
