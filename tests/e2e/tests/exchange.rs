//! Three real clusters with real istiods: one command, and each of them reads both others.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use mesh_e2e::plugin::{Workstation, part};
use mesh_testkit::command::{Output, Run};
use mesh_testkit::condition::wait_until;
use mesh_testkit::parts::Part;
use mesh_testkit::real::{Cluster, Kind, Lab};
use serde_json::Value;

const WITHIN: Duration = Duration::from_mins(1);

/// Names of their own, since an API server is stopped.
const NAMES: [&str; 3] = ["exchange-a", "exchange-b", "exchange-c"];

struct Scene {
    clusters: [Cluster; 3],
    workstation: Workstation,
}

impl Scene {
    fn start() -> Self {
        let clusters = Lab::get().unwrap().clusters(NAMES, Kind::Istiod).unwrap();
        let workstation = Workstation::over(&clusters.each_ref());
        Self {
            clusters,
            workstation,
        }
    }

    fn exchange(&self) -> Run {
        let contexts = NAMES.join(",");
        let names = NAMES
            .into_iter()
            .flat_map(|name| ["--name".to_owned(), format!("{name}={name}")]);
        self.workstation
            .kubectl([
                "mesh-secret",
                "exchange",
                "--allow-loopback",
                "--context",
                &contexts,
            ])
            .args(names)
    }

    /// As Istio's guides have it.
    fn by_the_guide(&self, source: &str, holder: &str) {
        let istioctl = part(Part::Istioctl);
        let manifest = self
            .workstation
            .program(
                istioctl,
                [
                    "create-remote-secret",
                    "--context",
                    source,
                    "--name",
                    source,
                ],
            )
            .output()
            .expect_success();
        self.workstation
            .kubectl(["apply", "-f", "-", "--context", holder])
            .stdin(manifest.stdout)
            .output()
            .expect_success();
    }

    /// Every remote secret of these holders, with the version that any write would raise.
    fn versions(&self, holders: &[usize]) -> BTreeMap<String, String> {
        let of = |number: usize| {
            let holder = &self.clusters[number];
            let path =
                "/api/v1/namespaces/istio-system/secrets?labelSelector=istio/multiCluster%3Dtrue";
            let list = holder.get(path).unwrap();
            let items = list["items"].as_array().unwrap().clone();
            items.into_iter().map(move |secret| {
                let text = |field: &str| secret["metadata"][field].as_str().unwrap().to_owned();
                (
                    format!("{}: {}", NAMES[number], text("name")),
                    text("resourceVersion"),
                )
            })
        };
        holders.iter().copied().flat_map(of).collect()
    }

    /// The last write to any of their API servers that exchange could have made.
    fn all_versions(&self) -> BTreeMap<String, String> {
        let mut versions = self.versions(&[0, 1, 2]);
        for cluster in &self.clusters {
            for path in [
                "/api/v1/namespaces/istio-system",
                "/api/v1/namespaces/istio-system/serviceaccounts/istio-reader-service-account",
                "/api/v1/namespaces/istio-system/secrets/istio-reader-service-account-istio-remote-secret-token",
                "/apis/rbac.authorization.k8s.io/v1/clusterroles/istio-reader-clusterrole-istio-system",
                "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/istio-reader-clusterrole-istio-system",
            ] {
                let object: Value = cluster.get(path).unwrap();
                let version = object["metadata"]["resourceVersion"].as_str().unwrap();
                versions.insert(format!("{}: {path}", cluster.name()), version.to_owned());
            }
        }
        versions
    }

    /// Each istiod says of both others that it has read them.
    fn is_synced(&self) {
        for holder in &self.clusters {
            for source in NAMES.into_iter().filter(|name| *name != holder.name()) {
                let mut last = None;
                let found = wait_until(WITHIN, || {
                    last = holder.sync_status(source).unwrap();
                    (last.as_deref() == Some("synced")).then_some(())
                });
                assert!(
                    found.is_some(),
                    "{} says of {source}: {last:?}",
                    holder.name()
                );
            }
        }
    }
}

fn count(output: &Output, word: &str) -> usize {
    output
        .stdout
        .matches(&format!(" {word} in context "))
        .count()
}

#[test]
fn three_istiods_read_each_other_by_one_command() {
    let scene = Scene::start();
    // Half of the pairs were made by hand before.
    for (source, holder) in [(0, 1), (1, 0), (2, 0)] {
        scene.by_the_guide(NAMES[source], NAMES[holder]);
    }
    let first = scene.exchange().output().expect_success();
    assert_eq!(count(&first, "created"), 3, "{}", first.golden());
    assert_eq!(
        count(&first, "configured") + count(&first, "unchanged"),
        3,
        "{}",
        first.golden()
    );
    scene.is_synced();
    assert_eq!(scene.versions(&[0, 1, 2]).len(), 6);

    let before = scene.all_versions();
    let again = scene.exchange().output().expect_success();
    assert_eq!(count(&again, "unchanged"), 6, "{}", again.golden());
    assert_eq!(scene.all_versions(), before);

    // One API server is gone: the others' pair is repaired all the same.
    let [first, _, dead] = &scene.clusters;
    let path = format!(
        "/api/v1/namespaces/istio-system/secrets/istio-remote-secret-{}",
        NAMES[1]
    );
    assert_eq!(first.request("DELETE", &path, None).unwrap().status, 200);
    dead.stop_api_server().unwrap();
    let partly = scene.exchange().output();
    assert_eq!(partly.code, 3, "{}", partly.golden());
    assert_eq!(
        count(&partly, "created") + count(&partly, "unchanged"),
        2,
        "{}",
        partly.golden()
    );
    assert!(
        partly
            .stderr
            .contains("no remote secret is created in or for this cluster"),
        "{}",
        partly.golden()
    );
    assert_eq!(scene.versions(&[0, 1]).len(), 4);

    dead.start_api_server().unwrap();
    let whole = scene.exchange().output().expect_success();
    assert_eq!(count(&whole, "unchanged"), 6, "{}", whole.golden());
    scene.is_synced();
    for cluster in scene.clusters {
        cluster.remove().unwrap();
    }
}
