//! One report of `status`, read from its JSON.

use mesh_testkit::command::Output;
use serde_json::Value;

/// A run of `kubectl mesh-eastwest status -o json`.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    output: Output,
    gateways: Vec<Value>,
    findings: Vec<Value>,
}

impl Seen {
    /// Reads what was printed; what is no JSON has neither gateways nor findings.
    pub(crate) fn new(output: Output) -> Self {
        let status: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
        let items = list(&status["items"]);
        let gateways: Vec<Value> = items
            .iter()
            .flat_map(|item| list(&item["gateways"]))
            .collect();
        let findings = gateways.iter().chain(&items);
        let findings = findings.flat_map(|one| list(&one["findings"])).collect();
        Self {
            output,
            gateways,
            findings,
        }
    }

    /// The exit code of the command.
    pub(crate) fn code(&self) -> i32 {
        self.output.code
    }

    /// Everything that was said, for messages of tests.
    pub(crate) fn golden(&self) -> String {
        self.output.golden()
    }

    /// Tells whether a text is in the report.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.output.stdout.contains(text)
    }

    /// The ids of all findings of severity error.
    pub(crate) fn errors(&self) -> Vec<String> {
        let errors = self
            .findings
            .iter()
            .filter(|one| one["severity"] == "error");
        errors
            .filter_map(|one| one["id"].as_str().map(str::to_owned))
            .collect()
    }

    /// Tells whether every port of a gateway was asked and answered as it should, and nothing else is to be said but in passing.
    pub(crate) fn is_clean(&self) -> bool {
        let probes = self.gateways.iter().flat_map(|one| list(&one["probes"]));
        let outcomes: Vec<Value> = probes.map(|probe| probe["outcome"].clone()).collect();
        let mut severities = self.findings.iter().map(|one| &one["severity"]);
        self.code() == 0
            && !outcomes.is_empty()
            && outcomes.iter().all(|outcome| outcome == "passed")
            && severities.all(|severity| severity == "info")
    }

    /// The fix that was printed with a finding.
    pub(crate) fn fix(&self, id: &str) -> &str {
        let mut of_id = self.findings.iter().filter(|one| one["id"] == id);
        of_id
            .find_map(|one| one["fix"].as_str())
            .unwrap_or_else(|| panic!("{id} has no fix:\n{}", self.golden()))
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
