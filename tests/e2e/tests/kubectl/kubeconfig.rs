//! Accepted kubeconfigs: the real kubectl decides, and the plugins agree.
//!
//! No cluster is needed: a kubeconfig that was taken leads to an address where nobody listens.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use mesh_e2e::plugin::Workstation;
use mesh_testkit::command::Run;
use mesh_testkit::kubeconfig::Kubeconfig;

const SERVER: &str = "https://127.0.0.1:1";

/// A kubeconfig of the one context `a`, with these lists in place of the usual ones.
fn with(clusters: &str, users: &str, more: &str) -> Vec<u8> {
    let clusters = if clusters.is_empty() {
        "[{name: c, cluster: {server: 'https://127.0.0.1:1'}}]"
    } else {
        clusters
    };
    let users = if users.is_empty() {
        "[{name: u, user: {token: t}}]"
    } else {
        users
    };
    format!(
        "contexts: [{{name: a, context: {{cluster: c, user: u}}}}]\ncurrent-context: a\n\
         clusters: {clusters}\nusers: {users}\n{more}\n"
    )
    .into_bytes()
}

fn wide(text: &[u8], mark: bool, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    let mark = mark.then_some(0xfeff);
    mark.into_iter()
        .chain(text.encode_utf16())
        .flat_map(unit)
        .collect()
}

/// Each kubeconfig, and whether kubectl takes it. The test fails where kubectl is of another opinion.
#[expect(clippy::too_many_lines, reason = "one row a kubeconfig")]
fn kubeconfigs() -> Vec<(&'static str, Vec<u8>, bool)> {
    let good = with("", "", "");
    let cluster = "{name: c, cluster: {server: 'https://127.0.0.1:1'}}";
    let other = "{name: c, cluster: {server: 'https://127.0.0.1:2'}}";
    let user = |user: &str| with("", &format!("[{{name: u, user: {user}}}]"), "");
    vec![
        ("good", good.clone(), true),
        (
            "a cluster twice",
            with(&format!("[{cluster}, {other}]"), "", ""),
            false,
        ),
        (
            "an equal cluster twice",
            with(&format!("[{cluster}, {cluster}]"), "", ""),
            false,
        ),
        (
            "a user twice",
            with("", "[{name: u, user: {token: t}}, {name: u}]", ""),
            false,
        ),
        (
            "an unused user twice",
            with("", "[{name: u}, {name: v}, {name: v}]", ""),
            false,
        ),
        (
            "an extension twice",
            with(
                "",
                "",
                "extensions: [{name: x, extension: 1}, {name: x, extension: 1}]",
            ),
            false,
        ),
        (
            "an empty extension twice",
            with("", "", "extensions: [{name: x}, {name: x, extension: 1}]"),
            true,
        ),
        (
            "an extension of a preference twice",
            with(
                "",
                "",
                "preferences: {extensions: [{name: x, extension: 1}, {name: x}]}",
            ),
            false,
        ),
        (
            "a null cluster",
            with(&format!("[null, {cluster}]"), "", ""),
            true,
        ),
        (
            "two null clusters",
            with(&format!("[null, {{name: null}}, {cluster}]"), "", ""),
            false,
        ),
        (
            "a nameless cluster",
            with(&format!("[{{cluster: {{server: x}}}}, {cluster}]"), "", ""),
            true,
        ),
        (
            "a nameless user",
            with(
                "",
                "[{name: null, user: {token: x}}, {name: u, user: {token: t}}]",
                "",
            ),
            true,
        ),
        (
            "a nameless extension",
            with("", "", "extensions: [{name: null, extension: {}}]"),
            true,
        ),
        (
            "null lists",
            with("", "", "extensions: null\npreferences: null"),
            true,
        ),
        ("a number as a token", user("{token: 3}"), false),
        (
            "a number as an unused token",
            with("", "[{name: u}, {name: v, user: {token: 3}}]", ""),
            false,
        ),
        (
            "a flag that is text",
            with(
                "[{name: c, cluster: {server: 'https://127.0.0.1:1', insecure-skip-tls-verify: 'true'}}]",
                "",
                "",
            ),
            false,
        ),
        (
            "a CA twice",
            with(
                "[{name: c, cluster: {server: 'https://127.0.0.1:1', certificate-authority: config, certificate-authority-data: eA==}}]",
                "",
                "",
            ),
            false,
        ),
        (
            "a CA that is not checked",
            with(
                "[{name: c, cluster: {server: 'https://127.0.0.1:1', certificate-authority-data: eA==, insecure-skip-tls-verify: true}}]",
                "",
                "",
            ),
            false,
        ),
        (
            "a CA that is not base64",
            with(
                "[{name: c, cluster: {server: 'https://127.0.0.1:1', certificate-authority-data: '%%'}}]",
                "",
                "",
            ),
            false,
        ),
        (
            "a proxy of an unknown kind",
            with(
                "[{name: c, cluster: {server: 'https://127.0.0.1:1', proxy-url: 'ftp://x'}}]",
                "",
                "",
            ),
            false,
        ),
        (
            "a token and a password",
            user("{token: t, username: joe}"),
            false,
        ),
        (
            "a token beside a file that is not there",
            user("{token: t, tokenFile: nowhere}"),
            true,
        ),
        (
            "a certificate without a key",
            user("{token: t, client-certificate-data: eA==}"),
            false,
        ),
        (
            "groups without a user",
            user("{token: t, as-groups: [g]}"),
            false,
        ),
        (
            "a plugin without a mode",
            user("{exec: {apiVersion: client.authentication.k8s.io/v1, command: true}}"),
            false,
        ),
        (
            "a plugin with a nameless variable",
            user(
                "{token: t, exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: env, env: [{value: x}]}}",
            ),
            false,
        ),
        (
            "a plugin with an empty variable",
            user(
                "{token: t, exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: env, env: [{name: X, value: null}]}}",
            ),
            true,
        ),
        ("another kind", with("", "", "kind: Pod"), false),
        (
            "a second document",
            [good.as_slice(), b"---\nusers: 3\n"].concat(),
            true,
        ),
        (
            "a key twice",
            with("", "", "current-context: b\ncurrent-context: a"),
            true,
        ),
        (
            "a mark of UTF-8",
            [b"\xef\xbb\xbf", good.as_slice()].concat(),
            true,
        ),
        (
            "UTF-16 of PowerShell",
            wide(&good, true, u16::to_le_bytes),
            true,
        ),
        (
            "UTF-16 the other way round",
            wide(&good, true, u16::to_be_bytes),
            true,
        ),
        (
            "UTF-16 without a mark",
            wide(&good, false, u16::to_le_bytes),
            false,
        ),
        ("no text", vec![0xff, 0x00, 0xfe], false),
    ]
}

