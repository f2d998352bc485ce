//! What a verb asks for: which mark, on which kind of object, how.

use std::fmt::Debug;

use mesh_common::client::DryRun;
use mesh_common::model::mark::Mark;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A kind of object that can bear a mark.
pub(crate) trait Kind:
    kube::Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + Debug + Send + 'static
{
}

impl<K> Kind for K where
    K: kube::Resource<DynamicType = ()>
        + Serialize
        + DeserializeOwned
        + Clone
        + Debug
        + Send
        + 'static
{
}

/// What is to be done to every object.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one decision of the user or of the verb"
)]
pub(crate) struct Order {
    pub mark: Mark,
    pub overwrite: bool,
    pub force_conflicts: bool,
    /// Whether an object that is missing is made.
    pub create: bool,
    /// Whether the flag `--create-namespace` exists, and is worth a hint.
    pub may_create: bool,
    /// Whether the value is a list with commas, in which the order says nothing.
    pub is_list: bool,
    /// Whether every server checks the change by a dry run before the first write.
    pub is_rehearsed: bool,
    pub dry_run: DryRun,
}

/// The name of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its namespace; `None` for kinds that have none.
    pub namespace: Option<String>,
    pub name: String,
}

impl Named {
    /// As sentences call it: `service shop/web`.
    pub(crate) fn described<K: Kind>(&self) -> String {
        let kind = K::kind(&()).to_lowercase();
        match &self.namespace {
            Some(namespace) => format!("{kind} {namespace}/{}", self.name),
            None => format!("{kind} {}", self.name),
        }
    }

    /// As kubectl says what was done: `service/web labeled in namespace shop of context east`.
    pub(crate) fn told<K: Kind>(&self, done: &str, context: &str) -> String {
        let kind = K::kind(&()).to_lowercase();
        let place = self
            .namespace
            .as_ref()
            .map_or_else(String::new, |namespace| {
                format!("namespace {namespace} of ")
            });
        format!("{kind}/{} {done} in {place}context {context}", self.name)
    }
}
