//! The meshes of the corpus on real API servers, which complete and refuse objects as they do: each has the findings that it has on
//! embedded ones, and the printed fixes repair them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mesh_testkit::corpus::{Case, OnRealServers, case_files, findings};
use mesh_testkit::parts::{Module, module_dir};
use mesh_testkit::real::{Cluster, Kind, Lab};

use crate::mesh::{follow, report, verified};

/// The cases that no real server can have, and why.
const NOT_REAL: [(&str, &str); 8] = [
    ("api-clock-skew", CLOCKS),
    ("api-clock-skew-warning", CLOCKS),
    ("api-clock-skew-here", CLOCKS),
    ("secret-certificate-expiry", CERTIFICATES),
    ("secret-certificate-identity", CERTIFICATES),
    ("secret-certificate-invalid", CERTIFICATES),
    (
        "secret-token-expiry-never",
        "an API server issues no such token on request",
    ),
    (
        "secret-token-expiry-soon",
        "an API server issues no token with a time in the past",
    ),
];
const CERTIFICATES: &str =
    "the lab issues client certificates of one lifetime; tests/e2e/tests/tls has real ones";

const CLOCKS: &str = "the servers of the lab have the clock of this machine";

/// The checks that need what an istiod says. None runs here; tests/e2e has them with real istiods.
const OF_ISTIODS: [&str; 5] = [
    "clusterz-",
    "networkz-",
    "ewg-config-rejected",
    "proxy-stale",
    "ewg-address-stale",
];

/// The line of a finding that another one explains, and that an istiod repairs once it has a secret. None runs here.
const LEFT_TO_ISTIOD: &str = "  error root-cm-missing";

/// Words of fixes that take effect through a controller of workloads or a load balancer. None runs here.
const BY_CONTROLLERS: [&str; 4] = ["rollout restart", "set env", "patch deployment", "generate"];

/// The files with Istio's kinds and those of the Gateway API in Istio's module.
const KINDS: [&str; 2] = [
    "manifests/charts/base/files/crd-all.gen.yaml",
    "tests/integration/pilot/testdata/gateway-api-crd.yaml",
];

fn servers(test: &str) -> [Cluster; 4] {
    let lab = Lab::get().unwrap();
    let names = ["a", "b", "c", "d"].map(|letter| format!("corpus-{test}-{letter}"));
    let names = names.each_ref().map(String::as_str);
    let clusters = lab.clusters(names, Kind::Bare).unwrap();
    let istio = module_dir(Module::Istio, "istio.io/istio").unwrap();
    for cluster in &clusters {
        for file in KINDS {
            let file = istio.join(file).to_str().unwrap().to_owned();
            let args = ["apply", "--server-side", "--filename", &file];
            cluster.kubectl(args).unwrap().output().expect_success();
        }
        let args = ["wait", "--for=condition=Established", "crd", "--all"];
        cluster.kubectl(args).unwrap().output().expect_success();
    }
    clusters
}

/// Returns how often each finding is there, without those of checks that need an istiod. What another finding explains stands for
/// itself, and severities are left out: a finding that explains an error of an istiod has that one's.
fn places(text: &str) -> BTreeMap<String, usize> {
    let mut places = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        let mut words = line.split(' ');
        let (Some(severity), Some(id)) = (words.next(), words.next()) else {
            continue;
        };
        let is_of_istiod = OF_ISTIODS.iter().any(|check| id.starts_with(check));
        if severity != "skipped" && !is_of_istiod {
            let place: Vec<&str> = words.collect();
            *places
                .entry(format!("{id} {}", place.join(" ")))
                .or_default() += 1;
        }
    }
    places
}

fn judge(case: &Case, servers: &[Cluster]) -> Result<(), String> {
    let loaded = OnRealServers::new(case, servers)?;
    let found = places(&findings(&report(&loaded, case)));
    let expected = places(&case.findings);
    if found == expected {
        Ok(())
    } else {
        Err(format!("found {found:?}, not {expected:?}"))
    }
}

/// Follows each fix whose effect the servers have by themselves; returns their number.
fn follow_all(case: &Case, servers: &[Cluster]) -> Result<usize, String> {
    let found = verified(&OnRealServers::new(case, servers)?, case);
    let mut followed = BTreeSet::new();
    for (number, finding) in found.iter().enumerate() {
        let Some(fix) = finding.fix.as_deref() else {
            continue;
        };
        let has_effect = BY_CONTROLLERS.iter().all(|word| !fix.contains(word))
            && !case.findings.contains(LEFT_TO_ISTIOD);
        if has_effect && !finding.id.starts_with("probe-") && followed.insert(fix) {
            follow(&OnRealServers::new(case, servers)?, case, number)?;
        }
    }
    Ok(followed.len())
}

fn name(file: &Path) -> String {
    file.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Runs `of` with each of these cases, and returns what it says of those that a real server can have.
fn each<T>(
    files: &[PathBuf],
    servers: &[Cluster],
    of: impl Fn(&Case, &[Cluster]) -> Result<T, String>,
) -> Vec<T> {
    let mut wrong = Vec::new();
    let mut results = Vec::new();
    for file in files {
        let name = name(file);
        let reason = NOT_REAL.iter().find(|(case, _)| *case == name);
        match (of(&Case::read(file), servers), reason) {
            (Ok(result), None) => results.push(result),
            (Err(_), Some(_)) => {}
            (Ok(_), Some((_, reason))) => wrong.push(format!("{name} can be had: {reason}?")),
            (Err(why), None) => wrong.push(format!("{name}: {why}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    results
}

/// The first case of each kind: of those whose names begin with the same word.
fn one_of_each_kind() -> Vec<PathBuf> {
    let mut kinds = BTreeSet::new();
    let mut files = case_files();
    files.retain(|file| kinds.insert(name(file).split('-').next().map(str::to_owned)));
    files
}

#[test]
fn one_mesh_of_each_kind_has_the_same_findings() {
    let judged = each(&one_of_each_kind(), &servers("some"), judge);
    assert!(judged.len() >= 15, "{}", judged.len());
}

#[test]
fn every_mesh_has_the_same_findings() {
    let judged = each(&case_files(), &servers("all"), judge);
    assert!(judged.len() >= 130, "{}", judged.len());
}

#[test]
fn every_fix_repairs_what_it_is_printed_for() {
    let followed = each(&case_files(), &servers("fixes"), follow_all);
    let count: usize = followed.iter().sum();
    assert!(count >= 15, "only {count} fixes were followed");
}
