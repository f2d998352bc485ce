//! Maps by namespace and name as lists of entries, since a key in JSON is one text.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

type Key = (String, String);

#[derive(Serialize, Deserialize)]
struct Entry<T> {
    namespace: String,
    name: String,
    value: T,
}

pub(super) fn serialize<T: Serialize, S: Serializer>(
    map: &BTreeMap<Key, T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map.iter().map(|((namespace, name), value)| Entry {
        namespace: namespace.clone(),
        name: name.clone(),
        value,
    }))
}

pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Key, T>, D::Error> {
    let entries: Vec<Entry<T>> = Vec::deserialize(deserializer)?;
    let entries = entries.into_iter();
    Ok(entries
        .map(|entry| ((entry.namespace, entry.name), entry.value))
        .collect())
}
