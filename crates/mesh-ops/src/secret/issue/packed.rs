//! Remote secrets that a holder has, kept small: an exchange over a hundred clusters reads ten thousand of them, with a hundred
//! kubeconfigs in all.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{
    ManagedFieldsEntry, ObjectMeta, OwnerReference,
};
use mesh_model::names::{FIELD_MANAGER, LAST_APPLIED};
use mesh_model::remote_cluster::RemoteCluster;
use mesh_model::remote_secret::{led_to, own_name, recorded_uid};

/// Every value and every text of the secrets that were read, each once: holders have the same ones.
#[derive(Default)]
pub(crate) struct Pool {
    values: RefCell<BTreeMap<Rc<[u8]>, Rc<Read>>>,
    texts: RefCell<BTreeSet<Rc<str>>>,
}

/// The cluster that a value gives access to, once it was read.
type Read = OnceCell<Option<RemoteCluster>>;

/// A value of a secret; what it gives access to is read once for all that have the same one.
pub(crate) struct Value {
    bytes: Rc<[u8]>,
    remote: Rc<Read>,
}

impl Value {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the cluster that it gives access to.
    pub(super) fn remote(&self) -> Option<&RemoteCluster> {
        let read = || RemoteCluster::read(&self.bytes);
        self.remote.get_or_init(read).as_ref()
    }
}

impl Pool {
    fn shared(&self, value: Vec<u8>) -> Value {
        let mut known = self.values.borrow_mut();
        if let Some((bytes, remote)) = known.get_key_value(value.as_slice()) {
            return Value {
                bytes: Rc::clone(bytes),
                remote: Rc::clone(remote),
            };
        }
        let new = Value {
            bytes: value.into(),
            remote: Rc::default(),
        };
        known.insert(Rc::clone(&new.bytes), Rc::clone(&new.remote));
        new
    }

    fn text(&self, text: &str) -> Rc<str> {
        let mut known = self.texts.borrow_mut();
        if let Some(text) = known.get(text) {
            return Rc::clone(text);
        }
        let new: Rc<str> = text.into();
        known.insert(Rc::clone(&new));
        new
    }

    fn map(&self, map: Option<BTreeMap<String, String>>) -> Texts {
        let entries = map.unwrap_or_default().into_iter();
        entries
            .filter(|(key, _)| key != LAST_APPLIED)
            .map(|(key, value)| (self.text(&key), self.text(&value)))
            .collect()
    }
}

/// A Secret with what is asked of it later, no extra permissions: not who we are among its managers, nor its manifest in an annotation.
pub(super) struct Packed {
    name: Rc<str>,
    namespace: Option<Rc<str>>,
    uid: Option<Box<str>>,
    version: Option<Box<str>>,
    immutable: Option<bool>,
    labels: Texts,
    annotations: Texts,
    owners: Option<Vec<OwnerReference>>,
    /// Boxed, since a vector that is filtered keeps the room of what is gone.
    managers: Box<[ManagedFieldsEntry]>,
    data: Values,
    /// The clusters that it is a remote secret for.
    clusters: Box<[Rc<str>]>,
    /// The key of the cluster whose UID is written down, and that UID.
    recorded: Option<(Rc<str>, Rc<str>)>,
}

/// A map of few entries; a tree has room for eleven.
type Texts = Box<[(Rc<str>, Rc<str>)]>;

/// A value by its key.
type Values = Box<[(Rc<str>, Value)]>;

impl Packed {
    /// Returns what is kept of `secret`.
    pub(super) fn of(secret: Secret, pool: &Pool) -> Self {
        let clusters: BTreeSet<&str> = led_to(&secret).collect();
        let clusters = clusters.into_iter().map(|name| pool.text(name)).collect();
        let mut keys = secret.data.iter().flat_map(BTreeMap::keys);
        let recorded = keys.find_map(|key| {
            let uid = recorded_uid(&secret, key)?;
            Some((pool.text(key), pool.text(uid)))
        });
        let name = pool.text(own_name(&secret));
        let immutable = secret.immutable;
        let metadata = secret.metadata;
        let managers = metadata.managed_fields.unwrap_or_default().into_iter();
        let data = secret.data.unwrap_or_default().into_iter();
        Self {
            name,
            clusters,
            recorded,
            immutable,
            version: metadata.resource_version.map(String::into_boxed_str),
            namespace: metadata.namespace.as_deref().map(|name| pool.text(name)),
            uid: metadata.uid.map(String::into_boxed_str),
            labels: pool.map(metadata.labels),
            annotations: pool.map(metadata.annotations),
            owners: metadata.owner_references,
            managers: managers
                .filter(|entry| entry.manager.as_deref() != Some(FIELD_MANAGER))
                .collect(),
            data: data
                .map(|(key, value)| (pool.text(&key), pool.shared(value.0)))
                .collect(),
        }
    }

