//! Each fault of one of three clusters, of which each has findings: what it costs, and that it costs the other two nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use mesh_testkit::command::Output;
use mesh_testkit::corpus::{Case, Found, Loaded, case_files};
use mesh_testkit::embedded::Fault;
use serde_json::Value;
use snapbox::{Data, assert_data_eq};

use crate::scene::{PLUGIN, golden_file};

/// The cluster with the fault.
const FAULTY: &str = "east";
/// The run ends long before this, also where a cluster answers nothing.
const DEADLINE: Duration = Duration::from_mins(1);

fn loaded() -> Loaded {
    let is_ours = |file: &&PathBuf| file.ends_with("three-with-faults.yaml");
    let files = case_files();
    let file = files.iter().find(is_ours).unwrap();
    Loaded::new(&Case::read(file))
}

/// The findings of a run, and the checks that it skipped.
struct Verified {
    output: Output,
    findings: BTreeSet<Found>,
    skipped: BTreeMap<String, BTreeSet<String>>,
    is_unreached: bool,
    passed: u64,
}

impl Verified {
    fn of(loaded: &Loaded, contexts: &str) -> Self {
        Self::within(loaded, contexts, "2s")
    }

    /// The same with this limit for each request, its repetitions included.
    fn within(loaded: &Loaded, contexts: &str, limit: &str) -> Self {
        let line = format!(
            "--context {contexts} --allow-loopback --no-probes --skip probe-*,ewg-l7-lb --request-timeout {limit} -o json"
        );
        let output = loaded.run(PLUGIN, &line).deadline(DEADLINE).output();
        let report: Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", output.golden()));
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let causes = list(&report["findings"]).into_iter();
        let all = causes.flat_map(|cause| {
            let effects = list(&cause["follows"]);
            std::iter::once(cause).chain(effects)
        });
        let mut skipped: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for one in list(&report["skipped"]) {
            let text = |field: &str| one[field].as_str().unwrap().to_owned();
            let of_cluster = skipped.entry(text("context")).or_default();
            of_cluster.insert(text("check"));
        }
        Self {
            findings: all.map(|finding| Found::of(&finding)).collect(),
            skipped,
            is_unreached: !report["unreached"].is_null(),
            passed: report["counts"]["passed"].as_u64().unwrap(),
            output,
        }
    }

    /// The findings that the faulty cluster has no part in, without their severity, which that of an effect may lift.
    fn of_others(&self) -> BTreeSet<(&str, &str, &str)> {
        let of_others = self
            .findings
            .iter()
            .filter(|one| one.cluster != FAULTY && one.peer != FAULTY);
        of_others
            .map(|one| (one.id.as_str(), one.cluster.as_str(), one.peer.as_str()))
            .collect()
    }

    fn has(&self, wanted: &Found) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|one| {
            (&one.id, &one.cluster, &one.peer) == (&wanted.id, &wanted.cluster, &wanted.peer)
        })
    }

    fn skips(&self, cluster: &str, check: &str) -> bool {
        let skipped = self.skipped.get(cluster);
        skipped.is_some_and(|skipped| skipped.contains(check))
    }
}

/// The runs without any fault.
struct Usual {
    three: Verified,
    others: BTreeSet<(String, String, String)>,
}

impl Usual {
    fn of(loaded: &Loaded) -> Self {
        let three = Verified::of(loaded, "east,north,west");
        let alone = Verified::of(loaded, "north,west");
        let owned = |(id, cluster, peer): (&str, &str, &str)| {
            (id.to_owned(), cluster.to_owned(), peer.to_owned())
        };
        let others: BTreeSet<_> = alone.of_others().into_iter().map(owned).collect();
        assert!(others.len() >= 5, "{others:?}");
        assert!(three.skipped.is_empty(), "{}", three.output.golden());
        let of_faulty = three.findings.iter().filter(|one| one.cluster == FAULTY);
        assert!(of_faulty.count() >= 4, "{}", three.output.golden());
        Self { three, others }
    }

