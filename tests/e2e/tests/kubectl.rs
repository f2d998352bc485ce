//! The plugin as users meet it: found, named and run by the real kubectl.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::sync::OnceLock;

use mesh_e2e::plugin::{Desk, MESH_SECRET};
use mesh_testkit::command::{Output, Run};
use mesh_testkit::parts::{self, Part};
use mesh_testkit::real::{Cluster, Kind, Lab};

/// A desk over a source and a holder, and a folder for the search path that holds the plugin alone, as after an
/// installation.
struct Scene {
    holder: Cluster,
    desk: Desk,
}

impl Scene {
    fn get() -> &'static Self {
        static SCENE: OnceLock<Scene> = OnceLock::new();
        SCENE.get_or_init(|| {
            let [source, holder] = Lab::get()
                .unwrap()
                .clusters(["owners-source", "owners-holder"], Kind::Bare)
                .unwrap();
            holder
                .apply("{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}")
                .unwrap();
            let desk = Desk::over(&[&source, &holder]);
            std::fs::create_dir(desk.dir().join("bin")).unwrap();
            let installed = desk.dir().join("bin").join(MESH_SECRET);
            std::os::unix::fs::symlink(parts::plugin(MESH_SECRET).unwrap(), installed).unwrap();
            Self { holder, desk }
        })
    }

    /// kubectl with nothing of ours but the plugin.
    fn kubectl(&self, words: &[&str]) -> Run {
        self.desk
            .program(parts::path(Part::Kubectl).unwrap(), words)
            .env("PATH", self.desk.dir().join("bin"))
            .record()
    }
}

/// The words behind `kubectl mesh-secret` that make a secret for the source.
const CREATE: &[&str] = &[
    "mesh-secret",
    "create",
    "--context",
    "owners-source",
    "--name",
    "through-kubectl",
    "--allow-loopback",
];

#[test]
fn kubectl_lists_it_without_a_warning() {
    let scene = Scene::get();
    let list = scene
        .kubectl(&["plugin", "list", "--name-only"])
        .output()
        .expect_success();
    assert_eq!(
        (list.stdout.lines().last(), list.stderr.as_str()),
        (Some(MESH_SECRET), ""),
        "{}",
        list.golden()
    );
}

#[test]
fn what_it_prints_kubectl_applies_and_deletes() {
    let scene = Scene::get();
    let context = scene.holder.context();
    let created = scene
        .kubectl(CREATE)
        .manifest_requested()
        .output()
        .expect_success();
    for (verb, said) in [
        ("apply", "created"),
        ("apply", "configured"),
        ("delete", "deleted"),
    ] {
        let manifest = scene
            .kubectl(CREATE)
            .manifest_requested()
            .output()
            .expect_success()
            .stdout;
        assert!(
            manifest == created.stdout,
            "a second run prints another secret"
        );
        let done = scene
            .kubectl(&["--context", context, verb, "-f", "-"])
            .stdin(manifest)
            .output();
        assert!(
            done.success() && done.stdout.contains("istio-remote-secret-through-kubectl"),
            "{}",
            done.golden()
        );
        assert!(done.stdout.contains(said), "{}", done.golden());
        let there = scene.kubectl(&["--context", context, "-n", "istio-system", "get", "secret"]);
        let there = there.arg("istio-remote-secret-through-kubectl").output();
        assert_eq!(there.success(), verb == "apply", "{}", there.golden());
    }
}

#[test]
fn it_inspects_what_kubectl_hands_over() {
    let scene = Scene::get();
    let manifest = scene
        .kubectl(CREATE)
        .manifest_requested()
        .output()
        .expect_success()
        .stdout;
    let inspect = [
        "mesh-secret",
        "inspect",
        "-f",
        "-",
        "--probe",
        "--allow-loopback",
    ];
    let seen = scene
        .kubectl(&inspect)
        .stdin(manifest)
        .output()
        .expect_success();
    assert!(
        seen.stdout.contains("token accepted: yes"),
        "{}",
        seen.golden()
    );
}

