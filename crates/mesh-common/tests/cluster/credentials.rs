//! Every kind of credential that a kubeconfig can name.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::{
    Cluster, Connector, ConnectorOptions, Kubeconfig, Overrides, Target, fan_out,
};
use mesh_common::model::Error;
use mesh_testkit::embedded;
use mesh_testkit::kubeconfig::{self, Exec, User};
use tempfile::TempDir;

use crate::support::{connector, options, target};

/// Returns the user that the server saw reading a namespace.
pub(crate) async fn user_of(embedded: &embedded::Cluster, cluster: &Cluster) -> String {
    embedded.clear_recordings();
    cluster.get::<Namespace>(None, "default").await.unwrap();
    embedded.requests()[0].user.clone()
}

/// A credential plugin in a folder of its own that notes each run.
pub(crate) struct Plugin {
    folder: TempDir,
}

impl Plugin {
    /// A plugin that runs `lines` of shell after it has noted the run.
    pub(crate) fn new(lines: &str) -> Self {
        let plugin = Self {
            folder: TempDir::new().unwrap(),
        };
        let log = plugin.folder.path().join("log");
        let script = format!("#!/bin/sh\necho run >>'{}'\n{lines}\n", log.display());
        fs::write(plugin.path(), script).unwrap();
        fs::set_permissions(plugin.path(), fs::Permissions::from_mode(0o755)).unwrap();
        plugin
    }

