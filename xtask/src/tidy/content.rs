//! Contents that no file of the repository may have, whatever its kind.

use super::file::{File, Finding};
use crate::rust;
use crate::secrets;

/// The largest file that is not a lock or sum file, in bytes.
const LARGEST: usize = 300_000;
/// The files that implement waiting, and those that simulate the delays of a server.
const OWNS_WAITING: &[&str] = &[
    "tests/testkit/src/condition.rs",
    "tests/fake-apiserver/src/",
];
/// The one reason not to run a test by itself: another test starts it as a process.
const CHILD: &str = "#[ignore = \"runs as the child of ";

/// Folders at the root of somebody's machine.
pub(super) fn machine_paths(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for top in ["work", "root", "home"] {
            let folder = format!("/{top}/");
            let ours = line.match_indices(&folder).any(|(at, _)| {
                // A longer path, address or variable that only goes through a folder of that name is fine.
                let before = line[..at].chars().next_back();
                let after = line[at + folder.len()..].chars().next();
                before.is_none_or(|c| {
                    !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | '}' | ')' | '*')
                }) && after.is_some_and(|c| c.is_alphanumeric() || c == '.')
            });
            if ours {
                findings.push(file.finding(
                    number + 1,
                    format!("a path of one machine ({folder}…): make it relative, or take it from the environment"),
                ));
            }
        }
    }
    findings
}

/// Hosts of package registries, which differ from machine to machine.
pub(super) fn registry_hosts(file: &File) -> Vec<Finding> {
    const FIRST: &[&str] = &["proxy", "registry", "index", "static", "files", "deb"];
    const LAST: &[&str] = &["org", "io", "com"];
    if generated(file) {
        return Vec::new();
    }
    let is_host = |word: &str| {
        let labels: Vec<&str> = word.split('.').collect();
        matches!(labels[..], [first, _, .., last] if labels.len() > 2 && FIRST.contains(&first) && LAST.contains(&last))
    };
    let mut findings = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        let mut words = line.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-'));
        if let Some(host) = words.find(|word| is_host(word.trim_matches('.'))) {
            findings.push(file.finding(
                number + 1,
                format!(
                    "the registry host {host}: leave it to the package manager's configuration"
                ),
            ));
        }
    }
    findings
}

/// Private keys and tokens.
pub(super) fn credentials(file: &File) -> Vec<Finding> {
    if generated(file) {
        return Vec::new();
    }
    let found = secrets::find(&file.text, secrets::IN_FILES).into_iter();
    found
        .map(|secret| {
            file.finding(
                secret.line,
                format!("{}: make it when the test runs", secret.what),
            )
        })
        .collect()
}

/// Files that are too large to be source.
pub(super) fn too_large(file: &File) -> Vec<Finding> {
    if generated(file) || file.text.len() <= LARGEST {
        return Vec::new();
    }
    vec![file.finding(
        1,
        format!(
            "{} bytes: make it when it is needed, or split it",
            file.text.len()
        ),
    )]
}

/// Blanks at the end of a line.
pub(super) fn trailing_blanks(file: &File) -> Vec<Finding> {
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| line.ends_with([' ', '\t', '\r']))
        .map(|(number, _)| file.finding(number + 1, "blanks at the end of the line: remove them"))
        .collect()
}

/// Code that is left open, tests that do not run, and tests that sleep.
pub(super) fn left_open(file: &File) -> Vec<Finding> {
    if !file.is_rust() {
        return Vec::new();
    }
    let blanked = rust::blank(&file.text);
    let code = rust::without_tests(&blanked).lines().count();
    let tests = file.path.starts_with("tests/")
        || file.path.contains("/tests/")
        || file.name() == "tests.rs";
    // Under a paused clock a sleep takes no time: it only orders what happens.
    let owns_waiting = OWNS_WAITING
        .iter()
        .any(|owner| file.path.starts_with(owner))
        || file.text.contains("start_paused = true");
    let mut findings = Vec::new();
    for (number, (line, told)) in blanked.lines().zip(file.text.lines()).enumerate() {
        let mut say = |what| findings.push(file.finding(number + 1, what));
        if line.contains("#[ignore") && !told.contains(CHILD) {
            say(
                "`#[ignore]`: a test that is skipped looks as if it passed; repair it, delete it, or say whose child it is",
            );
        }
        if line.contains("todo!(") || line.contains("unimplemented!(") {
            say("left open: write it, or return an error that says what is missing");
        }
        let testing = tests || number >= code;
        if testing && calls_sleep(line) && !owns_waiting {
            say("sleeps in a test: wait for a condition with a deadline");
        }
    }
    findings
}

