//! The records of a token's holders, as far as they are known before the first write: which are there, and the changes that add
//! the others. Pure.

use std::collections::BTreeSet;
use std::rc::Rc;

use k8s_openapi::api::core::v1::Secret;
use mesh_model::change::{Action, Change, ObjectRef};
use mesh_model::holder_record::HolderRecord;
use mesh_model::remote_secret::own_name;

use super::holder::Holder;
use super::write::PendingSecret;

/// The record that the remote cluster is to have of one holder of a token.
#[derive(Clone)]
pub(crate) enum Record {
    /// It is there already, or the secret has no token of which holders are recorded.
    Nothing,
    /// It is part of the change by which the Secret behind the token is created.
    WithToken,
    /// It is added by a change of its own, which all holders of the token share.
    Own(Rc<Change>),
}

/// The Secret behind a token, on which the holders of the token are recorded.
pub(super) struct Records<'s> {
    backing: &'s Secret,
    change: Rc<Change>,
}

impl<'s> Records<'s> {
    /// Returns the records on `backing`, as it was read in the cluster of this context.
    pub(super) fn on(backing: &'s Secret, context: &str) -> Self {
        let namespace = backing.metadata.namespace.as_deref().unwrap_or_default();
        let reason = "it records the holders of its token";
        Self {
            backing,
            change: change(context, namespace, own_name(backing), reason),
        }
    }

    /// Returns the record of the secret that `holder` has, or gets, under this name. A Secret that is created has a UID that nothing
    /// records.
    pub(super) fn of(&self, holder: &Holder, name: &str) -> Record {
        let server = holder.cluster().target().server();
        match holder.uid_and_version(name) {
            None => Record::Own(Rc::clone(&self.change)),
            Some((uid, _)) => match uid.and_then(|uid| HolderRecord::with_uid(uid, server)) {
                Some(record) if !record.is_recorded(self.backing) => {
                    Record::Own(Rc::clone(&self.change))
                }
                Some(_) | None => Record::Nothing,
            },
        }
    }
}

/// Returns the record on a Secret that could not be read.
pub(super) fn unknown(context: &str, namespace: &str, name: &str) -> Record {
    let reason = "it records the holder of its token, unless it does so already";
    Record::Own(change(context, namespace, name, reason))
}

fn change(context: &str, namespace: &str, name: &str, reason: &str) -> Rc<Change> {
    let object = ObjectRef::secret(namespace, name);
    Rc::new(Change::new(context, object, Action::Annotate).because(reason))
}

/// Returns the changes that record the holders of these secrets, each once.
pub(crate) fn record_changes<'p, P>(pending: P) -> impl Iterator<Item = Change>
where
    P: IntoIterator<Item = &'p PendingSecret>,
{
    let mut known = BTreeSet::new();
    pending
        .into_iter()
        .filter_map(move |one| match &one.record {
            Record::Own(change) if known.insert(Rc::as_ptr(change)) => {
                Some(change.as_ref().clone())
            }
            Record::Own(_) | Record::WithToken | Record::Nothing => None,
        })
}
