//! `create --into` over a secret that is there already: those of today's guides are taken over, a stranger's are not.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use mesh_e2e::plugin::Workstation;
use mesh_testkit::command::Output;
use mesh_testkit::parts::{self, Part};
use mesh_testkit::real::{Cluster, Kind, Lab};
use serde_json::Value;

/// The source and the holder, with a kubeconfig of both.
struct Scene {
    source: Cluster,
    holder: Cluster,
    workstation: Workstation,
}

impl Scene {
    /// The scene, for one test at a time: a second secret for one cluster in a holder is refused.
    fn get() -> MutexGuard<'static, Self> {
        static SCENE: OnceLock<Mutex<Scene>> = OnceLock::new();
        let scene = SCENE.get_or_init(|| {
            let names = ["owners-source", "owners-holder"];
            let [source, holder] = Lab::get().unwrap().clusters(names, Kind::Bare).unwrap();
            holder
                .apply("{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}")
                .unwrap();
            let workstation = Workstation::over(&[&source, &holder]);
            let scene = Self {
                source,
                holder,
                workstation,
            };
            scene.create("first", &[]).expect_success();
            Mutex::new(scene)
        });
        let scene = scene.lock().unwrap_or_else(PoisonError::into_inner);
        scene.clear();
        scene
    }

    /// Takes away what the holder has.
    fn clear(&self) {
        let words = ["-n", "istio-system", "delete", "secrets", "--all"];
        self.holder
            .kubectl(words)
            .unwrap()
            .output()
            .expect_success();
    }

    /// A manifest of the source, under this name, from us.
    fn create(&self, name: &str, more: &[&str]) -> Output {
        self.workstation
            .mesh_secret([
                "create",
                "--context",
                self.source.context(),
                "--name",
                name,
                "--allow-loopback",
            ])
            .args(more)
            .manifest_requested()
            .output()
    }

    /// The same from istioctl.
    fn istioctl(&self, name: &str) -> String {
        let words = [
            "create-remote-secret",
            "--context",
            self.source.context(),
            "--name",
            name,
        ];
        let istioctl = parts::path(Part::Istioctl).unwrap();
        self.workstation
            .program(istioctl, words)
            .args(["-n", "istio-system"])
            .output()
            .expect_success()
            .stdout
    }

    /// The same applied by us.
    fn into(&self, name: &str, more: &[&str]) -> Output {
        let words = [["--into", self.holder.context()].as_slice(), more].concat();
        self.create(name, &words)
    }

    /// A manifest applied in the holder, as anybody would; it is all that the holder has then.
    fn kubectl(&self, words: &[&str], manifest: String) {
        self.clear();
        let kubectl = self.holder.kubectl(words).unwrap();
        kubectl.stdin(manifest).output().expect_success();
    }

    fn secret(&self, name: &str) -> Value {
        let path = format!("/api/v1/namespaces/istio-system/secrets/istio-remote-secret-{name}");
        self.holder.get(&path).unwrap()
    }

    /// The source by another of its names, so that the secret is another.
    fn other_server(&self) -> String {
        self.source.server().replace("127.0.0.1", "localhost")
    }

    /// A run over the secret has nothing to write.
    fn is_settled(&self, name: &str, more: &[&str]) {
        let before = version(&self.secret(name));
        let again = self.into(name, more).expect_success();
        let line =
            format!("secret/istio-remote-secret-{name} unchanged in context owners-holder\n");
        assert_eq!(again.stdout, line, "{}", again.stderr);
        assert_eq!(version(&self.secret(name)), before, "{name} was written");
    }
}

const APPLY: &[&str] = &["apply", "-f", "-"];
const APPLY_AS_ARGO: &[&str] = &[
    "apply",
    "--server-side",
    "--field-manager=argocd-controller",
    "-f",
    "-",
];
const CREATE: &[&str] = &["create", "-f", "-"];

#[test]
fn a_secret_that_the_guides_made_is_taken_over() {
    let scene: &Scene = &Scene::get();
    let ours = scene.create("piped-from-us", &[]).expect_success().stdout;
    scene.kubectl(APPLY, ours);
    taken_over(scene, "piped-from-us");
    scene.kubectl(APPLY, scene.istioctl("piped-from-istioctl"));
    taken_over(scene, "piped-from-istioctl");
}

