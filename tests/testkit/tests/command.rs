//! The runner of commands does to programs what it says, with programs that every system has.

use std::time::Duration;

use mesh_testkit::command::Run;

fn sh(script: &str) -> Run {
    Run::new("/bin/sh").args(["-c", script])
}

#[test]
fn all_that_was_said_is_one_text() {
    let output = sh("echo out; echo err >&2; printf bare; exit 3").output();
    let expected = "\
$ sh -c 'echo out; echo err >&2; printf bare; exit 3'
[stdout]
out
bare
[no newline]
[stderr]
err
[exit 3]
";
    assert_eq!(output.golden(), expected);
}

#[test]
fn environment_is_its_own() {
    let output = sh("env | cut -d= -f1 | sort; ls -A \"$HOME\"")
        .env("KUBECONFIG", "/nowhere")
        .output();
    let names: Vec<_> = output
        .stdout
        .lines()
        // The shell's own.
        .filter(|name| !["_", "OLDPWD", "PWD", "SHLVL"].contains(name))
        .collect();
    assert_eq!(
        names,
        ["COLUMNS", "HOME", "KUBECONFIG", "LC_ALL", "PATH", "TZ"]
    );
}

#[test]
fn standard_input_is_empty_or_given() {
    assert_eq!(sh("cat").output().stdout, "");
    assert_eq!(sh("cat").stdin("text").output().stdout, "text");
}

#[test]
fn input_that_nobody_reads_does_not_matter() {
    let output = sh("exit 0").stdin("x".repeat(1 << 20)).output();
    assert!(output.success());
}

#[test]
fn folders_go_to_the_head_of_the_search_path() {
    let dir = tempfile::tempdir().unwrap();
    let output = sh("echo $PATH").path_dir(dir.path()).output();
    let head = format!("{}:", dir.path().display());
    assert!(output.stdout.starts_with(&head), "{}", output.stdout);
}

#[test]
fn interrupt_ends_with_130() {
    let running = sh("echo ready; exec cat /dev/zero > /dev/null").spawn();
    running.wait_for_stdout("ready");
    running.interrupt();
    assert_eq!(running.wait().code, 130);
}

#[test]
fn closed_standard_output_is_seen_at_the_first_write() {
    let output = Run::new("/bin/cat")
        .arg("/dev/zero")
        .stdout_closed()
        .output();
    assert_eq!(output.code, 128 + 13);
}

#[test]
#[should_panic(expected = "ran for more than 100ms")]
fn deadline_ends_it() {
    let never_ends = sh("echo ready; exec cat /dev/zero > /dev/null");
    never_ends.deadline(Duration::from_millis(100)).output();
}

#[test]
fn a_program_at_a_terminal_is_answered() {
    let running = sh(
        "test -t 0 && test -t 2 && ! test -t 1 && printf 'name? ' >&2; read name; echo \"$name\"",
    )
    .at_terminal()
    .spawn();
    running.wait_for_stderr("name? ");
    running.type_in("east\n");
    let output = running.wait();
    assert_eq!(output.stdout, "east\n");
    assert_eq!(output.stderr, "name? east\n");
}
