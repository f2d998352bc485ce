//! TAB as users meet it: the real kubectl asks the helper that `completion install` wrote, from the scripts that kubectl
//! prints for each shell.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::sync::OnceLock;

use mesh_e2e::plugin::{MESH_EASTWEST, MESH_LABEL, MESH_SECRET, Workstation};
use mesh_testkit::command::Run;
use mesh_testkit::parts::{self, Part};
use mesh_testkit::real::{Cluster, Kind, Lab};

/// A cluster that holds a secret, and a folder that holds kubectl and the plugins with their helpers and nothing else.
struct Scene {
    cluster: Cluster,
    workstation: Workstation,
}

const HELD: &str = "{apiVersion: v1, kind: Secret, metadata: {name: istio-remote-secret-west, namespace: istio-system, \
                    labels: {istio/multiCluster: 'true'}}, stringData: {west: 'kind: Config'}}";

impl Scene {
    fn get() -> &'static Self {
        static SCENE: OnceLock<Scene> = OnceLock::new();
        SCENE.get_or_init(|| {
            let [cluster] = Lab::get()
                .unwrap()
                .clusters(["completed"], Kind::Bare)
                .unwrap();
            let space = "{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}";
            for manifest in [space, HELD] {
                cluster.apply(manifest).unwrap();
            }
            let scene = Self {
                workstation: Workstation::over(&[&cluster]),
                cluster,
            };
            let bin = scene.workstation.dir().join("bin");
            std::fs::create_dir(&bin).unwrap();
            std::os::unix::fs::symlink(parts::path(Part::Kubectl).unwrap(), bin.join("kubectl"))
                .unwrap();
            for plugin in [MESH_EASTWEST, MESH_LABEL, MESH_SECRET] {
                std::os::unix::fs::symlink(parts::plugin(plugin).unwrap(), bin.join(plugin))
                    .unwrap();
            }
            for plugin in ["mesh-eastwest", "mesh-label", "mesh-secret"] {
                scene
                    .kubectl(&[plugin, "completion", "install"])
                    .output()
                    .expect_success();
            }
            scene
        })
    }

    fn run(&self, program: &str, words: &[&str]) -> Run {
        let program = self.workstation.program(program, words);
        program
            .env("PATH", self.workstation.dir().join("bin"))
            .record()
    }

    fn kubectl(&self, words: &[&str]) -> Run {
        let kubectl = parts::path(Part::Kubectl).unwrap();
        self.run(kubectl.to_str().unwrap(), words)
    }

    /// The lines that kubectl gives a shell behind the words `words`, of which the last is being typed.
    fn ask(&self, words: &[&str]) -> Vec<String> {
        let asked = self
            .kubectl(&[["__complete"].as_slice(), words].concat())
            .output();
        asked
            .expect_success()
            .stdout
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

#[test]
fn kubectl_offers_the_verbs_of_each_plugin() {
    let scene = Scene::get();
    for (plugin, verb) in [
        ("mesh-eastwest", "status"),
        ("mesh-label", "show"),
        ("mesh-secret", "create"),
    ] {
        let verbs = scene.ask(&[plugin, ""]);
        assert!(
            verbs
                .iter()
                .any(|line| line.starts_with(&format!("{verb}\t"))),
            "{verbs:?}"
        );
        assert_eq!(verbs.last().map(String::as_str), Some(":4"), "{verbs:?}");
    }
}

#[test]
fn kubectl_offers_contexts_namespaces_secrets_and_flags() {
    let scene = Scene::get();
    let context = scene.cluster.context();
    assert_eq!(
        scene.ask(&["mesh-secret", "inspect", "--context", ""]),
        [context, ":4"]
    );
    let secrets = [
        "west\tof secret istio-remote-secret-west",
        "istio-remote-secret-west\tgives access to west",
        ":4",
    ];
    assert_eq!(
        scene.ask(&["mesh-secret", "inspect", "--context", context, ""]),
        secrets
    );
    let spaces = scene.ask(&["mesh-secret", "list", "--context", context, "-n", "istio"]);
    assert_eq!(spaces, ["istio-system", ":4"]);
    let flags = scene.ask(&["mesh-secret", "list", "--all"]);
    assert!(flags[0].starts_with("--all-contexts\t"), "{flags:?}");
}

/// Runs what bash does when TAB is pressed, without the readline around it: kubectl's script asks and parses the answer.
const TAB_IN_BASH: &str = r#"
source <(kubectl mesh-secret completion bash)
words=(kubectl mesh-secret inspect --context "$1" is) cword=5 cur=is
__kubectl_get_completion_results
printf '%s|%s\n' "$out" "$directive"
"#;

#[test]
fn bash_asks_through_kubectls_script() {
    let scene = Scene::get();
    let context = scene.cluster.context();
    let pressed = scene
        .run("/bin/bash", &["--norc", "-c", TAB_IN_BASH, "bash", context])
        .output();
    assert_eq!(
        pressed.stdout,
        "istio-remote-secret-west\tgives access to west\n|4\n",
        "{}",
        pressed.golden()
    );
}

#[test]
fn kubectls_script_for_every_shell_asks_the_same_way() {
    let scene = Scene::get();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let line = scene
            .kubectl(&["mesh-secret", "completion", shell])
            .output()
            .expect_success()
            .stdout;
        assert!(
            line.contains(&format!("kubectl completion {shell}")),
            "{line}"
        );
        let script = scene
            .kubectl(&["completion", shell])
            .output()
            .expect_success()
            .stdout;
        assert!(
            script.contains("__complete "),
            "kubectl's script for {shell} asks in another way"
        );
    }
}
