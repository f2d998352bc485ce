//! Every combination of the script's flags: the same object where the script prints one, a refusal where it refuses.

use serde_json::Value;

use super::plugin::{generate_words, objects, script};

/// Names of networks, plain and such that a reader of YAML takes for something else.
const NETWORKS: [Option<&str>; 13] = [
    None,
    Some(""),
    Some("network1"),
    Some("net_A.b-2"),
    Some("123"),
    Some("1e3"),
    Some("0x1F"),
    Some("1_000"),
    Some("012"),
    Some("true"),
    Some("yes"),
    Some("null"),
    Some("2026-01-01"),
];
const REVISIONS: [Option<&str>; 4] = [None, Some(""), Some("canary"), Some("default")];
const IGNORED: [&[&str]; 2] = [&[], &["--mesh", "mesh1", "--cluster", "1"]];

/// All combinations, each as the script takes it.
fn combinations() -> Vec<Vec<&'static str>> {
    let mut all = Vec::new();
    for network in NETWORKS {
        for revision in REVISIONS {
            for ignored in IGNORED {
                for switches in [
                    &[][..],
                    &["--single-cluster"],
                    &["--ambient"],
                    &["--ambient", "--single-cluster"],
                ] {
                    let mut words = ignored.to_vec();
                    words.extend(network.iter().flat_map(|network| ["--network", network]));
                    words.extend(
                        revision
                            .iter()
                            .flat_map(|revision| ["--revision", revision]),
                    );
                    words.extend(switches);
                    all.push(words);
                }
            }
        }
    }
    all
}

#[test]
fn every_combination_of_the_scripts_flags_is_the_same_object() {
    let (mut accepted, mut refused) = (0, 0);
    for words in combinations() {
        let theirs = script(words.iter().copied()).output();
        let ambient = words.contains(&"--ambient");
        let format: &[&str] = if ambient { &[] } else { &["--format", "iop"] };
        let ours = generate_words(words.iter().chain(format).copied()).output();
        if !theirs.success() {
            assert_eq!((theirs.code, ours.code), (1, 2), "{}", ours.golden());
            refused += 1;
            continue;
        }
        let mut expected = objects(&theirs.stdout);
        let value_of = |flag| {
            words
                .iter()
                .position(|word| *word == flag)
                .map(|at| words[at + 1])
        };
        let network =
            value_of("--network").filter(|_| ambient || !words.contains(&"--single-cluster"));
        if let Some(network) = network {
            stays_text(&mut expected[0], network);
        }
        if let Some(revision) =
            value_of("--revision").filter(|revision| ambient && !revision.is_empty())
        {
            // The meant difference `ambient-revision`.
            expected[0]["metadata"]["labels"]["istio.io/rev"] = Value::from(revision);
        }
        assert_eq!(
            objects(&ours.clone().expect_success().stdout),
            expected,
            "{words:?}"
        );
        accepted += 1;
    }
    // 11 networks with a name, and without one only the single cluster in sidecar mode.
    assert_eq!((accepted, refused), ((11 * 4 + 2) * 8, (13 * 4 - 46) * 8));
}

/// Puts the network's name as a text wherever the script wrote it: the meant difference `network-text`. Elsewhere the
/// objects have to be the same by themselves.
fn stays_text(object: &mut Value, network: &str) {
    let places = [
        "/metadata/labels/topology.istio.io~1network",
        "/spec/components/ingressGateways/0/label/topology.istio.io~1network",
        "/spec/components/ingressGateways/0/k8s/env/0/value",
        "/spec/values/global/network",
    ];
    let mut found = 0;
    for place in places {
        if let Some(value) = object.pointer_mut(place) {
            *value = Value::from(network);
            found += 1;
        }
    }
    assert!(found == 1 || found == 3, "{object}");
}
