//! A real istiod refuses what `inspect` says it would refuse, and the other way round.
//!
//! Every case is a data key in a Secret of one real cluster with a real istiod. All are put in at once; a last, good secret
//! that istiod has taken shows that it has been through all of them, since it works through them one by one in the order of
//! their coming.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod cases;
mod later;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_e2e::plugin::Workstation;
use mesh_testkit::condition::wait_until;
use mesh_testkit::parts::Part;
use mesh_testkit::real::{Cluster, Kind, Lab};
use serde_json::{Value, json};

use self::cases::{Case, Wiring};

const WITHIN: Duration = Duration::from_mins(1);
/// The cluster's name, which its istiod has for it too.
const SELF: &str = "rules";

#[test]
fn inspect_and_istiod_agree_about_every_kind_of_secret() {
    let holder = Lab::get().unwrap().cluster(SELF, Kind::Istiod).unwrap();
    let ca = mesh_testkit::pki::CertificateAuthority::new("some-ca");
    let cases = cases::all(&ca);
    let names: BTreeSet<String> = cases.iter().map(Case::secret).collect();
    assert_eq!(names.len(), cases.len(), "each case has a name of its own");

    put(&holder, &cases);
    let last = Case::plain("zz-last", cases::good());
    put(&holder, std::slice::from_ref(&last));
    wait_until(WITHIN, || holder.sync_status(&last.key).unwrap())
        .expect("istiod takes the last secret");

    let workstation = Workstation::over(&[&holder]);
    let said = inspected(&workstation, &cases);
    let seen = Istiod::look(&holder);
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| disagreement(case, &said, &seen))
        .collect();
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{count} of {} disagree:\n{}",
        cases.len(),
        wrong.join("\n")
    );
    exactly_one_of_two(&cases, &seen);
    // One finding is about both twins.
    let twins = cases
        .iter()
        .filter(|case| matches!(case.wiring, Wiring::Twin));
    let told = twins.filter(|case| said[&case.secret()].findings.contains("secret-duplicate"));
    assert_eq!(told.count(), 1);
}

/// Returns why what was said of a case does not fit what istiod did with it, if so.
fn disagreement(case: &Case, said: &BTreeMap<String, Said>, seen: &Istiod) -> Option<String> {
    let name = case.secret();
    let Some(said) = said.get(&name) else {
        return Some(format!("{name}: inspect does not show it"));
    };
    let taken = seen.takes(&name, &case.key);
    let fits = match case.wiring {
        Wiring::Plain | Wiring::Self_ | Wiring::Label(_) => said.taken() == taken,
        // Which of the two istiod takes is not for inspect to say.
        Wiring::Twin => said.accepted,
        // Neither can inspect see istiod's disk; it says that the file is there.
        Wiring::OnIstiodsDisk => said.accepted && said.findings.contains("secret-ca-mismatch"),
    };
    let reason = seen.refusal(&name);
    let fits = fits && (taken || said.accepted || reason_fits(&said.refusal, reason.as_deref()));
    (!fits).then(|| {
        format!(
            "  {name}: istiod {}, inspect says accepted={} {:?} {:?}\n      log: {}",
            if taken {
                "takes it"
            } else {
                "does not take it"
            },
            said.accepted,
            said.findings,
            said.refusal,
            reason.unwrap_or_default(),
        )
    })
}

/// Both name the same step at which it fails; what cannot be told from istiod's words fits anything.
fn reason_fits(refusal: &str, log: Option<&str>) -> bool {
    let Some(log) = log else {
        return refusal.is_empty();
    };
    let steps = [
        ("kubeconfig is empty", "is empty"),
        ("kubeconfig cannot be loaded", "cannot be loaded"),
        ("kubeconfig is not valid", "is not valid"),
        ("kubeconfig is not allowed", "is not allowed"),
    ];
    // Files that istiod is not allowed to read may also not be there, which comes first.
    let log = log.replace(
        "kubeconfig is not valid: invalid configuration: [unable to read",
        "kubeconfig is not allowed",
    );
    let step = steps.iter().find(|(words, _)| log.contains(words));
    step.map_or_else(
        || refusal.starts_with("no client can be created"),
        |(_, words)| refusal.contains(words),
    )
}