    /// A plugin that prints a token.
    pub(crate) fn printing(token: &str) -> Self {
        Self::new(&answer(&format!(r#"{{"token":"{token}"}}"#)))
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("plugin")
    }

    pub(crate) fn exec(&self) -> Exec {
        Exec::new(self.path())
    }

    pub(crate) fn runs(&self) -> usize {
        fs::read_to_string(self.folder.path().join("log")).map_or(0, |log| log.lines().count())
    }
}

pub(crate) fn answer(status: &str) -> String {
    format!(
        r#"cat <<'END'
{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{status}}}
END"#
    )
}

async fn refused(connector: &Connector, exec: Exec) -> Error {
    let target = target(
        kubeconfig::Cluster::new("https://127.0.0.1:1"),
        User::new().exec(exec),
    );
    let Err(error) = connector.connect(target).await else {
        panic!("it connected");
    };
    assert_eq!(
        error.to_string(),
        "the credential plugin of context east did not return a credential"
    );
    error
}

pub(crate) fn cause(error: &Error) -> String {
    std::error::Error::source(error).unwrap().to_string()
}

#[tokio::test]
async fn client_certificates_as_data_and_as_files() {
    let embedded = embedded::Cluster::start("east");
    let identity = embedded.ca().client("jane", &["system:masters"]);
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("tls.crt"), &identity.certificate_pem).unwrap();
    fs::write(folder.path().join("tls.key"), &identity.key_pem).unwrap();
    fs::write(folder.path().join("ca.crt"), embedded.ca_pem()).unwrap();
    let by_data = target(
        embedded.kubeconfig_cluster(),
        User::new().client_certificate(&identity),
    );
    let cluster = connector().connect(by_data).await.unwrap();
    assert_eq!(user_of(&embedded, &cluster).await, "jane");

    // Relative paths begin at the kubeconfig's folder.
    let path = folder.path().join("config");
    kubeconfig::Kubeconfig::single(
        "east",
        kubeconfig::Cluster::new(embedded.server_url()).ca_file("ca.crt".as_ref()),
        User::new().client_certificate_files("tls.crt".as_ref(), "tls.key".as_ref()),
    )
    .write(&path);
    let by_files = Kubeconfig::load(Some(&path), None, None)
        .unwrap()
        .target(&Overrides::default())
        .unwrap();
    let cluster = connector().connect(by_files).await.unwrap();
    assert_eq!(user_of(&embedded, &cluster).await, "jane");
}

#[tokio::test]
async fn certificates_and_keys_that_cannot_be_used() {
    let embedded = embedded::Cluster::start("east");
    let jane = embedded.ca().client("jane", &[]);
    let mut mixed = embedded.ca().client("joe", &[]);
    mixed.key_pem.clone_from(&jane.key_pem);
    let missing =
        User::new().client_certificate_files("/nowhere/a".as_ref(), "/nowhere/b".as_ref());
    for (user, expected) in [
        (
            User::new().client_certificate(&mixed),
            "the client key of context east does not belong to its client certificate",
        ),
        (
            missing,
            "the client-certificate /nowhere/a of context east cannot be read",
        ),
        (
            User::new().token_file("/nowhere/token".as_ref()),
            "the tokenFile /nowhere/token of context east cannot be read",
        ),
    ] {
        let target = target(embedded.kubeconfig_cluster(), user);
        let Err(error) = connector().connect(target).await else {
            panic!("{expected}: it connected");
        };
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(embedded.connections().len(), 0);
}

#[tokio::test]
async fn a_token_file_wins_over_the_token_beside_it() {
    let embedded = embedded::Cluster::start("east");
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token");
    fs::write(
        &path,
        format!("{}\n", embedded.add_user("filed", &["system:masters"])),
    )
    .unwrap();
    let user = User::new().token("stale").token_file(&path);
    let cluster = connector()
        .connect(target(embedded.kubeconfig_cluster(), user))
        .await
        .unwrap();
    assert_eq!(user_of(&embedded, &cluster).await, "filed");
}

#[tokio::test]
async fn a_plugin_is_run_once_for_all_contexts_that_share_it() {
    let embedded = embedded::Cluster::start("east");
    let plugin = Plugin::printing(&embedded.add_user("exec", &["system:masters"]));
    let user = || User::new().exec(plugin.exec().args(&["get-token"]).env("A", "1"));
    let targets: Vec<Target> = (0..10)
        .map(|_| target(embedded.kubeconfig_cluster(), user()))
        .collect();
    let connector = connector();
    let clusters = fan_out(targets, |target| connector.connect(target)).await;
    for cluster in clusters {
        assert_eq!(user_of(&embedded, &cluster.unwrap()).await, "exec");
    }
    assert_eq!(plugin.runs(), 1);
    let other = User::new().exec(plugin.exec().args(&["get-token"]).env("A", "2"));
    connector
        .connect(target(embedded.kubeconfig_cluster(), other))
        .await
        .unwrap();
    assert_eq!(plugin.runs(), 2, "another environment is another command");
}

#[tokio::test]
async fn distinct_plugins_run_at_the_same_time_and_do_not_hold_up_the_runtime() {
    let embedded = embedded::Cluster::start("east");
    let token = embedded.add_user("exec", &["system:masters"]);
    let line = format!(
        "sleep 0.5\n{}",
        answer(&format!(r#"{{"token":"{token}"}}"#))
    );
    let plugins: Vec<_> = (0..4).map(|_| Plugin::new(&line)).collect();
    let connector = connector();
    let begun = Instant::now();
    let results = fan_out(&plugins, |plugin| {
        connector.connect(target(
            embedded.kubeconfig_cluster(),
            User::new().exec(plugin.exec()),
        ))
    })
    .await;
    assert!(results.iter().all(Result::is_ok));
    assert!(
        begun.elapsed() < Duration::from_millis(1500),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_plugin_can_give_a_client_certificate() {
    let embedded = embedded::Cluster::start("east");
    let identity = embedded.ca().client("machine", &["system:masters"]);
    let status = serde_json::json!({
        "clientCertificateData": identity.certificate_pem,
        "clientKeyData": identity.key_pem,
    });
    let plugin = Plugin::new(&answer(&status.to_string()));
    let cluster = connector()
        .connect(target(
            embedded.kubeconfig_cluster(),
            User::new().exec(plugin.exec()),
        ))
        .await
        .unwrap();
    assert_eq!(user_of(&embedded, &cluster).await, "machine");
}

#[tokio::test]
async fn a_plugin_that_asks_is_told_about_the_cluster() {
    let embedded = embedded::Cluster::start("east");
    let token = embedded.add_user("exec", &["system:masters"]);
    let folder = TempDir::new().unwrap();
    let told = folder.path().join("told");
    let plugin = Plugin::new(&format!(
        "printf %s \"$KUBERNETES_EXEC_INFO\" >'{}'\n{}",
        told.display(),
        answer(&format!(r#"{{"token":"{token}"}}"#))
    ));
    let cluster = embedded.kubeconfig_cluster().tls_server_name("kubernetes").field(
        "extensions",
        serde_json::json!([{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}]),
    );
    let user = User::new().exec(plugin.exec().provide_cluster_info());
    connector().connect(target(cluster, user)).await.unwrap();
    let told: serde_json::Value = serde_json::from_str(&fs::read_to_string(told).unwrap()).unwrap();
    assert_eq!(told["apiVersion"], "client.authentication.k8s.io/v1");
    assert_eq!(told["kind"], "ExecCredential");
    assert_eq!(told["spec"]["interactive"], false);
    assert_eq!(told["spec"]["cluster"]["server"], embedded.server_url());
    assert_eq!(told["spec"]["cluster"]["tls-server-name"], "kubernetes");
    assert_eq!(told["spec"]["cluster"]["config"]["audience"], "a");
    assert!(told["spec"]["cluster"]["certificate-authority-data"].is_string());
}

#[tokio::test]
async fn plugins_that_give_nothing_say_why() {
    let connector = Connector::new(ConnectorOptions {
        exec_timeout: Duration::from_secs(1),
        ..options()
    });
    let missing =
        Exec::new("kubectl-no-such-login").field("installHint", "brew install no-such-login");
    let error = refused(&connector, missing).await;
    assert_eq!(cause(&error), "command kubectl-no-such-login was not found");
    assert_eq!(error.hints(), ["brew install no-such-login"]);

    let secret = "c0nfidential";
    for (lines, expected) in [
        ("exit 7".to_owned(), "ended with exit code 7"),
        (
            format!("echo {secret}"),
            "printed no usable ExecCredential: it is not JSON of that kind",
        ),
        (
            answer("{}"),
            "printed no usable ExecCredential: it has neither token nor certificate",
        ),
        (
            answer(r#"{"clientKeyData":"c0nfidential"}"#),
            "printed no usable ExecCredential: it has a certificate or a key without the other",
        ),
        (
            answer("{}").replace("/v1", "/v1beta1"),
            "printed no usable ExecCredential: its apiVersion is not client.authentication.k8s.io/v1",
        ),
        ("exec sleep 20".to_owned(), "did not finish within 1 s"),
    ] {
        let plugin = Plugin::new(&lines);
        let error = refused(&connector, plugin.exec()).await;
        assert_eq!(
            cause(&error),
            format!("command {} {expected}", plugin.path().display())
        );
        assert!(!format!("{error:?}").contains(secret), "{error:?}");
        refused(&connector, plugin.exec()).await;
        assert_eq!(plugin.runs(), 1, "a failure is remembered");
    }

    let plugin = Plugin::printing("t");
    let always = plugin.exec().field("interactiveMode", "Always");
    let error = refused(&connector, always).await;
    assert!(
        cause(&error).ends_with("must be run interactively, and standard input is not a terminal")
    );
    let old = plugin
        .exec()
        .api_version("client.authentication.k8s.io/v1alpha1");
    let error = refused(&connector, old).await;
    assert_eq!(
        cause(&error),
        "its apiVersion is client.authentication.k8s.io/v1alpha1"
    );
    assert_eq!(plugin.runs(), 0);
}

#[tokio::test]
async fn a_kubeconfig_from_elsewhere_runs_and_reads_nothing() {
    let plugin = Plugin::printing("t");
    let text = kubeconfig::Kubeconfig::single(
        "west",
        kubeconfig::Cluster::new("https://127.0.0.1:1"),
        User::new().exec(plugin.exec()),
    )
    .to_yaml();
    let target = Target::from_text(&text, "secret istio-system/istio-remote-secret-west").unwrap();
    let Err(error) = connector().connect(target).await else {
        panic!("it connected");
    };
    assert_eq!(
        error.to_string(),
        format!(
            "the kubeconfig of secret istio-system/istio-remote-secret-west refers to exec {} of another machine, which is not used here",
            plugin.path().display()
        )
    );
    assert_eq!(plugin.runs(), 0);
}
