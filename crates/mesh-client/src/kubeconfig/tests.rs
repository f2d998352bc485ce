//! Kubeconfigs as kubectl reads them, valid and invalid.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::{Kubeconfig, Overrides};
use crate::{CredentialKind, Target, Trust};
use mesh_model::Error;

pub(super) const EAST: &str = r#"
apiVersion: v1
kind: Config
current-context: east
clusters:
- {name: east-cluster, cluster: {server: "https://east.example:6443/"}}
contexts:
- {name: east, context: {cluster: east-cluster, user: jane, namespace: apps}}
users:
- {name: jane, user: {token: s3cret-token}}
"#;

const WEST: &str = r#"
current-context: west
clusters:
- {name: west-cluster, cluster: {server: "https://west.example", insecure-skip-tls-verify: true, tls-server-name: api, proxy-url: "http://proxy:3128"}}
- {name: east-cluster, cluster: {server: "https://another.example"}}
contexts:
- {name: west, context: {cluster: west-cluster, user: jane}}
users:
- {name: jane, user: {token: s3cret-token}}
- {name: files, user: {tokenFile: token, client-certificate: tls.crt, client-key: /etc/tls.key}}
"#;

pub(super) struct Files(TempDir);

impl Files {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn list(&self, names: &[&str]) -> OsString {
        std::env::join_paths(names.iter().map(|name| match *name {
            "" => PathBuf::new(),
            name => self.path(name),
        }))
        .unwrap()
    }

    pub(super) fn load(&self, names: &[&str]) -> Result<Kubeconfig, Error> {
        Kubeconfig::load(None, Some(&self.list(names)), None)
    }

    /// Returns the error's sentence without the folder's name.
    pub(super) fn plain(&self, error: &Error) -> String {
        error
            .to_string()
            .replace(&format!("{}/", self.0.path().display()), "")
    }
}

pub(super) fn of_one(text: &str) -> Result<Kubeconfig, Error> {
    let files = Files::new(&[("config", text)]);
    Kubeconfig::load(Some(&files.path("config")), None, None)
}

pub(super) fn context(name: &str) -> Overrides {
    Overrides {
        context: Some(name.to_owned()),
        ..Overrides::default()
    }
}

#[test]
fn files_are_merged_and_the_first_of_a_name_wins() {
    let files = Files::new(&[("a", EAST), ("b", WEST)]);
    let merged = files.load(&["", "missing", "a", "b"]).unwrap();
    assert_eq!(merged.context_names().collect::<Vec<_>>(), ["east", "west"]);
    assert_eq!(merged.current_context(), Some("east"));
    let east = merged.target(&Overrides::default()).unwrap();
    assert_eq!(east.server(), "https://east.example:6443/");
    assert_eq!(east.namespace(), Some("apps"));
    assert_eq!(east.credential().kind(), CredentialKind::Token);
    let west = merged.target(&context("west")).unwrap();
    assert_eq!(*west.trust(), Trust::Insecure);
    assert_eq!(west.tls_server_name(), Some("api"));
    assert_eq!(west.proxy(), Some("http://proxy:3128"));
    assert_eq!(west.kubectl().to_string(), "kubectl --context west");
    let other = Overrides {
        user: Some("files".to_owned()),
        ..context("west")
    };
    assert_eq!(
        merged.target(&other).unwrap().kubectl().to_string(),
        "kubectl --context west --user files"
    );
}

#[test]
fn the_home_folder_is_looked_at_only_when_nothing_is_named() {
    let files = Files::new(&[(".kube/config", EAST), ("b", WEST)]);
    let home = files.0.path();
    let usual = Kubeconfig::load(None, None, Some(home)).unwrap();
    assert_eq!(usual.current_context(), Some("east"));
    let empty = Kubeconfig::load(None, Some("".as_ref()), Some(home)).unwrap();
    assert_eq!(empty.current_context(), Some("east"));
    // kubectl does not fall back to that file for an empty list either.
    let nothing = Kubeconfig::load(None, Some(":".as_ref()), Some(home)).unwrap_err();
    assert_eq!(
        nothing.to_string(),
        "no kubeconfig is named, neither by --kubeconfig nor by $KUBECONFIG nor by a home folder"
    );
    let named = Kubeconfig::load(None, Some(&files.list(&["b"])), Some(home)).unwrap();
    assert_eq!(named.current_context(), Some("west"));
    let explicit =
        Kubeconfig::load(Some(&files.path("b")), Some("nowhere".as_ref()), Some(home)).unwrap();
    assert_eq!(explicit.current_context(), Some("west"));
    let target = explicit.target(&Overrides::default()).unwrap();
    assert_eq!(
        target.kubectl().to_string(),
        [
            "kubectl --kubeconfig",
            files.path("b").to_str().unwrap(),
            "--context west"
        ]
        .join(" ")
    );
}

