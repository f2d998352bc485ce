//! The record of a token's holders: annotations on the token's backing Secret in the remote cluster, one for each
//! holder's secret. Only a client with write access to the remote cluster can change it; claims of a holder about
//! itself are not trusted.
//!
//! A holder's secret is identified by its UID, which no other secret of the same name has, and by the address of the
//! holder's API server in the operator's kubeconfig, because a server may claim any UID.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Secret;
use sha2::{Digest as _, Sha256};

use super::names::HOLDER_PREFIX;
use super::server::without_login;

/// The number of bytes of an address's digest that are recorded.
const BYTES: usize = 8;
/// The number of addresses that are recorded for one holder: operators reach it in different ways.
const ADDRESSES: usize = 8;

/// A holder's secret, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HolderRecord {
    key: String,
    address: String,
}

impl HolderRecord {
    /// Returns the record of `secret`, in the cluster whose API server is reached at `server`; `None` if its UID is
    /// missing or not valid.
    pub fn of(secret: &Secret, server: &str) -> Option<Self> {
        Self::with_uid(secret.metadata.uid.as_deref()?, server)
    }

    /// Returns the record of a secret with this UID; see [`Self::of`].
    pub fn with_uid(uid: &str, server: &str) -> Option<Self> {
        let is_part = |c: char| c.is_ascii_hexdigit() || c == '-';
        if uid.is_empty() || uid.len() > 63 || !uid.chars().all(is_part) {
            return None;
        }
        let server = without_login(server);
        let server = server.trim_end_matches('/').to_ascii_lowercase();
        let digest = Sha256::digest(server.as_bytes());
        let pairs: Vec<String> = digest
            .iter()
            .take(BYTES)
            .map(|b| format!("{b:02x}"))
            .collect();
        Some(Self {
            key: format!("{HOLDER_PREFIX}{uid}"),
            address: pairs.concat(),
        })
    }

    /// Returns whether `backing`, the token's backing Secret, records it.
    pub fn is_recorded(&self, backing: &Secret) -> bool {
        self.recorded(backing)
            .any(|address| address == self.address)
    }

    fn recorded<'s>(&self, backing: &'s Secret) -> impl Iterator<Item = &'s str> {
        let annotations = backing.metadata.annotations.as_ref();
        let value = annotations.and_then(|all| all.get(&self.key));
        value.into_iter().flat_map(|value| value.split_whitespace())
    }
}

/// Returns whether `backing` records any holder at all.
pub fn has_record(backing: &Secret) -> bool {
    let annotations = backing.metadata.annotations.iter().flatten();
    annotations
        .into_iter()
        .any(|(key, _)| key.starts_with(HOLDER_PREFIX))
}

/// Returns the annotations that `backing` needs to record all of `records`.
pub fn missing_annotations(
    backing: &Secret,
    records: &BTreeSet<HolderRecord>,
) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::<String, Vec<&str>>::new();
    for one in records.iter().filter(|one| !one.is_recorded(backing)) {
        let addresses = annotations
            .entry(one.key.clone())
            .or_insert_with(|| one.recorded(backing).collect());
        addresses.push(&one.address);
    }
    let last = |all: Vec<&str>| all[all.len().saturating_sub(ADDRESSES)..].join(" ");
    annotations
        .into_iter()
        .map(|(key, addresses)| (key, last(addresses)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const UID: &str = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

    fn backing(annotations: &BTreeMap<String, String>) -> Secret {
        serde_json::from_value(json!({"metadata": {"annotations": annotations}})).unwrap()
    }

    fn record(server: &str) -> HolderRecord {
        HolderRecord::with_uid(UID, server).unwrap()
    }

    #[test]
    fn a_holding_is_one_secret_at_one_address() {
        let east = record("https://east:6443");
        let bare = backing(&BTreeMap::new());
        assert!(!east.is_recorded(&bare) && !has_record(&bare));
        let known = backing(&missing_annotations(&bare, &[east.clone()].into()));
        assert!(east.is_recorded(&known) && has_record(&known));
        assert!(record("https://me:pw@EAST:6443/").is_recorded(&known));
        for other in [
            record("https://north:6443"),
            HolderRecord::with_uid("11111111-2222-3333-4444-555555555555", "https://east:6443")
                .unwrap(),
        ] {
            assert!(!other.is_recorded(&known), "{other:?}");
        }
        assert!(missing_annotations(&known, &[east].into()).is_empty());
    }

    #[test]
    fn another_way_to_the_same_holder_is_added_and_the_oldest_are_forgotten() {
        let mut known = backing(&BTreeMap::new());
        let servers: Vec<String> = (0..ADDRESSES + 2)
            .map(|n| format!("https://east-{n}"))
            .collect();
        for server in &servers {
            let added = missing_annotations(&known, &[record(server)].into());
            known
                .metadata
                .annotations
                .get_or_insert_default()
                .extend(added);
        }
        let count = servers
            .iter()
            .filter(|server| record(server).is_recorded(&known))
            .count();
        assert_eq!(count, ADDRESSES);
        assert!(record(&servers[ADDRESSES + 1]).is_recorded(&known));
    }

    #[test]
    fn an_uid_that_is_none_is_no_holding() {
        for uid in ["", "a/b", "x y", "\n", &"a".repeat(64)] {
            assert_eq!(HolderRecord::with_uid(uid, "https://east"), None, "{uid:?}");
        }
        assert_eq!(HolderRecord::of(&Secret::default(), "https://east"), None);
    }
}
