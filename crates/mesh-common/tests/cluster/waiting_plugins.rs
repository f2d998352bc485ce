//! Credential plugins that wait for a person.

#![cfg(unix)]

use std::fs;
use std::time::Duration;

use mesh_common::client::{Connector, ConnectorOptions};
use mesh_testkit::embedded;
use mesh_testkit::kubeconfig::{self, User};
use tempfile::TempDir;

use crate::credentials::{Plugin, answer, cause, user_of};
use crate::support::{options, target};

static NOTICES: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());

#[tokio::test]
async fn a_plugin_that_waits_for_a_person_may_take_as_long_as_it_likes() {
    let embedded = embedded::Cluster::start("east");
    let token = embedded.add_user("exec", &["system:masters"]);
    let folder = TempDir::new().unwrap();
    let done = folder.path().join("logged-in");
    let wait = format!("until [ -e '{}' ]; do sleep 0.02; done", done.display());
    let answer = answer(&format!(r#"{{"token":"{token}"}}"#));
    let plugin = Plugin::new(&format!("{wait}\n{answer}"));
    let user = || User::new().exec(plugin.exec());
    let connector = Connector::new(ConnectorOptions {
        exec_timeout: Duration::ZERO,
        notice_after: Duration::ZERO,
        notice: Some(|line| NOTICES.lock().unwrap().push(line.to_owned())),
        ..options()
    });
    let waiting = connector.connect(target(embedded.kubeconfig_cluster(), user()));
    let person = async {
        while NOTICES.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        fs::write(&done, "").unwrap();
    };
    let (cluster, ()) = futures::join!(waiting, person);
    assert_eq!(user_of(&embedded, &cluster.unwrap()).await, "exec");
    assert_eq!(
        *NOTICES.lock().unwrap(),
        [format!(
            "waiting for the credential plugin {} of context east, which may wait for you to log in; Ctrl-C ends it",
            plugin.path().display()
        )]
    );
}

#[tokio::test]
async fn who_wants_no_bound_on_requests_has_none_on_plugins() {
    let plugin = Plugin::new("sleep 0.3; exit 7");
    let connector = Connector::new(ConnectorOptions {
        exec_timeout: Duration::from_millis(50),
        ..options()
    });
    let target = target(
        kubeconfig::Cluster::new("https://127.0.0.1:1"),
        User::new().exec(plugin.exec()),
    )
    .with_request_timeout(Some(Duration::ZERO));
    let error = connector.connect(target).await.err().unwrap();
    assert!(
        cause(&error).ends_with("ended with exit code 7"),
        "{error:?}"
    );
}
