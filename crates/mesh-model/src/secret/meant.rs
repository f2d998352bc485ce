//! The checks of which cluster each secret of a holder is for, with the fix if it is the wrong one.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster_name::ClusterId;
use crate::command::{Remedy, named};
use crate::finding::{CheckId, Finding, Severity};
use crate::meant_for::{Entry, Judged, Reached, Verdict, judge};
use crate::remote_secret::{annotated_cluster, has_label};
use crate::server;

use super::duplicates::Duplicates;
use super::found::FoundSecret;
use super::meant_input::{CredentialCheck, CredentialChecks, MeantInput};
use super::replace::{drop_key, make_in_place, remove};

/// One data key after it was judged.
#[derive(Debug)]
pub struct Meant<'a> {
    /// The verdict.
    pub judged: Judged<'a>,
    /// True if another Secret with the same key is to stay in its place, or may be.
    pub is_surplus: bool,
    /// The verdict as findings, and the one about other secrets for the same cluster.
    pub findings: Vec<Finding>,
}

impl<'a> Meant<'a> {
    /// Returns the context of the other cluster that the key concerns.
    pub fn peer(&self) -> Option<&'a str> {
        Some(self.judged.peer?.context.as_str())
    }
}

/// Judges all secrets of one holder, by their number and data key. Secrets of a manifest have no holder, and are judged
/// one by one, because each may be for another one.
pub fn check_meant_for<'a>(
    found: &[&'a FoundSecret],
    checks: &'a CredentialChecks,
    input: MeantInput<'a>,
) -> BTreeMap<(usize, String), Meant<'a>> {
    let keys: Vec<(usize, &'a str)> = found
        .iter()
        .enumerate()
        .flat_map(|(number, found)| found.keys().map(move |key| (number, key)))
        .collect();
    let check = |number: usize, key: &str| checks.get(&(number, key.to_owned()));
    let entries: Vec<Entry<'a>> = keys
        .iter()
        .map(|&(number, key)| entry(found[number], key, check(number, key), input))
        .collect();
    let mesh = input.mesh(found.first().and_then(|found| found.holder.as_deref()));
    let judged = judge(mesh, &entries);
    // For each one that istiod may use: whether it fails; unknown if it was not tried.
    let fails: BTreeMap<(usize, &str), Option<bool>> = keys
        .iter()
        .zip(&judged)
        .filter(|(_, judged)| judged.verdict != Verdict::OwnName)
        .map(|(&(number, key), judged)| {
            let is_wrong = matches!(
                judged.verdict,
                Verdict::WrongCluster { .. } | Verdict::Holder
            );
            let is_refused = found[number]
                .judged(key)
                .is_none_or(|judged| judged.refusal.is_some());
            let works = check(number, key).and_then(|check| check.works);
            let fails = works.map(|works| !works);
            (
                (number, key),
                if is_wrong || is_refused {
                    Some(true)
                } else {
                    fails
                },
            )
        })
        .collect();
    let duplicates = Duplicates::of(found, &fails, input.used, input.reported);
    let failing: BTreeSet<(&str, &str)> = fails
        .iter()
        .filter(|(_, fails)| **fails == Some(true))
        .map(|((number, key), _)| (found[*number].name(), *key))
        .collect();
    keys.iter()
        .zip(judged)
        .map(|(&(number, key), judged)| {
            let one = One {
                found: found[number],
                key,
                judged,
                uid: check(number, key).and_then(|check| check.uid.as_deref()),
            };
            let fails = |secret: &str, key: &str| failing.contains(&(secret, key));
            let mut findings: Vec<Finding> = one.finding(fails).into_iter().collect();
            findings.extend(duplicates.finding(found, number, key));
            findings.shrink_to_fit();
            let meant = Meant {
                judged,
                is_surplus: duplicates.is_surplus(number, key),
                findings,
            };
            ((number, key.to_owned()), meant)
        })
        .collect()
}

fn entry<'a>(
    found: &'a FoundSecret,
    key: &'a str,
    check: Option<&'a CredentialCheck>,
    input: MeantInput<'_>,
) -> Entry<'a> {
    let address = found.judged(key).and_then(super::found::JudgedKey::address);
    // A loopback address is a different machine for each client.
    let means_one_place = |server: &str| input.allow_loopback || server::dead(server).is_none();
    Entry {
        secret: found.name(),
        key,
        mark: found.judged(key).and_then(|judged| judged.mark.as_deref()),
        address: address.filter(|address| means_one_place(&address.server)),
        is_looked_at: has_label(&found.facts.secret),
        annotated: annotated_cluster(&found.facts.secret).map(String::as_str),
        uid: check.and_then(|check| check.uid.as_deref()),
    }
}

