//! Intended differences between `generate` and Istio's script: what each does and why, and the proof.
//!
//! The texts are the rows of a table in `docs/eastwest.md`.

use mesh_testkit::command::Output;

use super::page::rows_under;
use super::plugin::{generate, generate_words, objects, rendered_by_istioctl, script};

struct Difference {
    id: &'static str,
    theirs: &'static str,
    ours: &'static str,
    why: &'static str,
    /// Fails where it is not so.
    shown: fn(),
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        id: "format",
        theirs: "an IstioOperator for istioctl",
        ours: "objects for kubectl; the IstioOperator with `--format iop`",
        why: "kubectl is there already",
        shown: || {
            assert_eq!(
                script_says("--network network1")[0]["kind"],
                "IstioOperator"
            );
            let kinds: Vec<_> = ours_says("--network network1")
                .iter()
                .map(|object| object["kind"].clone())
                .collect();
            assert!(kinds.contains(&"Deployment".into()), "{kinds:?}");
        },
    },
    Difference {
        id: "network-text",
        theirs: "writes the network's name without quotes",
        ours: "writes it as a text",
        why: "istioctl refuses `123` or `yes`, and makes a gateway of no network out of `null`",
        shown: || {
            for network in ["123", "yes", "null"] {
                let theirs = script(["--network", network]).output().expect_success();
                let ours = generate_words(["--network", network, "--format", "iop"]).output();
                let label = format!("topology.istio.io/network: \"{network}\"");
                let rendered = rendered_by_istioctl(&theirs.stdout);
                assert!(!rendered.stdout.contains(&label), "{}", rendered.golden());
                let rendered = rendered_by_istioctl(&ours.stdout).expect_success();
                assert!(rendered.stdout.contains(&label), "{}", rendered.golden());
            }
        },
    },
    Difference {
        id: "values-checked",
        theirs: "takes any text as network or revision",
        ours: "refuses what cannot be a label's value or part of istiod's name, and shows the nearest that can",
        why: "Kubernetes refuses it later, with a less clear error",
        shown: || {
            for (words, near) in [
                (["--network", "net/1", "--revision", "a"], "net-1"),
                (
                    ["--network", "net", "--revision", "1.31"],
                    "--revision 1-31",
                ),
            ] {
                script(words).output().expect_success();
                refused(&generate_words(words).output(), near);
            }
        },
    },
    Difference {
        id: "ambient-revision",
        theirs: "forgets `--revision` beside `--ambient`",
        ours: "labels the Gateway with `istio.io/rev`",
        why: "an istiod of another revision ignores an unlabelled Gateway",
        shown: || {
            let line = "--network network1 --ambient --revision canary";
            assert_eq!(
                script_says(line)[0]["metadata"]["labels"].get("istio.io/rev"),
                None
            );
            assert_eq!(
                ours_says(line)[0]["metadata"]["labels"]["istio.io/rev"],
                "canary"
            );
        },
    },
    Difference {
        id: "stray-argument",
        theirs: "loops forever on an argument that is not a flag",
        ours: "refuses it",
        why: "a forgotten `--network` hung the pipeline",
        shown: || {
            let file = super::plugin::istio().join("samples/multicluster/gen-eastwest-gateway.sh");
            let theirs = mesh_testkit::command::Run::new("/bin/bash")
                .arg("-x")
                .arg(file)
                .arg("network1")
                .spawn();
            // Each round of the loop writes the same lines and takes no argument away.
            let round = "+ case \"$1\" in\n+ ((  1  ))\n";
            theirs.wait_for_stderr(&round.repeat(50));
            refused(
                &generate("network1").output(),
                "unexpected argument 'network1'",
            );
        },
    },
    Difference {
        id: "missing-value",
        theirs: "exits silently on `--mesh` without its value, with one of bash on `--network`, and takes a flag for a value",
        ours: "says which flag lacks its value",
        why: "the next flag was swallowed",
        shown: || {
            let silent = script(["--mesh"]).output();
            assert_eq!(
                (silent.code, silent.stdout.as_str(), silent.stderr.as_str()),
                (1, "", "")
            );
            let bashs = script(["--network"]).output();
            assert!(
                bashs.code == 1 && bashs.stderr.contains("unbound variable"),
                "{}",
                bashs.golden()
            );
            let swallowed = script_says("--network --ambient");
            assert_eq!(swallowed[0]["kind"], "IstioOperator");
            for line in ["--mesh", "--network", "--network --ambient"] {
                refused(&generate(line).output(), "a value is required for");
            }
        },
    },
    Difference {
        id: "ambient-without-network",
        theirs: "fails with `NETWORK: unbound variable` on `--ambient --single-cluster`",
        ours: "says that the network is missing",
        why: "the error of bash does not say what to do",
        shown: || {
            let theirs = script(["--ambient", "--single-cluster"]).output();
            assert!(
                theirs.code == 1 && theirs.stderr.contains("NETWORK: unbound variable"),
                "{}",
                theirs.golden()
            );
            refused(
                &generate("--ambient --single-cluster").output(),
                "the network is missing, without which",
            );
        },
    },
    Difference {
        id: "network-unused",
        theirs: "ignores `--network` with `--single-cluster` silently",
        ours: "ignores it with a warning",
        why: "the gateway is on no network",
        shown: || {
            let line = "--single-cluster --network network1 --format iop";
            let ours = generate(line).output().expect_success();
            let warning = "warning: --single-cluster leaves --network network1 out";
            assert!(ours.stderr.starts_with(warning), "{}", ours.golden());
            let theirs = script(["--single-cluster", "--network", "network1"]).output();
            assert_eq!(
                (objects(&theirs.stdout), theirs.stderr.as_str()),
                (objects(&ours.stdout), "")
            );
        },
    },
    Difference {
        id: "spelling",
        theirs: "refuses `--network=NETWORK`",
        ours: "accepts it",
        why: "kubectl and istioctl do",
        shown: || {
            assert_eq!(script(["--network=network1"]).output().code, 1);
            assert_eq!(
                ours_says("--network=network1"),
                ours_says("--network network1")
            );
        },
    },
    Difference {
        id: "errors",
        theirs: "prints a missing network on standard output and exits with 1",
        ours: "prints it on standard error, with hints, and exits with 2",
        why: "the same codes for every plugin of the suite, and nothing but objects in a pipe",
        shown: || {
            let theirs = script([""; 0]).output();
            assert_eq!((theirs.code, theirs.stderr.as_str()), (1, ""));
            assert!(
                theirs.stdout.starts_with("Must specify"),
                "{}",
                theirs.golden()
            );
            refused(
                &generate("").output(),
                "the network of the gateway's cluster is missing",
            );
        },
    },
];

fn script_says(line: &str) -> Vec<serde_json::Value> {
    objects(
        &script(line.split_whitespace())
            .output()
            .expect_success()
            .stdout,
    )
}

fn ours_says(line: &str) -> Vec<serde_json::Value> {
    objects(&generate(line).output().expect_success().stdout)
}

fn refused(output: &Output, words: &str) {
    let is_so = output.code == 2 && output.stdout.is_empty() && output.stderr.contains(words);
    assert!(is_so, "no {words:?} in\n{}", output.golden());
}

#[test]
fn the_meant_differences_are_so() {
    for difference in DIFFERENCES {
        (difference.shown)();
    }
}

#[test]
fn the_meant_differences_are_the_pages() {
    let rows: Vec<String> = DIFFERENCES
        .iter()
        .map(
            |Difference {
                 id,
                 theirs,
                 ours,
                 why,
                 ..
             }| format!("| {id} | {theirs} | {ours} | {why} |"),
        )
        .collect();
    assert_eq!(rows_under("### Beside gen-eastwest-gateway.sh"), rows);
}