#[test]
fn exit_codes_come_through() {
    let scene = Scene::get();
    let code = |words: &[&str], stdin: &str| {
        let run = scene.kubectl(&[["mesh-secret"].as_slice(), words].concat());
        run.stdin(stdin).output().code
    };
    assert_eq!(code(&["--version"], ""), 0);
    let unlabelled =
        "{apiVersion: v1, kind: Secret, metadata: {name: x}, stringData: {west: 'kind: Config'}}";
    assert_eq!(code(&["inspect", "-f", "-"], unlabelled), 1);
    assert_eq!(code(&["create", "--context", "nowhere"], ""), 2);
    assert_eq!(code(&["create", "--nonsense"], ""), 2);
    assert_eq!(code(&["nonsense"], ""), 2);
}

#[test]
fn help_shows_what_was_typed() {
    for (words, usage) in HELP {
        for flag in ["-h", "--help"] {
            let help = Scene::get()
                .kubectl(words)
                .arg(flag)
                .output()
                .expect_success();
            assert!(
                help.stdout.contains(&format!("Usage: {usage}")),
                "{}",
                help.golden()
            );
            shows_no_other_spelling(&help);
        }
    }
}

#[test]
fn help_fits_its_window_and_its_examples_can_be_pasted() {
    for columns in [80, 100] {
        for (words, _) in HELP {
            for flag in ["-h", "--help"] {
                let run = Scene::get()
                    .kubectl(words)
                    .arg(flag)
                    .env("COLUMNS", columns.to_string());
                let help = run.output().expect_success().stdout;
                for line in help.lines() {
                    assert!(
                        line.chars().count() <= columns,
                        "more than {columns} columns: {line}"
                    );
                }
                examples_are_whole(&help);
            }
        }
    }
}

#[test]
fn wrong_words_are_answered_with_what_was_typed() {
    for (words, says) in WRONG {
        let output = Scene::get().kubectl(words).output();
        assert_eq!(
            (output.code, output.stdout.as_str()),
            (2, ""),
            "{}",
            output.golden()
        );
        assert!(
            output.stderr.contains(says),
            "{says:?} is not in\n{}",
            output.golden()
        );
        shows_no_other_spelling(&output);
    }
}

const HELP: &[(&[&str], &str)] = &[
    (&["mesh-secret"], "kubectl mesh-secret [OPTIONS] <COMMAND>"),
    (
        &["mesh-secret", "create"],
        "kubectl mesh-secret create [OPTIONS]",
    ),
    (
        &["mesh-secret", "inspect"],
        "kubectl mesh-secret inspect [OPTIONS] [NAME]...",
    ),
];

const WRONG: &[(&[&str], &str)] = &[
    (
        &["mesh-secret", "creat"],
        "a similar subcommand exists: 'create'",
    ),
    (&["mesh-secret", "creat"], "Usage: kubectl mesh-secret "),
    (&["mesh-secret"], "Usage: kubectl mesh-secret "),
    (
        &["mesh-secret", "create", "--nmae", "west"],
        "a similar argument exists: '--name'",
    ),
    (
        &["mesh-secret", "create", "--nmae", "west"],
        "Usage: kubectl mesh-secret create",
    ),
    (
        &["mesh-secret", "create", "west"],
        "unexpected argument 'west'",
    ),
    (
        &["mesh-secret", "inspect", "--probes"],
        "Usage: kubectl mesh-secret inspect",
    ),
    (
        &["mesh-secret", "create", "--type", "other"],
        "[possible values: remote, config]",
    ),
];

fn shows_no_other_spelling(output: &Output) {
    for text in [&output.stdout, &output.stderr] {
        let other = ["kubectl-mesh", "kubectl mesh_secret", "mesh_secret"];
        assert!(
            other.iter().all(|spelling| !text.contains(spelling)),
            "{}",
            output.golden()
        );
    }
}

/// Each line below `Examples:` is a remark, a command, or goes on where the line before says so.
fn examples_are_whole(help: &str) {
    let section = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let examples: Vec<&str> = section
        .take_while(|line| line.is_empty() || line.starts_with("  "))
        .collect();
    assert!(
        examples
            .iter()
            .any(|line| line.starts_with("  kubectl mesh-secret ")),
        "{help}"
    );
    let mut goes_on = false;
    for line in examples {
        let begins = line.is_empty() || line.starts_with("  # ") || line.starts_with("  kubectl ");
        assert!(
            begins || goes_on && line.starts_with("    "),
            "an example is broken at {line:?}"
        );
        goes_on = line.ends_with(" \\");
    }
}
