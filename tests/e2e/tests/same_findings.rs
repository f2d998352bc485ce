//! `list`, `inspect`, `show` and `status` have the findings that `mesh-verify` has of the same clusters: the programs themselves, over
//! the corpus, each beside the cases that it has a check of.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use mesh_e2e::plugin::{MESH_EASTWEST, MESH_LABEL, MESH_SECRET, MESH_VERIFY};
use mesh_testkit::corpus::{Case, Found, Loaded, case_files};
use mesh_testkit::parts;
use serde_json::Value;

/// A verb with checks that the verification makes too.
#[derive(Debug)]
struct Verb {
    name: &'static str,
    plugin: &'static str,
    line: &'static str,
    /// The beginnings of the ids of its checks.
    checks: &'static [&'static str],
}

const OF_SECRETS: &[&str] = &["secret-", "cluster-id-secret-key"];

const VERBS: [Verb; 4] = [
    Verb {
        name: "list",
        plugin: MESH_SECRET,
        line: "list --allow-loopback",
        checks: OF_SECRETS,
    },
    Verb {
        name: "inspect",
        plugin: MESH_SECRET,
        line: "inspect --probe --allow-loopback",
        checks: OF_SECRETS,
    },
    Verb {
        name: "show",
        plugin: MESH_LABEL,
        line: "show",
        checks: &[
            "network-label-",
            "network-values-",
            "network-pods-",
            "cluster-id-proxy-drift",
            "ewg-network-view",
        ],
    },
    Verb {
        name: "status",
        plugin: MESH_EASTWEST,
        line: "status",
        checks: &["ewg-", "ambient-", "probe-"],
    },
];

/// The findings that a verb has otherwise, with the reason.
const OTHERWISE: [(&str, &str, &str); 1] = [(
    "list",
    "secret-missing",
    "it is a note, since `list` does not know whether the clusters are one mesh",
)];

/// The severity of a finding that explains others, which lift it.
const LIFTED: &str = "lifted";

/// A finding without its severity, and the object that it is about.
type Place = (String, String, String, String);

/// The findings of a report.
#[derive(Debug, Default)]
struct Findings {
    severities: BTreeMap<Place, BTreeSet<String>>,
}

impl Findings {
    /// Reads all findings of a report, however deep; those that others explain have no object.
    fn of(report: &Value) -> Self {
        let mut findings = Self::default();
        findings.collect(report);
        findings
    }

