//! A revoked token under an istiod that goes on saying `synced`: its page shows the state of the first reading only, so that the
//! use of the credential alone finds it.

use std::collections::BTreeSet;
use std::time::Duration;

use mesh_e2e::plugin::{Workstation, report};
use mesh_testkit::condition::wait_until;
use mesh_testkit::real::{Kind, Lab};
use serde_json::Value;

use crate::reader::{is_refused, kubeconfig};
use crate::rights;

const WITHIN: Duration = Duration::from_secs(30);
const EAST: &str = "synced-east";
const WEST: &str = "synced-west";
const TOKEN: &str = "/api/v1/namespaces/istio-system/secrets/istio-reader-service-account-istio-remote-secret-token";

/// Returns the findings and the skipped checks of what istiod knows and of the token.
fn verified(workstation: &Workstation) -> (BTreeSet<String>, Vec<Value>) {
    let line = format!(
        "--context {EAST},{WEST} --allow-loopback --only clusterz-*,secret-token-invalid -o json"
    );
    let report = report(&workstation.mesh_verify(&line).output());
    let each = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let ids = each(&report["findings"]).into_iter();
    let ids = ids.filter_map(|finding| finding["id"].as_str().map(str::to_owned));
    (ids.collect(), each(&report["skipped"]))
}

#[test]
fn the_printed_rights_suffice_and_a_revoked_token_is_found_under_an_istiod_that_says_synced() {
    let lab = Lab::get().unwrap();
    let [east, west] = lab.clusters([EAST, WEST], Kind::Istiod).unwrap();
    let workstation = Workstation::over(&[&east, &west]);
    let line = format!("create --context {WEST} --name {WEST} --into {EAST} --allow-loopback");
    workstation
        .mesh_secret(line.split(' '))
        .output()
        .expect_success();
    let is_synced = || {
        let status = east.sync_status(WEST).unwrap();
        (status.as_deref() == Some("synced")).then_some(())
    };
    assert!(wait_until(WITHIN, is_synced).is_some());
    assert_eq!(verified(&workstation), (BTreeSet::new(), Vec::new()));
    rights::they_suffice(&[&east, &west]);

    let current = kubeconfig(&east, &west);
    west.request("DELETE", TOKEN, None).unwrap();
    is_refused(&current);
    assert!(is_synced().is_some(), "istiod has noticed it by itself");
    let found = BTreeSet::from(["secret-token-invalid".to_owned()]);
    assert_eq!(verified(&workstation), (found, Vec::new()));
}