/// A data key that was judged.
struct One<'a> {
    found: &'a FoundSecret,
    key: &'a str,
    judged: Judged<'a>,
    /// UID of the cluster that answered, if the credential was used.
    uid: Option<&'a str>,
}

impl One<'_> {
    /// Returns the finding about it; `fails` tells whether a Secret's key is known not to work.
    fn finding(&self, fails: impl Fn(&str, &str) -> bool) -> Option<Finding> {
        let (found, key) = (self.found, self.key);
        let (id, message, fix) = match self.judged.verdict {
            Verdict::Fine => return None,
            Verdict::OwnName => (
                CheckId::SecretSelf,
                format!("the holder's own istiod is called {key}, so it ignores this secret"),
                self.own_name(),
            ),
            Verdict::Holder => (
                CheckId::SecretSelf,
                format!(
                    "it gives access to the holder itself, so every endpoint is registered twice, once as {key}'s"
                ),
                remove(found, key),
            ),
            Verdict::WrongCluster { named } => (
                CheckId::SecretWrongCluster,
                format!(
                    "it gives access to {}, not to the cluster of context {}",
                    self.reached(),
                    named.context
                ),
                make_in_place(found, key, &named.context, key),
            ),
            Verdict::StrayKey {
                kept,
                is_known,
                is_same_access,
            } => {
                let is_safe = is_same_access && !fails(found.name(), kept);
                let rest = if is_same_access {
                    format!("; key {kept} holds the same access, so nothing is lost without {key}")
                } else {
                    String::new()
                };
                (
                    CheckId::SecretStrayKey,
                    format!(
                        "key {kept} of the same secret gives access to the same cluster, so every endpoint there is registered twice, once as {key}'s{rest}"
                    ),
                    stray(found, key, kept, is_known, is_safe),
                )
            }
            Verdict::Duplicate {
                secret,
                key: other,
                is_right,
            } => (
                CheckId::SecretDuplicate,
                format!(
                    "secret {secret} gives access to the same cluster under the name {other}, so every endpoint there is registered twice"
                ),
                self.duplicate(secret, is_right, fails(secret, other)),
            ),
            Verdict::WrongName { member } => {
                let ids: Vec<&str> = member.ids.iter().map(ClusterId::as_str).collect();
                let name = ids.first().copied().unwrap_or(key);
                (
                    CheckId::ClusterIdSecretKey,
                    format!(
                        "the cluster ID of its own istiod is {}, not {key}",
                        ids.join(" or ")
                    ),
                    make_in_place(found, key, &member.context, name),
                )
            }
        };
        let finding = Finding::new(id, Severity::Error, message);
        Some(finding.shown_by(self.evidence()).fix(fix))
    }

    /// Returns what shows which cluster it gives access to: the cluster that answered, otherwise the address.
    fn evidence(&self) -> Option<String> {
        let reached = self.reached();
        if let Some(uid) = self.uid {
            return Some(format!(
                "{reached} answered: the UID of its kube-system is {uid}"
            ));
        }
        let address = self.found.judged(self.key)?.address()?;
        let server = address.server;
        Some(match self.judged.reached {
            Reached::Holder | Reached::Member(_) => {
                format!("its server {server} is that of {reached}")
            }
            Reached::Elsewhere | Reached::Unknown => format!("its server is {server}"),
        })
    }

    fn own_name(&self) -> Remedy {
        if self.judged.reached == Reached::Holder {
            return remove(self.found, self.key);
        }
        "give each cluster a name of its own (values.global.multiCluster.clusterName), then create it again"
            .into()
    }

    fn reached(&self) -> String {
        match self.judged.reached {
            Reached::Holder => "the holder itself".to_owned(),
            Reached::Member(member) => format!("the cluster of context {}", member.context),
            Reached::Elsewhere | Reached::Unknown => "another cluster".to_owned(),
        }
    }

    /// Returns the fix if another Secret is for the same cluster under another name: a command deletes only one whose
    /// name is known to be wrong, and only if the other one is not known to fail.
    fn duplicate(&self, other: &str, is_right: bool, other_fails: bool) -> Remedy {
        match (is_right, other_fails) {
            (true, false) => remove(self.found, self.key),
            (true, true) => format!(
                "delete this secret, and then create secret {} again, which has the right name and does not work",
                named(other)
            )
            .into(),
            (false, _) => "keep the one whose data key is the cluster ID of the cluster's own istiod (values.global.multiCluster.clusterName), and delete the other with kubectl mesh-secret delete".into(),
        }
    }
}

