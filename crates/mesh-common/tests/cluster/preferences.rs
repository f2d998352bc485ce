//! Which credential plugins may run, by kubectl's own preferences.

#![cfg(unix)]

use std::fs;
use std::path::Path;

use mesh_common::client::{Kubeconfig, Overrides, Preferences};
use mesh_testkit::kubeconfig::{self, Exec, User};
use tempfile::TempDir;

use crate::credentials::{Plugin, cause};
use crate::support::connector;

/// Runs the plugin by its path under a file of preferences, and gives why it was not run, if it was not.
async fn under(preferences: &str, exec: Exec, path: &str) -> Option<String> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("kuberc");
    fs::write(&file, preferences).unwrap();
    let config = folder.path().join("config");
    let server = kubeconfig::Cluster::new("https://127.0.0.1:1");
    kubeconfig::Kubeconfig::single("east", server, User::new().exec(exec)).write(&config);
    let target = Kubeconfig::load(Some(&config), None, None)
        .unwrap()
        .with_preferences(Preferences::find(Some(&file), None, None, Some(path.as_ref())).unwrap())
        .target(&Overrides::default())
        .unwrap();
    let error = connector().connect(target).await.err().unwrap();
    let denied = error.to_string().contains("did not return a credential");
    denied.then(|| cause(&error).replace(&format!("{}", file.display()), "KUBERC"))
}

#[tokio::test]
async fn kubectls_preferences_say_which_plugins_may_run() {
    let plugin = Plugin::printing("token");
    let path = plugin.path();
    let (folder, path) = (
        plugin.folder().display().to_string(),
        path.display().to_string(),
    );
    let head = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n";
    let list = |entry: &str| {
        format!(
            "{head}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{{name: {entry}}}]\n"
        )
    };
    let not_listed = "credentialPluginAllowlist in KUBERC does not list it";
    let bare = || Exec::new("plugin");
    let by_path = || plugin.exec();
    for (number, (preferences, exec, reason)) in [
        (String::new(), by_path(), None),
        (format!("{head}credentialPluginPolicy: AllowAll\n"), by_path(), None),
        (list(&path), by_path(), None),
        (list("plugin"), by_path(), None),
        (list(&format!("{folder}x/plugin")), by_path(), Some(not_listed)),
        (list("other"), by_path(), Some(not_listed)),
        (
            format!("{head}credentialPluginPolicy: DenyAll\n"),
            by_path(),
            Some("credentialPluginPolicy in KUBERC is DenyAll"),
        ),
        (
            format!("{head}credentialPluginPolicy: Allowlist\n"),
            by_path(),
            Some("preferences KUBERC are not valid: its credentialPluginPolicy is Allowlist, and its credentialPluginAllowlist is empty"),
        ),
        ("kind: Pod\n".to_owned(), by_path(), Some("KUBERC holds no preferences of kubectl")),
        (list("other"), bare(), Some(not_listed)),
    ]
    .into_iter()
    .enumerate()
    {
        let before = plugin.runs();
        let command = if number == 9 { "plugin".to_owned() } else { path.clone() };
        let denied = under(&preferences, exec, &folder).await;
        let expected =
            reason.map(|reason| format!("command {command} is not allowed to run: {reason}"));
        assert_eq!(denied, expected, "{preferences}");
        assert_eq!(plugin.runs() > before, reason.is_none(), "{preferences}");
    }
    // A bare word is looked up in the search path, and is the same as the path at which it is found.
    for entry in ["plugin", path.as_str()] {
        let before = plugin.runs();
        assert_eq!(under(&list(entry), bare(), &folder).await, None);
        assert_eq!(plugin.runs(), before + 1);
    }
}

#[test]
fn the_file_of_preferences_is_found_as_kubectl_finds_it() {
    let (home, flag) = (Path::new("/home"), Path::new("/flag"));
    let find = |flag, variable: Option<&str>| {
        Preferences::find(flag, variable.map(AsRef::as_ref), Some(home), None)
    };
    let same = |one, other| assert_eq!(find(None, one).unwrap(), other);
    same(None, find(None, Some("")).unwrap());
    same(Some("/flag"), find(Some(flag), None).unwrap());
    same(Some("/flag"), find(Some(flag), Some("/other")).unwrap());
    assert_ne!(find(None, None).unwrap(), find(None, Some("off")).unwrap());
    assert!(find(Some(flag), Some("off")).is_err());
}