    /// Judges a run with a fault, and returns what the fault cost.
    fn judge(&self, name: &str, faulty: &Verified) -> String {
        let place = || format!("{name}: {}", faulty.output.golden());
        let others = faulty.of_others().into_iter();
        let others: BTreeSet<_> = others
            .map(|(id, cluster, peer)| (id.to_owned(), cluster.to_owned(), peer.to_owned()))
            .collect();
        assert_eq!(others, self.others, "{}", place());
        // The others have errors, and a cluster that was not read counts for more.
        let code = if faulty.is_unreached { 3 } else { 1 };
        assert_eq!(faulty.output.code, code, "{}", place());
        assert!(faulty.passed <= self.three.passed, "{}", place());
        let mut lost = Vec::new();
        for one in &self.three.findings {
            let is_of_faulty = one.cluster == FAULTY || one.peer == FAULTY;
            if !is_of_faulty || faulty.has(one) {
                continue;
            }
            let is_said = faulty.is_unreached || faulty.skips(&one.cluster, &one.id);
            assert!(is_said, "{} is passed over: {}", one.id, place());
            lost.push(one.id.as_str());
        }
        let new = faulty.findings.iter().filter(|one| !self.three.has(one));
        let new: Vec<String> = new
            .map(|one| {
                format!("{} {} {}", one.id, one.cluster, one.peer)
                    .trim_end()
                    .to_owned()
            })
            .collect();
        if faulty.is_unreached {
            let of_faulty = faulty.findings.iter().filter(|one| one.cluster == FAULTY);
            let ids: Vec<&str> = of_faulty.map(|one| one.id.as_str()).collect();
            assert_eq!(ids, ["api-reachable"], "{}", place());
            assert!(faulty.passed < self.three.passed, "{}", place());
        }
        let skipped = faulty.skipped.values().map(BTreeSet::len).sum::<usize>();
        let read = if faulty.is_unreached {
            "not read"
        } else {
            "read"
        };
        let skips = if skipped == 0 { "" } else { ", skips checks" };
        let mut text = format!("{name}: {read}{skips}");
        if !faulty.is_unreached && !lost.is_empty() {
            let _ = write!(text, "; unknown {}", lost.join(", "));
        }
        if !new.is_empty() {
            let _ = write!(text, "; new {}", new.join(", "));
        }
        text
    }
}

#[test]
fn a_fault_of_one_of_three_clusters_costs_the_others_nothing() {
    let mut loaded = loaded();
    let usual = Usual::of(&loaded);
    let everywhere = Fault::everywhere;
    let of_us = || Fault::everywhere().user("admin");
    let lists = || Fault::on("GET", "/api/v1/namespaces/**").user("admin");
    let faults: Vec<(&str, Fault)> = vec![
        ("slow", everywhere().latency(Duration::from_millis(50))),
        ("hangs", everywhere().hang()),
        (
            "hangs in the middle of answers",
            everywhere().hang_in_body(),
        ),
        ("resets connections", everywhere().reset()),
        ("half of each answer", everywhere().reset_in_body()),
        ("garbage", everywhere().garbage()),
        ("a login page", everywhere().login_page()),
        ("401", of_us().status(401)),
        ("403", of_us().status(403)),
        ("403 on half of the reads", lists().status(403)),
        ("404", of_us().status(404)),
        ("429", of_us().too_many_requests(3600)),
        ("500", of_us().status(500)),
    ];
    let mut text = String::new();
    for (name, fault) in faults {
        loaded.cluster(FAULTY).inject(fault);
        let verified = Verified::of(&loaded, "east,north,west");
        loaded.cluster(FAULTY).clear_faults();
        let _ = writeln!(text, "{}", usual.judge(name, &verified));
    }
    loaded.cluster(FAULTY).show_foreign_certificate();
    let foreign = Verified::of(&loaded, "east,north,west");
    let name = "has a certificate of another authority";
    let _ = writeln!(text, "{}", usual.judge(name, &foreign));
    loaded.cluster_mut(FAULTY).mute();
    let mute = Verified::of(&loaded, "east,north,west");
    let _ = writeln!(text, "{}", usual.judge("accepts connections only", &mute));
    loaded.cluster_mut(FAULTY).stop();
    let dead = Verified::of(&loaded, "east,north,west");
    let _ = writeln!(text, "{}", usual.judge("refuses connections", &dead));
    assert_data_eq!(
        text,
        Data::read_from(&golden_file("faults_of_one", "all"), None)
    );
}