    /// Returns the Secret again.
    pub(super) fn secret(&self) -> Secret {
        let data = self.data.iter();
        Secret {
            metadata: ObjectMeta {
                name: Some(self.name.to_string()),
                namespace: self.namespace.as_deref().map(str::to_owned),
                uid: self.uid.as_deref().map(str::to_owned),
                resource_version: self.version.as_deref().map(str::to_owned),
                labels: Some(unpacked(&self.labels)),
                annotations: Some(unpacked(&self.annotations)),
                owner_references: self.owners.clone(),
                managed_fields: Some(self.managers.to_vec()),
                ..ObjectMeta::default()
            },
            immutable: self.immutable,
            data: Some(
                data.map(|(key, value)| (key.to_string(), ByteString(value.bytes.to_vec())))
                    .collect(),
            ),
            ..Secret::default()
        }
    }

    pub(super) fn uid(&self) -> Option<&str> {
        self.uid.as_deref()
    }

    pub(super) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns true where it is immutable.
    pub(super) fn is_immutable(&self) -> bool {
        self.immutable == Some(true)
    }

    /// Returns what it holds, by data key, and the UID of the cluster behind each, where it is recorded.
    pub(super) fn values(&self) -> impl Iterator<Item = (&str, Option<&str>, &Value)> {
        let data = self.data.iter();
        data.map(|(key, value)| {
            let recorded = self.recorded.as_ref().filter(|(of, _)| of == key);
            (&**key, recorded.map(|(_, uid)| &**uid), value)
        })
    }

    /// Returns true where it is a remote secret for `cluster`.
    pub(super) fn gives_access_to(&self, cluster: &str) -> bool {
        self.clusters.iter().any(|name| **name == *cluster)
    }
}

fn unpacked(texts: &Texts) -> BTreeMap<String, String> {
    let entries = texts.iter();
    entries
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use mesh_model::ownership::{TakeOver, take_over};
    use mesh_model::remote_secret::{RemoteSecret, SecretType};
    use serde_json::json;

    use super::*;

    fn west() -> RemoteSecret {
        RemoteSecret {
            cluster: "west".to_owned(),
            secret_type: SecretType::Remote,
            namespace: "istio-system".to_owned(),
            uid: Some("of-west".to_owned()),
            kubeconfig: "kubeconfig".into(),
        }
    }

    #[test]
    fn what_is_asked_of_a_secret_is_what_it_was() {
        let mut read = west().to_applied("test");
        read.metadata.uid = Some("u".to_owned());
        read.metadata.resource_version = Some("7".to_owned());
        read.immutable = Some(true);
        read.metadata.owner_references = serde_json::from_value(
            json!([{"apiVersion": "v1", "kind": "K", "name": "n", "uid": "o"}]),
        )
        .unwrap();
        read.metadata.managed_fields = serde_json::from_value(
            json!([{"manager": "argocd-controller", "fieldsV1": {"f:data": {"f:west": {}}}}]),
        )
        .unwrap();
        let packed = Packed::of(read.clone(), &Pool::default());
        assert_eq!(packed.secret(), read);
        assert!(west().is_in(&packed.secret()));
        assert!(packed.gives_access_to("west") && !packed.gives_access_to("east"));
        let values: Vec<_> = packed.values().map(|(key, uid, _)| (key, uid)).collect();
        assert_eq!(values, [("west", Some("of-west"))]);
        assert!(matches!(
            take_over(&packed.secret(), "west"),
            TakeOver::Stranger(_)
        ));
    }

    #[test]
    fn our_own_fields_and_a_copy_of_the_manifest_are_not_kept() {
        let mut read = west().to_applied("test");
        let slim = Packed::of(read.clone(), &Pool::default()).secret();
        read.metadata.managed_fields =
            serde_json::from_value(json!([{"manager": FIELD_MANAGER, "fieldsV1": {"f:data": {}}}]))
                .unwrap();
        let annotations = read.metadata.annotations.as_mut().unwrap();
        annotations.insert(LAST_APPLIED.to_owned(), "{}".to_owned());
        assert_eq!(Packed::of(read, &Pool::default()).secret(), slim);
    }

    #[test]
    fn a_value_that_many_have_is_kept_once() {
        let pool = Pool::default();
        let [one, two] = [(), ()].map(|()| Packed::of(west().to_applied("test"), &pool));
        assert!(Rc::ptr_eq(&one.data[0].1.bytes, &two.data[0].1.bytes));
    }
}
