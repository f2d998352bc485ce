//! The rules as tables.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;

use super::{Entry, Member, Members, Mesh, Verdict, judge};
use crate::access::{Access, AccessTrust, AccessUser};
use crate::cluster_name::ClusterId;
use crate::names::CONFIG_SECRET;
use crate::remote_cluster::Address;
use crate::remote_secret::secret_name;
use crate::secret::{SecretFacts, SecretPool};

fn member(name: &str, uid: Option<&str>, ids: &[&str]) -> Member {
    Member {
        uid: uid.map(str::to_owned),
        ids: ids.iter().map(|id| ClusterId((*id).to_owned())).collect(),
        ..Member::unread(name, at(name))
    }
}

fn at(name: &str) -> Address {
    Address::new(&format!("https://{name}:6443"), None)
}

/// East, which holds the secrets, west and north; each context has its cluster's name.
fn read() -> Members {
    Members::new([
        member("east", Some("e"), &["east"]),
        member("west", Some("w"), &["west"]),
        member("north", Some("n"), &["north"]),
    ])
}

/// The same, but only east was read.
fn unread() -> Members {
    let east = member("east", Some("e"), &["east"]);
    Members::new([east, member("west", None, &[]), member("north", None, &[])])
}

/// The mark of a kubeconfig with this token.
fn access(token: &str) -> Option<String> {
    mark(named("c", token))
}

fn mark(kubeconfig: Vec<u8>) -> Option<String> {
    let secret = Secret {
        data: Some([("c".to_owned(), ByteString(kubeconfig))].into()),
        ..Secret::default()
    };
    let (facts, _) = SecretFacts::split(secret, &SecretPool::of_tests());
    facts.judged("c")?.mark.clone()
}

/// A kubeconfig with entries called `name`.
fn named(name: &str, token: &str) -> Vec<u8> {
    let access = Access {
        server: "https://w:6443".to_owned(),
        trust: AccessTrust::Insecure,
        tls_server_name: None,
        proxy_url: None,
        user: AccessUser::Token(token.into()),
    };
    access.to_kubeconfig(name).into_bytes()
}

/// Secret, key, the cluster at its address, and the UID that answered.
type Given<'a> = (&'a str, &'a str, &'a str, Option<&'a str>);

fn entry<'a>((secret, key, server, uid): Given<'a>, mark: Option<&'a str>) -> Entry<'a> {
    Entry {
        secret,
        key,
        mark,
        address: (!server.is_empty()).then(|| at(server)),
        is_looked_at: true,
        annotated: None,
        uid,
    }
}

