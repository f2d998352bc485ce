//! YAML of the suite is read by kubectl as it was meant, whatever the text.

use mesh_common::model::yaml::to_yaml;
use mesh_e2e::plugin::Workstation;
use mesh_testkit::kubeconfig::Kubeconfig;
use serde_json::{Value, json};

/// Texts that YAML 1.1 or 1.2 takes for something else, that begin or end something, or that hardly anything prints.
const PARTS: [&str; 40] = [
    "yes",
    "No",
    "on",
    "Off",
    "y",
    "~",
    "null",
    "true",
    "1_000",
    "0x1f",
    "0o17",
    "017",
    "1e3",
    ".inf",
    ".NaN",
    "190:20:30",
    "2026-01-01",
    "=",
    "<<",
    "-",
    "- a",
    "? a",
    ": a",
    "a: b",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "|",
    ">",
    "%a",
    "@a",
    "`a`",
    "{a",
    "[a",
    "'a'",
    "\"a\"",
    "\\a\\u0041",
    "---",
];
/// The texts before and behind each of them.
const AROUND: [(&str, &str); 10] = [
    ("", ""),
    (" ", ""),
    ("", " "),
    ("\t", "\t"),
    ("\n", "\n"),
    ("a\n", "\n\n"),
    ("\u{1b}[2J\u{85}", "\u{2028}"),
    ("\u{202e}\u{feff}", "\u{200b}\u{e0001}"),
    ("\r\n", "\r"),
    ("\u{7f}\u{9b}\u{61c}", "\u{2066}\u{1f600}"),
];

#[test]
fn hostile_tokens_are_read_back_unchanged() {
    let tokens: Vec<String> = PARTS
        .iter()
        .flat_map(|part| AROUND.map(|(before, behind)| format!("{before}{part}{behind}")))
        .collect();
    assert_eq!(tokens.len(), 400);
    let user = |(number, token): (usize, &String)| json!({"name": format!("u{number}"), "user": {"token": token}});
    let users: Vec<Value> = tokens.iter().enumerate().map(user).collect();
    let text = to_yaml(&json!({"apiVersion": "v1", "kind": "Config", "users": users}));
    let workstation = Workstation::with(&Kubeconfig::new());
    let file = workstation.dir().join("tokens");
    std::fs::write(&file, text).unwrap();
    let output = workstation
        .kubectl(["config", "view", "--raw", "-o", "json"])
        .env("KUBECONFIG", &file)
        .manifest_requested()
        .output()
        .expect_success();
    let read: Value = serde_json::from_str(&output.stdout).unwrap();
    let by_name = |user: &Value| {
        let number = user["name"].as_str().unwrap()[1..]
            .parse::<usize>()
            .unwrap();
        (
            number,
            user["user"]["token"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let mut read: Vec<(usize, String)> = read["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(by_name)
        .collect();
    read.sort();
    for ((number, read), token) in read.iter().zip(&tokens) {
        assert_eq!(read, token, "{number}");
    }
    assert_eq!(read.len(), tokens.len());
}
