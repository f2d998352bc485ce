//! Input and output of `kubectl mesh-secret`.

use std::sync::OnceLock;

use mesh_e2e::plugin::{MESH_SECRET, Workstation};
use mesh_testkit::command::Run;
use mesh_testkit::real::{Cluster, Kind, Lab};

use crate::installed::Installed;
use crate::spelling::shows_no_other_spelling;

/// The plugin alone, over a source and a holder.
struct Scene {
    holder: Cluster,
    installed: Installed,
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
            let workstation = Workstation::over(&[&source, &holder]);
            let installed = Installed::new(workstation, &[MESH_SECRET]);
            Self { holder, installed }
        })
    }

    fn kubectl(&self, words: &[&str]) -> Run {
        self.installed.kubectl(words)
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
