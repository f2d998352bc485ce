//! Traffic: an HTTP request of a client in one cluster is answered by an application in another, through a real east-west
//! gateway that the suite's objects made, by real Envoys under real istiods; and what `status` tells when it is not.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod broken;
mod scene;

use broken::Broken;
use mesh_testkit::command::Output;
use scene::{Scene, WEST};
use serde_json::Value;

#[test]
fn a_request_is_answered_through_the_gateway_and_status_names_what_breaks_it() {
    let Some(mut scene) = Scene::with_gateway() else {
        return;
    };
    let answer = scene.path.await_status(200).unwrap();
    let caller = "URI=spiffe://cluster.local/ns/default/sa/client";
    assert!(answer.body.contains(caller), "{}", answer.body);
    assert_eq!(scene.path.endpoints().unwrap(), ["127.0.20.1:15443"]);
    scene.await_status(WEST, Output::success);

    for broken in &broken::ALL {
        shows(&mut scene, broken);
    }
}

/// Breaks it, looks at it, mends it.
fn shows(scene: &mut Scene, broken: &Broken) {
    (broken.break_it)(scene);
    let named = |output: &Output| {
        let errors = errors(output);
        output.code == i32::from(broken.finding.is_some())
            && errors.is_empty() == broken.finding.is_none()
            && broken
                .finding
                .is_none_or(|id| errors.iter().any(|error| error == id))
            && broken.says.iter().all(|text| output.stdout.contains(text))
    };
    scene.await_status(broken.contexts, named);
    // An old connection may still work.
    scene.path.restart_client().unwrap();
    let answer = scene.path.await_status(broken.client);
    assert!(answer.is_ok(), "{}: {answer:?}", broken.name);

    (broken.mend)(scene);
    scene.await_status(WEST, Output::success);
    let answer = scene.path.await_status(200);
    assert!(answer.is_ok(), "after {}: {answer:?}", broken.name);
}

/// The ids of all findings of severity error.
fn errors(output: &Output) -> Vec<String> {
    let status: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let of_item = |item: Value| {
        let of_gateways = list(&item["gateways"]).into_iter();
        let of_gateways = of_gateways.flat_map(|gateway| list(&gateway["findings"]));
        of_gateways
            .chain(list(&item["findings"]))
            .collect::<Vec<_>>()
    };
    let findings = list(&status["items"]).into_iter().flat_map(of_item);
    findings
        .filter(|finding| finding["severity"] == "error")
        .filter_map(|finding| finding["id"].as_str().map(str::to_owned))
        .collect()
}
