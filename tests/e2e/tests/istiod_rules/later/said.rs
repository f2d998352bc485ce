//! The plugin's verdicts on the secrets.

use std::collections::BTreeMap;

use mesh_e2e::plugin::Workstation;
use serde_json::Value;

use super::case::Case;
use crate::SELF;

/// The verdict of `inspect --probe` on one secret.
#[derive(Debug)]
pub(super) struct Probed {
    pub(super) is_connected: bool,
    pub(super) is_authenticated: bool,
    /// The messages of its errors, but for those about the other secrets.
    pub(super) errors: Vec<String>,
}

impl Probed {
    /// Nothing is wrong, and the credential was used.
    pub(super) fn is_clean(&self) -> bool {
        self.is_connected && self.is_authenticated && self.errors.is_empty()
    }
}

pub(super) fn probed(workstation: &Workstation, cases: &[Case]) -> BTreeMap<String, Probed> {
    let words = ["mesh-secret", "inspect", "--probe", "--allow-loopback"];
    let output = workstation
        .kubectl(words)
        .args(["--context", SELF, "-o", "json"])
        .args(cases.iter().map(Case::key))
        .output();
    assert_eq!(output.code, 1, "{}", output.stderr);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let passed = |outcome: &Value| outcome["result"] == "passed";
    let of_item = |item: &Value| {
        let cluster = &item["clusters"][0];
        let findings = [&item["findings"], &cluster["findings"]];
        let findings = findings
            .into_iter()
            .flat_map(|list| list.as_array().unwrap());
        let errors = findings
            // All these secrets are for one cluster, which is not what is asked here.
            .filter(|finding| finding["severity"] == "error" && finding["id"] != "secret-duplicate")
            .map(|finding| finding["message"].as_str().unwrap().to_owned());
        let probed = Probed {
            is_connected: passed(&cluster["probe"]["connected"]),
            is_authenticated: passed(&cluster["probe"]["authenticated"]),
            errors: errors.collect(),
        };
        (item["name"].as_str().unwrap().to_owned(), probed)
    };
    report["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(of_item)
        .collect()
}

/// The state of each secret by `list`, which uses none of them.
pub(super) fn listed(workstation: &Workstation, cases: &[Case]) -> BTreeMap<String, String> {
    let output = workstation
        .kubectl(["mesh-secret", "list", "--allow-loopback"])
        .args(["--context", SELF, "-o", "json"])
        .output();
    let report: Value = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", output.golden()));
    let keys: Vec<String> = cases.iter().map(Case::key).collect();
    let items = report["items"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items
        .map(|item| (text(&item["name"]), text(&item["state"])))
        .filter(|(name, _)| keys.contains(name))
        .collect()
}
