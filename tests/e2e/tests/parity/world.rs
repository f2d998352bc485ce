//! One real cluster in which both commands are run, and how each is run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use mesh_e2e::plugin::Workstation;
use mesh_testkit::command::{Output, Run};
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use mesh_testkit::parts::{self, Part};
use mesh_testkit::real::{Cluster, Kind, Lab, Options};
use serde_json::Value;

/// The context that is current; it has no namespace.
const CONTEXT: &str = "parity";

/// The API server's log is to tell who asked for which Secrets.
const AUDITED: &str = "
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{level: Metadata, resources: [{group: '', resources: [secrets]}]}]
";

/// The cluster, with namespace `ready` prepared.
pub(crate) struct World {
    pub(crate) cluster: Cluster,
    workstation: Workstation,
}

impl World {
    /// The one of this process.
    pub(crate) fn get() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(Self::start)
    }

    fn start() -> Self {
        std::fs::write(policy(), AUDITED).unwrap();
        let options = Options {
            api_server_flags: vec![
                format!("--audit-policy-file={}", policy().display()),
                format!("--audit-log-path={}", audit_log().display()),
            ],
            ..Options::default()
        };
        let cluster = Lab::get()
            .unwrap()
            .cluster_with("parity", Kind::Bare, options)
            .unwrap();
        let admin = User::new().client_certificate(&cluster.admin().unwrap());
        let elsewhere = cluster
            .entry()
            .field("server", cluster.server().replace("127.0.0.1", "0.0.0.0"));
        let workstation = Workstation::with(
            &Kubeconfig::new()
                .entry(CONTEXT, cluster.entry(), admin.clone())
                .entry("unspecified", elsewhere.tls_server_name("localhost"), admin)
                .context_in("with-namespace", CONTEXT, CONTEXT, "of-the-context")
                .current_context(CONTEXT),
        );
        let world = Self {
            cluster,
            workstation,
        };
        world.prepare();
        world
    }

    /// istioctl has been here, several accounts may read, and one may not.
    fn prepare(&self) {
        self.istioctl("--name west -n ready").expect_success();
        self.accounts("ready", &["custom", "istiod"]);
        self.cluster
            .apply(&token_secret("ready", "custom-token", "custom"))
            .unwrap();
        self.cluster
            .apply(&token_secret(
                "ready",
                "second-token",
                "istio-reader-service-account",
            ))
            .unwrap();
        self.cluster
            .apply("{apiVersion: v1, kind: ServiceAccount, metadata: {name: powerless, namespace: ready}}")
            .unwrap();
        for name in ["custom-token", "second-token"] {
            self.await_token("ready", name);
        }
    }

    /// Makes the namespace where there are accounts to make in it; each may read as the reader does.
    pub(crate) fn accounts(&self, namespace: &str, accounts: &[&str]) {
        let mut manifest = String::new();
        for account in accounts {
            write!(
                manifest,
                "
apiVersion: v1
kind: Namespace
metadata: {{name: {namespace}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: {account}, namespace: {namespace}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: {namespace}-{account}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: istio-reader-clusterrole-ready}}
subjects: [{{kind: ServiceAccount, name: {account}, namespace: {namespace}}}]
---"
            )
            .unwrap();
        }
        if !manifest.is_empty() {
            self.cluster.apply(&manifest).unwrap();
        }
    }

    /// A token Secret that Kubernetes has filled.
    pub(crate) fn token(&self, namespace: &str, name: &str, account: &str) {
        self.cluster
            .apply(&token_secret(namespace, name, account))
            .unwrap();
        self.await_token(namespace, name);
    }

    fn await_token(&self, namespace: &str, name: &str) {
        let path = format!("/api/v1/namespaces/{namespace}/secrets/{name}");
        self.cluster
            .wait_for(&path, |secret| secret["data"]["token"].is_string())
            .unwrap();
    }

    /// `istioctl create-remote-secret` with the words of `line`.
    pub(crate) fn istioctl(&self, line: &str) -> Output {
        self.istioctl_run(line).output()
    }

    /// The same, yet to be run.
    pub(crate) fn istioctl_run(&self, line: &str) -> Run {
        self.workstation
            .program(
                parts::path(Part::Istioctl).unwrap(),
                ["create-remote-secret"],
            )
            .args(self.words(line))
    }

    /// `kubectl mesh-secret create --allow-loopback` with the words of `line`.
    pub(crate) fn create(&self, line: &str) -> Output {
        self.create_run(&format!("--allow-loopback {line}"))
            .output()
    }

    /// `kubectl mesh-secret create` with the words of `line` and no others, yet to be run.
    pub(crate) fn create_run(&self, line: &str) -> Run {
        self.workstation
            .mesh_secret(["create"])
            .args(self.words(line))
            .manifest_requested()
    }

    /// A kubeconfig over the same cluster, with another current context.
    pub(crate) fn kubeconfig_with_current(&self, context: &str) -> PathBuf {
        let text = std::fs::read_to_string(self.workstation.dir().join("config")).unwrap();
        let path = self.workstation.dir().join(format!("current-{context}"));
        let mut config: Value = serde_saphyr::from_str(&text).unwrap();
        config["current-context"] = context.into();
        std::fs::write(&path, config.to_string()).unwrap();
        path
    }

    /// The words of a line: `''` is an empty one, and `{kubeconfig}`, `{server}` and `{port}` are the cluster's.
    fn words(&self, line: &str) -> Vec<String> {
        let kubeconfig = self.workstation.dir().join("config").display().to_string();
        let server = self.cluster.server();
        let port = server.rsplit(':').next().unwrap();
        line.split_whitespace()
            .map(|word| match word {
                "''" => String::new(),
                word => word
                    .replace("{kubeconfig}", &kubeconfig)
                    .replace("{server}", server)
                    .replace("{port}", port),
            })
            .collect()
    }
}

/// The requests about `namespace` by programs whose user agent begins so, as `VERB /path?query`, in their order.
pub(crate) fn requests(agent: &str, namespace: &str) -> Vec<String> {
    let log = std::fs::read_to_string(audit_log()).unwrap();
    let events = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let about = format!("/namespaces/{namespace}/");
    events
        .filter(|event| {
            matches!(
                event["stage"].as_str(),
                Some("ResponseComplete" | "ResponseStarted")
            )
        })
        .filter(|event| {
            event["userAgent"]
                .as_str()
                .is_some_and(|text| text.starts_with(agent))
        })
        .map(|event| {
            format!(
                "{} {}",
                event["verb"].as_str().unwrap(),
                event["requestURI"].as_str().unwrap()
            )
        })
        .filter(|request| request.contains(&about))
        .collect()
}

fn token_secret(namespace: &str, name: &str, account: &str) -> String {
    format!(
        "
apiVersion: v1
kind: Secret
type: kubernetes.io/service-account-token
metadata:
  name: {name}
  namespace: {namespace}
  annotations: {{kubernetes.io/service-account.name: {account}}}
"
    )
}

/// The cluster's flags name them, so that they must be where they are in every process of a test run.
fn policy() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("parity-audit-policy.yaml")
}

fn audit_log() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("parity-audit.log")
}
