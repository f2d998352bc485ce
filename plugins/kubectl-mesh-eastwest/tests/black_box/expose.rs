//! `expose` without any cluster: what it prints, its help, and what it refuses, one golden file each.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mesh_testkit::command::{Output, Run};
use snapbox::{Data, assert_data_eq};

fn run(line: &str) -> Run {
    Run::new(env!("CARGO_BIN_EXE_kubectl-mesh_eastwest"))
        .arg("expose")
        .args(line.split_whitespace())
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/black_box/expose")
        .join(format!("{name}.txt"))
}

fn check(name: &str, output: &Output) {
    // Help has blanks where a paragraph of a flag's text ends.
    let golden_text = output.golden();
    let said: Vec<&str> = golden_text.lines().map(str::trim_end).collect();
    let said = said.join("\n") + "\n";
    assert_data_eq!(said, Data::read_from(&golden(name), None));
}

/// A table of cases, each a name and what is typed.
macro_rules! cases {
    ($($name:ident: $line:expr;)+) => {
        $(#[test] fn $name() { check(stringify!($name), &run($line).output()); })+
        const NAMES: &[&str] = &[$(stringify!($name)),+];
    };
}

cases! {
    services: "services";
    services_domain: "services --cluster-domain corp.example";
    services_everything: "services -l app=ew,istio=ew --cluster-domain corp.example -n mesh --port 443";
    services_own_domain_named: "services --cluster-domain cluster.local";
    empty_flags_count_as_none: "services --selector= --cluster-domain= --from-context= -n=";
    istiod: "istiod";
    istiod_revision: "istiod --revision canary";
    istiod_revisions: "istiod --revision default,canary --revision canary";
    istiod_everything: "istiod --revision canary -l app=ew,istio=ew --cluster-domain corp.example -n mesh";
    istiod_https: "istiod --https --host istiod.example.com --credential istiod-cert";
    istiod_https_revision: "istiod --https --host istiod.example.com --credential istiod-cert \
        --revision canary -n mesh --cluster-domain corp.example";

    nothing: "";
    unknown: "service";
    services_bad: "services --selector istio --cluster-domain *.Corp.Example --kubeconfig k --as me";
    services_bad_port: "services --port 0";
    services_bad_namespace: "services -n Istio";
    services_revision: "services --revision canary";
    istiod_bad: "istiod --revision 1.31.0,canary --selector a=b=c --cluster-domain a..b \
        --https --host *.example.com --credential Istiod_Cert --request-timeout 5s";
    istiod_host_alone: "istiod --host istiod.example.com";
    istiod_https_alone: "istiod --https";
    istiod_host_address: "istiod --https --host 10.0.0.1 --credential istiod-cert";
    istiod_https_revisions: "istiod --https --host istiod.example.com --credential istiod-cert --revision a,b";
}

/// Help fits a terminal of 80 columns and one of 100.
macro_rules! helps {
    ($($name:ident: $line:expr, $columns:expr;)+) => {
        $(#[test] fn $name() {
            let output = run($line).env("COLUMNS", $columns).output();
            let widest = output.stdout.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some($columns.parse().unwrap()), "{}", output.golden());
            check(stringify!($name), &output);
        })+
        const HELPS: &[&str] = &[$(stringify!($name)),+];
    };
}

helps! {
    help_80: "--help", "80";
    help_100: "--help", "100";
    help_services_80: "services --help", "80";
    help_services_100: "services --help", "100";
    help_istiod_80: "istiod --help", "80";
    help_istiod_100: "istiod --help", "100";
}

#[test]
fn every_golden_file_has_its_case() {
    let files = std::fs::read_dir(golden("x").parent().unwrap()).unwrap();
    let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let files: BTreeSet<String> = files.map(|file| stem(file.unwrap().path())).collect();
    let names = NAMES.iter().chain(HELPS).map(|&name| name.to_owned());
    assert_eq!(files, names.collect());
}