#[test]
fn a_strangers_secret_is_left_alone() {
    let scene: &Scene = &Scene::get();
    scene.kubectl(APPLY_AS_ARGO, scene.istioctl("of-argo"));
    left_alone(scene, "of-argo", "Argo CD");
    scene.kubectl(CREATE, scene.istioctl("created"));
    left_alone(scene, "created", "kubectl-create");
    // One that has nothing of a remote secret but the name; the server would see no conflict with `data`.
    scene.kubectl(
        APPLY_AS_ARGO,
        "{apiVersion: v1, kind: Secret, metadata: {name: istio-remote-secret-strange, namespace: istio-system}, \
          stringData: {password: x}}"
            .to_owned(),
    );
    left_alone(scene, "strange", "Argo CD");
    // The guides' own tool, but the secret leads elsewhere.
    scene.kubectl(
        APPLY,
        scene
            .istioctl("elsewhere")
            .replace("elsewhere", "anywhere")
            .replace("secret-anywhere", "secret-elsewhere"),
    );
    left_alone(scene, "elsewhere", "kubectl-client-side-apply");
}

#[test]
fn force_conflicts_takes_a_strangers_secret() {
    let scene: &Scene = &Scene::get();
    scene.kubectl(APPLY_AS_ARGO, scene.istioctl("forced"));
    let server = scene.other_server();
    let other = ["--server", &server];
    let checked = scene.into(
        "forced",
        &["--server", &server, "--force-conflicts", "--dry-run=server"],
    );
    assert!(
        checked.success() && checked.stdout.contains("(server dry run)"),
        "{}",
        checked.golden()
    );
    left_alone(scene, "forced", "Argo CD");
    let taken = scene
        .into("forced", &["--server", &server, "--force-conflicts"])
        .expect_success();
    assert_eq!(
        taken.stdout,
        "secret/istio-remote-secret-forced configured in context owners-holder\n"
    );
    assert_eq!(owners_of_data(&scene.secret("forced")), ["kubectl-mesh"]);
    scene.is_settled("forced", &other);
}

#[test]
fn what_is_there_already_is_not_written_whoever_owns_it() {
    let scene: &Scene = &Scene::get();
    scene.kubectl(APPLY_AS_ARGO, scene.istioctl("same"));
    scene.is_settled("same", &[]);
    assert_eq!(managers(&scene.secret("same")), ["argocd-controller"]);
}

#[test]
fn our_own_is_changed_without_asking() {
    let scene: &Scene = &Scene::get();
    let created = scene.into("own", &[]).expect_success();
    assert_eq!(
        created.stdout,
        "secret/istio-remote-secret-own created in context owners-holder\n"
    );
    scene.is_settled("own", &[]);
    let server = scene.other_server();
    let changed = scene.into("own", &["--server", &server]).expect_success();
    assert_eq!(
        changed.stdout,
        "secret/istio-remote-secret-own configured in context owners-holder\n"
    );
    assert_eq!(managers(&scene.secret("own")), ["kubectl-mesh"]);
}

/// Nothing is written while it says the same; then it becomes ours, and stays as it is.
fn taken_over(scene: &Scene, name: &str) {
    scene.is_settled(name, &[]);
    let before = scene.secret(name);
    let server = scene.other_server();
    let other = ["--server", server.as_str()];
    let taken = scene.into(name, &other).expect_success();
    let line = format!("secret/istio-remote-secret-{name} configured in context owners-holder\n");
    assert_eq!(taken.stdout, line, "{}", taken.stderr);
    let after = scene.secret(name);
    assert!(before["data"] != after["data"], "{name} holds what it held");
    assert_eq!(owners_of_data(&after), ["kubectl-mesh"], "{name}");
    scene.is_settled(name, &other);
}

/// A conflict that names the owner and the object, and not a byte of it changed.
fn left_alone(scene: &Scene, name: &str, owner: &str) {
    let before = version(&scene.secret(name));
    let refused = scene.into(name, &["--server", &scene.other_server()]);
    assert_eq!(
        (refused.code, refused.stdout.as_str()),
        (2, ""),
        "{name}: {}",
        refused.stderr
    );
    let sentence = format!(
        "error: secret istio-system/istio-remote-secret-{name} in context owners-holder belongs to {owner}\n"
    );
    assert!(refused.stderr.contains(&sentence), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("--force-conflicts"),
        "{}",
        refused.stderr
    );
    assert_eq!(version(&scene.secret(name)), before, "{name} was written");
}

fn version(secret: &Value) -> String {
    secret["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn managers(secret: &Value) -> Vec<&str> {
    entries(secret)
        .map(|entry| entry["manager"].as_str().unwrap())
        .collect()
}

/// Returns the owner of some entry of `data`.
fn owners_of_data(secret: &Value) -> Vec<&str> {
    let owns = |entry: &&Value| {
        let data = entry["fieldsV1"]["f:data"].as_object();
        data.is_some_and(|fields| fields.keys().any(|key| key.starts_with("f:")))
    };
    entries(secret)
        .filter(owns)
        .map(|entry| entry["manager"].as_str().unwrap())
        .collect()
}

fn entries(secret: &Value) -> impl Iterator<Item = &Value> {
    secret["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
}