fn verdicts(members: &Members, given: &[Given<'_>]) -> Vec<String> {
    let same = access("t");
    let entries = given.iter().map(|one| entry(*one, same.as_deref()));
    let entries: Vec<Entry<'_>> = entries.collect();
    let mesh = Mesh {
        members,
        holder: members.of_context("east"),
        expected: None,
    };
    let judged = judge(mesh, &entries);
    judged.iter().map(|one| word(one.verdict)).collect()
}

fn word(verdict: Verdict<'_>) -> String {
    match verdict {
        Verdict::Fine => "fine".to_owned(),
        Verdict::OwnName => "own name".to_owned(),
        Verdict::Holder => "holder".to_owned(),
        Verdict::WrongCluster { named } => format!("not {}", named.context),
        Verdict::StrayKey {
            kept,
            is_known,
            is_same_access,
        } => {
            format!("beside {kept} {is_known} {is_same_access}")
        }
        Verdict::Duplicate {
            secret,
            key,
            is_right,
        } => {
            format!("twice {secret}/{key} {is_right}")
        }
        Verdict::WrongName { member } => format!("is {}", member.ids[0]),
    }
}

#[test]
fn one_secret_is_judged_by_the_name_and_by_where_it_gives_access() {
    let (read, unread) = (read(), unread());
    let other = Members::new([
        member("east", Some("e"), &["east"]),
        member("west", Some("w"), &["prod"]),
    ]);
    for (members, key, server, uid, expected) in [
        // The holder's own name, with access to any cluster.
        (&read, "east", "west", None, "own name"),
        (&read, "east", "east", Some("e"), "own name"),
        (&read, "east", "", None, "own name"),
        // The right cluster.
        (&read, "west", "west", None, "fine"),
        (&read, "west", "", Some("w"), "fine"),
        (&unread, "west", "west", None, "fine"),
        (&unread, "west", "west", Some("w"), "fine"),
        // The name of one cluster, with access to the holder.
        (&read, "west", "east", None, "not west"),
        (&read, "west", "west", Some("e"), "not west"),
        (&unread, "west", "east", None, "not west"),
        (&unread, "west", "", Some("e"), "not west"),
        // The name of one cluster, with access to a third, or to one that no context knows.
        (&read, "west", "north", None, "not west"),
        (&read, "west", "", Some("n"), "not west"),
        (&read, "west", "west", Some("x"), "not west"),
        // The addresses of two contexts that were not read may be of one cluster.
        (&unread, "west", "north", None, "fine"),
        (&unread, "west", "", Some("x"), "fine"),
        // The name of no cluster.
        (&read, "other", "east", None, "holder"),
        (&read, "other", "", Some("e"), "holder"),
        (&read, "other", "west", None, "is west"),
        (&read, "other", "", Some("w"), "is west"),
        (&unread, "other", "west", None, "fine"),
        (&read, "other", "", None, "fine"),
        (&read, "other", "", Some("x"), "fine"),
        (&read, "other", "west", Some("x"), "not west"),
        // A context does not count as a name if the istiods have another cluster ID.
        (&other, "west", "west", None, "is prod"),
        (&other, "west", "east", None, "holder"),
        (&other, "prod", "east", None, "not west"),
    ] {
        let given = (secret_name(key), key, server, uid);
        let found = verdicts(members, &[(&given.0, key, server, uid)]);
        assert_eq!(found, [expected], "{key} at {server} {uid:?}");
    }
}

/// The cluster that it gives access to, otherwise the one that it names, and never the holder.
#[test]
fn the_other_cluster_of_a_secret_is_never_its_holder() {
    let (read, unread) = (read(), unread());
    let of_one_name = Members::new([
        member("east", Some("e"), &["east"]),
        member("west", Some("w"), &["west"]),
        member("north", Some("n"), &["west"]),
    ]);
    let two_contexts = Members::new([
        member("east", Some("e"), &["east"]),
        member("west", Some("w"), &["west"]),
        member("admin", Some("w"), &["west"]),
    ]);
    for (members, key, server, uid, expected) in [
        (&read, "west", "west", None, Some("west")),
        (&read, "west", "north", None, Some("north")),
        (&read, "other", "west", None, Some("west")),
        (&read, "west", "", Some("n"), Some("north")),
        // It is not known where it gives access, or no context does.
        (&read, "west", "", None, Some("west")),
        (&unread, "west", "", None, Some("west")),
        (&read, "west", "", Some("x"), Some("west")),
        (&read, "other", "", None, None),
        // For its own holder.
        (&read, "west", "east", None, Some("west")),
        (&read, "other", "east", None, None),
        (&read, "east", "east", None, None),
        (&read, "east", "", None, None),
        (&read, "east", "west", None, Some("west")),
        // Two clusters have this name, or one has two contexts.
        (&of_one_name, "west", "", None, None),
        (&of_one_name, "west", "north", None, Some("north")),
        (&two_contexts, "west", "", None, Some("west")),
    ] {
        let given = secret_name(key);
        let mesh = Mesh {
            members,
            holder: members.of_context("east"),
            expected: None,
        };
        let judged = judge(mesh, &[entry((&given, key, server, uid), None)]);
        let peer = judged[0].peer.map(|member| member.context.as_str());
        assert_eq!(peer, expected, "{key} at {server} {uid:?}");
    }
}

#[test]
fn several_for_one_cluster_are_told_once_each() {
    let (read, unread) = (read(), unread());
    let usual = "istio-remote-secret-west";
    for (members, given, expected) in [
        // A second key beside the right one, in the same Secret.
        (
            &read,
            &[(usual, "old", "west", None), (usual, "west", "west", None)][..],
            &["beside west true true", "fine"][..],
        ),
        (
            &unread,
            &[(usual, "old", "west", None), (usual, "west", "west", None)],
            &["beside west true true", "fine"],
        ),
        // Neither is known to be the right one.
        (
            &unread,
            &[("both", "a", "", Some("x")), ("both", "b", "", Some("x"))],
            &["fine", "beside a false true"],
        ),
        // In another Secret.
        (
            &read,
            &[
                ("older", "old", "west", None),
                (usual, "west", "west", None),
            ],
            &["twice istio-remote-secret-west/west true", "fine"],
        ),
        (
            &unread,
            &[("a", "a", "west", None), ("b", "b", "west", None)],
            &["fine", "twice a/a false"],
        ),
        // With an address that no context has.
        (
            &read,
            &[("a", "a", "far", None), ("b", "b", "far", None)],
            &["fine", "twice a/a false"],
        ),
        // Neither is right, and the right name is known.
        (
            &read,
            &[("a", "a", "west", None), ("b", "b", "west", None)],
            &["is west", "twice a/a false"],
        ),
        // Two Secrets with the same key are judged elsewhere.
        (
            &read,
            &[
                ("older", "west", "west", None),
                (usual, "west", "west", None),
            ],
            &["fine", "fine"],
        ),
        // The key of another cluster is not a duplicate.
        (
            &read,
            &[
                (usual, "north", "west", None),
                (usual, "west", "west", None),
            ],
            &["not north", "fine"],
        ),
        // The Secret with which an external istiod reads its own config cluster has no cluster's name.
        (
            &read,
            &[
                (CONFIG_SECRET, "config", "west", None),
                (usual, "west", "west", None),
            ],
            &["fine", "fine"],
        ),
    ] {
        assert_eq!(verdicts(members, given), expected, "{given:?}");
    }
}

#[test]
fn what_istiod_does_not_look_at_is_in_nobodys_way() {
    let members = read();
    let access = access("t");
    let mut old = entry(("older", "old", "west", None), access.as_deref());
    old.is_looked_at = false;
    let west = entry(("usual", "west", "west", None), access.as_deref());
    let mesh = Mesh {
        members: &members,
        holder: members.of_context("east"),
        expected: None,
    };
    let judged = judge(mesh, &[old, west]);
    let words: Vec<String> = judged.iter().map(|one| word(one.verdict)).collect();
    assert_eq!(words, ["is west", "fine"]);
}

#[test]
fn access_is_the_same_by_token_address_and_trust_whatever_its_entries_are_called() {
    let members = read();
    let (one, other) = (access("t"), access("another"));
    assert_ne!(named("d", "t"), named("c", "t"));
    let renamed = mark(named("d", "t"));
    for (second, expected) in [
        (&renamed, "beside west true true"),
        (&other, "beside west true false"),
        (&None, "beside west true false"),
    ] {
        let entries = [
            entry(("s", "west", "west", None), one.as_deref()),
            entry(("s", "old", "west", None), second.as_deref()),
        ];
        let mesh = Mesh {
            members: &members,
            holder: None,
            expected: None,
        };
        assert_eq!(word(judge(mesh, &entries)[1].verdict), expected);
    }
}

#[test]
fn the_cluster_that_the_operator_expects_counts_before_any_name() {
    let members = read();
    let access = access("t");
    for (key, uid, expected) in [
        ("west", "n", "is north"),
        ("north", "n", "fine"),
        ("west", "w", "not north"),
        ("west", "e", "not north"),
    ] {
        let entries = [entry(("s", key, "", Some(uid)), access.as_deref())];
        let mesh = Mesh {
            members: &members,
            holder: members.of_context("east"),
            expected: members.of_context("north"),
        };
        let found = word(judge(mesh, &entries)[0].verdict);
        assert_eq!(found, expected, "{key} {uid}");
    }
}
