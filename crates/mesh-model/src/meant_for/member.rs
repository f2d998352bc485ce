//! The clusters that the operator's kubeconfig gives access to, as far as they were read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cluster_name::ClusterId;
use crate::remote_cluster::{Address, is_one_cluster};

/// A cluster that a context gives access to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The context.
    pub context: String,
    /// The address of the API server in the context.
    pub address: Address,
    /// UID of its kube-system, if it was read.
    pub uid: Option<String>,
    /// The cluster IDs of its istiods; empty if they were not read, or have none.
    pub ids: Vec<ClusterId>,
}

impl Member {
    /// Returns a cluster of which only the context is known.
    pub fn unread(context: &str, address: Address) -> Self {
        Self {
            context: context.to_owned(),
            address,
            uid: None,
            ids: Vec::new(),
        }
    }

    /// Returns whether both are the same cluster: by their UIDs, or by their addresses if a UID is unknown.
    pub fn is_same(&self, other: &Self) -> bool {
        let own = (self.uid.as_deref(), &self.address);
        self.context == other.context || is_one_cluster(own, (other.uid.as_deref(), &other.address))
    }

    /// Returns whether one of its istiods has this cluster ID.
    pub fn is_called(&self, key: &str) -> bool {
        self.ids.iter().any(|id| id.as_str() == key)
    }
}

/// All known clusters, with lookups by the facts in a secret.
#[derive(Debug, Default)]
pub struct Members {
    all: Vec<Member>,
    by_context: BTreeMap<String, usize>,
    by_uid: BTreeMap<String, usize>,
    by_server: BTreeMap<String, Vec<usize>>,
    by_id: BTreeMap<String, Vec<usize>>,
}

impl Members {
    /// Returns these clusters; of two with the same context the later one, which was read, replaces the other.
    pub fn new(members: impl IntoIterator<Item = Member>) -> Self {
        let mut found = Self::default();
        for member in members {
            if let Some(&number) = found.by_context.get(&member.context) {
                found.all[number] = member;
            } else {
                let number = found.all.len();
                found.by_context.insert(member.context.clone(), number);
                found.all.push(member);
            }
        }
        for (number, member) in found.all.iter().enumerate() {
            if let Some(uid) = &member.uid {
                let known = found.by_uid.entry(uid.clone()).or_insert(number);
                if found.all[*known].ids.is_empty() {
                    *known = number;
                }
            }
            let server = member.address.server.clone();
            found.by_server.entry(server).or_default().push(number);
            for id in &member.ids {
                let id = id.as_str().to_owned();
                found.by_id.entry(id).or_default().push(number);
            }
        }
        found
    }

    /// Returns all clusters.
    pub fn all(&self) -> &[Member] {
        &self.all
    }

    /// Returns the cluster of this context.
    pub fn of_context(&self, context: &str) -> Option<&Member> {
        self.by_context
            .get(context)
            .map(|&number| &self.all[number])
    }

    /// Returns the cluster whose kube-system has this UID.
    pub fn with_uid(&self, uid: &str) -> Option<&Member> {
        self.by_uid.get(uid).map(|&number| &self.all[number])
    }

    /// Returns the cluster at this address. Several clusters may be behind one URL; they differ by the TLS server name.
    /// A server name that only one side has decides nothing, unless there is only one candidate.
    pub fn at(&self, address: &Address) -> Option<&Member> {
        let here = self.by_server.get(&address.server)?;
        let mut here = here.iter().map(|&number| &self.all[number]);
        let first = here.clone().next()?;
        let mut exact = here.clone().filter(|member| member.address == *address);
        let known = exact.clone().find(|member| member.uid.is_some());
        let is_another = |member: &&Member| {
            member.uid.is_some() && known.is_some_and(|one| one.uid != member.uid)
        };
        if exact.clone().any(|member| is_another(&member)) {
            // Each is reached through its own proxy.
            return None;
        }
        let exact = known.or_else(|| exact.next());
        let is_only_one = here.all(|member| member.address == first.address);
        let is_compatible =
            address.tls_server_name.is_none() || first.address.tls_server_name.is_none();
        exact.or((is_only_one && is_compatible).then_some(first))
    }

    /// Returns the clusters of this name: by the cluster IDs of their istiods, otherwise by context for a cluster
    /// without a known cluster ID.
    pub fn called(&self, key: &str) -> Vec<&Member> {
        if let Some(numbers) = self.by_id.get(key) {
            return numbers.iter().map(|&number| &self.all[number]).collect();
        }
        let by_context = self.of_context(key);
        by_context
            .filter(|member| member.ids.is_empty())
            .into_iter()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(context: &str, server: &str, name: Option<&str>) -> Member {
        Member::unread(context, Address::new(server, name))
    }

    #[test]
    fn clusters_behind_one_url_are_told_apart_by_the_names_that_are_checked() {
        let url = "https://front:443";
        let both = Members::new([at("east", url, Some("e")), at("west", url, Some("w"))]);
        let plain = Members::new([at("east", url, None), at("admin", url, None)]);
        let named = Members::new([at("east", url, Some("e"))]);
        for (members, server, name, expected) in [
            (&both, url, Some("w"), Some("west")),
            (&both, url, Some("n"), None),
            (&both, url, None, None),
            (&plain, "https://FRONT:443/", None, Some("east")),
            (&plain, url, Some("kubernetes"), Some("east")),
            (&named, url, None, Some("east")),
            (&named, url, Some("n"), None),
            (&plain, "https://front:444", None, None),
        ] {
            let found = members.at(&Address::new(server, name));
            let context = found.map(|member| member.context.as_str());
            assert_eq!(context, expected, "{server} {name:?}");
        }
    }

    #[test]
    fn an_address_of_two_clusters_is_nobodys() {
        let read = |context, uid: &str| Member {
            uid: Some(uid.to_owned()),
            ..at(context, "https://10.0.0.1:6443", None)
        };
        let address = Address::new("https://10.0.0.1:6443", None);
        let both = Members::new([read("east", "e"), read("west", "w")]);
        assert_eq!(both.at(&address), None);
        let again = Members::new([read("east", "e"), read("admin", "e")]);
        assert_eq!(again.at(&address), Some(&read("east", "e")));
    }

    #[test]
    fn a_cluster_goes_by_what_its_istiods_call_it_and_else_by_its_context() {
        let with_id = |context, id: &str| Member {
            ids: vec![ClusterId(id.to_owned())],
            ..at(context, context, None)
        };
        let members = Members::new([
            at("west", "https://w", None),
            at("east", "https://e", None),
            with_id("east", "prod"),
            with_id("north", "west-2"),
        ]);
        for (key, expected) in [
            ("west", Some("west")),
            ("prod", Some("east")),
            ("west-2", Some("north")),
            // Its istiod is known to have another cluster ID.
            ("east", None),
            ("south", None),
        ] {
            let called = members.called(key);
            let context = called.first().map(|member| member.context.as_str());
            assert_eq!(context, expected, "{key}");
        }
    }

    #[test]
    fn the_uid_decides_and_the_address_only_without_it() {
        let read = |context, server, uid: &str| Member {
            uid: Some(uid.to_owned()),
            ..at(context, server, None)
        };
        let west = read("west", "https://a", "w");
        assert!(west.is_same(&read("again", "https://b", "w")));
        assert!(!west.is_same(&read("other", "https://a", "n")));
        assert!(west.is_same(&at("unread", "https://A/", None)));
        assert!(!west.is_same(&at("unread", "https://b", None)));
    }
}
