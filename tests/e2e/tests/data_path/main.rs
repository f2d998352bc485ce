//! Traffic: an HTTP request of a client in one cluster is answered by an application in another, through a real east-west
//! gateway that the suite's objects made, by real Envoys under real istiods; and what `status` tells when it is not.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod broken;
mod left_out;
mod scene;
mod seen;

use broken::Broken;
use scene::{Scene, WEST};
use seen::Seen;

/// The name of the test that needs Envoy.
const TRAFFIC: &str = "a_request_is_answered_through_the_gateway_and_status_names_what_breaks_it";

#[test]
fn a_request_is_answered_through_the_gateway_and_status_names_what_breaks_it() {
    let Some(mut scene) = Scene::with_gateway() else {
        return;
    };
    let answer = scene.path.await_status(200).unwrap();
    let caller = "URI=spiffe://cluster.local/ns/default/sa/client";
    assert!(answer.body.contains(caller), "{}", answer.body);
    assert_eq!(scene.path.endpoints().unwrap(), ["127.0.20.1:15443"]);
    scene.await_seen(WEST, "at first", Seen::is_clean);

    for broken in &broken::ALL {
        shows(&mut scene, broken);
    }
    // What istiod says of the gateway's proxy.
    scene.await_proxy(&[]);
    scene.create(&broken::rejected_cluster());
    scene.await_proxy(&["ewg-config-rejected"]);
    scene.delete("envoyfilters.networking.istio.io", broken::REJECTED);
    scene.await_proxy(&[]);
    scene.path.stop_gateway().unwrap();
    scene.await_proxy(&["proxy-stale"]);
}

/// Breaks it, looks at it, repairs it.
fn shows(scene: &mut Scene, broken: &Broken) {
    (broken.break_it)(scene);
    let seen = scene.await_seen(broken.contexts, &format!("when {}", broken.name), |seen| {
        let errors = seen.errors();
        let is_named = match broken.finding {
            Some(id) => seen.code() == 1 && errors.iter().any(|error| error == id),
            None => seen.code() == 0 && errors.is_empty(),
        };
        is_named && broken.says.iter().all(|text| seen.says(text))
    });
    // An old connection may still work.
    scene.path.restart_client().unwrap();
    let answer = scene.path.await_status(broken.client);
    assert!(answer.is_ok(), "{}: {answer:?}", broken.name);

    (broken.repair)(scene, &seen);
    scene.await_seen(WEST, &format!("after {}", broken.name), Seen::is_clean);
    let answer = scene.path.await_status(200);
    assert!(answer.is_ok(), "after {}: {answer:?}", broken.name);
}
