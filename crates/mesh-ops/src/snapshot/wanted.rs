//! The parts of a cluster that a job needs. Everything else stays unread.

/// The parts to read, beside what tells which cluster it is: its UID, and the istiods of Istio's namespace.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Istio's namespace.
    pub istio_namespace: &'a str,
    /// The secrets to read.
    pub secrets: WantedSecrets<'a>,
    /// True where the values of secrets are kept beside the snapshot, to be used or shown.
    pub values: bool,
    /// True where the parts are read that say which network the cluster is in, and how it is called.
    pub labels: bool,
    /// The gateways to read, with what exposes services and istiod through them, and some pods to test them with.
    pub gateways: Option<WantedGateways<'a>>,
    /// The parts to read on which exposing services or istiod depends.
    pub exposure: Option<WantedExposure>,
}

/// The gateways to read.
#[derive(Debug, Clone, Copy)]
pub struct WantedGateways<'a> {
    /// The only gateway that is wanted, labelled or not; `None` for all.
    pub name: Option<&'a str>,
}

/// The parts on which exposing services or istiod depends: the Services of gateways, the istiods, and the injectors.
#[derive(Debug, Clone, Copy)]
pub struct WantedExposure {
    /// True where it is not known which namespace is Istio's, and those of all namespaces are read.
    pub everywhere: bool,
    /// True where the UID of the cluster and Istio's namespace itself are read too.
    pub identity: bool,
}

/// The secrets to read. A cluster whose secrets cannot be read at all is one that cannot be read.
#[derive(Debug, Clone, Copy)]
pub enum WantedSecrets<'a> {
    /// None.
    None,
    /// The remote secrets in Istio's namespace, and there also those that are called so, or that are for a cluster called so,
    /// without the label.
    InNamespace {
        /// The names.
        names: &'a [String],
    },
    /// The secrets of all namespaces that have the label of remote secrets, whatever its value, and those in Istio's namespace
    /// with the name of one; with the istiods of all namespaces.
    Everywhere,
}

impl<'a> Wanted<'a> {
    /// Returns what tells which cluster it is, and nothing more.
    pub fn identity(istio_namespace: &'a str) -> Self {
        Self {
            istio_namespace,
            secrets: WantedSecrets::None,
            values: false,
            labels: false,
            gateways: None,
            exposure: None,
        }
    }

    /// Returns whether a part is wanted whose first wave includes what tells which cluster it is.
    pub(super) fn tells_by_itself(&self) -> bool {
        self.labels || self.gateways.is_some() || self.exposure.is_some()
    }
}
