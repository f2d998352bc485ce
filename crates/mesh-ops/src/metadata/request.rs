//! The request of a caller: which field, on which objects of which clusters, and how.

use std::fmt::Debug;

use mesh_client::Target;
use mesh_model::change::{DryRun, ObjectRef};
use mesh_model::command::Knob;
use mesh_model::metadata::MetadataField;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A kind of object that has labels and annotations.
pub trait Object:
    kube::Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + Debug + Send + 'static
{
}

impl<K> Object for K where
    K: kube::Resource<DynamicType = ()>
        + Serialize
        + DeserializeOwned
        + Clone
        + Debug
        + Send
        + 'static
{
}

/// The treatment of an object that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMissing {
    /// It is created with the field alone.
    Create,
    /// It is an error. The caller has a setting that creates the object, and is told so.
    RefuseUnless(Knob),
    /// It is an error.
    Refuse,
}

/// The field, and how it is written on every object.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one decision of the caller"
)]
pub struct Request {
    /// The label or annotation.
    pub field: MetadataField,
    /// True if another value is replaced.
    pub overwrite: bool,
    /// True if the field is taken over from other field managers.
    pub force_conflicts: bool,
    /// The treatment of an object that does not exist.
    pub if_missing: IfMissing,
    /// True if the value is a comma-separated list, whose order means nothing.
    pub is_list: bool,
    /// True if every server checks the change before the first write.
    pub rehearse: bool,
    /// The extent of the request: a dry run, or writes.
    pub dry_run: DryRun,
}

/// The value that the field shall have in one cluster.
#[derive(Debug)]
pub struct ClusterTask {
    /// The cluster.
    pub target: Target,
    /// The objects that shall have it.
    pub objects: Vec<ObjectName>,
    /// The value; `None` removes the field.
    pub value: Option<String>,
}

/// The name of an object whose kind is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName {
    /// Its namespace; `None` for kinds that have none.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl ObjectName {
    /// Returns the object as sentences name it: `service shop/web`.
    pub(super) fn described<K: Object>(&self) -> String {
        let kind = K::kind(&()).to_lowercase();
        match &self.namespace {
            Some(namespace) => format!("{kind} {namespace}/{}", self.name),
            None => format!("{kind} {}", self.name),
        }
    }

    /// Returns the object of this name.
    pub(super) fn object_ref<K: Object>(&self) -> ObjectRef {
        let kind = K::kind(&()).to_lowercase();
        let group = K::group(&());
        let kind = if group.is_empty() {
            kind
        } else {
            format!("{kind}.{group}")
        };
        let object = ObjectRef::new(kind, &self.name);
        match &self.namespace {
            Some(namespace) => object.within(namespace),
            None => object,
        }
    }
}
