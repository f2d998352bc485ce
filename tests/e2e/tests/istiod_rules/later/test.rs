//! All cases in one istiod, and what each of the plugin's words comes to there.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_e2e::plugin::Workstation;
use mesh_testkit::condition::wait_until;
use mesh_testkit::real::{Cluster, Kind, Lab};
use serde_json::{Value, json};

use super::case::Case;
use super::doors::{self, Server};
use super::source::{SOURCE, Source};
use super::{clients, said, tokens};
use crate::SELF;

const WITHIN: Duration = Duration::from_mins(2);

#[test]
fn what_is_said_to_work_is_synced_by_istiod_and_nothing_else_is() {
    let holder = Lab::get().unwrap().cluster(SELF, Kind::Istiod).unwrap();
    let source = Source::start();
    let (servers, _terminator) = doors::start(&source);
    let token = source.token();
    let mut cases = tokens::cases(&source);
    cases.extend(clients::cases(&source));
    cases.extend(servers.iter().map(|server| server.case(&token)));
    put(&holder, &cases);

    let workstation = Workstation::over(&[&holder, &source.api]);
    let probed = said::probed(&workstation, &cases);
    let listed = said::listed(&workstation, &cases);
    let seen = settled(&holder, &cases);

    let mut wrong = Vec::new();
    for case in &cases {
        let key = case.key();
        let synced = seen[&key].as_deref() == Some("synced");
        let (probed, state) = (&probed[&key], &listed[&key]);
        let is_told =
            probed.is_clean() == synced && !(probed.is_authenticated && refused(&probed.errors));
        // Nothing was used, so nothing can be said to work.
        let is_open = state != "ok" && (state == "not-probed" || !synced || is_doubtful(state));
        if synced != case.syncs || !is_told || !is_open {
            wrong.push(format!(
                "{key}: istiod says {:?}, expected synced: {}; {probed:?}; list says {state}",
                seen[&key], case.syncs
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    created(&workstation, &holder, &servers);
}

/// An error that says that the credential is not accepted, beside words that say that it is.
fn refused(errors: &[String]) -> bool {
    errors
        .iter()
        .any(|error| error.contains("does not accept its"))
}

/// A state of a secret that istiod takes all the same.
fn is_doubtful(state: &str) -> bool {
    ["warning", "duplicate", "expired", "bad-ca", "bad-server"].contains(&state)
}

/// `create` with each server: what it hands out, it used; what it says nothing of, works.
fn created(workstation: &Workstation, holder: &Cluster, servers: &[Server]) {
    let mut wrong = Vec::new();
    let mut last = None;
    for server in servers {
        let words = [
            "mesh-secret",
            "create",
            "--context",
            SOURCE,
            "--allow-loopback",
        ];
        let mut run = workstation
            .kubectl(words)
            .args(["--server", &server.url])
            .arg("--name")
            .arg(format!("made-{}", server.name))
            .manifest_requested();
        if let Some(pem) = &server.ca_pem {
            let file = workstation.dir().join(format!("{}.crt", server.name));
            fs::write(&file, pem).unwrap();
            run = run.arg("--ca-file").arg(file);
        } else if server.url.starts_with("https") {
            run = run.arg("--insecure-skip-tls-verify");
        }
        if let Some(name) = server.tls_server_name {
            run = run.args(["--tls-server-name", name]);
        }
        let output = run.output();
        let untried = output
            .stderr
            .contains("could not be tried from this machine");
        if (output.success() && !untried) != server.syncs {
            wrong.push(format!("{}: {}", server.name, output.stderr));
        }
        if output.success() && server.syncs {
            last = Some((server.name, output.stdout));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let (name, manifest) = last.expect("one of them was made");
    holder.apply(&manifest).unwrap();
    let key = format!("made-{name}");
    let synced = wait_until(WITHIN, || {
        (holder.sync_status(&key).unwrap().as_deref() == Some("synced")).then_some(())
    });
    assert!(synced.is_some(), "{key}: {:?}", holder.sync_status(&key));
}

/// Creates the secrets, all by one request of kubectl's.
fn put(holder: &Cluster, cases: &[Case]) {
    let items: Vec<Value> = cases
        .iter()
        .map(|case| {
            let key = case.key();
            json!({
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {
                    "name": key,
                    "namespace": "istio-system",
                    "labels": {"istio/multiCluster": "true"},
                },
                "data": {key: BASE64_STANDARD.encode(case.kubeconfig())},
            })
        })
        .collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let output = holder.kubectl(["create", "-f", "-"]).unwrap();
    output.stdin(list.to_string()).output().expect_success();
}

/// Returns istiod's status of each cluster once it waits for none of them any more; nothing of those that it does not take.
fn settled(holder: &Cluster, cases: &[Case]) -> BTreeMap<String, Option<String>> {
    let last = Case::new(
        "zz-last",
        holder.entry(),
        mesh_testkit::kubeconfig::User::new().token("t"),
        false,
    );
    put(holder, std::slice::from_ref(&last));
    wait_until(WITHIN, || holder.sync_status(&last.key()).unwrap())
        .expect("istiod takes the last secret");
    let look = || -> BTreeMap<String, Option<String>> {
        let page: Value = serde_json::from_str(&holder.debug("/debug/clusterz").unwrap()).unwrap();
        let status = |key: &str| {
            let entry = page.as_array()?.iter().find(|entry| entry["id"] == key)?;
            entry["syncStatus"].as_str().map(str::to_owned)
        };
        cases
            .iter()
            .map(|case| (case.key(), status(&case.key())))
            .collect()
    };
    let mut seen = look();
    wait_until(WITHIN, || {
        seen = look();
        let is_open = |status: &Option<String>| status.as_deref() == Some("syncing");
        (!seen.values().any(is_open)).then_some(())
    });
    seen
}