/// Commands that are printed as text, in which a name from a cluster would run when somebody pastes them.
pub(super) fn printed_commands(file: &File) -> Vec<Finding> {
    let product = ["crates/", "plugins/"]
        .iter()
        .any(|folder| file.path.starts_with(folder));
    if !file.is_rust() || !product || !file.path.contains("/src/") {
        return Vec::new();
    }
    let code = rust::without_tests(&rust::blank(&file.text))
        .lines()
        .count();
    let is_command = |line: &str| {
        let text = line.trim_start();
        let start = ["kubectl", "istioctl", "helm"];
        !text.starts_with("//")
            && start.iter().any(|program| {
                [format!("{{{program}}} "), format!("{program} -")]
                    .iter()
                    .any(|part| text.contains(part) && text.contains('{'))
            })
    };
    let lines = file.text.lines().enumerate().take(code);
    lines
        .filter(|(_, line)| is_command(line))
        .map(|(number, _)| {
            file.finding(
                number + 1,
                "a command as text: build it of words with mesh_model::command::Command",
            )
        })
        .collect()
}

fn calls_sleep(line: &str) -> bool {
    let at_word = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    line.match_indices("sleep(").any(|(at, _)| at_word(at))
}

/// Lock and sum files are written by package managers.
fn generated(file: &File) -> bool {
    matches!(file.extension(), "lock" | "sum")
}

#[cfg(test)]
mod tests {
    use super::{
        File, Finding, credentials, left_open, machine_paths, printed_commands, registry_hosts,
        too_large, trailing_blanks,
    };
    use crate::tidy::file::lines;

    fn found(rule: fn(&File) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        lines(&rule(&File::new(path, text)))
    }

    #[test]
    fn a_path_of_one_machine_is_named() {
        let text = format!(
            "see /{0}/.kube\n\"/{1}/main\"\nhttps://example.com/{0}/x\n$HOME/a/{1}/b\n",
            "root", "work"
        );
        assert_eq!(found(machine_paths, "README.md", &text), [1, 2]);
    }

    #[test]
    fn a_registry_host_is_named_but_not_in_a_lock_file() {
        let text = format!(
            "{}.crates.io\nexample.com\ncrates.io\nregistry.toml\n",
            "index"
        );
        assert_eq!(found(registry_hosts, "a.md", &text), [1]);
        assert_eq!(found(registry_hosts, "Cargo.lock", &text), [0; 0]);
    }

    #[test]
    fn a_private_key_is_named() {
        let key = format!(
            "x\n-----BEGIN {} KEY-----\n{}\n",
            "PRIVATE",
            "Ab3+".repeat(16)
        );
        assert_eq!(found(credentials, "tests/fixtures/a.pem", &key), [2]);
    }

    #[test]
    fn a_large_file_is_named_but_not_a_sum() {
        let text = "x".repeat(300_001);
        assert_eq!(found(too_large, "a.json", &text), [1]);
        assert_eq!(found(too_large, "go.sum", &text), [0; 0]);
    }

    #[test]
    fn blanks_at_the_end_are_named() {
        assert_eq!(found(trailing_blanks, "a.md", "a\nb \nc\t\n"), [2, 3]);
    }

    #[test]
    fn what_is_left_open_is_named() {
        let text =
            "fn a() { todo!() }\n// todo!()\n#[ignore = \"slow\"]\nfn b() { unimplemented!() }\n";
        assert_eq!(
            found(left_open, "crates/mesh-model/src/a.rs", text),
            [1, 3, 4]
        );
    }

    #[test]
    fn a_command_as_text_is_named() {
        let text = "// format!(\"{kubectl} get {name}\")\nlet a = format!(\"{kubectl} get {name}\");\nlet b = format!(\"kubectl --context {c} get\");\nlet c = Command::new(\"kubectl get\");\n";
        assert_eq!(
            found(printed_commands, "crates/mesh-model/src/a.rs", text),
            [2, 3]
        );
        assert_eq!(found(printed_commands, "tests/e2e/src/a.rs", text), [0; 0]);
    }

    #[test]
    fn only_tests_may_not_sleep() {
        let text = "async fn a() { tokio::time::sleep(t).await }\n#[cfg(test)]\nmod tests {\nfn b() { thread::sleep(t) }\n}\n";
        assert_eq!(found(left_open, "crates/mesh-model/src/a.rs", text), [4]);
        assert_eq!(found(left_open, "tests/e2e/tests/a.rs", text), [1, 4]);
        assert_eq!(
            found(left_open, "tests/testkit/src/condition.rs", text),
            [0; 0]
        );
        assert_eq!(
            found(
                left_open,
                "tests/e2e/tests/a.rs",
                "fn asleep() { asleep() }\n"
            ),
            [0; 0]
        );
        let paused = format!("#[tokio::test(start_paused = true)]\n{text}");
        assert_eq!(found(left_open, "tests/e2e/tests/a.rs", &paused), [0; 0]);
    }
}