#[test]
fn files_that_cannot_be_used_say_why_and_never_what_they_hold() {
    let files = Files::new(&[
        ("broken", "users:\n- name: jane\n  user: {token: s3cret\n"),
        ("wrong", "users:\n- name: jane\n  user: s3cret\n"),
        ("empty", ""),
        ("none", "apiVersion: v1\nkind: Config\ncontexts: null\n"),
        ("folder/file", ""),
    ]);
    fs::write(files.path("binary"), [0xff, 0xfe, 0x00]).unwrap();
    for (name, expected) in [
        ("missing", "kubeconfig missing does not exist"),
        ("folder", "kubeconfig folder is a folder, not a file"),
        ("empty", "kubeconfig empty has no contexts"),
        ("none", "kubeconfig none has no contexts"),
        ("binary", "kubeconfig binary is not valid: it is not text"),
    ] {
        let error = Kubeconfig::load(Some(&files.path(name)), None, None).unwrap_err();
        assert_eq!(files.plain(&error), expected);
    }
    for (name, expected) in [
        (
            "broken",
            "kubeconfig broken is not valid: it is not YAML, line 3, column 9",
        ),
        (
            "wrong",
            r#"kubeconfig wrong is not valid: user "jane" has to be a mapping and is text"#,
        ),
    ] {
        let error = files.load(&[name]).unwrap_err();
        let text = files.plain(&error);
        assert_eq!(text, expected);
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    let both = files.load(&["broken", "wrong"]).unwrap_err();
    assert_eq!(both.also().len(), 1, "all that is wrong is said at once");
    let nothing = Kubeconfig::load(None, None, Some(&files.path("home"))).unwrap_err();
    assert_eq!(
        files.plain(&nothing),
        "no kubeconfig found at home/.kube/config"
    );
    let no_home = Kubeconfig::load(None, None, None).unwrap_err();
    assert_eq!(
        no_home.to_string(),
        "no kubeconfig is named, neither by --kubeconfig nor by $KUBECONFIG nor by a home folder"
    );
}

#[test]
fn unknown_names_are_answered_with_the_close_ones() {
    let files = Files::new(&[("a", EAST), ("b", WEST)]);
    let merged = files.load(&["a", "b"]).unwrap();
    let error = merged.target(&context("eest")).unwrap_err();
    assert_eq!(
        files.plain(&error),
        "context eest is not in kubeconfig a, b"
    );
    assert_eq!(
        error.hints(),
        ["did you mean east, west?", "kubectl config get-contexts"]
    );
    let unknown_user = Overrides {
        user: Some("janet".to_owned()),
        ..Overrides::default()
    };
    let error = merged.target(&unknown_user).unwrap_err();
    assert_eq!(files.plain(&error), "user janet is not in kubeconfig a, b");
    assert_eq!(
        error.hints(),
        ["did you mean jane?", "kubectl config get-users"]
    );
}

#[test]
fn entries_that_lead_nowhere_are_named() {
    for (text, expected) in [
        (
            "contexts: [{name: a, context: {cluster: c}}]",
            "no context is given, and kubeconfig config sets no current one",
        ),
        (
            "current-context: b\ncontexts: [{name: a, context: {cluster: c}}]",
            "the current context b is not in kubeconfig config",
        ),
        (
            "current-context: a\ncontexts: [{name: a}]",
            "context a names no cluster",
        ),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]",
            "context a names cluster c, which is not in kubeconfig config",
        ),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://c'}}]",
            "context a names user u, which is not in kubeconfig config",
        ),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c}]",
            "cluster c of kubeconfig config has no server",
        ),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'c:6443'}}]",
            "cluster c of kubeconfig config has server c:6443, which has no scheme",
        ),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'ftp://c'}}]",
            "cluster c of kubeconfig config has server ftp://c, which is not an https:// or http:// URL",
        ),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'https://c', certificate-authority: x, certificate-authority-data: aGVsbG8=}}]",
            r#"kubeconfig config is not valid: cluster "c" has its CA both inline and as a file"#,
        ),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'https://c', certificate-authority-data: aGVsbG8=}}]",
            "certificate-authority-data of cluster c holds no certificate",
        ),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'https://c', certificate-authority: x, insecure-skip-tls-verify: true}}]",
            "cluster c sets both certificate-authority and insecure-skip-tls-verify, of which only one can hold",
        ),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'https://c', proxy-url: 'socks4://p'}}]",
            r#"kubeconfig config is not valid: cluster "c" has a proxy-url that is neither http, https nor socks5"#,
        ),
    ] {
        let files = Files::new(&[("config", text)]);
        let loaded = Kubeconfig::load(Some(&files.path("config")), None, None).unwrap();
        let error = loaded.target(&Overrides::default()).unwrap_err();
        assert_eq!(files.plain(&error), expected);
    }
}

