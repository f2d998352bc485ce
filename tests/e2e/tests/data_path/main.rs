//! Traffic: an HTTP request of a client in one cluster is answered by an application in another, through a real east-west
//! gateway that the suite's objects made, by real Envoys under real istiods.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod scene;

use scene::Scene;

#[test]
fn a_request_is_answered_in_the_other_cluster_through_the_gateway() {
    let Some(mut scene) = Scene::with_gateway() else {
        return;
    };
    let answer = scene.path.await_status(200).unwrap();
    let caller = "URI=spiffe://cluster.local/ns/default/sa/client";
    assert!(answer.body.contains(caller), "{}", answer.body);
    assert_eq!(scene.path.endpoints().unwrap(), ["127.0.20.1:15443"]);
    scene.path.stop_gateway().unwrap();
    scene.path.restart_client().unwrap();
    scene.path.await_status(503).unwrap();
}
