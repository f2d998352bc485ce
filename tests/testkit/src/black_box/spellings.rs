//! The ways in which kubectl's users spell flags: each spelling has to ask the clusters for the same, and to say the same.

use std::collections::BTreeSet;

use super::World;
use crate::command::Output;

/// The command lines of a plugin that its spellings are tried with.
#[derive(Debug, Clone, Copy)]
pub struct Spelled {
    /// A report over one cluster that takes the flags of connections and of Istio's namespace, and reads objects there.
    pub report: &'static str,
    /// `-n` and `--istio-namespace` name one and the same namespace, so that `-n` wins where both are given.
    pub one_namespace: bool,
    /// `report` takes several contexts.
    pub several: bool,
    /// The values of `-o` that `report` takes.
    pub formats: &'static [&'static str],
}

/// Spellings that all mean the same.
const SAME: &[&[&str]] = &[
    &[
        "-n elsewhere",
        "-nelsewhere",
        "-n=elsewhere",
        "--namespace elsewhere",
        "--namespace=elsewhere",
        "-i elsewhere",
        "--istio-namespace elsewhere",
        "--istio-namespace=elsewhere",
        "--istioNamespace elsewhere",
        "--istioNamespace=elsewhere",
        "-n other -n elsewhere",
    ],
    &["--context east", "--context=east"],
    &[
        "--kubeconfig other",
        "--kubeconfig=other",
        "-c other",
        "-c=other",
    ],
    &["--cluster east --user east", "--cluster=east --user=east"],
    &[
        "--as jane --as-group a --as-group b --as-uid 7",
        "--as=jane --as-group=a --as-group=b --as-uid=7",
    ],
    &[
        "",
        "--request-timeout 20s",
        "--request-timeout=20s",
        "--request-timeout 20",
        "--request-timeout 0",
        "--kubeclient-timeout 20s",
        "--context=",
        "--kubeconfig=",
        "-n=",
    ],
];

const BOTH_NAMESPACES: &[&str] = &[
    "-n elsewhere",
    "--istioNamespace other -n elsewhere",
    "-n elsewhere --istioNamespace other",
];

const SEVERAL: &[&str] = &[
    "--context east,west",
    "--context=east,west",
    "--context east --context west",
    "--context=east --context=west",
];

const LOUD: &[&str] = &[
    "-v", "-v=1", "--v=1", "-vv", "-v=2", "--v=2", "-v=9", "--v=9",
];

/// Tries all spellings of the flags that the plugins have in common.
///
/// # Panics
/// Where two spellings of the same differ in what is asked of the clusters, in what is said, or in the exit code.
pub fn check_spellings(world: &World, spelled: Spelled) {
    let other = world.kubeconfig().current_context("east");
    other.write(&world.dir.path().join("other"));
    for spellings in SAME {
        alike(world, spelled.report, spellings);
    }
    if spelled.one_namespace {
        alike(world, spelled.report, BOTH_NAMESPACES);
    }
    if spelled.several {
        alike(world, spelled.report, SEVERAL);
    }
    // What is logged differs from run to run.
    let quiet = world.run(spelled.report).output();
    for loud in LOUD {
        let output = world.run(&format!("{} {loud}", spelled.report)).output();
        let said = |output: &Output| (world.steady(&output.stdout), output.code);
        assert_eq!(said(&output), said(&quiet), "{loud}");
        assert!(
            output.stderr.lines().count() > quiet.stderr.lines().count(),
            "{loud} is quiet"
        );
    }
    for format in spelled.formats {
        let spellings = [
            "-o F",
            "-oF",
            "-o=F",
            "--output F",
            "--output=F",
            "-o name -o F",
        ];
        let spellings = spellings.map(|spelling| spelling.replace('F', format));
        let spellings: Vec<&str> = spellings.iter().map(String::as_str).collect();
        alike(world, spelled.report, &spellings);
    }
}

fn alike(world: &World, line: &str, spellings: &[&str]) {
    let results: Vec<_> = spellings
        .iter()
        .map(|spelling| {
            for cluster in [&world.east, &world.west] {
                cluster.clear_recordings();
            }
            let output = world.run(&format!("{line} {spelling}")).output();
            assert!(
                !output.stderr.contains("Usage:"),
                "{spelling} is not understood:\n{}",
                output.golden()
            );
            let asked = [&world.east, &world.west].map(|cluster| {
                let requests = cluster.requests();
                let lines = requests.iter().map(|one| {
                    format!(
                        "{} {} by {} as {:?}",
                        one.method, one.path, one.user, one.impersonated
                    )
                });
                lines.collect::<BTreeSet<String>>()
            });
            (
                world.steady(&output.stdout),
                output.stderr,
                output.code,
                asked,
            )
        })
        .collect();
    assert!(
        results[0].3.iter().any(|asked| !asked.is_empty()),
        "`{line} {}` asks no cluster",
        spellings[0]
    );
    for (spelling, result) in spellings.iter().zip(&results) {
        assert_eq!(
            result, &results[0],
            "{spelling:?} is not {:?}",
            spellings[0]
        );
    }
}
