//! The lines on a terminal that say what is waited for: there while something is slow, gone before the report, and nowhere else.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use mesh_testkit::command::Run;
use mesh_testkit::embedded::Fault;
use mesh_testkit::kubeconfig::{Exec, Kubeconfig, User};
use serde_json::json;

use crate::scene::Scene;

const BOTH: &str = "--context east,west --request-timeout 1s";

/// A mesh whose west connects and then answers nothing.
fn slow() -> Scene {
    let scene = Scene::healthy();
    scene.west.inject(Fault::everywhere().user("admin").hang());
    scene
}

fn at_terminal(run: Run) -> Run {
    run.at_terminal().env("TERM", "xterm")
}

/// Returns the lines that a terminal shows at the end of this text.
fn screen(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let sequence = rest.strip_prefix("\u{1b}[");
        if let Some(sequence) = sequence {
            let end = sequence.find(char::is_alphabetic).unwrap();
            let (number, after) = sequence.split_at(end);
            match &after[..1] {
                "A" => lines.truncate(lines.len() - number.parse::<usize>().unwrap()),
                // Whatever is below the cursor is gone already.
                "J" => *lines.last_mut().unwrap() = String::new(),
                // Colours, and whether lines wrap.
                "m" | "l" | "h" => (),
                other => panic!("an escape sequence {number}{other}"),
            }
            rest = &after[1..];
            continue;
        }
        match first {
            '\n' => lines.push(String::new()),
            '\r' => (),
            first => lines.last_mut().unwrap().push(first),
        }
        rest = &rest[first.len_utf8()..];
    }
    assert_eq!(lines.pop().as_deref(), Some(""), "{text:?}");
    lines
}

#[test]
fn a_slow_cluster_is_named_until_the_report() {
    let scene = slow();
    let expected = scene.verify(BOTH).output();
    assert!(!expected.stderr.contains('\u{1b}'), "{}", expected.golden());
    let running = at_terminal(scene.verify(BOTH)).spawn();
    running.wait_for_stderr("west   reading its objects");
    let output = running.wait();
    assert_eq!((output.code, &output.stdout), (3, &expected.stdout));
    assert!(output.stderr.contains("\u{1b}[J"), "{}", output.golden());
    let left: Vec<&str> = expected.stderr.lines().collect();
    assert_eq!(screen(&output.stderr), left, "{}", output.golden());
}

#[test]
fn programs_logs_and_terminals_that_cannot_erase_are_told_nothing() {
    let scene = slow();
    for run in [
        at_terminal(scene.verify(&format!("{BOTH} -o json"))),
        at_terminal(scene.verify(BOTH)).env("TERM", "dumb"),
        at_terminal(scene.verify(&format!("{BOTH} -v"))),
        scene.verify(BOTH).env("TERM", "xterm"),
    ] {
        let output = run.output();
        assert_eq!(output.code, 3, "{}", output.golden());
        for absent in ["\u{1b}[J", "reading its objects"] {
            assert!(!output.stderr.contains(absent), "{}", output.golden());
        }
    }
}

#[test]
fn a_snapshot_names_slow_clusters_too_and_writes_its_file() {
    let scene = slow();
    let line = format!("snapshot mesh.json --allow-loopback {BOTH}");
    let running = at_terminal(scene.run(&line)).spawn();
    running.wait_for_stderr("west   reading its objects");
    let output = running.wait();
    let left = screen(&output.stderr);
    assert_eq!(
        left.last().unwrap(),
        "snapshot of 1 cluster written to mesh.json"
    );
}

#[test]
fn ctrl_c_leaves_no_line_of_it() {
    let scene = slow();
    let line = "--context east,west --request-timeout 1m";
    let running = at_terminal(scene.verify(line)).spawn();
    running.wait_for_stderr("west   reading its objects");
    running.interrupt();
    let output = running.wait();
    assert_eq!(output.code, 130, "{}", output.golden());
    let left = screen(&output.stderr);
    let is_progress = |line: &String| line.contains("   reading");
    assert!(!left.iter().any(is_progress), "{}", output.golden());
}

/// It may ask a person for something, on the same terminal.
#[test]
fn nothing_is_written_over_what_a_credential_plugin_says() {
    let scene = slow();
    let [plugin, done] = ["login", "logged-in"].map(|name| scene.dir.path().join(name));
    let answer = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"token": scene.east.admin_token()}});
    let script = format!(
        "#!/bin/sh\nuntil [ -e '{}' ]; do sleep 0.02; done\necho '{answer}'\n",
        done.display()
    );
    fs::write(&plugin, script).unwrap();
    fs::set_permissions(&plugin, PermissionsExt::from_mode(0o755)).unwrap();
    let user = User::new().exec(Exec::new(&plugin));
    let (east, west) = (&scene.east, &scene.west);
    let config = Kubeconfig::new()
        .entry("east", east.kubeconfig_cluster(), user)
        .entry("west", west.kubeconfig_cluster(), west.kubeconfig_user());
    scene.write(&config.current_context("west"));
    let line = "--context east,west --request-timeout 4s";
    let running = at_terminal(scene.verify(line)).spawn();
    running.wait_for_stderr("waiting for the credential plugin");
    assert!(
        !running.stderr().contains("reading"),
        "{}",
        running.stderr()
    );
    fs::write(&done, "").unwrap();
    running.wait_for_stderr("west   reading its objects");
    let output = running.wait();
    assert_eq!(output.code, 3, "{}", output.golden());
    let left = screen(&output.stderr);
    let notice = left
        .iter()
        .position(|line| line.starts_with("waiting for the credential"));
    assert!(notice.is_some(), "{}", output.golden());
    assert!(
        !left.iter().any(|line| line.contains("   reading")),
        "{}",
        output.golden()
    );
}
