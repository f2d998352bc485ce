//! The steps in istiod's order, and the reasons for which they refuse a kubeconfig.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{client, denied};
use crate::access_facts::{self, AccessFacts};
use crate::{go, kubeconfig};

/// The maximum length of a kubeconfig that is checked; a whole Secret cannot be longer. Source: `MaxSecretSize` in
/// Kubernetes' `pkg/apis/core`.
const LONGEST: usize = 1024 * 1024;

/// The reason why istiod refuses a kubeconfig; istiod logs one line, and the cluster never appears in its
/// `/debug/clusterz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "reason", content = "detail")]
pub enum Refusal {
    /// There is no kubeconfig in the value.
    Empty,
    /// It cannot be decoded.
    NotLoadable(String),
    /// It is contradictory or incomplete for clientcmd.
    NotValid(String),
    /// It uses an authentication method that istiod denies unless `PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS`
    /// lists it.
    Denied(String),
    /// No client can be created from it.
    NotUsable(String),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("the kubeconfig is empty"),
            Self::NotLoadable(why) => write!(f, "the kubeconfig cannot be loaded: {why}"),
            Self::NotValid(why) => write!(f, "the kubeconfig is not valid: {why}"),
            Self::Denied(what) => write!(f, "{what} is not allowed in a remote secret"),
            Self::NotUsable(why) => {
                write!(f, "no client can be created from the kubeconfig: {why}")
            }
        }
    }
}

/// Predicts whether istiod accepts `kubeconfig`, the value of one data key of a remote secret.
///
/// # Errors
/// The first reason for which istiod refuses it.
pub fn verdict(kubeconfig: &[u8]) -> Result<(), Refusal> {
    of_document(document(kubeconfig)?)
}

/// Returns the same verdict, and the facts of the kubeconfig if it can be read; it is parsed once for both.
pub fn judge(kubeconfig: &[u8]) -> (Result<(), Refusal>, Option<AccessFacts>) {
    let (verdict, facts) = judge_with(kubeconfig, access_facts::of_document);
    (verdict, facts.flatten())
}

/// Returns the same verdict, and the result of `read` for the document, if there is one.
pub(crate) fn judge_with<T>(
    kubeconfig: &[u8],
    read: impl FnOnce(&Value) -> T,
) -> (Result<(), Refusal>, Option<T>) {
    match document(kubeconfig) {
        Err(refusal) => (Err(refusal), None),
        Ok(root) => {
            let read = read(&root);
            (of_document(root), Some(read))
        }
    }
}

fn document(kubeconfig: &[u8]) -> Result<Value, Refusal> {
    if kubeconfig.is_empty() {
        return Err(Refusal::Empty);
    }
    if kubeconfig.len() > LONGEST {
        return Err(Refusal::NotLoadable("it is longer than 1 MiB".to_owned()));
    }
    go::first_document(kubeconfig).map_err(Refusal::NotLoadable)
}

fn of_document(root: Value) -> Result<(), Refusal> {
    let config =
        kubeconfig::of_root(root).map_err(|defect| Refusal::NotLoadable(defect.to_string()))?;
    kubeconfig::check(&config).map_err(Refusal::NotValid)?;
    config.users.iter().try_for_each(denied::check)?;
    client::check(&config)
}