/// The requests with which the plugin reads the faulty cluster, but for those of port-forwards.
fn reads(loaded: &Loaded) -> BTreeSet<String> {
    let faulty = loaded.cluster(FAULTY);
    faulty.clear_recordings();
    Verified::of(loaded, "east,north,west");
    let requests = faulty.requests().into_iter();
    let reads: BTreeSet<String> = requests
        .filter(|request| request.method == "GET" && request.user == "admin")
        .filter(|request| !request.path.contains("/portforward"))
        .map(|request| request.path)
        .collect();
    assert!(reads.len() >= 20, "{reads:?}");
    reads
}

/// A way in which one read can fail.
type Way = (&'static str, fn(Fault) -> Fault);

/// The ways that cost the read alone.
const OF_A_READ: [Way; 5] = [
    ("403", |read| read.status(403)),
    ("404", |read| read.status(404)),
    ("429", |read| read.too_many_requests(3600)),
    ("500", |read| read.status(500)),
    ("garbage", Fault::garbage),
];
/// The ways that say that the cluster cannot be worked with, but where the pods of istiod are read, which are asked last.
const OF_THE_CLUSTER: [Way; 3] = [
    ("a login page", Fault::login_page),
    ("401", |read| read.status(401)),
    ("half of the answer", Fault::reset_in_body),
];

#[test]
fn one_read_that_fails_of_one_of_three_clusters_costs_the_others_nothing() {
    let loaded = loaded();
    let usual = Usual::of(&loaded);
    let faulty = loaded.cluster(FAULTY);
    for read in reads(&loaded) {
        for (way, fault) in OF_A_READ.iter().chain(&OF_THE_CLUSTER) {
            let name = format!("{way} for {read}");
            faulty.inject(fault(Fault::exactly("GET", &read).user("admin")));
            let verified = Verified::of(&loaded, "east,north,west");
            faulty.clear_faults();
            usual.judge(&name, &verified);
            let place = || format!("{name}: {}", verified.output.golden());
            let may_be_lost = OF_THE_CLUSTER.iter().any(|(other, _)| other == way);
            assert!(may_be_lost || !verified.is_unreached, "{}", place());
            let is_skipped = verified.is_unreached || !verified.skipped.is_empty();
            assert!(is_skipped, "{}", place());
        }
    }
}

/// A server under load is asked again, and nothing is lost where it answers then.
#[test]
fn reads_that_a_busy_server_puts_off_are_repeated() {
    let loaded = loaded();
    let usual = Usual::of(&loaded);
    let faulty = loaded.cluster(FAULTY);
    let reads = reads(&loaded);
    for read in &reads {
        let busy = Fault::exactly("GET", read).user("admin");
        faulty.inject(busy.times(2).too_many_requests(0));
    }
    faulty.clear_recordings();
    let verified = Verified::within(&loaded, "east,north,west", "8s");
    assert_eq!(verified.skipped, BTreeMap::new());
    assert_eq!(verified.findings, usual.three.findings);
    for read in &reads {
        assert_eq!(times_asked(&loaded, read), 3, "{read}");
    }
}

/// A server that stays busy is given up after the third repetition, which costs that read alone.
#[test]
fn a_read_that_a_busy_server_always_puts_off_is_lost_alone() {
    let loaded = loaded();
    let usual = Usual::of(&loaded);
    let faulty = loaded.cluster(FAULTY);
    let istio = "/api/v1/namespaces/istio-system";
    for read in [
        format!("{istio}/configmaps/istio"),
        format!("{istio}/pods?labelSelector=istio=eastwestgateway&limit=500"),
        "/apis/networking.istio.io/v1/gateways?limit=500".to_owned(),
    ] {
        let busy = Fault::exactly("GET", &read).user("admin");
        faulty.inject(busy.too_many_requests(0));
        faulty.clear_recordings();
        let verified = Verified::within(&loaded, "east,north,west", "8s");
        faulty.clear_faults();
        let place = || format!("{read}: {}", verified.output.golden());
        assert_eq!(times_asked(&loaded, &read), 4, "{}", place());
        usual.judge(&read, &verified);
        assert!(!verified.is_unreached, "{}", place());
        assert!(!verified.skipped.is_empty(), "{}", place());
    }
}

/// The number of requests for this path and query that the faulty cluster had.
fn times_asked(loaded: &Loaded, read: &str) -> usize {
    let requests = loaded.cluster(FAULTY).requests();
    let of_read = requests
        .iter()
        .filter(|request| request.path == read && request.user == "admin");
    of_read.count()
}