#[test]
fn the_plugins_take_and_refuse_the_kubeconfigs_that_kubectl_takes_and_refuses() {
    let workstation = Workstation::with(&Kubeconfig::new());
    let wrong: Vec<String> = kubeconfigs()
        .into_iter()
        .filter_map(|(name, bytes, expected)| {
            fs::write(workstation.dir().join("config"), bytes).unwrap();
            let run = |words: &[&str]| {
                workstation
                    .kubectl(words)
                    .dir(workstation.dir())
                    .output()
                    .stderr
            };
            let kubectl = run(&["get", "--raw", "/version"]);
            let ours = run(&["mesh-secret", "list"]);
            let taken = [
                kubectl.contains("127.0.0.1:1 was refused"),
                ours.contains(&format!("cannot connect to {SERVER}")),
            ];
            (taken != [expected, expected])
                .then(|| format!("{name}: {taken:?}, not {expected}\n  {kubectl}  {ours}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_plugins_run_the_credential_plugins_that_kubectls_preferences_allow() {
    let workstation = Workstation::with(&Kubeconfig::new());
    let plugin = workstation.dir().join("meshlogin");
    let log = workstation.dir().join("log");
    let answer = r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t"}}"#;
    fs::write(
        &plugin,
        format!(
            "#!/bin/sh\necho run >>'{}'\necho '{answer}'\n",
            log.display()
        ),
    )
    .unwrap();
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    let runs = || fs::read_to_string(&log).map_or(0, |log| log.lines().count());
    let path = plugin.display().to_string();
    let head = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n";
    let policy = |policy: &str| format!("{head}credentialPluginPolicy: {policy}\n");
    let list =
        |entry: &str| policy("Allowlist") + &format!("credentialPluginAllowlist: [{entry}]\n");
    let cases = [
        (head.to_owned(), true),
        (policy("AllowAll"), true),
        (policy("DenyAll"), false),
        (policy("denyall"), false),
        (policy("Allowlist"), false),
        (policy("DenyAll") + "credentialPluginAllowlist: []\n", false),
        (list("{name: meshlogin}"), true),
        (list("{command: meshlogin}"), true),
        (list(&format!("{{command: {path}}}")), true),
        (list(&format!("{{command: {path}/../meshlogin}}")), false),
        (list("{command: other}"), false),
        (list("{}"), false),
        (list("{name: meshlogin, command: other}"), false),
        (format!("kind: Other\n---\n{}", policy("DenyAll")), false),
        (
            head.replace("v1beta1", "v1alpha1") + "credentialPluginPolicy: DenyAll\n",
            true,
        ),
        ("kind: Pod\n".to_owned(), false),
    ];
    for command in ["./meshlogin", "meshlogin"] {
        let exec = format!(
            "[{{name: u, user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {command}, interactiveMode: Never}}}}}}]"
        );
        fs::write(workstation.dir().join("config"), with("", &exec, "")).unwrap();
        for (preferences, expected) in &cases {
            let file = workstation.dir().join("preferences");
            fs::write(&file, preferences).unwrap();
            let ran = |words: &[&str], how: fn(Run, &std::path::Path) -> Run| {
                let before = runs();
                how(
                    workstation.kubectl(words).path_dir(workstation.dir()),
                    &file,
                )
                .output();
                runs() > before
            };
            let flag: fn(Run, &std::path::Path) -> Run = |run, file| run.arg("--kuberc").arg(file);
            let variable: fn(Run, &std::path::Path) -> Run = |run, file| run.env("KUBERC", file);
            for (way, how) in [("--kuberc", flag), ("$KUBERC", variable)] {
                let kubectl = ran(&["get", "--raw", "/version"], how);
                let ours = ran(&["mesh-secret", "list"], how);
                assert_eq!(
                    (kubectl, ours),
                    (*expected, *expected),
                    "{way} {command}: {preferences}"
                );
            }
        }
    }
    // Of the home folder a file that says nothing does not count, nor any where preferences are switched off.
    let home = workstation.dir().join("home");
    fs::create_dir_all(home.join(".kube")).unwrap();
    let broken = "kind: Pod\n".to_owned();
    let cases = [
        (false, policy("DenyAll"), false),
        (true, policy("DenyAll"), true),
        (false, broken, true),
    ];
    for (off, preferences, expected) in cases {
        fs::write(home.join(".kube").join("kuberc"), preferences).unwrap();
        for words in [&["get", "--raw", "/version"][..], &["mesh-secret", "list"]] {
            let before = runs();
            let run = workstation
                .kubectl(words)
                .path_dir(workstation.dir())
                .home(&home);
            let run = if off { run.env("KUBERC", "off") } else { run };
            run.output();
            assert_eq!(runs() > before, expected, "{words:?}");
        }
    }
}
