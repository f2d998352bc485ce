//! A secret together with the place where it was found.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::mesh::access_facts::AccessFacts;
use mesh_common::mesh::cluster_name::ClusterId;
use mesh_common::mesh::command::Kubectl;
use mesh_common::mesh::istiod_rules::{self, Refusal};
use mesh_common::mesh::remote_secret::{has_label, own_name};

use super::sources::Sources;

/// A secret, and what is known of the place where it was found.
pub(crate) struct Held {
    /// The holder's context; `None` for a file or a pipe.
    pub context: Option<String>,
    /// How kubectl is told about the holder.
    pub kubectl: Kubectl,
    pub secret: Secret,
    /// The Istio namespace, where the secret may be meant for another one.
    pub namespace: Option<String>,
    /// What the holder's istiods call their own cluster.
    pub istiods: Vec<ClusterId>,
    /// UID of the holder's kube-system.
    pub holder_uid: Option<String>,
    /// For each data key the other secrets of the holder that have the same one, where there are any.
    pub twins: BTreeMap<String, Twins>,
    /// For each data key the context that leads to the same server, as far as the kubeconfig knows one.
    pub sources: BTreeMap<String, String>,
    /// What its data keys hold; asked by [`Held::judged`], which parses each of them once.
    pub judged: OnceCell<BTreeMap<String, Judged>>,
}

/// The other secrets of a holder for the same cluster: they may be thousands, and each of them has as many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Twins {
    /// The first one's name.
    pub first: String,
    /// How many there are besides.
    pub more: usize,
}

/// What istiod would say to the value of a data key, and what that says.
pub(crate) struct Judged {
    pub refusal: Option<Refusal>,
    pub access: Option<AccessFacts>,
}

/// A holder, as its secrets need to know it.
pub(crate) struct Place<'a> {
    pub context: &'a str,
    /// How kubectl is told about it.
    pub kubectl: &'a Kubectl,
    /// UID of its kube-system.
    pub uid: Option<&'a str>,
    /// What its istiods call their own cluster.
    pub istiods: &'a [ClusterId],
}

#[cfg(test)]
impl Held {
    /// An empty secret in context east, of which nothing more is known.
    pub(crate) fn in_east() -> Self {
        Self {
            context: Some("east".to_owned()),
            kubectl: Kubectl::default().context("east"),
            secret: Secret::default(),
            namespace: None,
            istiods: Vec::new(),
            holder_uid: None,
            twins: BTreeMap::new(),
            sources: BTreeMap::new(),
            judged: OnceCell::new(),
        }
    }
}

impl Held {
    /// A secret from a file or a pipe, for control planes in `namespace`; nothing is known of its holder.
    pub(crate) fn from_manifest(secret: Secret, namespace: &str) -> Self {
        Self {
            namespace: Some(namespace.to_owned()),
            context: None,
            kubectl: Kubectl::default(),
            secret,
            istiods: Vec::new(),
            holder_uid: None,
            twins: BTreeMap::new(),
            sources: BTreeMap::new(),
            judged: OnceCell::new(),
        }
    }

    /// Looks up the contexts that lead to the servers of its data keys.
    pub(crate) fn find_sources(&mut self, sources: &Sources) {
        let judged = self.all_judged().iter();
        let servers = judged.filter_map(|(key, one)| Some((key, &one.access.as_ref()?.server)));
        self.sources = servers
            .filter_map(|(key, server)| Some((key.clone(), sources.context_of(server)?.to_owned())))
            .collect();
    }

    /// What the value of a data key holds; nothing where there is no such key.
    pub(crate) fn judged(&self, key: &str) -> Option<&Judged> {
        self.all_judged().get(key)
    }

    fn all_judged(&self) -> &BTreeMap<String, Judged> {
        self.judged.get_or_init(|| {
            let entries = self.secret.data.iter().flatten();
            entries
                .map(|(key, value)| {
                    let (verdict, access) = istiod_rules::judge(&value.0);
                    let refusal = verdict.err();
                    (key.clone(), Judged { refusal, access })
                })
                .collect()
        })
    }
}

/// Secrets of one holder, each with the others among `all` that lead to the same cluster.
pub(crate) fn in_holder(place: &Place<'_>, secrets: Vec<Secret>, all: &[Secret]) -> Vec<Held> {
    let with_key = with_key(all);
    let twins = |secret: &Secret| -> BTreeMap<String, Twins> {
        let keys = secret.data.iter().flatten().map(|(key, _)| key);
        let keys = keys.filter(|_| has_label(secret));
        keys.filter_map(|key| Some((key.clone(), with_key.get(key.as_str())?.beside(secret)?)))
            .collect()
    };
    secrets
        .into_iter()
        .map(|secret| Held {
            context: Some(place.context.to_owned()),
            kubectl: place.kubectl.clone(),
            namespace: None,
            twins: twins(&secret),
            secret,
            istiods: place.istiods.to_vec(),
            holder_uid: place.uid.filter(|uid| !uid.is_empty()).map(str::to_owned),
            sources: BTreeMap::new(),
            judged: OnceCell::new(),
        })
        .collect()
}

/// The secrets of one data key, as far as each of them needs to know the others.
#[derive(Default)]
struct WithKey<'a> {
    first_two: Vec<&'a str>,
    count: usize,
}

fn with_key(all: &[Secret]) -> BTreeMap<&str, WithKey<'_>> {
    let mut with_key: BTreeMap<&str, WithKey<'_>> = BTreeMap::new();
    for secret in all.iter().filter(|secret| has_label(secret)) {
        for (key, _) in secret.data.iter().flatten() {
            let one = with_key.entry(key).or_default();
            one.count += 1;
            if one.first_two.len() < 2 {
                one.first_two.push(own_name(secret));
            }
        }
    }
    with_key
}

impl WithKey<'_> {
    /// The others beside `secret`, which is one of them or not.
    fn beside(&self, secret: &Secret) -> Option<Twins> {
        let own = own_name(secret);
        let first = self.first_two.iter().find(|name| **name != own)?;
        Some(Twins {
            first: (*first).to_owned(),
            more: self.count.saturating_sub(2),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: &str, key: &str) -> Secret {
        serde_json::from_value(serde_json::json!({
            "metadata": {"name": name, "labels": {"istio/multiCluster": "true"}},
            "data": {key: ""},
        }))
        .expect("it is a Secret")
    }

    #[test]
    fn each_of_many_twins_is_told_of_one_and_how_many_more() {
        let all: Vec<Secret> = (0..8_000)
            .map(|n| secret(&format!("s{n}"), "west"))
            .collect();
        let place = Place {
            context: "east",
            kubectl: &Kubectl::default(),
            uid: None,
            istiods: &[],
        };
        let held = in_holder(&place, all.clone(), &all);
        for (number, one) in held.iter().enumerate() {
            let first = if number == 0 { "s1" } else { "s0" };
            let twins = Twins {
                first: first.to_owned(),
                more: 7_998,
            };
            assert_eq!(one.twins, BTreeMap::from([("west".to_owned(), twins)]));
        }
        let alone = [secret("a", "north")];
        assert!(
            in_holder(&place, alone.to_vec(), &alone)[0]
                .twins
                .is_empty()
        );
    }
}