#[test]
fn a_server_without_a_scheme_is_shown_with_one() {
    let text = "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'c:6443'}}]";
    let files = Files::new(&[("config", text)]);
    let error = files
        .load(&["config"])
        .unwrap()
        .target(&Overrides::default())
        .unwrap_err();
    assert_eq!(
        error.hints(),
        ["kubectl config set-cluster c --server https://c:6443"]
    );
}

#[test]
fn flags_replace_parts_of_the_entry() {
    let files = Files::new(&[("a", EAST), ("b", WEST)]);
    let merged = files.load(&["a", "b"]).unwrap();
    let target = merged
        .target(&Overrides {
            cluster: Some("west-cluster".to_owned()),
            user: Some("files".to_owned()),
            impersonate: Some("joe".to_owned()),
            impersonate_groups: vec!["ops".to_owned()],
            request_timeout: Some(Duration::from_secs(3)),
            ..Overrides::default()
        })
        .unwrap();
    assert_eq!(
        (target.context(), target.server()),
        ("east", "https://west.example")
    );
    assert_eq!(target.credential().kind(), CredentialKind::TokenFile);
    assert_eq!(target.impersonation().unwrap().user, "joe");
    assert_eq!(target.impersonation().unwrap().groups, ["ops"]);
    assert_eq!(target.request_timeout(), Some(Duration::from_secs(3)));
    let groups_alone = Overrides {
        impersonate_groups: vec!["ops".to_owned()],
        ..Overrides::default()
    };
    let error = merged.target(&groups_alone).unwrap_err();
    assert_eq!(error.to_string(), "--as-group and --as-uid need --as");
}

#[test]
fn nothing_shows_a_token() {
    let files = Files::new(&[("a", EAST)]);
    let merged = files.load(&["a"]).unwrap();
    let target = merged.target(&Overrides::default()).unwrap();
    let shown = format!("{merged:?} {target:?} {:?}", target.credential());
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn a_kubeconfig_from_elsewhere_refers_to_files_that_are_never_read() {
    let text = r"
clusters:
- {name: c, cluster: {server: 'https://c', certificate-authority: ca.crt}}
contexts:
- {name: only, context: {cluster: c, user: u}}
users:
- {name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./run, interactiveMode: Never}, client-certificate: a, client-key: b}}
";
    let target = Target::from_text(text, "secret istio-system/x").unwrap();
    assert_eq!(target.context(), "secret istio-system/x");
    let fields: Vec<_> = target
        .file_references()
        .iter()
        .map(|reference| reference.field)
        .collect();
    assert_eq!(
        fields,
        [
            "certificate-authority",
            "client-certificate",
            "client-key",
            "exec"
        ]
    );
    assert_eq!(target.file_references()[3].path, Path::new("./run"));
    for (text, expected) in [
        ("", "the kubeconfig of x has no contexts"),
        (
            "contexts: [{name: a}, {name: b}]",
            "the kubeconfig of x has several contexts and sets no current one",
        ),
        (
            "contexts: 7",
            "the kubeconfig of x is not valid: contexts has to be a list and is a number",
        ),
    ] {
        assert_eq!(
            Target::from_text(text, "x").unwrap_err().to_string(),
            expected
        );
    }
}

#[test]
fn json_and_unknown_fields_are_read_and_a_second_document_is_not() {
    let json = r#"{"current-context":"a","preferences":{},"contexts":[{"name":"a","context":{"cluster":"c","extensions":[{"name":"x","extension":{"y":1}}]}}],"clusters":[{"name":"c","cluster":{"server":"https://c"}}]}"#;
    assert_eq!(of_one(json).unwrap().current_context(), Some("a"));
    let two = of_one(&format!("{EAST}\n---\n{WEST}")).unwrap();
    assert_eq!(two.context_names().collect::<Vec<_>>(), ["east"]);
}