    fn collect(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Object(fields) => {
                if fields.contains_key("id") && fields.contains_key("severity") {
                    let found = Found::of(value);
                    let object = &value["object"];
                    let object = ["kind", "namespace", "name"].map(|field| object[field].as_str());
                    let object = object.map(Option::unwrap_or_default).join("/");
                    let place = (found.id, found.cluster, found.peer, object);
                    let explains = value["follows"]
                        .as_array()
                        .is_some_and(|all| !all.is_empty());
                    let severity = if explains {
                        LIFTED.to_owned()
                    } else {
                        found.severity
                    };
                    self.severities.entry(place).or_default().insert(severity);
                }
                fields.values().for_each(|value| self.collect(value));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Returns the severities of the same finding: of the same object, where both have one.
    fn same(&self, place: &Place) -> Option<&BTreeSet<String>> {
        let none = |object: &str| object == "//";
        let mut all = self.severities.iter();
        let (_, severities) = all.find(|(own, _)| {
            let is_same = (&own.0, &own.1, &own.2) == (&place.0, &place.1, &place.2);
            is_same && (own.3 == place.3 || none(&own.3) || none(&place.3))
        })?;
        Some(severities)
    }
}

/// The findings in the clusters of a case.
struct Judged {
    file: PathBuf,
    verified: Findings,
    verbs: Vec<(&'static Verb, Findings)>,
}

fn judged(file: &Path, plugin: impl Fn(&str) -> PathBuf) -> Option<Judged> {
    let case = Case::read(file);
    let ids: Vec<&str> = case
        .findings
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    let concerns = |verb: &&Verb| {
        let mut ids = ids.iter();
        ids.any(|id| verb.checks.iter().any(|check| id.starts_with(check)))
    };
    let verbs: Vec<&'static Verb> = VERBS.iter().filter(concerns).collect();
    if verbs.is_empty() || case.has_own_arguments() {
        return None;
    }
    let loaded = Loaded::new(&case);
    let contexts = loaded.contexts().join(",");
    let report = |program: &str, line: &str| {
        let line = format!("{line} --context {contexts} -o json");
        let output = loaded.run(plugin(program), &line).output();
        let report: Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", output.golden()));
        Findings::of(&report)
    };
    let probes = if case.has_gateways() {
        ""
    } else {
        " --no-probes"
    };
    let of_verb = |verb: &'static Verb| {
        let probes = if verb.name == "status" { probes } else { "" };
        (verb, report(verb.plugin, &format!("{}{probes}", verb.line)))
    };
    Some(Judged {
        file: file.to_owned(),
        verified: report(MESH_VERIFY, &format!("--allow-loopback{probes}")),
        verbs: verbs.into_iter().map(of_verb).collect(),
    })
}

/// Judges all cases, some at a time.
fn all_judged() -> Vec<Judged> {
    let built: BTreeMap<&str, PathBuf> = [MESH_SECRET, MESH_LABEL, MESH_EASTWEST, MESH_VERIFY]
        .map(|name| (name, parts::plugin(name).unwrap()))
        .into();
    let files = Mutex::new(case_files().into_iter());
    let next = || files.lock().unwrap().next();
    let all = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(file) = next() {
                    let judged = judged(&file, |name| built[name].clone());
                    all.lock().unwrap().extend(judged);
                }
            });
        }
    });
    all.into_inner().unwrap()
}

#[test]
fn each_verb_has_the_findings_of_the_verification() {
    let all = all_judged();
    // Of a check that a verb never reports, nothing is expected of it.
    let mut reported: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (verb, findings) in all.iter().flat_map(|judged| &judged.verbs) {
        let ids = findings.severities.keys().map(|place| place.0.as_str());
        reported.entry(verb.name).or_default().extend(ids);
    }
    let mut used = BTreeSet::new();
    let mut wrong = BTreeSet::new();
    let mut same = 0;
    for judged in &all {
        let name = judged.file.file_stem().unwrap().to_string_lossy();
        for (verb, findings) in &judged.verbs {
            let mut differs = |place: &Place, what: &str| {
                let known = OTHERWISE
                    .iter()
                    .position(|(known, id, _)| *known == verb.name && *id == place.0);
                match known {
                    Some(known) => {
                        used.insert(known);
                    }
                    None => {
                        wrong.insert(format!("{name}, {}: {what}: {place:?}", verb.name));
                    }
                }
            };
            for (place, severities) in &findings.severities {
                match judged.verified.same(place) {
                    None => differs(place, "mesh-verify has it not"),
                    Some(verified)
                        if verified.is_disjoint(severities) && !verified.contains(LIFTED) =>
                    {
                        differs(place, "its severity is another one");
                    }
                    Some(_) => same += 1,
                }
            }
            for place in judged.verified.severities.keys() {
                let is_reported = reported[verb.name].contains(place.0.as_str());
                if is_reported && findings.same(place).is_none() {
                    differs(place, "mesh-verify alone has it");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let unused = (0..OTHERWISE.len()).filter(|known| !used.contains(known));
    let unused: Vec<_> = unused.map(|known| OTHERWISE[known]).collect();
    assert!(unused.is_empty(), "these are the same now: {unused:?}");
    assert!(same >= 100, "only {same} findings were compared");
    for verb in &VERBS {
        assert!(reported.contains_key(verb.name), "{} has none", verb.name);
    }
}