fn exactly_one_of_two(cases: &[Case], seen: &Istiod) {
    let mut takers: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases
        .iter()
        .filter(|case| matches!(case.wiring, Wiring::Twin))
    {
        *takers.entry(&case.key).or_default() += usize::from(seen.takes(&case.secret(), &case.key));
    }
    assert!(
        !takers.is_empty() && takers.values().all(|count| *count == 1),
        "{takers:?}"
    );
}

/// Creates the secrets of these cases, all by one request of kubectl's.
fn put(holder: &Cluster, cases: &[Case]) {
    let items: Vec<Value> = cases.iter().map(manifest).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    holder
        .kubectl(["create", "-f", "-"])
        .unwrap()
        .stdin(list.to_string())
        .output()
        .expect_success();
}

fn manifest(case: &Case) -> Value {
    let label = match case.wiring {
        Wiring::Plain | Wiring::Self_ | Wiring::Twin | Wiring::OnIstiodsDisk => Some("true"),
        Wiring::Label(label) => label,
    };
    let mut secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": case.secret(), "namespace": "istio-system", "labels": {}},
        "data": {&case.key: BASE64_STANDARD.encode(&case.kubeconfig)},
    });
    if let Some(label) = label {
        secret["metadata"]["labels"]["istio/multiCluster"] = label.into();
    }
    secret
}

/// The verdict of `inspect` on one secret with one key.
struct Said {
    accepted: bool,
    refusal: String,
    findings: BTreeSet<String>,
}

impl Said {
    fn taken(&self) -> bool {
        let dropped = ["secret-self", "secret-label", "secret-duplicate"];
        self.accepted && !dropped.iter().any(|id| self.findings.contains(*id))
    }
}

fn inspected(workstation: &Workstation, cases: &[Case]) -> BTreeMap<String, Said> {
    let output = workstation
        .kubectl(["mesh-secret", "inspect", "--context", SELF, "-o", "json"])
        .args(cases.iter().map(Case::secret))
        .output();
    assert_eq!(output.code, 1, "{}", output.stderr);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let items = report["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| {
            let cluster = &item["clusters"][0];
            let findings = [&item["findings"], &cluster["findings"]]
                .into_iter()
                .flat_map(|list| list.as_array().unwrap())
                // Most cases are for one server, each under a name of its own: istiod takes every one of them.
                .filter(|finding| {
                    !finding["message"]
                        .as_str()
                        .unwrap()
                        .contains("registered twice")
                })
                .map(|finding| finding["id"].as_str().unwrap().to_owned())
                .collect();
            let said = Said {
                accepted: cluster["accepted"].as_bool().unwrap(),
                refusal: cluster["refusal"].as_str().unwrap_or_default().to_owned(),
                findings,
            };
            (item["name"].as_str().unwrap().to_owned(), said)
        })
        .collect()
}

/// The verdicts of istiod on the secrets.
struct Istiod {
    /// Secret and cluster of every entry of `/debug/clusterz`.
    taken: BTreeSet<(String, String)>,
    log: String,
}

impl Istiod {
    fn look(holder: &Cluster) -> Self {
        let page: Value = serde_json::from_str(&holder.debug("/debug/clusterz").unwrap()).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let taken = page
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| (text(&entry["secretName"]), text(&entry["id"])))
            .collect();
        Self {
            taken,
            log: holder.log(Part::PilotDiscovery).unwrap(),
        }
    }

    fn takes(&self, secret: &str, cluster: &str) -> bool {
        let secret = format!("istio-system/{secret}");
        self.taken.contains(&(secret, cluster.to_owned()))
    }

    /// The line by which it refused the secret's kubeconfig.
    fn refusal(&self, secret: &str) -> Option<String> {
        let config = format!("config=istio-system/{secret}");
        self.log
            .lines()
            .find(|line| {
                line.contains("create remote cluster failed")
                    && line.split_whitespace().any(|word| word == config)
            })
            .map(str::to_owned)
    }
}
