//! Every fix and hint that the golden files of the repository hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::shapes::{is_command, shape, words};

/// The words for addresses, folders and the like in golden files.
const MASKS: [&str; 8] = [
    "[DIR]", "[UID]", "WEST", "EAST", "NORTH", "PROXY", "FRONT", "SOURCE",
];

/// Each shape of command with one command of it and the file that has it.
///
/// # Panics
/// Where JSON calls a command a step or the other way round, or where a command has a placeholder.
pub(crate) fn commands() -> BTreeMap<String, (String, PathBuf)> {
    let root = root();
    let mut files = Vec::new();
    for folder in [
        "crates",
        "plugins",
        "tests/e2e/tests",
        "tests/sample-plugin",
    ] {
        collect(&root.join(folder), &mut files);
    }
    let mut commands = BTreeMap::new();
    let mut printed = 0;
    for file in files {
        let text = fs::read_to_string(&file).expect("a golden file is a text");
        for (text, kind) in of_text(&text) {
            printed += 1;
            let is_command = is_command(&text);
            if let Some(kind) = kind {
                let is_of_kind = match kind.as_str() {
                    "command" | "check" => is_command,
                    kind => kind == "step" && !is_command,
                };
                assert!(is_of_kind, "{}: {text} is no {kind}", file.display());
            }
            if is_command {
                has_no_placeholder(&text, &file);
                commands.entry(shape(&text)).or_insert((text, file.clone()));
            }
        }
    }
    assert!(printed > 500, "only {printed} fixes and hints were found");
    commands
}

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("this package lies two folders below the root")
        .to_owned()
}

/// The words that the sources of the plugins give to each command, with the file that does.
pub(crate) fn words_of_commands() -> Vec<(PathBuf, Vec<String>)> {
    let root = root();
    let mut files = Vec::new();
    for folder in ["crates", "plugins"] {
        sources(&root.join(folder), &mut files);
    }
    let mut all = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source is a text");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for start in ["Command::new(\"", ".words(\""] {
            for piece in text.split(start).skip(1) {
                let words = piece.split('"').next().unwrap_or_default();
                // A flag with its value in one word is that flag.
                let words = words.split(' ').map(|word| match word.split_once('=') {
                    Some((flag, _)) if flag.starts_with('-') => flag.to_owned(),
                    _ => word.to_owned(),
                });
                all.push((file.clone(), words.collect()));
            }
        }
    }
    all
}

/// Collects the sources that print commands; not those that make them of words.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the repository is there") {
        let path = entry.expect("a folder can be read to its end").path();
        let has = |name: &str| path.components().any(|part| part.as_os_str() == name);
        if path.is_dir() {
            sources(&path, files);
        } else if has("src")
            && !has("tests")
            && !path.ends_with("command/line.rs")
            && !path.ends_with("command/kubectl.rs")
            && path.extension().is_some_and(|end| end == "rs")
        {
            files.push(path);
        }
    }
}

/// The golden files: texts, and the tests that have them in their code.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the repository is there") {
        let path = entry.expect("a folder can be read to its end").path();
        let is_test = path.components().any(|part| part.as_os_str() == "tests");
        if path.is_dir() {
            collect(&path, files);
        } else if is_test
            && path
                .extension()
                .is_some_and(|end| end == "txt" || end == "rs")
        {
            files.push(path);
        }
    }
}

/// The fixes and hints of a text, with the kind that JSON or YAML says.
fn of_text(text: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    for (number, line) in lines.iter().enumerate() {
        let starts = ["check: ", "hint: ", "or: ", "then: "];
        let hint = || starts.iter().find_map(|start| line.strip_prefix(start));
        if let Some(text) = value(line, "fix").or_else(|| hint().map(str::to_owned)) {
            let next = lines.get(number + 1);
            found.push((text, next.and_then(|line| value(line, "fixKind"))));
        }
    }
    found
}

/// The value of a line of a report, of JSON or of YAML.
fn value(line: &str, key: &str) -> Option<String> {
    if let Some(json) = line.strip_prefix(&format!("\"{key}\": ")) {
        return serde_json::from_str(json.trim_end_matches(',')).ok();
    }
    let plain = line.strip_prefix(&format!("{key}: "))?;
    Some(plain.trim_matches('"').to_owned())
}

fn has_no_placeholder(command: &str, file: &Path) {
    assert!(
        !command.contains(['<', '…']) && !command.contains("..."),
        "{}: {command}",
        file.display()
    );
    for word in words(command) {
        let masked = MASKS.iter().any(|mask| word.contains(mask));
        let is_name = word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        assert!(
            masked || !is_name,
            "{}: {word} in {command} is a placeholder",
            file.display()
        );
    }
}