/// Returns the fix that drops a key beside another one of the same Secret.
fn stray(found: &FoundSecret, key: &str, kept: &str, is_known: bool, is_safe: bool) -> Remedy {
    if is_known && is_safe {
        return drop_key(found, key);
    }
    let (secret, kept, key) = (named(found.name()), named(kept), named(key));
    if is_known {
        format!(
            "check that key {kept} works (kubectl mesh-secret inspect --probe), then remove data key {key} from secret {secret}"
        )
        .into()
    } else {
        format!(
            "find out which of both is the cluster ID of the cluster's own istiod (values.global.multiCluster.clusterName), and remove the other key, {kept} or {key}, from secret {secret}"
        )
        .into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use k8s_openapi::ByteString;
    use k8s_openapi::api::core::v1::Secret;

    use super::super::facts::SecretFacts;
    use super::super::pool::SecretPool;
    use super::super::used::KnownClusters;
    use super::*;
    use crate::access::{Access, AccessTrust, AccessUser};
    use crate::meant_for::{Member, Members};
    use crate::remote_cluster::Address;

    fn member(name: &str) -> Member {
        Member {
            uid: Some(format!("uid-of-{name}")),
            ids: vec![ClusterId(name.to_owned())],
            ..Member::unread(name, Address::new(&format!("https://{name}:6443"), None))
        }
    }

    /// Returns a secret of east for the cluster `key`, with the address of the cluster `server`.
    fn secret(name: &str, key: &str, server: &str) -> FoundSecret {
        let access = Access {
            server: format!("https://{server}:6443"),
            trust: AccessTrust::Insecure,
            tls_server_name: None,
            proxy_url: None,
            user: AccessUser::Token(name.into()),
        };
        let kubeconfig = ByteString(access.to_kubeconfig(key).into_bytes());
        let mut secret = Secret::default();
        secret.metadata.name = Some(name.to_owned());
        let labels = [("istio/multiCluster".to_owned(), "true".to_owned())];
        secret.metadata.labels = Some(labels.into());
        secret.data = Some([(key.to_owned(), kubeconfig)].into());
        FoundSecret {
            facts: SecretFacts::split(secret, &SecretPool::of_tests()).0,
            holder: Some(Arc::new(member("east"))),
            ..FoundSecret::in_east()
        }
    }

    /// Returns the id and the evidence of each finding; the first secret has this UID from its credential.
    fn shown(found: &[FoundSecret], uid: Option<&str>) -> Vec<(CheckId, Vec<String>)> {
        let members = Members::new(["east", "west", "north"].map(member));
        let input = MeantInput {
            members: &members,
            expected: None,
            used: &KnownClusters::NotAsked,
            reported: found.len(),
            allow_loopback: false,
        };
        let key = found[0].keys().next().unwrap_or_default().to_owned();
        let check = CredentialCheck {
            uid: uid.map(str::to_owned),
            works: None,
        };
        let checks = CredentialChecks::from([((0, key), check)]);
        let found: Vec<&FoundSecret> = found.iter().collect();
        let meant = check_meant_for(&found, &checks, input).into_values();
        let evidence = |one: &Finding| one.details().cloned().unwrap_or_default().evidence;
        let findings = meant.flat_map(|meant| meant.findings);
        findings.map(|one| (one.id, evidence(&one))).collect()
    }

    #[test]
    fn a_finding_shows_by_what_the_cluster_is_known() {
        let of_north = |server| secret("istio-remote-secret-west", "west", server);
        for (server, uid, evidence) in [
            (
                "north",
                None,
                "its server https://north:6443 is that of the cluster of context north",
            ),
            (
                "west",
                Some("uid-of-north"),
                "the cluster of context north answered: the UID of its kube-system is uid-of-north",
            ),
            (
                "west",
                Some("uid-of-east"),
                "the holder itself answered: the UID of its kube-system is uid-of-east",
            ),
            (
                "west",
                Some("other"),
                "another cluster answered: the UID of its kube-system is other",
            ),
        ] {
            let found = shown(&[of_north(server)], uid);
            let expected = (CheckId::SecretWrongCluster, vec![evidence.to_owned()]);
            assert_eq!(found, [expected], "{server} {uid:?}");
        }
        assert_eq!(shown(&[of_north("west")], Some("uid-of-west")), []);
    }

    #[test]
    fn two_names_for_one_address_show_the_address() {
        let found = shown(&[secret("a", "x", "far"), secret("b", "y", "far")], None);
        let evidence = vec!["its server is https://far:6443".to_owned()];
        assert_eq!(found, [(CheckId::SecretDuplicate, evidence)]);
    }
}
